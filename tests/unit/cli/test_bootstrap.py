"""How .venv is made and mended: with scripts in the place of Python and pip, so that nothing is installed."""

import errno
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from services.cli import bootstrap
from shared.settings import ROOT, settings

#: Stands for the machine's Python: its venv module makes a .venv whose Python is FAKE_PIP.
FAKE_PYTHON = """\
#!/bin/sh
case "$*" in
*ensurepip*) exit {lacks_venv} ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0.pip" "$3/bin/python" ;;
*) exit 9 ;;
esac
"""
#: Stands for .venv/bin/python: notes what pip is told to install, and fails with these words if there are any.
FAKE_PIP = """\
#!/bin/sh
case "$*" in
*"import sys, pip"*) exit 0 ;;
*" install "*)
    for last; do :; done
    echo "$last" >> "{folder}/installed"
    echo "Collecting something"
    [ -s "{folder}/words" ] && {{ cat "{folder}/words"; exit 1; }}
    exit 0 ;;
esac
"""


class Checkout:
    """A checkout with requirements, and what was installed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "python3"

    def write(self, name: str, text: str, is_program: bool = False) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755 if is_program else 0o644)

    def installed(self) -> list[str]:
        """What pip was told to install since the last call, by file name."""
        path = self.folder / "installed"
        names = [Path(line).name for line in path.read_text().splitlines()] if path.exists() else []
        path.unlink(missing_ok=True)
        return names


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Checkout:
    made = Checkout(tmp_path / "a clone é")
    made.write("requirements/run.txt", "celery==5.7.0 \\\n    --hash=sha256:0\n")
    made.write("requirements/dev.txt", "pytest==9.2.0 \\\n    --hash=sha256:1\n")
    made.write("pyproject.toml", "[project]\n")
    made.write("python3", FAKE_PYTHON.format(lacks_venv=0), is_program=True)
    made.write("python3.pip", FAKE_PIP.format(folder=made.folder), is_program=True)
    move_to(made.folder, monkeypatch)
    return made


def move_to(folder: Path, monkeypatch) -> None:
    root = bootstrap.ROOT
    for name, path in vars(bootstrap).copy().items():
        if isinstance(path, Path):
            monkeypatch.setattr(bootstrap, name, folder / path.relative_to(root))
    moved = {name: folder / ".venv" / path.name for name, path in bootstrap.STAMPS.items()}
    monkeypatch.setattr(bootstrap, "STAMPS", moved)
    monkeypatch.setattr(sys, "_base_executable", str(folder / "python3"))


@pytest.fixture
def make(monkeypatch, capsys):
    """`make run` or `make test` up to the point where .venv is ready: exit code and words."""

    def call(wanted: str = "run") -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bootstrap", wanted])
        code: object = 0
        try:
            bootstrap.main()
        except SystemExit as ended:
            code = ended.code
        said = capsys.readouterr()
        return (code, said.out, "") if isinstance(code, int) else (1, said.out, f"{code}")

    return call


EVERYTHING = ["run.txt", "a clone é"]


def test_the_first_time_everything_is_installed_and_said(checkout, make):
    code, out, err = make()
    assert (code, err, checkout.installed()) == (0, "", EVERYTHING)
    assert "making .venv" in out
    assert "installing 1 packages" in out


def test_the_second_time_nothing_is_done_or_said(checkout, make):
    make()
    checkout.installed()
    assert make() == (0, "", "")
    assert checkout.installed() == []


def test_the_tests_need_more_and_then_the_rest_stays(checkout, make):
    make()
    checkout.installed()
    make("dev")
    assert checkout.installed() == ["dev.txt", "a clone é"]
    assert make("run")[1] == ""


@pytest.mark.parametrize("changed", ["requirements/run.txt", "pyproject.toml"])
def test_a_changed_pin_is_installed_into_the_venv_that_is_there(checkout, make, changed):
    make()
    checkout.installed()
    (checkout.folder / ".venv" / "kept").touch()
    checkout.write(changed, "celery==5.7.1\n")
    make()
    assert checkout.installed() == EVERYTHING
    assert (checkout.folder / ".venv" / "kept").exists()


def test_a_venv_left_half_made_is_made_anew(checkout, make):
    make()
    checkout.installed()
    (checkout.folder / ".venv" / "half").touch()
    bootstrap.UNFINISHED.touch()
    code, out, _ = make()
    assert (code, checkout.installed()) == (0, EVERYTHING)
    assert "mending .venv" in out
    assert not (checkout.folder / ".venv" / "half").exists()


def test_a_failed_install_leaves_a_venv_that_the_next_run_mends(checkout, make):
    checkout.write("words", "ERROR: odd\n")
    assert make()[0] == 1
    checkout.write("words", "")
    checkout.installed()
    code, out, _ = make()
    assert (code, checkout.installed()) == (0, EVERYTHING)
    assert "mending .venv" in out


@pytest.mark.parametrize("kind", ["empty", "file", "link"])
def test_whatever_is_there_in_place_of_a_venv_is_replaced(checkout, make, tmp_path, kind):
    venv = checkout.folder / ".venv"
    if kind == "empty":
        venv.mkdir()
    elif kind == "file":
        venv.touch()
    else:
        (tmp_path / "elsewhere").mkdir()
        venv.symlink_to(tmp_path / "elsewhere")
    assert make()[0] == 0
    assert checkout.installed() == EVERYTHING
    assert not venv.is_symlink()


def test_a_venv_of_one_s_own_is_installed_into(checkout, make):
    subprocess.run([str(checkout.python), "-m", "venv", str(checkout.folder / ".venv")], check=True)
    (checkout.folder / ".venv" / "own").touch()
    assert make()[0] == 0
    assert (checkout.folder / ".venv" / "own").exists()


def test_a_moved_clone_gets_a_venv_of_its_new_path(checkout, make, monkeypatch, tmp_path):
    make()
    shutil.move(checkout.folder, tmp_path / "moved")
    move_to(tmp_path / "moved", monkeypatch)
    checkout.write("python3.pip", FAKE_PIP.format(folder=checkout.folder), is_program=True)
    shutil.copy(checkout.folder / "python3.pip", tmp_path / "moved" / "python3.pip")
    code, out, _ = make()
    assert code == 0
    assert "mending .venv" in out


def test_a_venv_that_kiosque_runs_out_of_is_not_taken_from_under_it(checkout, make):
    make()
    bootstrap.UNFINISHED.touch()
    settings().var.mkdir(exist_ok=True)
    with (settings().var / "run.lock").open("w") as running:
        fcntl.flock(running, fcntl.LOCK_EX)
        code, _, err = make()
    assert (code, err) == (1, "kiosque: .venv must be made anew, and kiosque runs out of it: stop that first")
    assert bootstrap.PYTHON.exists()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'\nERROR: No match", "PIP_INDEX_URL"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "do not use it"),
        ("OSError: [Errno 28] No space left on device", "the disk is full"),
        ("WARNING: SSLError(CERTIFICATE_VERIFY_FAILED)", "PIP_CERT"),
        ("hm\nERROR: something else\nhint: look", "pip failed: ERROR: something else"),
    ],
)
def test_what_pip_could_not_do_is_one_line_with_the_remedy(checkout, make, words, told):
    checkout.write("words", words)
    code, _, err = make()
    assert code == 1
    assert told in err
    assert "var/log/install.log" in err
    assert err.count("\n") == 0
    assert words.splitlines()[0] in bootstrap.LOG.read_text()


def test_a_python_without_venv_is_named_with_its_package(checkout, make):
    checkout.write("python3", FAKE_PYTHON.format(lacks_venv=1), is_program=True)
    code, _, err = make()
    assert code == 1
    assert err.startswith("kiosque: Python 3.")
    assert err.endswith("apt-get install python3-venv")


@pytest.mark.parametrize(("number", "owning"), [(errno.EACCES, True), (errno.EROFS, False), (errno.ENOSPC, False)])
def test_a_folder_that_cannot_be_written_is_named_with_a_remedy_that_helps(checkout, make, monkeypatch, number, owning):
    def refuse(path: Path) -> None:  # root, who may run the tests, is refused nothing
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(Path, "touch", refuse)
    code, _, err = make()
    assert code == 1
    assert err.startswith(f"kiosque: cannot make .venv: {checkout.folder / '.venv'}")
    assert ("chown" in err, "clone it anew" in err) == (owning, True)
    assert err.count("\n") == 0


def test_a_checkout_that_lacks_a_file_is_not_blamed_on_its_owner(checkout, make):
    (checkout.folder / "requirements" / "run.txt").unlink()
    code, _, err = make()
    assert code == 1
    assert "requirements/run.txt: No such file" in err
    assert "chown" not in err


def test_an_unknown_set_is_refused(checkout, make):
    assert "run|dev" in make("prod")[2]


@pytest.fixture
def script(tmp_path):
    """Run the real deploy/bootstrap.sh with only these programs on PATH: exit code, words, and what was started."""

    def call(**programs: str) -> tuple[int, str, str]:
        folder = tmp_path / "machine"
        (folder / "deploy").mkdir(parents=True)
        shutil.copy(ROOT / "deploy" / "bootstrap.sh", folder / "deploy")
        (folder / "bin").mkdir()
        for name in ("dirname", "id", "sh"):
            (folder / "bin" / name).symlink_to(shutil.which(name) or "")
        for name, answer in programs.items():
            path = folder / "bin" / name.replace("_", ".")
            path.write_text(f'#!/bin/sh\n[ "$1" = -c ] && {{ {answer}; exit; }}\necho "started ${{0##*/}} $*"\n')
            path.chmod(0o755)
        answer = subprocess.run(
            ["/bin/sh", str(folder / "deploy" / "bootstrap.sh"), "run"],
            env={"PATH": str(folder / "bin")}, capture_output=True, text=True, check=False, cwd="/",
        )  # fmt: skip
        return answer.returncode, answer.stdout, answer.stderr

    return call


@pytest.mark.parametrize(
    ("programs", "started"),
    [
        ({"python3": "echo ready"}, "python3"),
        ({"python3_12": "echo ready", "python3": "echo ready"}, "python3.12"),
        ({"python3_13": "exit 127", "python3_11": "echo ready"}, "python3.11"),  # a shim without that version
        ({"python3_13": "echo bare", "python3": "echo ready"}, "python3"),
        ({"python3_13": "echo unfit 3.14", "python3": "echo bare"}, "python3"),  # bootstrap.py names the package
    ],
)
def test_the_best_python_of_the_machine_is_taken(script, programs, started):
    assert script(**programs) == (0, f"started {started} -m services.cli.bootstrap run\n", "")


@pytest.mark.parametrize(
    ("programs", "found"),
    [
        ({}, "none"),
        ({"python3": "echo unfit 3.9"}, "3.9"),
        ({"python3": "echo unfit 3.14", "python": "echo unfit 2.7"}, "3.14 2.7"),
    ],
)
def test_without_a_python_that_will_do_the_packages_are_named(script, programs, found):
    code, out, err = script(**programs)
    assert (code, out) == (2, "")
    assert f"Python 3.11, 3.12 or 3.13 is needed (found: {found})" in err
    assert "apt-get install python3 python3-venv" in err
    assert err.count("\n") == 1


def test_the_probe_knows_this_python():
    text = (ROOT / "deploy" / "bootstrap.sh").read_text(encoding="utf-8")
    probe = text.partition("probe='")[2].partition("'\n")[0]
    answer = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert answer.stdout in ("ready\n", "bare\n")


@pytest.mark.parametrize(
    "goal", ["run", "test", "test-all", "check", "bench", "migrate", "lock", "up", "down", "scale"]
)
def test_make_alone_lists_every_goal(goal):
    environment = {**os.environ, "MAKEFLAGS": ""}
    answer = subprocess.run(["make"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert f"  make {goal} " in answer.stdout


def test_make_scale_takes_its_workers_by_name():
    command = ["make", "--dry-run", "scale", "parser=4", "translator=2"]
    answer = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "MAKEFLAGS": ""}, capture_output=True, text=True, check=True
    )
    assert {"--scale parser=4", "--scale translator=2"} <= set(re.findall(r"--scale \S+", answer.stdout))
