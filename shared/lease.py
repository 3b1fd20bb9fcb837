"""Leases kept alive: one thread a process renews every claim that the process holds."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.db import write_session
from shared.settings import scaled
from shared.store import stage_runs
from shared.store.stage_runs import Claim
from shared.store.statements import RENEW_S

log = structlog.get_logger()


class LeaseKeeper:
    """Renews what it is given until the work ends or its limit is reached; then the lease runs out by itself."""

    def __init__(self) -> None:
        self._held: dict[str, tuple[Claim, float]] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def holding(self, held: Claim, limit_s: float) -> Iterator[None]:
        """Keep the claim's lease while the block runs, `limit_s` seconds at most."""
        with self._lock:
            self._held[held.token] = (held, time.monotonic() + limit_s)
            if self._thread is None or not self._thread.is_alive():  # also after a fork: threads stay behind
                self._thread = threading.Thread(target=self._run, name="leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(held.token, None)

    def _run(self) -> None:
        while True:
            time.sleep(scaled(RENEW_S))
            moment = time.monotonic()
            with self._lock:
                claims = [held for held, until in self._held.values() if until > moment]
            if not claims:
                continue
            try:
                with write_session() as session:
                    stage_runs.renew(session, claims)
            except SQLAlchemyError as error:
                log.warning("lease.not_renewed", error=str(error), claims=len(claims))


leases = LeaseKeeper()
