"""The line of progress: how many articles are found, on the portal, waiting, set aside."""

import time
from dataclasses import asdict

from sqlalchemy.exc import SQLAlchemyError

from services.cli.terminal import Terminal
from shared.db import read_session
from shared.store import funnel

#: Asked this often while something changes, and up to LONGEST_S while nothing does.
SHORTEST_S = 1.0
LONGEST_S = 5.0
#: Of the supervisor's time, what counting may take: a large database is asked less often.
SHARE = 0.02


class ProgressLine:
    """Counts and shows; how often depends on what there is to see and what it costs."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._next_at = 0.0
        self._pause_s = SHORTEST_S
        self._last: funnel.Progress | None = None

    def show_when_due(self) -> float:
        """Show the line if its time has come; returns the seconds until it comes again."""
        if time.monotonic() >= self._next_at:
            started = time.monotonic()
            self._show()
            self._next_at = time.monotonic() + max(self._pause_s, (time.monotonic() - started) / SHARE)
        return self._next_at - time.monotonic()

    def _show(self) -> None:
        try:
            with read_session() as session:
                found = funnel.progress(session)
        except SQLAlchemyError:  # a database elsewhere that is away: each process says so in its log
            self._terminal.show("the database does not answer")
            return
        self._pause_s = SHORTEST_S if found != self._last else min(self._pause_s * 1.5, LONGEST_S)
        self._last = found
        self._terminal.show(progress_text(found), **asdict(found))


def progress_text(found: funnel.Progress) -> str:
    """The line for a person."""
    articles = "article" if found.found == 1 else "articles"
    return (
        f"{found.found} {articles} found · {found.on_portal} on the portal · {found.waiting} waiting · "
        f"{found.set_aside} set aside"
    )
