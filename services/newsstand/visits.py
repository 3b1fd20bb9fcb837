"""Who asked for what, when, and what they got: what a test of politeness reads."""

import threading
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

#: A soak test of 2,000 articles with their pictures asks for less; each is under half a kilobyte.
KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that was answered; `path` is as it came on the wire, with the query."""

    path: str
    at: datetime
    status: int
    user_agent: str
    method: str = "GET"
    is_conditional: bool = False  # whether it carried a validator
    fault: str = ""  # the kind of misbehaviour that it met


class Visits:
    """The last requests, oldest first. For threads."""

    def __init__(self, kept: int = KEPT) -> None:
        self._visits: deque[Visit] = deque(maxlen=kept)
        self._lock = threading.Lock()

    def add(self, visit: Visit) -> None:
        """Write one down."""
        with self._lock:
            self._visits.append(visit)

    def all(self, path: str = "") -> list[Visit]:
        """Every visit, or those of one path, escaped or not, whatever their query."""
        with self._lock:
            visits = list(self._visits)
        wanted = unquote(path)
        return [visit for visit in visits if not path or unquote(visit.path.partition("?")[0]) == wanted]

    def clear(self) -> None:
        """Forget them all."""
        with self._lock:
            self._visits.clear()

    def rows(self, path: str = "") -> list[dict[str, Any]]:
        """The visits for JSON."""
        return [asdict(visit) | {"at": visit.at.isoformat()} for visit in self.all(path)]
