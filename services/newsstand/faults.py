"""Misbehaviour on demand: which requests are to be answered badly, how, and how often."""

import threading
from dataclasses import asdict, dataclass, replace
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import unquote

from shared.errors import KiosqueError

#: Beside these, any HTTP error as its number: 403, 404, 410, 429, 500, 503.
KINDS = {
    "slow": "the right answer, `seconds` late",
    "drip": "the right answer, a byte every `seconds`",
    "moved": "301 to another address that has the same",
    "304": "not modified, whether or not a validator was sent",
    "garbage": "random bytes that call themselves what was asked for",
    "huge": "the right answer and 64 MB more",
    "reset": "the beginning of the answer, then the connection reset",
}


class BadFaultError(KiosqueError):
    """A fault is not described rightly."""


@dataclass(frozen=True, slots=True)
class Fault:
    """How requests for a path are answered badly."""

    path: str  # a path without its query, escaped or not; * stands for anything
    kind: str  # one of KINDS or an HTTP error's number
    times: int | None = None  # None: until it is cleared
    seconds: float = 1.0
    retry_after: int | None = None  # seconds, for an HTTP error

    @property
    def status(self) -> int:
        """The HTTP error's number, 0 for the other kinds."""
        return int(self.kind) if self.kind.isdecimal() and self.kind != "304" else 0


class Faults:
    """The faults in force; of two for one path the later wins. For threads."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, path: str, kind: str, **details: Any) -> Fault:
        """Answer a path badly from now on: add("/x", "503", times=2, retry_after=5)."""
        fault = read_fault({"path": path, "kind": kind, **details})
        self.put(fault)
        return fault

    def put(self, fault: Fault) -> None:
        """Answer badly as a fault says, from now on."""
        with self._lock:
            self._faults.insert(0, fault)

    def clear(self, path: str = "") -> None:
        """Answer rightly again: everything, or what was added under this path."""
        with self._lock:
            self._faults = [fault for fault in self._faults if path and fault.path != path]

    def take(self, path: str) -> Fault | None:
        """The fault that a request meets; one with a number of times is used up by it."""
        with self._lock:
            for index, fault in enumerate(self._faults):
                if fnmatchcase(path, fault.path):
                    self._use(index, fault)
                    return fault
        return None

    def rows(self) -> list[dict[str, Any]]:
        """The faults for JSON."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def _use(self, index: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times > 1:
            self._faults[index] = replace(fault, times=fault.times - 1)
        else:
            del self._faults[index]


def read_fault(row: object) -> Fault:
    """A fault as JSON describes it; BadFaultError says what is wrong."""
    if not isinstance(row, dict):
        raise BadFaultError('a fault is an object, as {"path": "/robots.txt", "kind": "503", "times": 2}')
    unknown = sorted(set(row) - set(Fault.__slots__))
    if unknown:
        raise BadFaultError(f"a fault has no {', '.join(unknown)}: it has {', '.join(Fault.__slots__)}")
    try:
        fault = Fault(**{**row, "kind": str(row.get("kind", ""))})
    except TypeError as error:
        raise BadFaultError("a fault needs a path and a kind") from error
    _check(fault)
    return replace(fault, path=unquote(fault.path))


def _check(fault: Fault) -> None:
    if not isinstance(fault.path, str) or not fault.path.startswith(("/", "*")):
        raise BadFaultError(f"path {fault.path!r} does not begin with / or *")
    if fault.kind not in KINDS and not 400 <= fault.status <= 599:
        raise BadFaultError(f"kind {fault.kind!r} is neither an HTTP error's number nor one of: {', '.join(KINDS)}")
    for name, least in (("times", 1), ("retry_after", 0)):
        value = getattr(fault, name)
        if value is not None and (type(value) is not int or value < least):
            raise BadFaultError(f"{name} = {value!r} must be a whole number, {least} or more")
    if type(fault.seconds) not in (int, float) or fault.seconds < 0:
        raise BadFaultError(f"seconds = {fault.seconds!r} must be a number, 0 or more")
