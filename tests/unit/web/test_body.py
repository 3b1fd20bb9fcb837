"""Bodies read and decompressed in bounded slices."""

import gzip
import tracemalloc
from collections.abc import Iterator

import pytest

from shared.errors import Retryable, Unprocessable
from shared.web.body import MEMBERS_MAX, gunzip, read_body

TEXT = b"".join(b"%d," % number for number in range(50_000))


def in_chunks(content: bytes, size: int) -> Iterator[bytes]:
    return (content[start : start + size] for start in range(0, len(content), size))


@pytest.mark.parametrize("size", [1, 7, 1000, 65_536, 10_000_000])
@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_undone_however_it_is_cut(size: int, members: int) -> None:
    packed = gzip.compress(TEXT[:5000]) * members if size == 1 else gzip.compress(TEXT) * members
    whole = TEXT[:5000] * members if size == 1 else TEXT * members
    assert b"".join(gunzip(in_chunks(packed, size))) == whole


@pytest.mark.parametrize("length", [65_535, 65_536, 65_537, 131_072])
def test_slices_that_are_just_full_lose_nothing(length: int) -> None:
    assert b"".join(gunzip([gzip.compress(b"\0" * length)])) == b"\0" * length


def test_members_that_meet_at_the_edge_of_a_chunk_are_both_read() -> None:
    assert b"".join(gunzip([gzip.compress(b"one"), gzip.compress(b"two")])) == b"onetwo"


def test_padding_after_the_end_is_left_out() -> None:
    assert b"".join(gunzip([gzip.compress(b"one") + b"\0" * 100, b"more"])) == b"one"


def test_no_bytes_at_all_are_an_empty_body() -> None:
    assert read_body([], "gzip", 10) == b""


@pytest.mark.parametrize("content", [gzip.compress(TEXT)[:-1], gzip.compress(TEXT)[:50], b"not gzip", b"\x1f"])
def test_broken_gzip_is_a_bad_answer(content: bytes) -> None:
    with pytest.raises(Retryable) as caught:
        list(gunzip([content]))
    assert caught.value.reason == "bad_answer"


def test_a_bomb_takes_no_more_memory_than_its_limit() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000, compresslevel=1)
    tracemalloc.start()
    with pytest.raises(Unprocessable, match="too_large"):
        read_body([bomb], "gzip", 1_000_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3_000_000


def test_a_swarm_of_members_is_refused() -> None:
    with pytest.raises(Unprocessable, match="members"):
        read_body([gzip.compress(b"") * (MEMBERS_MAX + 1)], "gzip", 1_000_000)


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_longer_body_is_cut_where_that_is_wished(encoding: str) -> None:
    content = gzip.compress(b"x" * 1000) if encoding else b"x" * 1000
    assert read_body([content], encoding, 10, truncate=True) == b"x" * 10
