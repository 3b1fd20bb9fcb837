"""Serves /metrics in threads of its own: what it asks may fail or hang, and the loop does not notice."""

import queue
import threading
from collections.abc import Callable, Iterator

import structlog
from prometheus_client import CollectorRegistry, ProcessCollector, start_http_server
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.scheduler.broker_metrics import ask_broker
from services.scheduler.database_metrics import DatabaseMetrics
from shared.settings import settings

log = structlog.get_logger()

#: What a scrape waits for the database, and again for the broker: both together less than Prometheus's 10 s.
LIMIT_S = 4.0


class Inquiry:
    """One question, put in a thread of its own; while one is not answered no second is put."""

    def __init__(self, of: str, ask: Callable[[], list[Metric]]) -> None:
        self._of, self._ask = of, ask
        self._thread: threading.Thread | None = None

    def metrics(self) -> Iterator[Metric]:
        """What was answered, and whether it was: `kiosque_<of>_up`."""
        answer = self._answer()
        yield GaugeMetricFamily(
            f"kiosque_{self._of}_up", f"Whether the {self._of} answered this scrape.", float(answer is not None)
        )
        yield from answer or ()

    def _answer(self) -> list[Metric] | None:
        if self._thread is not None and self._thread.is_alive():
            return None
        answers: queue.SimpleQueue[list[Metric] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, args=(answers,), name=f"metrics-{self._of}", daemon=True)
        self._thread.start()
        try:
            return answers.get(timeout=LIMIT_S)
        except queue.Empty:
            log.warning("metrics.unanswered", of=self._of, error=f"no answer within {LIMIT_S:g} s")
            return None

    def _run(self, answers: "queue.SimpleQueue[list[Metric] | None]") -> None:
        try:
            answers.put(self._ask())
        except Exception as error:  # noqa: BLE001 - whatever a driver raises: the scrape says that it is down
            log.warning("metrics.unanswered", of=self._of, error=str(error).strip())
            answers.put(None)


class SchedulerCollector(Collector):
    """Everything that a scrape is told, read anew each time."""

    def __init__(self, successes: Callable[[], dict[str, float]]) -> None:
        self._successes = successes
        self._inquiries = (Inquiry("database", DatabaseMetrics().ask), Inquiry("broker", ask_broker))
        self._lock = threading.Lock()

    def collect(self) -> Iterator[Metric]:
        succeeded = GaugeMetricFamily(
            "kiosque_job_success_timestamp_seconds",
            "When the scheduler's job last ended well; 0 before its first time.",
            labels=["name"],
        )
        for name, succeeded_at in self._successes().items():
            succeeded.add_metric([name], succeeded_at)
        yield succeeded
        with self._lock:  # two Prometheis share one thread an inquiry
            answered = [metric for inquiry in self._inquiries for metric in inquiry.metrics()]
        yield from answered


def serve_metrics(successes: Callable[[], dict[str, float]]) -> None:
    """Serve on the address of the settings; `successes`: when each of the scheduler's jobs last ended well.

    An address that cannot be used is a warning: news goes on without its figures, and Prometheus says that it has none.
    """
    address = settings().metrics_address
    if not address:
        return
    registry = CollectorRegistry()
    registry.register(SchedulerCollector(successes))
    ProcessCollector(registry=registry)
    host, _, port = address.rpartition(":")
    try:
        start_http_server(int(port), host.strip("[]"), registry)
    except OSError as error:
        remedy = "end what listens there, or set KIOSQUE_METRICS_ADDRESS to another host:port, or to nothing"
        log.warning("metrics.not_served", address=address, error=error.strerror or str(error), remedy=remedy)
        return
    log.info("metrics.served", address=address)
