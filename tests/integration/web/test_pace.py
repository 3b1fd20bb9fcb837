"""One pace per host and port, whoever asks: on a clock that the test moves."""

import heapq
import itertools
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from shared.db import read_session
from shared.errors import Postponed, Unprocessable
from shared.ledger_models import Host, HostTurn
from shared.web.pace import HOP_WAIT_MOST_S, host_of, leave_alone, take_hop, take_turn

URL = "https://courrier.example/{}"


def test_a_postponement_says_why(clock) -> None:
    take_turn(URL.format(1), 5)
    with pytest.raises(Postponed, match=r"host_busy: https://courrier.example:443 is asked every 5 s"):
        take_turn(URL.format(2), 5)


def when(clock, url: str, pace_s: float, *, is_urgent: bool = False) -> tuple[str, float]:
    """What becomes of a request now: it goes, or is to come again, in so many seconds."""
    waits = len(clock.slept)
    try:
        take_turn(url, pace_s, is_urgent=is_urgent)
    except Postponed as later:
        return "again", (later.until - clock.now).total_seconds()
    return "goes", sum(clock.slept[waits:])


def count(table) -> int:
    with read_session() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_requests_go_a_pace_apart_and_who_would_wait_too_long_comes_again(clock) -> None:
    assert when(clock, URL.format(1), 1.5) == ("goes", 0.0)
    assert when(clock, URL.format(2), 1.5) == ("goes", 1.5)
    assert when(clock, URL.format(3), 1.5) == ("again", 3.0)
    assert when(clock, URL.format(4), 1.5) == ("again", pytest.approx(3.0 + 1.65))


def test_who_comes_again_in_time_goes_and_who_comes_early_keeps_the_place(clock) -> None:
    when(clock, URL.format(1), 5)
    assert when(clock, URL.format(2), 5) == ("again", 5.0)
    clock.move(1)
    assert when(clock, URL.format(2), 5) == ("again", 4.0)
    clock.move(4.7)
    assert when(clock, URL.format(2), 5) == ("goes", 0.0)
    assert count(HostTurn) == 0


def test_who_comes_late_moves_the_gate_and_does_not_share_the_next_turn(clock) -> None:
    when(clock, URL.format(1), 5)
    assert when(clock, URL.format(2), 5) == ("again", 5.0)
    assert when(clock, URL.format(3), 5) == ("again", 10.5)
    clock.move(9)  # four seconds late
    assert when(clock, URL.format(2), 5) == ("goes", 0.0)
    clock.move(1.5)  # in time, but a second and a half after the other
    assert when(clock, URL.format(3), 5) == ("again", 3.5)
    clock.move(3.5)
    assert when(clock, URL.format(3), 5) == ("goes", 0.0)


def test_a_newcomer_does_not_pass_those_who_wait(clock) -> None:
    for number in range(4):
        when(clock, URL.format(number), 5)
    clock.move(5.2)  # the gate is open, and the second has not come yet
    assert when(clock, URL.format("new"), 5) == ("again", pytest.approx(5 + 3 * 5.5 - 5.2))


def test_what_is_urgent_passes_the_line_but_not_the_gate(clock) -> None:
    for number in range(50):
        when(clock, URL.format(number), 5)
    clock.move(1)
    assert when(clock, URL.format("feed"), 5, is_urgent=True) == ("goes", 4.0)
    assert when(clock, URL.format("feed2"), 5, is_urgent=True) == ("goes", 9.0)
    assert when(clock, URL.format("feed3"), 5, is_urgent=True) == ("again", 14.0)


def test_a_pace_of_zero_has_no_turns(clock) -> None:
    for number in range(3):
        assert when(clock, URL.format(number), 0) == ("goes", 0.0)
    assert (count(Host), count(HostTurn)) == (0, 0)


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("https://courrier.example/a", "https://courrier.example:443/b?c", True),
        ("https://courrier.example/a", "HTTPS://Courrier.Example./b", True),
        ("https://courrier.example/a", "http://courrier.example/a", False),
        ("https://courrier.example/a", "https://courrier.example:8443/a", False),
        ("https://courrier.example/a", "https://images.courrier.example/a", False),
        ("http://[2001:4860::8888]/", "http://[2001:4860:0:0::8888]:80/x", True),
        ("https://صحافة.example/", "https://xn--mgbek5a3d.example/", True),
    ],
)
def test_a_pace_belongs_to_scheme_host_and_port(one: str, other: str, is_same: bool) -> None:
    assert (host_of(one) == host_of(other)) is is_same


def test_an_address_that_is_none_is_told_as_such() -> None:
    with pytest.raises(Unprocessable, match="bad_url"):
        host_of("https://[courrier/")


def test_hosts_do_not_wait_for_each_other(clock) -> None:
    assert when(clock, "https://courrier.example/1", 5) == ("goes", 0.0)
    assert when(clock, "https://images.courrier.example/1", 5) == ("goes", 0.0)


def test_nobody_asks_a_host_that_is_left_alone(clock) -> None:
    when(clock, URL.format(1), 5)
    assert when(clock, URL.format(2), 5) == ("again", 5.0)
    leave_alone(URL.format(1), 600)
    assert when(clock, URL.format(3), 5, is_urgent=True) == ("again", 600.0)
    clock.move(5)
    assert when(clock, URL.format(2), 5) == ("again", pytest.approx(600.5))  # its turn had come: after the urgent one
    leave_alone(URL.format(1), 10)  # a shorter time does not end the longer
    assert when(clock, URL.format(4), 5, is_urgent=True)[1] == 595.0


