"""S3 that does not answer or lets nobody in: what is said, and who is spared meanwhile."""

import os
import sys

import pytest
import requests
from s3_server import BUCKET, CREDENTIALS, S3Server, s3_server
from servers import wait_until
from structlog.testing import capture_logs

from shared import blobs
from shared.errors import StorageAway


@pytest.fixture
def at(set_settings, environment):
    """Point the blobs at a server; credentials of the machine that runs the tests are nobody's business."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        environment.delenv(name)
    environment.setenv("AWS_EC2_METADATA_DISABLED", "true")
    environment.setenv("AWS_CONFIG_FILE", "/nowhere")
    environment.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")

    def point(server: S3Server, bucket: str = BUCKET, credentials: dict[str, str] = CREDENTIALS, **others: object):
        for name, value in credentials.items():
            environment.setenv(name, value)
        set_settings(blobs_url=f"s3://{bucket}/blobs", blobs_endpoint=server.url, **others)

    return point


def refusal(key: str = "00" * 32) -> StorageAway:
    """What postpones a first asker; the log, where `kiosque status` sends the operator, says the same."""
    with pytest.raises(StorageAway) as caught, capture_logs() as logs:
        blobs.get(key)
    assert [(row["reason"], row["detail"]) for row in logs] == [(caught.value.reason, caught.value.detail)]
    return caught.value


def test_a_bucket_that_is_not_there_is_named_with_its_setting(at):
    with s3_server() as server:
        at(server, bucket="nobodys")
        told = refusal()
    assert told.reason == "storage_refused"
    assert "no such bucket" in told.detail
    assert "KIOSQUE_BLOBS_URL (bucket nobodys at http://127.0.0.1" in told.detail


def test_a_bucket_that_no_bucket_can_be_called_is_named_with_its_setting(at):
    with s3_server() as server:
        at(server, bucket="a b")
        told = refusal()
    assert (told.reason, "KIOSQUE_BLOBS_URL (bucket a b" in told.detail) == ("storage_refused", True)


def test_without_credentials_it_is_said_where_they_are_looked_for(at):
    with s3_server() as server:
        at(server, credentials={})
        told = refusal()
    assert told.reason == "storage_refused"
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give the pod or machine a role" in told.detail


def test_wrong_credentials_are_named(at):
    with s3_server() as server:
        requests.post(f"{server.url}/moto-api/reset-auth", data=b"0", timeout=10)
        try:
            at(server)
            told = refusal()
        finally:
            requests.post(f"{server.url}/moto-api/reset-auth", data=b"inf", timeout=10)
    assert told.reason == "storage_refused"
    assert "refuses us: look at AWS_ACCESS_KEY_ID" in told.detail


def test_a_store_that_is_away_is_asked_again_after_a_while_and_not_before(at):
    server = S3Server()
    at(server)
    blobs.require_store()  # nobody knows yet
    told = refusal()
    assert (told.reason, "does not answer" in told.detail) == ("storage_away", True)
    server.start()
    try:
        for ask in (blobs.require_store, lambda: blobs.put(b"page"), lambda: blobs.keys_in("00")):
            with pytest.raises(StorageAway, match="does not answer"):
                ask()
        assert server.keys() == []
        at(server, time_scale=0.0001)  # what is believed from now on is believed for 2 ms
        blobs._open.cache_clear()

        def is_back() -> bool:
            try:
                blobs.put(b"page")
            except StorageAway:
                return False
            return True

        wait_until(is_back, what="the store asked again")
        blobs.require_store()
    finally:
        server.stop()


def test_a_forked_child_opens_a_store_of_its_own(at):
    with s3_server() as server:
        at(server)
        blobs.put(b"the parent's")
        mine = blobs._store()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "getpid", lambda: -1)
            assert blobs._store() is not mine
        assert blobs._store() is mine


def test_without_its_extra_s3_names_it(at, monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    monkeypatch.delitem(sys.modules, "shared.blob_stores.s3", raising=False)
    at(S3Server())
    told = refusal()  # postponed: every article would be set aside else, for an image that was built without it
    assert told.reason == "storage_refused"
    assert "KIOSQUE_BLOBS_URL=s3://press/blobs needs boto3: pip install 'kiosque[s3]'" in told.detail
    assert "EXTRAS=s3" in told.detail
    with pytest.raises(StorageAway):
        blobs.require_store()


@pytest.mark.parametrize(("variable", "value"), [("AWS_PROFILE", "nobodys"), ("KIOSQUE_BLOBS_ENDPOINT", "http://a b")])
def test_what_boto3_cannot_begin_with_is_named_and_postpones(at, environment, set_settings, variable, value):
    at(S3Server())
    if variable == "AWS_PROFILE":
        environment.setenv(variable, value)
    else:
        set_settings(blobs_url=f"s3://{BUCKET}/blobs", blobs_endpoint=value)
    told = refusal()
    assert (told.reason, value in told.detail) == ("storage_refused", True)
    assert "KIOSQUE_BLOBS_URL=s3://press/blobs" in told.detail


def test_a_folder_asks_for_no_boto3():
    import subprocess

    code = "from shared import blobs; blobs.keys_in('00'); import sys; sys.exit('boto3' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
