"""Blobs, in a folder and on S3 alike: put, read, and deleted only when nobody may be about to name them."""

import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from s3_server import BUCKET, CREDENTIALS, S3Server, s3_server

from shared import blobs
from shared.blob_stores.folder import FolderStore
from shared.blob_stores.store import path_of
from shared.settings import settings


class Folder:
    """The test's hand in a folder of blobs."""

    def age(self, name: str, seconds: float = blobs.GRACE_S + 60) -> None:
        """Make it look as if it had been put so long ago."""
        moment = datetime.now(UTC).timestamp() - seconds
        os.utime(Path(settings().blobs, path_of(name)), (moment, moment))

    def put(self, name: str, content: bytes) -> None:
        """A file of any name, beside those of the same digits."""
        Path(settings().blobs, path_of(name)).write_bytes(content)


class Bucket:
    """The test's hand in a bucket."""

    def __init__(self, server: S3Server, prefix: str) -> None:
        self.server, self.prefix = server, prefix

    def age(self, name: str, seconds: float = blobs.GRACE_S + 60) -> None:
        """As above."""
        self.server.age(f"{self.prefix}{path_of(name)}", seconds)

    def put(self, name: str, content: bytes) -> None:
        """As above."""
        self.server.put(f"{self.prefix}{path_of(name)}", content)


@pytest.fixture(scope="module")
def server():
    """An S3 for all of these."""
    with s3_server() as running:
        yield running


@pytest.fixture(params=["folder", "s3", "s3, no prefix"])
def store(request, set_settings, environment):
    """The same test on each kind of store."""
    if request.param == "folder":
        return Folder()
    server = request.getfixturevalue("server")
    server.empty()
    for name, value in CREDENTIALS.items():
        environment.setenv(name, value)
    prefix = "" if "no prefix" in request.param else "kiosque/blobs/"
    set_settings(blobs_url=f"s3://{BUCKET}/{prefix}", blobs_endpoint=server.url)
    return Bucket(server, prefix)


def test_the_same_bytes_are_kept_once(store):
    assert blobs.put(b"page") == blobs.put(b"page") == blobs.content_hash(b"page")
    key = blobs.content_hash(b"page")
    assert (blobs.get(key), blobs.exists(key)) == (b"page", True)
    assert blobs.keys_in(key[:2]) == [key]


def test_a_blob_that_is_not_there_is_named_with_the_remedy(store):
    with pytest.raises(blobs.BlobMissing, match=r"no blob 00.*kiosque publish fetch ID --again"):
        blobs.get("00" * 32)
    blobs.delete("00" * 32)
    assert blobs.delete_unnamed("00" * 32)


@pytest.mark.parametrize("left", [b"", b"who", b"whole\0\0\0\0"])
def test_a_blob_that_is_damaged_is_none_until_it_is_put_again(store, left):
    """What a power cut, or a worn disk, leaves of a file."""
    key = blobs.put(b"whole page")
    store.put(key, left)
    with pytest.raises(blobs.BlobMissing, match="is damaged: kiosque publish fetch ID --again"):
        blobs.get(key)
    assert not blobs.is_whole(key)  # so that a fetch asks for it, and takes no "not modified"
    blobs.put(b"whole page")
    assert blobs.is_whole(key)
    assert blobs.get(key) == b"whole page"


def test_a_file_is_on_the_disk_before_it_has_its_name(tmp_path, monkeypatch):
    done = []
    really = os.fsync

    def note(descriptor: int) -> None:
        really(descriptor)
        done.append((os.fstat(descriptor).st_size, FolderStore(tmp_path).exists("ab" * 32)))

    monkeypatch.setattr(os, "fsync", note)
    FolderStore(tmp_path).put("ab" * 32, b"page")
    assert done == [(4, False)]
    assert FolderStore(tmp_path).get("ab" * 32) == b"page"


def test_an_old_blob_is_deleted_and_a_young_one_is_not(store):
    old, young = blobs.put(b"old"), blobs.put(b"young")
    store.age(old)
    store.age(young, blobs.GRACE_S - 60)
    assert (blobs.delete_unnamed(old), blobs.delete_unnamed(young)) == (True, False)
    assert (blobs.exists(old), blobs.exists(young)) == (False, True)


def test_bytes_put_again_just_before_they_are_deleted_are_kept(store):
    """An article is taken down while another's page, with the same bytes, is between its put and its commit."""
    key = blobs.put(b"the same page")
    store.age(key)
    assert blobs.put(b"the same page") == key
    assert not blobs.delete_unnamed(key)
    assert blobs.get(key) == b"the same page"


def test_what_was_put_before_the_database_began_is_not_ours_to_delete(store):
    key = blobs.put(b"another house's")
    store.age(key)
    began_at = datetime.now(UTC) - timedelta(seconds=blobs.GRACE_S)
    assert not blobs.delete_unnamed(key, born_after=began_at)
    assert blobs.delete_unnamed(key, born_after=began_at - timedelta(days=1))


def test_what_a_killed_put_left_is_listed_and_what_is_not_ours_is_not(store):
    key = blobs.put(b"whole")
    half, foreign = f"{key}.{'0' * 32}.part", f"{key[:4]}-notes.txt"
    store.put(half, b"ha")
    store.put(foreign, b"hands off")
    assert sorted(blobs.keys_in(key[:2])) == [key, half]
    store.age(half)
    assert blobs.delete_unnamed(half)
    assert blobs.keys_in(key[:2]) == [key]


def test_a_folder_that_is_not_there_has_no_keys(store):
    assert blobs.keys_in("ff") == []


def test_more_blobs_than_one_answer_of_s3_lists_are_all_listed(store):
    names = [f"ab{number:062x}" for number in range(1001)]
    Path(settings().blobs, "ab/00").mkdir(parents=True, exist_ok=True)
    for name in names:
        store.put(name, b"")
    assert sorted(blobs.keys_in("ab")) == names


def test_any_bytes_come_back_as_they_were_from_any_thread(store):
    contents = [bytes([number]) * 100_000 + b"\r\n\0" for number in range(20)] + [b""]
    keys: dict[str, bytes] = {}

    def keep(content: bytes) -> None:
        keys[blobs.put(content)] = content

    threads = [threading.Thread(target=keep, args=(content,)) for content in contents]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == len(contents)
    assert {key: blobs.get(key) for key in keys} == keys
