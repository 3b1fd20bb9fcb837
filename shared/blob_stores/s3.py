"""Blobs in a bucket of S3, or of a server that speaks as S3 does (MinIO, Ceph, R2)."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3
import structlog
from botocore import exceptions
from botocore.config import Config

from shared.blob_stores.store import path_of
from shared.errors import StorageAway
from shared.settings import scaled

log = structlog.get_logger()

#: After a failure the store is believed away for so long: no page is fetched for nothing, no reader's thread waits.
AWAY_S = 15.0
#: A stage of 30 s has to live through two tries; a picture of 10 MB comes in well under the second number.
CONNECT_S, READ_S, TRIES = 3, 10, 2
#: Threads of one process that may ask at once: the scraper has 4, the portal 8.
CONNECTIONS = 16

_NO_CREDENTIALS = (
    exceptions.NoCredentialsError,
    exceptions.PartialCredentialsError,
    exceptions.CredentialRetrievalError,
    exceptions.UnauthorizedSSOTokenError,
)
#: Without the last one S3 says "forbidden" where it means "not there".
_RIGHTS = "s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket"
_NO_BLOB = ("NoSuchKey", "NotFound", "404")
#: What a client's error is worth another try for, soon; every other one is for the operator.
_PASSING = ("SlowDown", "RequestTimeout", "Throttling", "ServiceUnavailable", "InternalError")


class S3Store:
    """An object a blob; a put is whole by itself, and makes the object young."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        self._client, self._bucket, self._prefix = client, bucket, prefix
        self._away: StorageAway | None = None
        self._away_until = 0.0  # time.monotonic

    def require(self) -> None:
        if self._away is not None and time.monotonic() < self._away_until:
            raise _away(self._away.reason, self._away.detail)

    def put(self, name: str, content: bytes) -> None:
        with self._asking():
            self._client.put_object(**self._object(name), Body=content)

    def get(self, name: str) -> bytes:
        with self._asking():
            return bytes(self._client.get_object(**self._object(name))["Body"].read())

    def exists(self, name: str) -> bool:
        try:
            self.put_at(name)
        except FileNotFoundError:
            return False
        return True

    def put_at(self, name: str) -> datetime:
        with self._asking():
            moment: datetime = self._client.head_object(**self._object(name))["LastModified"]
            return moment

    def delete(self, name: str) -> None:
        with self._asking():
            self._client.delete_object(**self._object(name))

    def names_in(self, folder: str) -> list[str]:
        with self._asking():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{folder}/"
            )
            return [row["Key"].rpartition("/")[2] for page in pages for row in page.get("Contents", ())]

    def _object(self, name: str) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{path_of(name)}"}

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Botocore's errors in the house's words, and the store believed away after one."""
        self.require()
        try:
            yield
        except (exceptions.ClientError, exceptions.BotoCoreError, OSError) as error:
            meant = _translated(error, f"KIOSQUE_BLOBS_URL (bucket {self._bucket} at {self._client.meta.endpoint_url})")
            if isinstance(meant, StorageAway):
                log.warning("storage.away", reason=meant.reason, detail=meant.detail)
                self._away, self._away_until = meant, time.monotonic() + scaled(AWAY_S)
            raise meant from error


def _translated(error: Exception, where: str) -> Exception:
    if isinstance(error, exceptions.ClientError):
        return _refusal(error, where)
    if isinstance(error, _NO_CREDENTIALS):
        remedy = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the pod or machine a role"
        return _away("storage_refused", f"no credentials for {where}: {remedy} ({error})")
    if isinstance(error, exceptions.ParamValidationError):  # what is no bucket's name
        return _away("storage_refused", f"{where} cannot be asked for: {error}")
    return _away("storage_away", f"{where} does not answer: {error}")


def _refusal(error: exceptions.ClientError, where: str) -> Exception:
    code = str(error.response.get("Error", {}).get("Code", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    if code in _NO_BLOB:
        return FileNotFoundError(code)
    if status >= 500 or code.startswith(_PASSING):
        return _away("storage_away", f"{where} is not well: {error}")
    if code == "NoSuchBucket":
        return _away("storage_refused", f"there is no such bucket: make it, or mend {where}")
    remedy = f"look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or what the role may do ({_RIGHTS})"
    return _away("storage_refused", f"{where} refuses us: {remedy}: {error}")


def _away(reason: str, detail: str) -> StorageAway:
    return StorageAway(reason, datetime.now(UTC) + timedelta(seconds=2 * scaled(AWAY_S)), detail)


def open_s3(url: str, endpoint: str) -> S3Store:
    """The store of s3://bucket/prefix; credentials and region are AWS's own variables, or the pod's role."""
    parts = urlsplit(url)
    prefix = parts.path.strip("/")
    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=READ_S,
        retries={"mode": "standard", "total_max_attempts": TRIES},
        max_pool_connections=CONNECTIONS,
        # a server of one's own has one name for all its buckets
        s3={"addressing_style": "path" if endpoint else "auto"},
        # not every server that speaks as S3 knows the newer checksums, and a blob's name is its hash
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )
    # a session of our own: boto3's shared one is not for threads
    try:
        client = boto3.session.Session().client("s3", endpoint_url=endpoint or None, config=config)
    except (exceptions.BotoCoreError, ValueError) as error:  # a profile that is not there, an endpoint that is none
        named = f"KIOSQUE_BLOBS_URL={url} KIOSQUE_BLOBS_ENDPOINT={endpoint}"
        raise _away("storage_refused", f"{named} cannot be used: {error}") from error
    return S3Store(client, parts.netloc, f"{prefix}/" if prefix else "")
