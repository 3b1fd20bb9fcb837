"""Blobs in a folder of the machine, or of a volume that several machines mount."""

import os
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from shared.blob_stores.store import path_of


class FolderStore:
    """A file a blob."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def require(self) -> None:
        """A folder is there."""

    def put(self, name: str, content: bytes) -> None:
        path = self._root / path_of(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written beside and moved: a reader, or a crash, never meets half a blob.
        beside = path.with_name(f"{name}.{uuid4().hex}.part")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a power cut after the database's commit leaves an empty file of this name
        beside.replace(path)

    def get(self, name: str) -> bytes:
        return (self._root / path_of(name)).read_bytes()

    def exists(self, name: str) -> bool:
        return (self._root / path_of(name)).exists()

    def put_at(self, name: str) -> datetime:
        return datetime.fromtimestamp((self._root / path_of(name)).stat().st_mtime, UTC)

    def delete(self, name: str) -> None:
        (self._root / path_of(name)).unlink(missing_ok=True)

    def names_in(self, folder: str) -> list[str]:
        return [path.name for path in (self._root / folder).rglob("*") if path.is_file()]
