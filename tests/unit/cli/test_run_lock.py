"""One run a folder, and a folder that can be written."""

import errno
import os

import pytest

from services.cli import run_lock
from services.cli.run_lock import AlreadyRunningError, take_run_lock
from shared.errors import KiosqueError
from shared.settings import settings


def test_a_second_run_is_refused_with_where_the_first_is():
    lock = take_run_lock()
    with pytest.raises(AlreadyRunningError) as refused:
        take_run_lock()
    assert settings().portal_address in str(refused.value)
    assert f"kill {os.getpid()}" in str(refused.value)
    os.close(lock.descriptor)


def test_the_lock_ends_with_its_holder():
    os.close(take_run_lock().descriptor)
    os.close(take_run_lock().descriptor)


def test_what_a_holder_left_unreadable_is_no_reason_to_fail():
    settings().var.mkdir()
    (settings().var / "run.lock").write_bytes(b"\xff not json")
    lock = take_run_lock()
    assert lock.read()["pid"] == os.getpid()
    os.close(lock.descriptor)


def test_facts_replace_longer_ones():
    lock = take_run_lock()
    lock.write(pid=1, portal="x" * 500)
    lock.write(pid=2)
    assert lock.read() == {"pid": 2}
    os.close(lock.descriptor)


def test_a_folder_that_cannot_be_made_is_named_with_the_remedy(set_settings, tmp_path):
    (tmp_path / "file").touch()
    set_settings(var=tmp_path / "file" / "var")
    with pytest.raises(KiosqueError, match=r"cannot write to .*file.*KIOSQUE_VAR") as refused:
        take_run_lock()
    assert "\n" not in str(refused.value)
    assert "chown" not in str(refused.value)  # which would not help


def test_a_full_disk_is_named_with_the_remedy(monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(run_lock.os, "pwrite", refuse)
    with pytest.raises(KiosqueError, match=r"cannot write to .*No space left on device.*make room"):
        take_run_lock()


@pytest.mark.parametrize("left", ["log", "kiosque.sqlite3"])
def test_what_another_user_s_run_left_is_named(monkeypatch, left):
    settings().var.mkdir()
    (settings().var / left).touch()
    # the tests may run as root, who is refused nothing
    monkeypatch.setattr(run_lock.os, "access", lambda path, mode: path.name != left)
    with pytest.raises(KiosqueError, match=rf"cannot write to .*{left}.*chown"):
        take_run_lock()
