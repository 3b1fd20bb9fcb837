"""Fetches Apertium without root from the distribution's packages, once a machine, into a copy under var/."""

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import structlog

from services.translator import apt
from services.translator.apertium_home import (
    NOWHERE,
    PACKAGE_LIST,
    Direction,
    Home,
    copy_folder,
    find_apertium,
    system_name,
)  # fmt: skip
from services.translator.apertium_pipe import Pipe, PipeBrokenError
from services.translator.processes import ProgramError
from shared.errors import KiosqueError

log = structlog.get_logger()

#: A language pair, and the packages that have it: the name in Debian 12 and 13, then older and likely newer ones.
PAIRS: dict[Direction, tuple[str, ...]] = {
    ("fr", "es"): ("apertium-fr-es", "apertium-fra-spa"),
    ("es", "en"): ("apertium-eng-spa", "apertium-en-es"),
}
#: What says that a copy runs.
PROBE = "1"


class ApertiumUnavailableError(KiosqueError):
    """It cannot be had here; the message says why, in one line."""


def fetch_if_missing() -> bool:
    """Fetch what the machine has not; True if something new is there. For any number of processes at once."""
    copy = copy_folder()
    if not _missing(find_apertium(copy=copy)):
        return False
    if lacking := apt.missing_programs():
        raise ApertiumUnavailableError(
            f"this machine has no {lacking[0]} to fetch it with: install Apertium with the pairs fr-es and eng-spa, "
            "or set KIOSQUE_APERTIUM=off"
        )
    try:
        with _alone(copy.with_name("apertium.lock")):
            return bool(_missing(find_apertium(copy=copy))) and _fetch(copy)
    except ProgramError as error:
        raise ApertiumUnavailableError(str(error)) from error
    except OSError as error:
        raise ApertiumUnavailableError(f"{error.filename}: {error.strerror}") from error


def _missing(home: Home) -> list[Direction]:
    return [pair for pair in PAIRS if not (home.route(*pair) and home.route(*reversed(pair)))]


def _fetch(copy: Path) -> bool:
    began_at = time.monotonic()
    for rest in copy.parent.glob("apertium.partial-*"):  # of one that was killed
        shutil.rmtree(rest, ignore_errors=True)
    # under a name of its own: what a killed fetch had started may still be writing for a moment
    partial = copy.with_name(f"apertium.partial-{os.getpid()}-{time.time_ns()}")
    partial.mkdir(parents=True)
    try:
        tree = partial / "tree"
        packages = _unpack(apt.Apt(partial / "apt"), tree)
        _try_out(tree)
        if copy.exists():
            copy.rename(partial / "replaced")
        tree.rename(copy)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    log.info(
        "apertium.fetched",
        packages=len(packages),
        megabytes=round(sum(package.size for package in packages) / 1e6, 1),
        seconds=round(time.monotonic() - began_at, 1),
    )
    return True


def _unpack(source: apt.Apt, tree: Path) -> list[apt.Package]:
    needed = _missing(find_apertium(copy=NOWHERE))  # the whole copy anew: one that is there may be of another system
    log.info(
        "apertium.fetching",
        packages=[PAIRS[pair][0] for pair in needed],
        what="Apertium and these language pairs from this machine's package sources, unpacked under var/",
        licence="GPL-2.0-or-later",
        off="KIOSQUE_APERTIUM=off",
    )
    complaint = source.update()
    names = _choose(source, needed, complaint)
    packages = source.plan(names)
    source.unpack(names, tree)
    said = {"made_for": system_name(), "packages": {package.name: package.version for package in packages}}
    (tree / PACKAGE_LIST).write_text(json.dumps(said, indent=1), encoding="utf-8")
    return packages


def _choose(source: apt.Apt, needed: list[Direction], complaint: str) -> list[str]:
    """A package a pair; ApertiumUnavailableError unless they bring something that is not there already."""
    usual = [PAIRS[pair][0] for pair in needed]
    with contextlib.suppress(ProgramError):
        source.plan(usual)
        return usual
    chosen: dict[Direction, str] = {}
    for pair in needed:
        try:
            chosen[pair] = _first_to_be_had(source, PAIRS[pair])
        except ProgramError as error:
            complaint = complaint or str(error)
    lacking = ", ".join("-".join(pair) for pair in needed if pair not in chosen)
    words = f"this machine's package sources have no Apertium for {lacking} ({complaint})"
    if not set(chosen) & set(_missing(find_apertium())):
        raise ApertiumUnavailableError(words)
    log.warning("apertium.unavailable", detail=words)
    return list(chosen.values())


def _first_to_be_had(source: apt.Apt, names: tuple[str, ...]) -> str:
    *others, last = names
    for name in others:
        with contextlib.suppress(ProgramError):
            source.plan([name])
            return name
    source.plan([last])
    return last


def _try_out(tree: Path) -> None:
    home, installed = find_apertium(copy=tree), find_apertium(copy=NOWHERE)
    for (source, target), way in home.ways.items():
        if (source, target) in installed.ways:
            continue
        try:
            with contextlib.closing(Pipe(way.commands, home.environment)) as pipe:
                pipe.ask([PROBE])
        except PipeBrokenError as error:
            raise ApertiumUnavailableError(f"what was fetched does not run: {source}>{target}: {error}") from error


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One process at a time; a lock of lockf's kind, which a forked child does not hold on to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.lockf(file, fcntl.LOCK_EX)
        yield
