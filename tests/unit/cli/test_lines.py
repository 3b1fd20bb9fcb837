"""Which processes the settings ask for, and what each is given."""

import pytest

from services.cli.lines import addresses_of, environment_of, lines_wanted
from services.cli.procfile import PROCFILE, ProcfileLine
from shared.settings import read_settings, settings

WORKER = ProcfileLine("parser", {"SERVICE": "parser"}, ("python", "-m", "services.worker"))
SERVER = ProcfileLine("portal", {}, ("python", "-m", "services.portal"))


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({}, set()),
        ({"broker_url": "redis://elsewhere/0"}, {"redis"}),
        ({"newsstand": "0"}, {"newsstand"}),
    ],
)
def test_a_process_that_the_settings_do_not_ask_for_is_left_out(set_settings, changes, missing):
    everything = {line.name for line in lines_wanted(PROCFILE)}
    set_settings(**changes)
    assert everything - {line.name for line in lines_wanted(PROCFILE)} == missing


def test_only_servers_in_the_procfile_need_their_port(set_settings):
    set_settings(portal_address="127.0.0.1:8001")
    assert addresses_of((WORKER, SERVER)) == {"portal": "127.0.0.1:8001"}


def test_every_process_may_reach_the_newsstand_beside_what_the_operator_allows(set_settings):
    set_settings(private_addresses="10.0.0.1:80", newsstand_address="127.0.0.1:9000")
    read = read_settings(environment_of(SERVER))
    assert read.private_addresses == ("10.0.0.1:80", "127.0.0.1:9000")


def test_without_the_newsstand_nothing_private_is_reachable(set_settings):
    set_settings(newsstand="0")
    assert read_settings(environment_of(WORKER)).private_addresses == ()


def test_a_worker_stops_softly_and_soon(set_settings):
    environment = environment_of(WORKER)
    assert environment["REMAP_SIGTERM"] == "SIGQUIT"
    assert read_settings(environment).soft_shutdown_s < settings().soft_shutdown_s


def test_a_soft_shutdown_that_the_operator_sets_is_kept(set_settings):
    set_settings(soft_shutdown_s=12)
    assert read_settings(environment_of(WORKER)).soft_shutdown_s == 12


def test_a_service_set_in_the_shell_reaches_no_process(environment):
    environment.setenv("SERVICE", "tagger")
    assert environment_of(SERVER)["SERVICE"] == ""
    assert environment_of(WORKER)["SERVICE"] == "parser"


def test_processes_share_the_folder_whatever_theirs_is():
    assert environment_of(SERVER)["KIOSQUE_VAR"] == str(settings().var)
