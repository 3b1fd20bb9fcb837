"""Sends thumbnails, each only as long as readers may see it."""

import structlog
from flask import Blueprint, Response, abort, request
from werkzeug.exceptions import ServiceUnavailable

from shared import blobs
from shared.db import read_session
from shared.errors import StorageAway
from shared.store.thumbnails import ThumbnailAccess, find_access

log = structlog.get_logger()

pages = Blueprint("thumbnails", __name__)


@pages.get("/image/<string(length=64):thumbnail_hash>.webp")
def thumbnail(thumbnail_hash: str) -> Response:
    """A thumbnail's bytes. Browsers keep them but ask each time, so a block works at the next look at a page."""
    with read_session() as session:
        access = find_access(session, thumbnail_hash)
    if access is ThumbnailAccess.WITHDRAWN:
        abort(410)
    if access is ThumbnailAccess.UNKNOWN:
        abort(404)
    response = Response(mimetype="image/webp", headers={"Cache-Control": "public, no-cache"})
    response.set_etag(thumbnail_hash)
    if request.if_none_match.contains(thumbnail_hash):
        response.status_code = 304
        return response
    try:
        response.data = blobs.get(thumbnail_hash)
    except blobs.BlobMissing:
        log.warning("thumbnail.missed", thumbnail_hash=thumbnail_hash)
        abort(404)
    except StorageAway as away:
        log.error("thumbnail.unavailable", thumbnail_hash=thumbnail_hash, reason=away.reason, detail=away.detail)
        raise ServiceUnavailable(retry_after=30) from away
    return response
