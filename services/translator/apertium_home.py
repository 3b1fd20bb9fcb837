"""Where Apertium is: on the machine, or unpacked under var/; which directions it has, and how each is run."""

import json
import os
import platform
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from shared.languages import LANGUAGES
from shared.settings import child_environment, search_path, settings

#: Where packages put the modes, under the root of the file system or of the unpacked copy.
MODES = Path("usr/share/apertium/modes")
#: What an unpacked copy says of itself: the system that it was made for, its packages and their versions.
PACKAGE_LIST = "packages.json"
MACHINE, NOWHERE = Path("/"), Path(os.devnull)

#: How long a look at the programs is good; modes that come or go are seen at once.
LOOK_AGAIN_S = 5.0

Direction = tuple[str, str]
Stamp = tuple[int, int]

# Packages name their modes in two letters or in three; "eco-fr-es" and "spa-eng_US" are varieties, and not ours.
_CODES = {code: code for code in LANGUAGES} | {"fra": "fr", "ara": "ar", "spa": "es", "eng": "en"}
_MODE = re.compile(r"([a-z]{2,3})-([a-z]{2,3})\.mode")
_PACKAGE = re.compile(r"/usr/share/apertium/(apertium-[^/']+)/")


@dataclass(frozen=True, slots=True)
class Way:
    """One direction: the processes to be put in a row."""

    commands: tuple[tuple[str, ...], ...]
    package: str  # of the language pair: "apertium-fr-es"
    version: str


@dataclass(frozen=True, slots=True)
class Home:
    """What of Apertium can be run here."""

    ways: Mapping[Direction, Way]
    environment: Mapping[str, str]

    @property
    def version(self) -> str:
        """The language pairs' versions: the translations are theirs, not the programs'."""
        named = {way.package.removeprefix("apertium-"): way.version for way in self.ways.values()}
        return ", ".join(f"{package} {version}" for package, version in sorted(named.items())) or "none"

    def route(self, source: str, target: str) -> list[Way]:
        """The ways to go one after another, at most two; empty if none leads there."""
        if source == target:
            return []
        if (source, target) in self.ways:
            return [self.ways[source, target]]
        for middle in LANGUAGES:
            if (source, middle) in self.ways and (middle, target) in self.ways:
                return [self.ways[source, middle], self.ways[middle, target]]
        return []


def copy_folder() -> Path:
    """Where the copy is unpacked."""
    return settings().var / "apertium"


def find_apertium(copy: Path | None = None) -> Home:
    """What is there now; cheap enough to be asked before every text, so that what arrives is noticed."""
    copy = copy or copy_folder()
    moment = int(time.monotonic() / LOOK_AGAIN_S)
    return _look(MACHINE, copy, (_stamp(MACHINE), _stamp(copy)), search_path(), moment)


@lru_cache(maxsize=8)
def _look(machine: Path, copy: Path, stamps: tuple[Stamp, Stamp], path: str, moment: int) -> Home:
    """`path` and `moment` are there to forget by: programs come and go without a change in the modes."""
    environment = _environment(copy)
    ways: dict[Direction, Way] = {}
    for found in (_read_copy(copy, stamps[1]), _read_machine(machine, stamps[0])):
        ways |= {pair: way for pair, way in found.items() if _can_run(way, environment)}
    return Home(ways, environment)


def system_name() -> str:
    """The system that a copy is made for: its programs need the libraries of just that release."""
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        release = {}
    return f"{release.get('ID', 'linux')} {release.get('VERSION_ID', '')} {platform.machine()}"


def _stamp(root: Path) -> Stamp:
    """Changes when modes come or go."""
    try:
        found = (root / MODES).stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


@lru_cache(maxsize=8)
def _read_copy(copy: Path, stamp: Stamp) -> dict[Direction, Way]:
    if not any(stamp):
        return {}
    try:
        said = json.loads((copy / PACKAGE_LIST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(said, dict) or said.get("made_for") != system_name():
        return {}  # the machine was upgraded, or var/ carried to another: fetched anew
    return _read_modes(copy, said.get("packages", {}))


@lru_cache(maxsize=8)
def _read_machine(machine: Path, stamp: Stamp) -> dict[Direction, Way]:
    return _read_modes(machine, _installed_versions()) if any(stamp) else {}


def _read_modes(root: Path, versions: Mapping[str, str]) -> dict[Direction, Way]:
    ways: dict[Direction, Way] = {}
    for path in sorted((root / MODES).glob("*.mode")):
        named = _MODE.fullmatch(path.name)
        if named and named[1] in _CODES and named[2] in _CODES:
            text = path.read_text(encoding="utf-8")
            data = _PACKAGE.search(text)
            package = data[1] if data else f"apertium-{path.stem}"
            version = versions.get(package, "unknown")
            ways[_CODES[named[1]], _CODES[named[2]]] = Way(_read_mode(text, root), package, version)
    return ways


def _read_mode(text: str, root: Path) -> tuple[tuple[str, ...], ...]:
    """A mode is a shell pipeline: `$1` says what to do with unknown words (-n: nothing), `$2` is for debugging.

    Its absolute paths are sought under `root` first: a copy can be moved, as a file rewritten in it could not.
    """
    commands = []
    for part in text.replace("$1", "-n").replace("$2", "").strip().split("|"):
        program, *arguments = shlex.split(part)
        commands.append((program, "-z", *(_moved(argument, root) for argument in arguments)))
    return tuple(commands)


def _moved(argument: str, root: Path) -> str:
    moved = root / argument.removeprefix("/")
    return str(moved) if argument.startswith("/") and moved.exists() else argument


def _environment(copy: Path) -> Mapping[str, str]:
    # lttoolbox decides by the locale whether bytes are characters
    if not (copy / MODES).is_dir():
        return child_environment(LC_ALL="C.UTF-8")
    libraries = [copy / "usr/lib", *(copy / "usr/lib").glob("*-linux-*"), *(copy / "lib").glob("*-linux-*")]
    return child_environment(
        LC_ALL="C.UTF-8",
        PATH=f"{search_path()}:{copy / 'usr/bin'}",
        LD_LIBRARY_PATH=":".join(str(folder) for folder in libraries),
    )


def _can_run(way: Way, environment: Mapping[str, str]) -> bool:
    path = environment.get("PATH", "")
    return all(shutil.which(program, path=path) for program in {command[0] for command in way.commands})


@cache
def _installed_versions() -> dict[str, str]:
    command = ["dpkg-query", "--show", "--showformat", "${Package} ${Version}\n", "apertium-*"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}  # built from source, or another distribution's
    pairs = (line.partition(" ") for line in listed.splitlines())
    return {package: version for package, _, version in pairs if version}
