"""When the newsstand first opened: kept in a file, so that a restart does not change what was printed when."""

import os
from datetime import UTC, datetime
from pathlib import Path

from shared.errors import KiosqueError


class BadEpochError(KiosqueError):
    """The file that says when the newsstand opened cannot be used."""


def keep_epoch(path: Path, now: datetime) -> datetime:
    """The moment that the file holds; `now` if there is no file yet, which is then written."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return _write(path, now)
    except (OSError, UnicodeDecodeError) as error:
        raise BadEpochError(f"{path} cannot be read ({error}): remove it, and the press is dated anew") from error
    try:
        epoch = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadEpochError(f"{path} holds {text[:40]!r}, no time: remove it, and the press is dated anew") from error
    return epoch if epoch.tzinfo else epoch.replace(tzinfo=UTC)


def _write(path: Path, now: datetime) -> datetime:
    moment = now.replace(microsecond=0)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(moment.isoformat(), encoding="ascii")
        beside.replace(path)  # whole or not at all
    except OSError as error:
        raise BadEpochError(f"{path} cannot be written: {error.strerror}") from error
    return moment
