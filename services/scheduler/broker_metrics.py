"""What /metrics tells of the broker: how long the queues are, and which a worker reads."""

from prometheus_client.core import GaugeMetricFamily, Metric

from shared.pipeline import SERVICES
from shared.queue import consuming_services, queue_lengths


def ask_broker() -> list[Metric]:
    """Raises the transport's error when it does not answer."""
    lengths = GaugeMetricFamily("kiosque_queue_messages", "Messages that wait in a queue.", labels=["queue"])
    for queue, messages in queue_lengths(SERVICES).items():
        lengths.add_metric([queue], messages)
    consumed = GaugeMetricFamily(
        "kiosque_queue_consumed", "Whether a worker has read this queue within 10 s.", labels=["queue"]
    )
    reading = consuming_services(SERVICES)
    if reading is not None:  # None: this account may not look
        for service in SERVICES:
            consumed.add_metric([service], float(service in reading))
    return [lengths, consumed]
