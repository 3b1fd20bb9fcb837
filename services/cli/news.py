"""News from a log that belong on the terminal: what is being fetched, and what cannot be had."""

import json
import re
from dataclasses import dataclass

from services.cli.log_files import log_path

#: Whose log is followed, and what is said of which event; {detail} is the event's own.
FOLLOWED = "translator"
SENTENCES = {
    "apertium.fetching": "fetching Apertium (machine translation, GPL) from this machine's package sources into var/; "
    "KIOSQUE_APERTIUM=off leaves it out",
    "apertium.fetched": "Apertium is there: what waited for it is being translated",
    "apertium.unavailable": "no Apertium, so the portal shows originals only: {detail}",
}
#: A line of the console format: time, [level], event, and its facts as name=value.
_CONSOLE = re.compile(r"\[\w+\s*\]\s+(?P<event>[a-z_]+\.[a-z_]+)(?P<facts>.*)")
_DETAIL = re.compile(r"\bdetail=(?P<detail>.*?)(?=\s+[a-z_]+=|\s*$)")


@dataclass(frozen=True, slots=True)
class News:
    """One event, and the line for it."""

    event: str
    line: str


class Follower:
    """Reads what is new in the followed log, from the moment it is made."""

    def __init__(self) -> None:
        path = log_path(FOLLOWED)
        self._read_to = path.stat().st_size if path.exists() else 0

    def read(self) -> list[News]:
        """What has come since the last call."""
        path = log_path(FOLLOWED)
        size = path.stat().st_size if path.exists() else 0
        if size < self._read_to:  # it was set aside and begun anew
            self._read_to = 0
        if size == self._read_to:
            return []
        with path.open("rb") as log:
            log.seek(self._read_to)
            whole, end, _ = log.read(size - self._read_to).rpartition(b"\n")
        self._read_to += len(whole) + len(end)
        found = (read_line(line) for line in whole.decode("utf-8", errors="replace").splitlines())
        return [news for news in found if news]


def read_line(line: str) -> News | None:
    """The news in a line of either log format; None if there is none."""
    event, detail = _read_json(line) if line.startswith("{") else _read_console(line)
    sentence = SENTENCES.get(event)
    return News(event, sentence.format(detail=detail)) if sentence else None


def _read_json(line: str) -> tuple[str, str]:
    try:
        facts = json.loads(line)
    except ValueError:
        return "", ""
    return str(facts.get("event", "")), str(facts.get("detail", ""))


def _read_console(line: str) -> tuple[str, str]:
    found = _CONSOLE.search(line)
    if found is None:
        return "", ""
    detail = _DETAIL.search(found["facts"])
    return found["event"], detail["detail"].strip("'\"") if detail else ""
