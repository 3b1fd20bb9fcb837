"""The newsstand's buttons are for callers on its own machine."""

import pytest

from services.newsstand.app import make_app
from services.newsstand.visits import Visits

BUTTONS = [
    ("GET", "/-/requests"), ("DELETE", "/-/requests"), ("GET", "/-/faults"), ("PUT", "/-/faults"),
    ("DELETE", "/-/faults"), ("POST", "/-/edit"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), BUTTONS)
@pytest.mark.parametrize("caller", ["172.18.0.4", "2001:db8::1", ""])
def test_a_stranger_is_refused(newsstand, method, path, caller):
    answer = make_app(newsstand).test_client().open(path, method=method, environ_base={"REMOTE_ADDR": caller})
    assert answer.status_code == 403
    assert newsstand.edited_at is None


@pytest.mark.parametrize("caller", ["127.0.0.1", "127.8.8.8", "::1"])
def test_a_caller_on_the_machine_is_not(newsstand, caller):
    answer = make_app(newsstand).test_client().post("/-/edit", environ_base={"REMOTE_ADDR": caller})
    assert answer.status_code == 200
    assert newsstand.edited_at is not None


def test_buttons_are_not_written_down_as_visits_and_meet_no_faults(newsstand):
    newsstand.faults.add("*", "404")
    client = make_app(newsstand).test_client()
    assert client.get("/-/faults").json[0]["kind"] == "404"
    assert newsstand.visits.all() == []


@pytest.mark.parametrize(("paper", "place"), [("maghreb-ledger", "/maghreb-ledger/"), ("le-monde", "/")])
def test_a_reader_who_subscribes_is_led_back(newsstand, paper, place):
    answer = make_app(newsstand).test_client().post(f"/{paper}/lettre", data={"adresse": "x@example.org"})
    assert (answer.status_code, answer.headers["Location"]) == (303, place)


def test_only_the_last_visits_are_kept(newsstand):
    newsstand.visits = Visits(kept=3)
    client = make_app(newsstand).test_client()
    for number in range(5):
        client.get(f"/{number}")
    assert [visit.path for visit in newsstand.visits.all()] == ["/2", "/3", "/4"]
