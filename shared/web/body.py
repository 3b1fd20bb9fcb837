"""The body of an answer: read and decompressed in bounded slices, so that no sender decides how much memory we use."""

import zlib
from collections.abc import Iterable, Iterator

from shared.errors import Retryable, Unprocessable

#: What one step of decompression may make: a gzip bomb is noticed this soon after the limit.
SLICE_BYTES = 64 * 1024
#: Every member costs a fresh decompressor; block gzip makes one for 64 KiB, so 160 for ten megabytes.
MEMBERS_MAX = 1000
#: zlib's flag for a gzip header and trailer.
_GZIP_WINDOW = 16 + zlib.MAX_WBITS
_GZIP_MAGIC = b"\x1f\x8b"


def read_body(chunks: Iterable[bytes], encoding: str, max_bytes: int, *, truncate: bool = False) -> bytes:
    """The decoded body; Unprocessable("too_large") past `max_bytes` on the wire or decoded, or cut there if wished."""
    kept = bytearray()
    for piece in decode(_count_wire(chunks, max_bytes, truncate), encoding):
        kept += piece
        if len(kept) > max_bytes:
            if truncate:
                break
            raise too_large(max_bytes)
    return bytes(kept[:max_bytes])


def decode(chunks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Undo a Content-Encoding; only gzip is asked for, so only gzip is known."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return iter(chunks)
    if name in ("gzip", "x-gzip"):
        return gunzip(chunks)
    raise Unprocessable("bad_encoding", f"the body is encoded as {name[:40]!r}, which was not asked for")


def gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Decompress gzip, one member after another, in slices; Retryable("bad_answer") if it is broken or ends early."""
    stream, is_inside, members = zlib.decompressobj(_GZIP_WINDOW), False, 0
    for chunk in chunks:
        rest = chunk
        while rest:
            if not is_inside:
                if members and not rest.startswith(_GZIP_MAGIC[: len(rest)]):
                    return  # padding after the last member
                if members == MEMBERS_MAX:
                    raise Unprocessable("too_large", f"the body is gzip in more than {MEMBERS_MAX:,} members")
                stream, is_inside, members = zlib.decompressobj(_GZIP_WINDOW), True, members + 1
            yield from _inflate(stream, rest)
            is_inside, rest = not stream.eof, stream.unused_data
    if is_inside:
        raise Retryable("bad_answer", "the gzip body ends early")


def _inflate(stream: "zlib._Decompress", rest: bytes) -> Iterator[bytes]:
    """What these bytes decompress to, until they or the member are used up."""
    while not stream.eof:
        try:
            piece = stream.decompress(rest, SLICE_BYTES)
        except zlib.error as error:
            raise Retryable("bad_answer", f"the body is not good gzip: {error}") from error
        yield piece
        rest = stream.unconsumed_tail
        if not rest and len(piece) < SLICE_BYTES:  # a full slice may have left more inside
            return


def too_large(max_bytes: int) -> Unprocessable:
    """The error for a body past its limit."""
    return Unprocessable("too_large", f"the body is larger than {max_bytes:,} bytes")


def _count_wire(chunks: Iterable[bytes], max_bytes: int, truncate: bool) -> Iterator[bytes]:
    """Bytes that decompress to nothing are bytes too."""
    received = 0
    for chunk in chunks:
        received += len(chunk)
        yield chunk
        if received > max_bytes and not truncate:
            raise too_large(max_bytes)
