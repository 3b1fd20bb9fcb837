"""When the newsstand first opened outlives a restart."""

from datetime import UTC, datetime

import pytest

from services.newsstand.epoch import BadEpochError, keep_epoch

NOW = datetime(2026, 11, 24, 12, 0, 0, 123456, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def test_a_restart_keeps_the_first_opening(tmp_path):
    path = tmp_path / "var" / "newsstand" / "epoch"
    assert keep_epoch(path, NOW) == NOW.replace(microsecond=0)
    assert keep_epoch(path, LATER) == NOW.replace(microsecond=0)
    assert [entry.name for entry in path.parent.iterdir()] == ["epoch"]


def test_a_time_without_a_zone_is_read_as_utc(tmp_path):
    (tmp_path / "epoch").write_text("2026-01-02T03:04:05\n")
    assert keep_epoch(tmp_path / "epoch", NOW) == datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize("content", [b"", b"yesterday", b"\xff\xfe"])
def test_a_damaged_file_is_named_with_the_remedy(tmp_path, content):
    (tmp_path / "epoch").write_bytes(content)
    with pytest.raises(BadEpochError, match=r"epoch .*remove it"):
        keep_epoch(tmp_path / "epoch", NOW)


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "var").write_text("a file")
    with pytest.raises(BadEpochError, match="cannot be"):
        keep_epoch(tmp_path / "var" / "epoch", NOW)
