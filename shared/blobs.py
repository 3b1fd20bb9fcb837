"""Bytes by content hash: raw pages and thumbnails, in a folder or on S3 (any fsspec URL).

Bytes are put before the commit that names them, and may be deleted after one that no longer does. In between somebody
else may be about to name the same content. So each put makes a blob young, also one that is there already, and only
blobs are deleted that nothing names and that nobody has put for GRACE_S: no work takes that long from put to commit.
"""

import hashlib
import os
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import fsspec

from shared.errors import KiosqueError
from shared.settings import settings

#: Over ten times the longest stage's limit_s, with room for clocks that differ.
GRACE_S = 3600.0
#: The folders that blobs lie in, by the first two digits of their keys.
FOLDERS = tuple(f"{number:02x}" for number in range(256))

_NAME = re.compile(r"[0-9a-f]{64}(?:\.[0-9a-f]{32}\.part)?")


class BlobMissing(KiosqueError):
    """No blob has this content hash."""


def content_hash(content: bytes) -> str:
    """SHA-256 in lower-case hex: the key of a blob."""
    return hashlib.sha256(content).hexdigest()


def put(content: bytes) -> str:
    """Keep bytes and return their content hash; the same bytes are kept once, and are young again."""
    key = content_hash(content)
    filesystem, root = _store()
    path = _path(root, key)
    filesystem.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH120 - an fsspec path, not the machine's
    # Written beside and moved: a reader, or a crash, never meets half a blob.
    beside = f"{path}.{uuid4().hex}.part"
    filesystem.pipe_file(beside, content)
    filesystem.mv(beside, path)
    return key


def exists(key: str) -> bool:
    """Whether there are bytes of this content hash."""
    filesystem, root = _store()
    return bool(filesystem.exists(_path(root, key)))


def get(key: str) -> bytes:
    """The bytes of a content hash; BlobMissing if there are none."""
    filesystem, root = _store()
    try:
        return bytes(filesystem.cat_file(_path(root, key)))
    except FileNotFoundError as error:
        raise BlobMissing(f"no blob {key} in {settings().blobs}: kiosque publish fetch ID --again") from error


def delete(key: str) -> None:
    """Forget the bytes of a content hash; nothing happens if there are none."""
    filesystem, root = _store()
    try:
        filesystem.rm_file(_path(root, key))
    except FileNotFoundError:
        return


def delete_unnamed(key: str, born_after: datetime | None = None) -> bool:
    """Forget bytes that no row names, unless somebody put them lately and may be about to; True if they are gone.

    Those put before `born_after` stay: they are another's.
    """
    filesystem, root = _store()
    path = _path(root, key)
    filesystem.invalidate_cache(os.path.dirname(path))  # noqa: PTH120 - S3's listing may be older than the last put
    try:
        put_at = filesystem.modified(path)
    except FileNotFoundError:
        return True
    is_young = put_at >= datetime.now(UTC) - timedelta(seconds=GRACE_S)
    if is_young or (born_after is not None and put_at <= born_after):
        return False
    delete(key)
    return True


def keys_in(folder: str) -> list[str]:
    """The keys of one of FOLDERS; a put that was killed leaves one that no row ever names (`<hash>.<…>.part`)."""
    filesystem, root = _store()
    filesystem.invalidate_cache(f"{root}/{folder}")
    names = (path.rpartition("/")[2] for path in filesystem.find(f"{root}/{folder}"))
    return [name for name in names if _NAME.fullmatch(name)]


def _store() -> tuple[Any, str]:
    return _open(settings().blobs)


@cache
def _open(url: str) -> tuple[Any, str]:
    filesystem, root = fsspec.core.url_to_fs(url)
    return filesystem, str(root)


def _path(root: str, key: str) -> str:
    return f"{root}/{key[:2]}/{key[2:4]}/{key}"
