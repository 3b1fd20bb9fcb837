"""The file of a backup: a gzipped tar that says at its start what it is, and at its end what has to be in it."""

import gzip
import hashlib
import io
import json
import os
import tarfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from shared.blobs import content_hash
from shared.errors import KiosqueError

#: Of the file, not of the tables: another number is another way to write it.
FORMAT = 1
#: Level 3 takes 40 % more CPU for a sixth less, level 6 two and a half times for a quarter less (bench/keeping.py).
GZIP_LEVEL = 1
#: A table's rows are written so many bytes at a time.
PART_BYTES = 4_000_000

Said = TypeVar("Said")

_START, _END, _TABLES, _BLOBS = "kiosque-backup.json", "contents.json", "tables/", "blobs/"


class BackupError(KiosqueError):
    """A backup cannot be written, read or restored; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a backup says of itself first."""

    revision: str  # of the tables: only that one can be restored
    database: str  # postgresql or sqlite
    taken_at: str
    format: int = FORMAT


@dataclass(slots=True)
class Contents:
    """What a whole backup has in it: rows and digest of each table, and the number of blobs."""

    rows: dict[str, int] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    blobs: int = 0

    @property
    def steps(self) -> int:
        """Rows and blobs: what progress is measured by."""
        return sum(self.rows.values()) + self.blobs


class Writer:
    """Writes the members of one backup in order: start, tables, blobs, contents."""

    def __init__(self, tar: tarfile.TarFile, start: Start) -> None:
        self._tar = tar
        self.contents = Contents()
        self._add(_START, _json_bytes(asdict(start)))

    def add_table(self, name: str, columns: list[str], rows: Iterable[list[Any]]) -> None:
        """Write a table's rows as lines of JSON, in parts that each begin with the columns' names."""
        digest, count, part, lines, size = hashlib.sha256(), 0, 0, [_json_bytes(columns)], 0

        def flush() -> None:
            content = b"\n".join(lines)
            digest.update(content)
            self._add(f"{_TABLES}{name}/{part:06}.jsonl", content)

        for row in rows:
            line = _json_bytes(row)
            lines.append(line)
            size, count = size + len(line), count + 1
            if size >= PART_BYTES:
                flush()
                part, lines, size = part + 1, lines[:1], 0
        flush()
        self.contents.rows[name], self.contents.digests[name] = count, digest.hexdigest()

    def add_blob(self, key: str, content: bytes) -> None:
        """Write a blob under its key."""
        self._add(f"{_BLOBS}{key}", content)
        self.contents.blobs += 1

    def finish(self) -> None:
        """Write what the backup has in it: one without this is torn."""
        self._add(_END, _json_bytes(asdict(self.contents)))

    def _add(self, name: str, content: bytes) -> None:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        self._tar.addfile(member, io.BytesIO(content))
        _forget_members(self._tar)


@contextmanager
def new_archive(path: Path, start: Start) -> Iterator[Writer]:
    """A backup to be written under another name, and named `path` when it is whole and on the disk."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # nobody else reads it: who reported what is in it, though as keyed hashes
        opened = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(opened, "wb") as file:
                with _packing(file) as tar:
                    writer = Writer(tar, start)
                    yield writer
                    writer.finish()
                file.flush()
                os.fsync(file.fileno())
            beside.rename(path)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:  # also of the blobs that are read
        raise BackupError(f"{path} was not written: {error}") from error


def verify(path: Path) -> tuple[Start, Contents]:
    """What a backup says of itself, all of it read and compared; BackupError if anything is missing or changed."""
    found, said, start = Contents(), None, None
    digests: dict[str, Any] = {}
    for name, content in _members(path):
        if start is None:
            start = _read_start(path, name, content)
        elif said is not None:
            raise _torn(path, f"{name} stands after its end")
        elif name == _END:
            said = _made(path, Contents, _object(path, name, content))
        elif name.startswith(_TABLES):
            table = table_of(name)
            digests.setdefault(table, hashlib.sha256()).update(content)
            found.rows[table] = found.rows.get(table, 0) + content.count(b"\n")
        else:
            _check_blob(path, name, content)
            found.blobs += 1
    found.digests = {table: digest.hexdigest() for table, digest in digests.items()}
    if start is None or said is None:
        raise _torn(path, "its end is missing")
    if found != said:
        raise _torn(path, "rows or blobs are missing or changed")
    return start, said


def tables_in(path: Path) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Each part of each table, in the order written: its name, its columns, its rows."""
    for name, content in _members(path):
        if name.startswith(_BLOBS):
            return  # they stand behind the tables
        if name.startswith(_TABLES):
            columns, *rows = (json.loads(line) for line in content.split(b"\n"))
            yield table_of(name), columns, rows


def blobs_in(path: Path) -> Iterator[bytes]:
    """The content of each blob."""
    return (content for name, content in _members(path) if name.startswith(_BLOBS))


def table_of(name: str) -> str:
    """The table that a member is a part of."""
    return name.split("/")[1]


def _read_start(path: Path, name: str, content: bytes) -> Start:
    if name != _START:
        raise BackupError(f"{path} is no backup of Kiosque: it begins with {name}, not with {_START}")
    said = _object(path, name, content)
    if said.get("format") != FORMAT:
        raise BackupError(f"{path} is of format {said.get('format')}, this version reads {FORMAT}: use a newer one")
    return _made(path, Start, said)


def _object(path: Path, name: str, content: bytes) -> dict[str, Any]:
    try:
        said = json.loads(content)
    except ValueError as error:  # not JSON, or not even text
        raise _torn(path, f"{name}: {error}") from error
    if not isinstance(said, dict):
        raise _torn(path, f"{name} is no object")
    return said


def _made(path: Path, kind: type[Said], said: dict[str, Any]) -> Said:
    try:
        return kind(**said)
    except TypeError as error:
        raise _torn(path, str(error)) from error


def _check_blob(path: Path, name: str, content: bytes) -> None:
    if name != _BLOBS + content_hash(content):
        raise _torn(path, f"{name} is not what its name says")


def _members(path: Path) -> Iterator[tuple[str, bytes]]:
    try:
        with path.open("rb") as file, gzip.GzipFile(fileobj=file) as packed:
            with tarfile.open(fileobj=packed, mode="r|") as tar:
                while (member := tar.next()) is not None:
                    content = tar.extractfile(member)
                    yield member.name, content.read() if content else b""
                    _forget_members(tar)
            while packed.read(1 << 20):  # gzip compares its own checksum at the very end
                pass
    except (EOFError, zlib.error, tarfile.TarError, gzip.BadGzipFile) as error:
        raise _torn(path, str(error)) from error
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}") from error


@contextmanager
def _packing(file: BinaryIO) -> Iterator[tarfile.TarFile]:
    with (
        gzip.GzipFile(filename="", fileobj=file, mode="wb", compresslevel=GZIP_LEVEL) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT) as tar,
    ):
        yield tar


def _forget_members(tar: tarfile.TarFile) -> None:
    """tarfile keeps a kilobyte a member, to be asked for later: 100,000 blobs would be 100 MB."""
    tar.members = []  # type: ignore[attr-defined]


def _torn(path: Path, why: str) -> BackupError:
    return BackupError(f"{path} is torn, or no backup of Kiosque ({why}): take another; nothing was changed")


_encode = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode  # dumps makes one anew


def _json_bytes(value: Any) -> bytes:
    return _encode(value).encode()
