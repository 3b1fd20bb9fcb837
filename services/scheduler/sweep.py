"""Deletes blobs that nothing names any more: of what was taken down, of pages since changed, of work that failed."""

import time
from itertools import cycle, islice

import structlog

from shared import blobs
from shared.db import read_session
from shared.store.blob_holds import is_held
from shared.store.blob_names import began_at, named_in

log = structlog.get_logger()

#: The scheduler's other jobs wait so long at most: a small house is swept whole, a large one folder by folder.
SWEEP_S = 2.0

_folders = cycle(blobs.FOLDERS)


def sweep() -> None:
    """Go on where the last sweep stopped; safe to run twice at once."""
    started_at, deleted = time.monotonic(), 0
    for folder in islice(_folders, len(blobs.FOLDERS)):
        deleted += _sweep_folder(folder)
        if time.monotonic() - started_at > SWEEP_S:
            break
    if deleted:
        log.info("blobs.deleted", blobs=deleted)


def _sweep_folder(folder: str) -> int:
    kept = blobs.keys_in(folder)
    if not kept:
        return 0
    with read_session() as session:
        named, born_after = named_in(session, folder), began_at(session)
        must_stay = is_held(session)  # a backup reads them
    if must_stay or born_after is None:
        return 0  # a database without articles: a new one, or the wrong one
    return sum(blobs.delete_unnamed(key, born_after) for key in kept if key not in named)
