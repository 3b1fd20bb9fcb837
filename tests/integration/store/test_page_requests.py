"""What a fetch asks for: an answer of "not modified" is of use only while we have the page."""

from pathlib import Path

import pytest
from press import add_article, add_source

from shared import blobs
from shared.blob_stores.store import path_of
from shared.db import read_session
from shared.settings import settings
from shared.store.articles import load_page_request

pytestmark = pytest.mark.usefixtures("sqlite")


def test_a_page_that_is_not_whole_is_asked_for_without_its_validators():
    key = blobs.put(b"<html>")
    article_id = add_article(add_source(), page_hash=key, etag='"1"', last_modified="Sat, 28 Nov 2026 09:00:00 GMT")

    def validators() -> tuple[str | None, str | None]:
        with read_session() as session:
            request = load_page_request(session, article_id)
        return request.etag, request.last_modified

    assert validators() == ('"1"', "Sat, 28 Nov 2026 09:00:00 GMT")
    path = Path(settings().blobs, path_of(key))
    path.write_bytes(b"")
    assert validators() == (None, None)
    path.unlink()
    assert validators() == (None, None)
