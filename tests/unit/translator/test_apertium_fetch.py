"""Fetching Apertium, with a stand-in for apt."""

import json
import os
import shutil
import subprocess
import sys
import threading

import pytest
import structlog
from apertium_fakes import put_fake_apertium
from servers import is_alive, wait_until

from services.translator import apt, processes
from services.translator.apertium_fetch import ApertiumUnavailableError, fetch_if_missing
from services.translator.apertium_home import find_apertium, system_name
from shared.settings import settings

# Knows the packages that have an archive in its store; an archive is the folder that it unpacks to.
APT_GET = """#!{python} -S
import os, pathlib, shutil, sys, time
store = pathlib.Path({store!r})
with (store / "calls.log").open("a") as log:
    log.write(" ".join(sys.argv[1:]) + "\\n")
options = dict(word.split("=", 1) for word in sys.argv if word.startswith(("Dir::", "Debug::")))
assert pathlib.Path(options["Dir::State::Lists"], "partial").is_dir()
assert options["Debug::NoLocking"] == "true"
if sys.argv[-1] == "update":
    if (store / "hang").exists():
        (store / "hanging").write_text(str(os.getpid()))
        time.sleep(3600)
    if (store / "unreachable").exists():
        print("E: Failed to fetch http://one\\nE: Some index files failed to download.", file=sys.stderr)
        sys.exit(100 if "APT::Update::Error-Mode=any" in sys.argv else 0)
    sys.exit(0)
names = sys.argv[sys.argv.index("--no-install-recommends") + 1:]
for name in names:
    if not (store / name).is_dir():
        print("E: Unable to locate package " + name, file=sys.stderr)
        sys.exit(100)
for name in names:
    if "--print-uris" in sys.argv:
        print(f"'http://packages.example/{{name}}.deb' {{name}}_1%3a2.0-1_all.deb 4000000 SHA256:00")
    if "--download-only" in sys.argv:
        (pathlib.Path(options["Dir::Cache"]) / "archives" / (name + ".deb")).write_text(str(store / name))
"""
DPKG_DEB = """#!{python} -S
import pathlib, shutil, sys
_, option, archive, tree = sys.argv
shutil.copytree(pathlib.Path(archive).read_text(), tree, dirs_exist_ok=True)
"""


class Distribution:
    """The stand-in's store of packages."""

    def __init__(self, store):
        self.store = store

    def add(self, name, pairs):
        put_fake_apertium(self.store / name, pairs, package=name)

    @property
    def calls(self):
        log = self.store / "calls.log"
        return log.read_text().splitlines() if log.exists() else []

    def updates(self):
        return sum(call.endswith("update") for call in self.calls)


@pytest.fixture
def distribution(no_machine, tmp_path, monkeypatch):
    """A distribution with both pairs, and its apt before the machine's in PATH."""
    store, programs = tmp_path / "store", tmp_path / "programs"
    for folder in (store, programs):
        folder.mkdir()
    for name, text in (("apt-get", APT_GET), ("dpkg-deb", DPKG_DEB)):
        (programs / name).write_text(text.format(python=sys.executable, store=str(store)))
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    has = Distribution(store)
    has.add("apertium-fr-es", {"fr-es": {"a": "b"}, "es-fr": {"a": "b"}})
    has.add("apertium-eng-spa", {"eng-spa": {"a": "b"}, "spa-eng": {"a": "b"}})
    return has


def left_over():
    return sorted(path.name for path in settings().var.iterdir())


def test_what_is_missing_is_fetched_named_and_tried_out(distribution):
    with structlog.testing.capture_logs() as logs:
        assert fetch_if_missing()
    assert set(find_apertium().ways) == {("fr", "es"), ("es", "fr"), ("en", "es"), ("es", "en")}
    assert find_apertium().version == "eng-spa 1:2.0-1, fr-es 1:2.0-1"
    assert left_over() == ["apertium", "apertium.lock"]
    began, ended = logs
    assert (began["event"], began["packages"]) == ("apertium.fetching", ["apertium-fr-es", "apertium-eng-spa"])
    assert "GPL-2.0" in began["licence"]
    assert began["off"] == "KIOSQUE_APERTIUM=off"
    assert (ended["event"], ended["megabytes"], ended["packages"]) == ("apertium.fetched", 8.0, 2)


