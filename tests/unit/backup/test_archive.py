"""The file of a backup: what is whole is read, and a file that gzip and tar find nothing wrong with may yet be torn."""

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from shared.backup import archive
from shared.backup.archive import BackupError, Start, new_archive, tables_in, verify

START = Start("0001", "sqlite", "2026-11-28T03:15:00+00:00")
ROWS = [[number, "é\u2028" * 20] for number in range(100)]
BLOB = b"a page"
Members = dict[str, bytes]


@pytest.fixture
def whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(archive, "PART_BYTES", 1000)
    path = tmp_path / "house.tar.gz"
    with new_archive(path, START) as writer:
        writer.add_table("source", ["id", "key"], ROWS)
        writer.add_table("feed", ["id"], [])
        writer.add_blob(archive.content_hash(BLOB), BLOB)
    return path


def members_of(path: Path) -> Members:
    with tarfile.open(path) as tar:
        return {one.name: tar.extractfile(one).read() for one in tar}


def pack(path: Path, members: Members) -> None:
    """The same file with other members, and right checksums of gzip and tar."""
    with gzip.open(path, "wb") as packed, tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


def test_what_is_written_in_parts_is_read_in_order(whole: Path) -> None:
    start, contents = verify(whole)
    assert start == START
    assert (contents.rows, contents.blobs, contents.steps) == ({"source": 100, "feed": 0}, 1, 101)
    parts = [(columns, rows) for name, columns, rows in tables_in(whole) if name == "source"]
    assert len(parts) > 1
    assert {tuple(columns) for columns, _ in parts} == {("id", "key")}
    assert [row for _, rows in parts for row in rows] == ROWS
    assert list(archive.blobs_in(whole)) == [BLOB]
    assert list(whole.parent.iterdir()) == [whole]


def without(name: str) -> Callable[[Members], Members]:
    return lambda members: {one: content for one, content in members.items() if one != name}


def changed(name: str, content: bytes, by: bytes) -> Callable[[Members], Members]:
    return lambda members: members | {name: members[name].replace(content, by, 1)}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (without("contents.json"), "its end is missing"),
        (without("tables/source/000001.jsonl"), "rows or blobs are missing or changed"),
        (without("tables/feed/000000.jsonl"), "rows or blobs are missing or changed"),
        (without(f"blobs/{archive.content_hash(BLOB)}"), "rows or blobs are missing or changed"),
        (changed("tables/source/000000.jsonl", b"[7,", b"[8,"), "rows or blobs are missing or changed"),
        (changed(f"blobs/{archive.content_hash(BLOB)}", b"page", b"pager"), "is not what its name says"),
        (lambda members: members | {"tables/feed/000001.jsonl": b"[]"}, "stands after its end"),
        (without("kiosque-backup.json"), "is no backup of Kiosque: it begins with tables/source/000000.jsonl"),
        (changed("kiosque-backup.json", b'"format":1', b'"format":2'), "is of format 2, this version reads 1"),
        (changed("kiosque-backup.json", b'"', b"\xff"), "is torn, or no backup of Kiosque .*kiosque-backup.json: "),
        (changed("kiosque-backup.json", b"taken_at", b"taken_up"), "is torn, or no backup of Kiosque .*taken_up"),
        (changed("contents.json", b'"', b"'"), "is torn, or no backup of Kiosque .*contents.json: "),
        (changed("contents.json", b"rows", b"cows"), "is torn, or no backup of Kiosque .*cows"),
        (lambda members: members | {"contents.json": b"[]"}, "contents.json is no object"),
    ],
)
def test_what_is_missing_or_changed_is_told(whole: Path, change: Callable[[Members], Members], told: str) -> None:
    pack(whole, members_of(whole))
    verify(whole)
    pack(whole, change(members_of(whole)))
    with pytest.raises(BackupError, match=told):
        verify(whole)