def hop(clock, pace_s: float) -> tuple[str, float]:
    waits = len(clock.slept)
    try:
        take_hop(URL.format("target"), pace_s)
    except Postponed as later:
        return "again", (later.until - clock.now).total_seconds()
    return "goes", sum(clock.slept[waits:])


@pytest.mark.parametrize(("pace_s", "waited"), [(0, 0.0), (0.1, 0.1), (4, 4.0), (60, HOP_WAIT_MOST_S)])
def test_a_hop_waits_a_while_and_goes_on(clock, pace_s: float, waited: float) -> None:
    when(clock, URL.format(1), pace_s)
    assert hop(clock, pace_s) == ("goes", waited)
    if pace_s:
        gate_s = when(clock, URL.format(2), pace_s, is_urgent=True)[1]
        assert gate_s == pytest.approx(2 * pace_s)


def test_a_hop_into_a_host_that_is_left_alone_comes_again(clock) -> None:
    leave_alone(URL.format(1), 600)
    assert hop(clock, 5) == ("again", 600.0)


class Town:
    """Articles of one host that come for their turn as the ledger brings them: when told, up to a second late."""

    def __init__(self, clock, pace_s: float, articles: int) -> None:
        self.clock, self.pace_s = clock, pace_s
        self.lateness = random.Random(7)
        self.coming = [(clock.now, number, URL.format(number)) for number in range(articles)]
        self.asked: list[datetime] = []
        self.claims = 0

    def bring(self, url: str, at: datetime, *, is_urgent: bool) -> bool:
        self.clock.now = max(self.clock.now, at)
        self.claims += 1
        kind, seconds = when(self.clock, url, self.pace_s, is_urgent=is_urgent)
        at = self.clock.now + timedelta(seconds=seconds)
        if kind == "goes":
            self.asked.append(at)
            self.clock.now = at
            return True
        late = timedelta(milliseconds=self.lateness.randrange(1000))
        heapq.heappush(self.coming, (at if is_urgent else at + late, self.claims + 10_000, url))
        return False

    def run(self, until: datetime | None = None) -> None:
        while self.coming and (until is None or self.coming[0][0] < until):
            at, _, url = heapq.heappop(self.coming)
            self.bring(url, at, is_urgent="feed" in url)

    def smallest_gap(self) -> float:
        return min((b - a).total_seconds() for a, b in itertools.pairwise(self.asked))


def test_sixty_articles_are_each_brought_twice_and_none_comes_too_soon(clock) -> None:
    town, began_at = Town(clock, 5, articles=60), clock.now
    town.run()
    assert len(town.asked) == 60
    assert town.smallest_gap() >= 5
    assert town.claims <= 150
    assert (clock.now - began_at).total_seconds() <= 60 * 5 * 1.2


def test_a_feed_is_asked_soon_although_sixty_articles_wait(clock) -> None:
    town = Town(clock, 5, articles=60)
    for minute in range(1, 5):
        at = clock.now.replace(hour=12, minute=minute, second=0, microsecond=0)
        town.run(until=at)
        heapq.heappush(town.coming, (at, -minute, URL.format(f"feed/{minute}")))
        town.run(until=at + timedelta(seconds=12))
        with read_session() as session:
            waiting = session.scalar(select(func.count()).where(HostTurn.turn_at > clock.now))
        assert waiting  # the line is still there
        assert not any("feed" in url for _, _, url in town.coming)
    town.run()
    assert len(town.asked) == 64
    assert town.smallest_gap() >= 5


def test_an_hour_of_peace_costs_each_of_those_who_wait_one_way_more(clock) -> None:
    town = Town(clock, 5, articles=60)
    town.run(until=clock.now + timedelta(seconds=60))
    asked = len(town.asked)
    leave_alone(URL.format(1), 3600)
    peace_until = clock.now + timedelta(seconds=3600)
    town.run()
    assert all(at >= peace_until for at in town.asked[asked + 1 :])
    assert len(town.asked) == 60
    assert town.smallest_gap() >= 5
    assert town.claims <= 240


@pytest.mark.parametrize("away", [timedelta(minutes=20), timedelta(hours=8)])
def test_a_time_without_a_scheduler_does_not_bring_all_to_the_gate_at_once(clock, away: timedelta) -> None:
    town = Town(clock, 5, articles=60)
    town.run(until=clock.now + timedelta(seconds=20))
    back_at = clock.now + away
    town.coming = [(max(at, back_at), number, url) for at, number, url in town.coming]
    heapq.heapify(town.coming)
    town.run()
    assert len(town.asked) == 60
    assert town.smallest_gap() >= 5
    assert town.claims <= 240


def test_places_of_addresses_that_never_came_back_are_forgotten(clock) -> None:
    for number in range(10):
        when(clock, URL.format(number), 5)
    clock.move(2 * 3600)
    when(clock, URL.format("a"), 5)
    when(clock, URL.format("b"), 5)
    assert count(HostTurn) == 1
