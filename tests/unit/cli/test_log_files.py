"""Logs are appended to, set aside when large, and quoted from."""

import os

import pytest

from services.cli import log_files
from services.cli.log_files import last_line, log_path, open_log, rotate, shown


def test_a_log_goes_on_where_it_stopped():
    for text in (b"first\n", b"second\n"):
        log = open_log("parser")
        os.write(log, text)
        os.close(log)
    assert log_path("parser").read_text() == "first\nsecond\n"


def test_a_large_log_is_set_aside_while_its_process_writes_on(monkeypatch):
    monkeypatch.setattr(log_files, "ROTATED_AT", 10)
    log = open_log("parser")
    os.write(log, b"0123456789 old\n")
    rotate(["parser", "never-started"])
    os.write(log, b"new\n")
    os.close(log)
    assert log_path("parser").read_text() == "new\n"
    assert log_path("parser").with_suffix(".log.1").read_text() == "0123456789 old\n"


def test_a_large_log_is_emptied_also_where_there_is_no_room_for_a_copy(monkeypatch):
    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(log_files, "ROTATED_AT", 10)
    monkeypatch.setattr(log_files.shutil, "copyfile", refuse)
    log = open_log("parser")
    os.write(log, b"0123456789 old\n")
    os.close(log)
    rotate(["parser"])
    assert log_path("parser").read_text() == ""


def test_a_small_log_stays():
    os.close(open_log("parser"))
    rotate(["parser"])
    assert not log_path("parser").with_suffix(".log.1").exists()


@pytest.mark.parametrize(
    ("text", "last"),
    [("", ""), ("one\n", "one"), ("one\ntwo\n\n  \n", "two"), ("x" * 9000 + "\nend", "end"), ("a\n\udcff\n", "\ufffd")],
)
def test_the_last_line_is_what_was_said_last(text, last):
    log_path("parser").parent.mkdir(parents=True)
    log_path("parser").write_bytes(text.encode("utf-8", "surrogateescape"))
    assert last_line("parser") == last


def test_a_process_that_never_ran_said_nothing():
    assert last_line("parser") == ""


def test_a_path_below_this_folder_is_shown_short(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "var" / "log" / "x.log") == "var/log/x.log"
    assert shown(tmp_path.parent / "x.log") == str(tmp_path.parent / "x.log")
