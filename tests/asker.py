"""A process of its own that asks for addresses politely, some threads at once: `python tests/asker.py PACE URL...`."""

import sys
import threading
import time
from datetime import UTC, datetime

from shared.errors import Postponed
from shared.web.polite import polite_get

THREADS = 2


def ask(url: str, pace_s: float) -> None:
    """Ask until it is our turn, as the ledger does: come again at the time that was given."""
    while True:
        try:
            polite_get(url, pace_s=pace_s)
        except Postponed as later:
            time.sleep(max(0.0, (later.until - datetime.now(UTC)).total_seconds()))
        else:
            return


def ask_all(urls: list[str], pace_s: float, threads: int = THREADS) -> None:
    """Ask for all of them, so many at a time."""

    def work(share: list[str]) -> None:
        for url in share:
            ask(url, pace_s)

    workers = [threading.Thread(target=work, args=(urls[start::threads],)) for start in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    ask_all(sys.argv[2:], float(sys.argv[1]))
