"""`python -m services.cli.bootstrap run`: makes .venv, or mends it, with nothing but the standard library.

Run by deploy/bootstrap.sh with a Python of the machine, before anything is installed.
"""

import contextlib
import errno
import fcntl
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from shared.errors import KiosqueError
from shared.settings import ROOT, settings

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
#: What was installed, word for word: a changed pin, project file or clone path shows as a difference.
STAMPS = {"run": VENV / ".kiosque-run", "dev": VENV / ".kiosque-dev"}
#: There while something is being installed: a .venv found with it was left half-made.
UNFINISHED = VENV / ".kiosque-unfinished"
LOG = ROOT / "var" / "log" / "install.log"
LOCK = ROOT / "var" / "install.lock"

_REMEDIES = (
    (r"CERTIFICATE_VERIFY_FAILED|SSLError", "the index's certificate is not trusted: name yours in PIP_CERT"),
    (r"NewConnectionError|ConnectTimeout|NameResolution|Temporary failure|ProxyError|unreachable|Read timed out",
     "the package index does not answer: check the network, or name a mirror in PIP_INDEX_URL, then again"),
    (r"No space left", "the disk is full: make room, then again"),
    (r"DO NOT MATCH THE HASHES", "a package is not the one that requirements/ pins: do not use it; try another mirror"),
    (r"Permission denied", "a file may not be written: see the log for which, chown it, then again"),
)  # fmt: skip


class BootstrapError(KiosqueError):
    """Why .venv cannot be made, in one line with the remedy."""


def main() -> None:
    """Make .venv as `run` or `dev` needs it; nothing is printed if it is so already."""
    wanted = sys.argv[1:]
    if wanted not in (["run"], ["dev"]):
        sys.exit("usage: sh deploy/bootstrap.sh run|dev")
    try:
        with _locked(LOCK):
            prepare(("run", "dev") if wanted == ["dev"] else ("run",))
    except KiosqueError as error:
        sys.exit(f"kiosque: {error}")
    except KeyboardInterrupt:
        sys.exit("kiosque: interrupted; the next `make run` mends .venv")
    except OSError as error:
        owning = f"sudo chown -R {os.getuid()} {shlex.quote(str(ROOT))}, or " if error.errno == errno.EACCES else ""
        sys.exit(
            f"kiosque: cannot make .venv: {error.filename or ROOT}: {error.strerror}: "
            f"{owning}clone it anew where there is room and you may write"
        )


def prepare(sets: tuple[str, ...]) -> None:
    """Install those requirement sets that are not installed as they are now."""
    outdated = [name for name in sets if not is_installed(name)]
    if not outdated and not UNFINISHED.exists():
        return
    started = time.monotonic()
    LOG.unlink(missing_ok=True)
    if not _is_sound():
        _make_venv()
        outdated = list(sets)
    UNFINISHED.touch()
    for name in outdated:
        _install_requirements(name)
    _run_pip(["install", "--no-deps", "--no-build-isolation", "--editable", str(ROOT)], "the project itself")
    for name in outdated:
        STAMPS[name].write_bytes(_stamp(name))
    UNFINISHED.unlink()
    _say(f"ready after {time.monotonic() - started:.0f} s\n")


def is_installed(name: str) -> bool:
    """Whether .venv holds exactly what the files ask for now."""
    return PYTHON.exists() and STAMPS[name].exists() and STAMPS[name].read_bytes() == _stamp(name)


def _stamp(name: str) -> bytes:
    return b"\n".join([os.fsencode(ROOT), _requirements(name).read_bytes(), (ROOT / "pyproject.toml").read_bytes()])


def _requirements(name: str) -> Path:
    return ROOT / "requirements" / f"{name}.txt"


def _is_sound() -> bool:
    """Whether there is a .venv to install into: whole, of a Python that will do, and made for this very path."""
    if UNFINISHED.exists() or not PYTHON.exists():
        return False
    for stamp in STAMPS.values():
        if stamp.exists() and not stamp.read_bytes().startswith(os.fsencode(ROOT) + b"\n"):
            return False  # the clone was moved: its scripts point to where it was
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    return subprocess.run([str(PYTHON), "-I", "-c", probe], capture_output=True, check=False).returncode == 0


def _make_venv() -> None:
    # not sys.executable: that may be the .venv's own, which is about to go
    python = str(getattr(sys, "_base_executable", sys.executable))
    version = ".".join(map(str, sys.version_info[:3]))
    if subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, check=False).returncode != 0:
        package = "python3-venv" if Path(python).name == "python3" else f"python3.{sys.version_info[1]}-venv"
        raise BootstrapError(
            f"Python {version} ({python}) cannot make a virtual environment: {_sudo()}apt-get install {package}"
        )
    _say(f"{'mending' if VENV.exists() else 'making'} .venv with Python {version}\n")
    _clear_venv()
    made = subprocess.run([python, "-m", "venv", str(VENV)], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise BootstrapError(f"`{python} -m venv` failed: {_last_line(made.stdout + made.stderr)}")


def _clear_venv() -> None:
    if VENV.is_symlink() or VENV.is_file():
        VENV.unlink()
    try:
        with _locked(settings().var / "run.lock", at_once=True):
            shutil.rmtree(VENV, ignore_errors=True)
    except BlockingIOError as error:
        raise BootstrapError(".venv must be made anew, and kiosque runs out of it: stop that first") from error
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()


def _install_requirements(name: str) -> None:
    path = _requirements(name)
    packages = len(re.findall(r"^\S+==", path.read_text(encoding="utf-8"), re.MULTILINE))
    arguments = ["install", "--require-hashes", "--no-deps", "--requirement", str(path)]
    _run_pip(arguments, f"{packages} packages, about a minute", packages)


def _run_pip(arguments: list[str], what: str, packages: int = 0) -> None:
    LOG.parent.mkdir(parents=True, exist_ok=True)
    is_screen = sys.stdout.isatty()
    _say(f"installing {what}" + ("" if is_screen else "\n"))
    # -I: a PYTHONPATH or a user's own packages are not to be taken for installed
    command = [str(PYTHON), "-I", "-m", "pip", "--disable-pip-version-check", "--no-input", *arguments]
    with LOG.open("ab") as log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as pip:
        assert pip.stdout is not None
        got = 0
        for line in pip.stdout:
            log.write(line)
            log.flush()
            got += line.startswith((b"Collecting ", b"Requirement already"))
            if is_screen and packages:
                now = "unpacking" if line.startswith(b"Installing collected") else f"{got} of {packages}"
                _say(f"\r\x1b[Kinstalling {what}: {now}")
    if is_screen:
        _say("\n")
    if pip.returncode != 0:
        raise BootstrapError(_explain(LOG.read_text(encoding="utf-8", errors="replace")))


def _explain(words: str) -> str:
    remedy = next((remedy for sign, remedy in _REMEDIES if re.search(sign, words)), None)
    return f"{remedy or 'pip failed: ' + _last_line(words)} (all of pip's words: {LOG.relative_to(ROOT)})"


def _last_line(words: str) -> str:
    lines = [line for line in words.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith("error")]
    return (errors or lines or ["no word about it"])[-1].strip()


def _sudo() -> str:
    return "" if os.getuid() == 0 else "sudo "


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@contextlib.contextmanager
def _locked(path: Path, *, at_once: bool = False) -> Iterator[None]:
    """One at a time: `make test` beside `make run` waits, or is refused with BlockingIOError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | (fcntl.LOCK_NB if at_once else 0))
        yield


if __name__ == "__main__":
    main()
