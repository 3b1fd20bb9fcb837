"""What of Apertium is found, and how it is run."""

import json
import shutil

import pytest
from apertium_fakes import put_fake_apertium

from services.translator import apertium_home
from services.translator.apertium_home import find_apertium
from shared.settings import settings


def put_on_machine(root, mode="fr-es", program="cat"):
    modes = root / "usr/share/apertium/modes"
    modes.mkdir(parents=True, exist_ok=True)
    (modes / f"{mode}.mode").write_text(f"{program} '/usr/share/apertium/apertium-{mode}/a.bin' | {program} $1\n")


def pairs():
    return set(find_apertium().ways)


def test_nothing_is_found_where_nothing_is(no_machine):
    home = find_apertium()
    assert (home.ways, home.version, home.route("fr", "es")) == ({}, "none", [])


def test_a_copy_is_found_when_it_arrives_and_missed_when_it_goes(no_machine):
    assert pairs() == set()
    copy = put_fake_apertium(settings().var / "apertium")
    assert pairs() == {("fr", "es"), ("es", "en")}
    shutil.rmtree(copy)
    assert pairs() == set()


def test_the_versions_are_those_of_the_language_pairs(copy):
    assert find_apertium().version == "fr-es 1.0, spa-eng 1.0"


def test_a_pair_without_a_way_of_its_own_goes_by_the_language_between(copy):
    home = find_apertium()
    assert [way.package for way in home.route("fr", "en")] == ["apertium-fr-es", "apertium-spa-eng"]
    assert [way.package for way in home.route("fr", "es")] == ["apertium-fr-es"]
    assert home.route("en", "fr") == []
    assert home.route("fr", "ar") == []


def test_varieties_and_other_languages_are_no_ways(no_machine):
    names = {"fr-es": {}, "eco-fr-es": {}, "spa-eng_US": {}, "cat-spa": {}, "fra-eng": {}}
    put_fake_apertium(settings().var / "apertium", names)
    assert pairs() == {("fr", "es"), ("fr", "en")}


def test_a_mode_says_nothing_of_unknown_words_and_answers_at_every_nul(copy):
    [way] = find_apertium().route("fr", "es")
    assert [command[:2] for command in way.commands] == [("lt-fake", "-z"), ("lt-fake", "-z")]
    assert way.commands[1][2] == "-n"


def test_paths_in_a_mode_lead_into_the_copy_wherever_it_stands(copy, tmp_path):
    moved = copy.rename(tmp_path / "elsewhere")
    [way] = find_apertium(copy=moved).route("fr", "es")
    assert way.commands[0][-1] == str(moved / "usr/share/apertium/apertium-fr-es/nothing.json")


def test_programs_and_libraries_of_the_copy_come_after_the_machines(copy, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    libraries = copy / "usr/lib/x86_64-linux-gnu"
    libraries.mkdir(parents=True)
    environment = find_apertium().environment
    assert environment["PATH"] == f"/usr/bin:/bin:{copy}/usr/bin"
    assert str(libraries) in environment["LD_LIBRARY_PATH"].split(":")


def test_without_a_copy_the_programs_find_the_machines_libraries(no_machine):
    put_on_machine(no_machine)
    assert "apertium" not in find_apertium().environment.get("LD_LIBRARY_PATH", "")


@pytest.mark.parametrize("said", [{"made_for": "debian 1 vax"}, {"made_for": None}])
def test_a_copy_made_for_another_system_is_not_used(no_machine, said):
    put_fake_apertium(settings().var / "apertium", **said)
    assert pairs() == set()


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"'])
def test_a_copy_with_an_unreadable_list_is_not_used(copy, text):
    (copy / "packages.json").write_text(text)
    apertium_home._read_copy.cache_clear()
    apertium_home._look.cache_clear()
    assert pairs() == set()


def test_the_machines_own_goes_before_the_copys(no_machine, copy):
    put_on_machine(no_machine)
    assert find_apertium().route("fr", "es")[0].commands[0][0] == "cat"
    assert find_apertium().route("es", "en")[0].commands[0][0] == "lt-fake"


def test_a_mode_whose_program_is_missing_is_no_way(no_machine):
    put_on_machine(no_machine, program="lt-gone")
    assert pairs() == set()


def test_a_mode_of_the_machine_that_cannot_be_run_does_not_hide_the_copys(no_machine, copy):
    put_on_machine(no_machine, program="lt-gone")
    assert find_apertium().route("fr", "es")[0].commands[0][0] == "lt-fake"


def test_the_system_of_a_copy_names_release_and_architecture():
    name, _, machine = apertium_home.system_name().split(" ")
    assert name
    assert machine
    json.dumps(apertium_home.system_name())
