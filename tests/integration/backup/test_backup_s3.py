"""Backup and restore with the blobs on S3: to a folder and back, and while the store is away for a moment."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from full_house import fill_house
from s3_server import BUCKET, CREDENTIALS, S3Server

from shared import blobs
from shared.backup import save
from shared.backup.load import restore_backup
from shared.backup.save import save_backup
from shared.errors import StorageAway

KEPT = [b"<html>" + bytes(range(256)), b"a thumbnail", b"another"]

pytestmark = pytest.mark.usefixtures("sqlite")


@pytest.fixture
def server(set_settings, environment):
    """An S3 that is not started yet, and the house's blobs on it."""
    server = S3Server()
    for name, value in CREDENTIALS.items():
        environment.setenv(name, value)
    set_settings(blobs_url=f"s3://{BUCKET}/house", blobs_endpoint=server.url, time_scale=0.02)
    yield server
    if server.is_running:
        server.stop()


def quiet(_done: int, _of: int) -> None:
    """Progress that nobody looks at."""


def restore(path: Path) -> None:
    restore_backup(path, replace=True, progress=quiet)


def test_blobs_come_from_s3_and_go_back_to_it(server, set_settings, tmp_path):
    server.start()
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    assert (saved.blobs, saved.missing_blobs) == (3, 0)
    server.empty()
    restore(saved.path)
    assert [blobs.get(blobs.content_hash(content)) for content in KEPT] == KEPT
    set_settings(blobs_url=str(tmp_path / "folder"))
    restore(saved.path)
    assert [blobs.get(blobs.content_hash(content)) for content in KEPT] == KEPT


def test_a_store_that_is_away_for_a_moment_is_waited_for(server, set_settings, tmp_path, monkeypatch):
    set_settings(blobs_url=str(tmp_path / "folder"))
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    set_settings(blobs_url=f"s3://{BUCKET}/later")
    waited: list[float] = []

    def come_back(seconds: float) -> None:
        waited.append(seconds)
        if not server.is_running:
            server.start()
        time.sleep(seconds)

    # of this module alone: boto sleeps too, between its own two tries
    monkeypatch.setattr(save, "time", SimpleNamespace(sleep=come_back))
    restore(saved.path)
    assert waited
    assert len(server.keys()) == len(KEPT)


def test_one_that_stays_away_or_refuses_ends_it_with_its_reason(server, set_settings, tmp_path):
    server.start()
    fill_house()
    set_settings(blobs_url="s3://nowhere/house")
    with pytest.raises(StorageAway, match="storage_refused: there is no such bucket"):
        save_backup(tmp_path / "house.tar.gz", quiet)
    server.stop()
    set_settings(blobs_url=f"s3://{BUCKET}/away")
    with pytest.raises(StorageAway, match=r"storage_away: .* does not answer"):
        save_backup(tmp_path / "house.tar.gz", quiet)
    assert not list(tmp_path.glob("house.*"))
