"""Blobs in a folder: put, read, and deleted only when nobody may be about to name them."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from shared import blobs
from shared.settings import settings


def path_of(key: str) -> Path:
    return Path(settings().blobs, key[:2], key[2:4], key)


def age(key: str, seconds: float = blobs.GRACE_S + 60) -> None:
    """Make it look as if it had been put so long ago."""
    moment = datetime.now(UTC).timestamp() - seconds
    os.utime(path_of(key), (moment, moment))


def test_the_same_bytes_are_kept_once(sqlite):
    assert blobs.put(b"page") == blobs.put(b"page") == blobs.content_hash(b"page")
    key = blobs.content_hash(b"page")
    assert (blobs.get(key), blobs.exists(key)) == (b"page", True)
    assert blobs.keys_in(key[:2]) == [key]


def test_a_blob_that_is_not_there_is_named_with_the_remedy(sqlite):
    with pytest.raises(blobs.BlobMissing, match=r"no blob 00.*kiosque publish fetch ID --again"):
        blobs.get("00" * 32)
    blobs.delete("00" * 32)
    assert blobs.delete_unnamed("00" * 32)


def test_an_old_blob_is_deleted_and_a_young_one_is_not(sqlite):
    old, young = blobs.put(b"old"), blobs.put(b"young")
    age(old)
    age(young, blobs.GRACE_S - 60)
    assert (blobs.delete_unnamed(old), blobs.delete_unnamed(young)) == (True, False)
    assert (blobs.exists(old), blobs.exists(young)) == (False, True)


def test_bytes_put_again_just_before_they_are_deleted_are_kept(sqlite):
    """An article is taken down while another's page, with the same bytes, is between its put and its commit."""
    key = blobs.put(b"the same page")
    age(key)
    assert blobs.put(b"the same page") == key
    assert not blobs.delete_unnamed(key)
    assert blobs.get(key) == b"the same page"


def test_what_was_put_before_the_database_began_is_not_ours_to_delete(sqlite):
    key = blobs.put(b"another house's")
    age(key)
    began_at = datetime.now(UTC) - timedelta(seconds=blobs.GRACE_S)
    assert not blobs.delete_unnamed(key, born_after=began_at)
    assert blobs.delete_unnamed(key, born_after=began_at - timedelta(days=1))


def test_what_a_killed_put_left_is_listed_and_what_is_not_ours_is_not(sqlite):
    key = blobs.put(b"whole")
    half, foreign = path_of(key).with_name(f"{key}.{'0' * 32}.part"), path_of(key).with_name("notes.txt")
    half.write_bytes(b"ha")
    foreign.write_bytes(b"hands off")
    assert sorted(blobs.keys_in(key[:2])) == [key, half.name]
    age(half.name)
    assert blobs.delete_unnamed(half.name)
    assert not half.exists()


def test_a_folder_that_is_not_there_has_no_keys(sqlite):
    assert blobs.keys_in("ff") == []
