"""Bytes by content hash: raw pages and thumbnails, in a folder or on S3 (any fsspec URL)."""

import hashlib
import os
from functools import cache
from typing import Any
from uuid import uuid4

import fsspec

from shared.errors import KiosqueError
from shared.settings import settings


class BlobMissing(KiosqueError):
    """No blob has this content hash."""


def content_hash(content: bytes) -> str:
    """SHA-256 in lower-case hex: the key of a blob."""
    return hashlib.sha256(content).hexdigest()


def put(content: bytes) -> str:
    """Keep bytes and return their content hash; the same bytes are kept once."""
    key = content_hash(content)
    filesystem, root = _store()
    path = _path(root, key)
    if filesystem.exists(path):
        return key
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


def _store() -> tuple[Any, str]:
    return _open(settings().blobs)


@cache
def _open(url: str) -> tuple[Any, str]:
    filesystem, root = fsspec.core.url_to_fs(url)
    return filesystem, str(root)


def _path(root: str, key: str) -> str:
    return f"{root}/{key[:2]}/{key[2:4]}/{key}"
