"""Bytes by content hash: raw pages and thumbnails, in a folder or on S3 (shared/blob_stores/).

Bytes are put before the commit that names them, and may be deleted after one that no longer does. In between somebody
else may be about to name the same content. So each put makes a blob young, also one that is there already, and only
blobs are deleted that nothing names and that nobody has put for GRACE_S: no work takes that long from put to commit.
"""

import hashlib
import os
import re
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import structlog

from shared.blob_stores.folder import FolderStore
from shared.blob_stores.store import BlobStore
from shared.errors import KiosqueError, StorageAway
from shared.settings import scaled, settings

log = structlog.get_logger()

#: Over ten times the longest stage's limit_s, with room for clocks that differ.
GRACE_S = 3600.0
#: A process that cannot speak with the store is started anew before it can.
UNFIT_S = 60.0
#: The folders that blobs lie in, by the first two digits of their keys.
FOLDERS = tuple(f"{number:02x}" for number in range(256))

_NAME = re.compile(r"[0-9a-f]{64}(?:\.[0-9a-f]{32}\.part)?")


class BlobMissing(KiosqueError):
    """No blob has this content hash."""


def content_hash(content: bytes) -> str:
    """SHA-256 in lower-case hex: the key of a blob."""
    return hashlib.sha256(content).hexdigest()


def require_store() -> None:
    """StorageAway while the store is believed away: asked before a download that would be for nothing."""
    _store().require()


def put(content: bytes) -> str:
    """Keep bytes and return their content hash; the same bytes are kept once, and are young again."""
    key = content_hash(content)
    _store().put(key, content)
    return key


def exists(key: str) -> bool:
    """Whether there are bytes of this content hash."""
    return _store().exists(key)


def get(key: str) -> bytes:
    """The bytes of a content hash; BlobMissing if there are none, or others: a disk that lost its power, or is worn."""
    try:
        content = _store().get(key)
    except FileNotFoundError as error:
        raise BlobMissing(f"no blob {key} in {settings().blobs}: kiosque publish fetch ID --again") from error
    if content_hash(content) != key:
        raise BlobMissing(f"blob {key} in {settings().blobs} is damaged: kiosque publish fetch ID --again")
    return content


def is_whole(key: str) -> bool:
    """Whether `get` has them: asked before somebody is told that we need them no more."""
    try:
        get(key)
    except BlobMissing:
        return False
    return True


def delete(key: str) -> None:
    """Forget the bytes of a content hash; nothing happens if there are none."""
    _store().delete(key)


def delete_unnamed(key: str, born_after: datetime | None = None) -> bool:
    """Forget bytes that no row names, unless somebody put them lately and may be about to; True if they are gone.

    Those put before `born_after` stay: they are another's.
    """
    try:
        put_at = _store().put_at(key)
    except FileNotFoundError:
        return True
    is_young = put_at >= datetime.now(UTC) - timedelta(seconds=GRACE_S)
    if is_young or (born_after is not None and put_at <= born_after):
        return False
    delete(key)
    return True


def keys_in(folder: str) -> list[str]:
    """The keys of one of FOLDERS; a put that was killed leaves one that no row ever names (`<hash>.<…>.part`)."""
    return [name for name in _store().names_in(folder) if _NAME.fullmatch(name)]


def _store() -> BlobStore:
    try:
        # by process: a forked child shares no connection with its parent
        return _open(settings().blobs, settings().blobs_endpoint, os.getpid())
    except StorageAway as away:
        log.warning("storage.away", reason=away.reason, detail=away.detail)
        raise


@cache
def _open(url: str, endpoint: str, _pid: int) -> BlobStore:
    if not url.startswith("s3://"):
        return FolderStore(Path(url))
    try:
        from shared.blob_stores.s3 import open_s3  # boto3: a third of a second, only where it is used
    except ModuleNotFoundError as error:
        # the operator's to mend, and no article's fault: work waits for it
        remedy = "pip install 'kiosque[s3]', or build the image with EXTRAS=s3"
        until = datetime.now(UTC) + timedelta(seconds=scaled(UNFIT_S))
        raise StorageAway("storage_refused", until, f"KIOSQUE_BLOBS_URL={url} needs {error.name}: {remedy}") from error
    return open_s3(url, endpoint)
