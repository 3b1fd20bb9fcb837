"""The Procfile: what its lines mean, and that the real one holds every process."""

import sys
from pathlib import Path

import pytest

from services.cli.procfile import PROCFILE, BadProcfileError, read_procfile
from shared.pipeline import SERVICES


def write(folder: Path, text: str) -> Path:
    path = folder / "Procfile"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_line_is_a_name_its_variables_and_a_command(tmp_path):
    path = write(tmp_path, "# a comment\n\nparser: SERVICE=parser TITLE='two words' python -m services.worker --x\n")
    (line,) = read_procfile(path)
    assert (line.name, line.variables) == ("parser", {"SERVICE": "parser", "TITLE": "two words"})
    assert line.arguments() == [sys.executable, "-m", "services.worker", "--x"]
    assert line.is_worker


def test_lines_keep_their_order(tmp_path):
    assert [line.name for line in read_procfile(write(tmp_path, "b: sleep 1\na: sleep 1\n"))] == ["b", "a"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("parser python -m x\n", "line 1"),
        ("ok: sleep 1\nparser:\n", "line 2"),
        ("parser: SERVICE=parser\n", "line 1"),
        ("parser: python 'unclosed\n", "line 1"),
        ("parser: sleep 1\nparser: sleep 2\n", "twice: parser"),
        ("# nothing\n", "no process"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, text, told):
    with pytest.raises(BadProcfileError, match=told):
        read_procfile(write(tmp_path, text))


def test_a_missing_procfile_is_named_with_the_remedy(tmp_path):
    with pytest.raises(BadProcfileError, match=r"nowhere.*--procfile"):
        read_procfile(tmp_path / "nowhere")


def test_an_unknown_program_is_named(tmp_path):
    (line,) = read_procfile(write(tmp_path, "odd: no-such-program-here --x\n"))
    with pytest.raises(BadProcfileError, match="no-such-program-here"):
        line.arguments()


def test_the_real_procfile_has_a_line_for_every_worker_and_every_server():
    lines = {line.name: line for line in read_procfile(PROCFILE)}
    workers = {name: line.variables["SERVICE"] for name, line in lines.items() if line.is_worker}
    assert workers == {name: name for name in SERVICES}
    assert set(lines) - set(workers) == {"redis", "newsstand", "portal", "scheduler", "flower"}
    assert next(iter(lines)) == "redis"
