"""Packages of the distribution without root: downloaded by apt with a state of its own, unpacked into a folder."""

import os
import pwd
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from services.translator.processes import ProgramError, run
from shared.settings import search_path

#: Debian's lists are 9 MB, the packages 8 MB: so long at 100 kB/s.
UPDATE_S, DOWNLOAD_S, PLAN_S, UNPACK_S = 300.0, 300.0, 60.0, 120.0

# 'address' name_version_architecture.deb size digest
_URI = re.compile(r"^'[^']+' ([^_\s]+)_([^_\s]+)_[^_\s]+\.deb (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """What is to be downloaded."""

    name: str
    version: str
    size: int  # bytes


class Apt:
    """The machine's own sources and keys; everything that apt writes is under one folder."""

    def __init__(self, folder: Path) -> None:
        self._archives = folder / "cache" / "archives"
        for path in (folder / "state" / "lists" / "partial", self._archives / "partial"):
            path.mkdir(parents=True)
        # the machine's hooks after an update are for the machine's own state
        hooks = folder / "no-hooks.conf"
        hooks.write_text("#clear APT::Update::Post-Invoke;\n#clear APT::Update::Post-Invoke-Success;\n", "ascii")
        options = {
            "Dir::State": folder / "state",
            "Dir::State::Lists": folder / "state" / "lists",
            "Dir::Cache": folder / "cache",
            "Debug::NoLocking": "true",  # the lock is dpkg's, whose state is only read
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
            "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
            "Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled": "false",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "20",
            "Acquire::https::Timeout": "20",
            **({} if _may_enter(folder) else {"APT::Sandbox::User": "root"}),
        }
        self._options = ["-c", str(hooks)]
        for name, value in options.items():
            self._options += ["-o", f"{name}={value}"]

    def update(self) -> str:
        """Fetch the package lists; what was wrong with a source that failed: others may do without it."""
        try:
            run(["apt-get", *self._options, "-qq", "update"], limit_s=UPDATE_S)
        except ProgramError as error:
            return str(error)
        return ""

    def plan(self, names: Sequence[str]) -> list[Package]:
        """What has to be downloaded for these packages to run; ProgramError if they cannot be had."""
        printed = self._install("--print-uris", names, PLAN_S)
        return [Package(name, version.replace("%3a", ":"), int(size)) for name, version, size in _URI.findall(printed)]

    def unpack(self, names: Sequence[str], tree: Path) -> None:
        """Download them, signatures checked, and unpack them into a folder."""
        self._install("--download-only", names, DOWNLOAD_S)
        tree.mkdir(parents=True, exist_ok=True)
        for archive in sorted(self._archives.glob("*.deb")):
            run(["dpkg-deb", "--extract", str(archive), str(tree)], limit_s=UNPACK_S)

    def _install(self, option: str, names: Sequence[str], limit_s: float) -> str:
        words = ["install", option, "--no-install-recommends", *names]
        return run(["apt-get", *self._options, "-qq", "--yes", *words], limit_s=limit_s)


def missing_programs() -> list[str]:
    """What of apt this machine lacks."""
    return [name for name in ("apt-get", "dpkg-deb") if shutil.which(name, path=search_path()) is None]


def _may_enter(folder: Path) -> bool:
    """Whether the user that apt downloads as (when it runs as root) gets into a folder, a home of root's for one."""
    if os.getuid() != 0:
        return True
    try:
        pwd.getpwnam("_apt")
    except KeyError:
        return True  # apt then stays root by itself
    return all(path.stat().st_mode & 0o001 for path in (folder, *folder.parents))