def test_what_is_there_is_not_fetched_again(distribution):
    fetch_if_missing()
    calls = distribution.calls
    assert not fetch_if_missing()
    assert distribution.calls == calls


def test_what_the_machine_has_is_not_fetched(distribution, no_machine):
    for pair in ("fr-es", "es-fr", "eng-spa", "spa-eng"):
        modes = no_machine / "usr/share/apertium/modes"
        modes.mkdir(parents=True, exist_ok=True)
        (modes / f"{pair}.mode").write_text("cat '/a'")
    assert not fetch_if_missing()
    assert distribution.calls == []


def test_only_the_pair_that_the_machine_lacks_is_fetched(distribution, no_machine):
    modes = no_machine / "usr/share/apertium/modes"
    modes.mkdir(parents=True)
    for pair in ("fr-es", "es-fr"):
        (modes / f"{pair}.mode").write_text("cat '/a'")
    assert fetch_if_missing()
    assert distribution.calls[-1].endswith("--no-install-recommends apertium-eng-spa")


def test_a_pair_under_another_name_is_found(distribution):
    (distribution.store / "apertium-fr-es").rename(distribution.store / "apertium-fra-spa")
    assert fetch_if_missing()
    assert distribution.calls[-1].endswith("apertium-fra-spa apertium-eng-spa")


def test_of_two_pairs_one_is_better_than_none_and_the_other_is_named(distribution):
    (distribution.store / "apertium-eng-spa").rename(distribution.store / "hidden")
    with structlog.testing.capture_logs() as logs:
        assert fetch_if_missing()
    assert set(find_apertium().ways) == {("fr", "es"), ("es", "fr")}
    [missing] = [line["detail"] for line in logs if line["event"] == "apertium.unavailable"]
    assert "for es-en (apt-get: E: Unable to locate package apertium-en-es)" in missing
    with pytest.raises(ApertiumUnavailableError, match="have no Apertium for es-en"):
        fetch_if_missing()
    assert set(find_apertium().ways) == {("fr", "es"), ("es", "fr")}


def test_a_pair_that_comes_later_replaces_the_copy_by_a_whole_one(distribution):
    (distribution.store / "apertium-eng-spa").rename(distribution.store / "hidden")
    fetch_if_missing()
    (distribution.store / "hidden").rename(distribution.store / "apertium-eng-spa")
    assert fetch_if_missing()
    assert len(find_apertium().ways) == 4
    assert left_over() == ["apertium", "apertium.lock"]


def test_a_distribution_without_apertium_is_named_and_leaves_nothing(distribution):
    for name in ("apertium-fr-es", "apertium-eng-spa"):
        (distribution.store / name).rename(distribution.store / f"hidden-{name}")
    with pytest.raises(ApertiumUnavailableError, match="package sources have no Apertium for fr-es, es-en"):
        fetch_if_missing()
    assert left_over() == ["apertium.lock"]


def test_a_source_that_fails_is_named_where_that_was_the_cause_and_passed_over_where_it_was_not(distribution):
    (distribution.store / "unreachable").touch()
    assert fetch_if_missing()
    shutil.rmtree(settings().var / "apertium")
    for name in ("apertium-fr-es", "apertium-eng-spa"):
        (distribution.store / name).rename(distribution.store / f"hidden-{name}")
    with (
        structlog.testing.capture_logs() as logs,
        pytest.raises(ApertiumUnavailableError, match=r"fr-es, es-en \(apt-get: E: Failed to fetch http://one\)"),
    ):
        fetch_if_missing()
    assert [line["event"] for line in logs] == ["apertium.fetching"]


def test_a_machine_without_apt_is_told_what_to_do(no_machine, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ApertiumUnavailableError, match=r"no apt-get .* install Apertium .* KIOSQUE_APERTIUM=off"):
        fetch_if_missing()


