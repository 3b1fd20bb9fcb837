"""A full disk, real: a file system of a few MB. Nothing is taken for done that could not be written down."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis
from faults.house import House, all_done, fault_house, has_measured, scaled
from servers import own_redis, wait_until

from shared.app import make_app


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of the test's own that is soon full."""
    if os.getuid() != 0:
        pytest.skip("needs root: a file system of a few MB is mounted")
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "kiosque-faults", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(disk: Path) -> Iterator[None]:
    """While the block runs, the disk has not a byte left."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:  # no space left on device
            pass
    try:
        yield
    finally:
        ballast.unlink()


@pytest.fixture
def house_on_disk(
    disk: Path, tmp_path: Path, broker: redis.Redis, migrated_sqlite: Path, set_settings, monkeypatch
) -> Iterator[House]:
    """A house whose database is on that disk."""
    shutil.copy(migrated_sqlite, disk / "kiosque.sqlite3")
    set_settings(database_url=f"sqlite:///{disk / 'kiosque.sqlite3'}")
    with fault_house(tmp_path, broker, set_settings, monkeypatch) as made:
        yield made


@pytest.mark.fault(25)
@pytest.mark.needs_root
@pytest.mark.slow
def test_a_full_disk_under_the_database_stops_the_work_until_there_is_space(house_on_disk, disk):
    house = house_on_disk
    article_ids = house.add(*["sleep 0.2"] * 80)
    with house.scheduler() as scheduler, house.worker() as worker:
        wait_until(has_measured(3))
        with full(disk):
            wait_until(lambda: house.log().count("database.away") >= 3, scaled(60), what="a clear error, again")
            assert "database or disk is full" in house.log()
            begun = len(house.attempts())
            wait_until(lambda: house.log().count("database.away") >= 5, scaled(120), what="a clear error, again")
            assert len(house.attempts()) == begun  # it takes no work
            assert (worker.poll(), scheduler.poll()) == (None, None)
        house.converges(article_ids)
    assert all_done(article_ids)


@pytest.mark.fault(25)
@pytest.mark.needs_root
@pytest.mark.slow
def test_a_full_disk_under_redis_stops_the_work_until_there_is_space(disk, tmp_path, sqlite, set_settings, monkeypatch):
    with own_redis(disk / "redis", "--appendfsync", "everysec") as server:
        set_settings(broker_url=server.url)
        make_app()
        with fault_house(tmp_path, server.client, set_settings, monkeypatch) as house:
            article_ids = house.add(*["sleep 0.2"] * 80)
            with house.scheduler() as scheduler, house.worker() as worker:
                wait_until(has_measured(3))
                with full(disk):
                    wait_until(lambda: _refuses(server.client), scaled(60), what="a refusal of Redis")
                    wait_until(lambda: "No space left on device" in house.log(), scaled(60), what="a clear error")
                    assert (worker.poll(), scheduler.poll()) == (None, None)
                house.converges(article_ids)
    assert all_done(article_ids)


def _refuses(client: redis.Redis) -> bool:
    try:
        client.set("ballast", bytes(4096))
    except redis.ResponseError as error:
        return "MISCONF" in str(error)
    return False