def test_a_copy_of_another_system_is_fetched_anew(distribution):
    put_fake_apertium(settings().var / "apertium", {"fr-es": {}}, made_for="debian 1 vax")
    assert fetch_if_missing()
    listed = json.loads((settings().var / "apertium/packages.json").read_text())
    assert listed["made_for"] == system_name()


def test_what_does_not_run_here_is_not_put_in_place(distribution):
    program = distribution.store / "apertium-eng-spa/usr/bin/lt-fake"
    program.write_text("#!/bin/sh\nexit 127\n")
    distribution.add("apertium-fra-spa", {})
    (distribution.store / "apertium-fr-es/usr/bin/lt-fake").write_text("#!/bin/sh\nexit 127\n")
    with pytest.raises(ApertiumUnavailableError, match=r"does not run: \w\w>\w\w: lt-fake ended with 127"):
        fetch_if_missing()
    assert left_over() == ["apertium.lock"]


def test_half_of_an_earlier_attempt_is_swept_away(distribution):
    rest = settings().var / "apertium.partial-1-2/tree/usr"
    rest.mkdir(parents=True)
    assert fetch_if_missing()
    assert left_over() == ["apertium", "apertium.lock"]


def test_a_folder_that_cannot_be_written_is_named(distribution):
    settings().var.parent.mkdir(parents=True, exist_ok=True)
    settings().var.write_text("a file where the folder should be")
    with pytest.raises(ApertiumUnavailableError, match=r"/var: File exists"):
        fetch_if_missing()


def test_a_download_that_takes_too_long_is_ended_with_all_its_processes(distribution, monkeypatch):
    (distribution.store / "hang").touch()
    monkeypatch.setattr(apt, "UPDATE_S", 1.0)
    monkeypatch.setattr(apt, "PLAN_S", 0.01)
    with pytest.raises(ApertiumUnavailableError, match="apt-get took over"):
        fetch_if_missing()
    pid = int((distribution.store / "hanging").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert left_over() == ["apertium.lock"]


FETCHER = """
import pathlib, sys
from services.translator import apertium_fetch, apertium_home
apertium_home.MACHINE = pathlib.Path(sys.argv[1])
print(apertium_fetch.fetch_if_missing())
"""


def start_fetcher(no_machine):
    return subprocess.Popen([sys.executable, "-c", FETCHER, no_machine], stdout=subprocess.PIPE, text=True)


def test_of_several_workers_one_fetches_and_the_others_wait_for_it(distribution, no_machine):
    fetchers = [start_fetcher(no_machine) for _ in range(3)]
    printed = sorted(fetcher.communicate(timeout=60)[0].splitlines()[-1] for fetcher in fetchers)
    assert printed == ["False", "False", "True"]
    assert distribution.updates() == 1


def test_a_fetch_that_is_killed_leaves_no_process_and_nothing_half_made(distribution, no_machine):
    (distribution.store / "hang").touch()
    fetcher = start_fetcher(no_machine)
    hanging = distribution.store / "hanging"
    wait_until(lambda: hanging.exists() and hanging.read_text(), 30, "the start of apt")
    fetcher.kill()
    fetcher.communicate()
    wait_until(lambda: not is_alive(int(hanging.read_text())), 10, "the end of apt")
    assert find_apertium().ways == {}
    (distribution.store / "hang").unlink()
    assert fetch_if_missing()
    assert left_over() == ["apertium", "apertium.lock"]


def test_a_worker_that_waits_for_another_can_be_in_a_thread(distribution):
    done = []
    threads = [threading.Thread(target=lambda: done.append(fetch_if_missing())) for _ in range(2)]
    for thread in threads:
        thread.start()
        thread.join()
    assert sorted(done) == [False, True]


def test_a_programs_last_complaint_is_what_is_told():
    with pytest.raises(processes.ProgramError, match="sh: second"):
        processes.run(["sh", "-c", "echo first >&2; echo second >&2; exit 2"], limit_s=30)
    with pytest.raises(processes.ProgramError, match="sh: exit status 2"):
        processes.run(["sh", "-c", "exit 2"], limit_s=30)
    assert processes.run(["sh", "-c", "echo said; echo aside >&2"], limit_s=30) == "said\n"
