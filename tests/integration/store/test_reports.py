"""Readers' reports, on SQLite and on PostgreSQL: people are counted, once each, however many come at one instant."""

from functools import partial

import pytest
from press import add_article, add_source
from sqlalchemy import select
from stored_pictures import add_image, at_once, audits_of, image_of, state_of

from shared.db import read_session, write_session
from shared.models import Report
from shared.store.decisions import decide_image
from shared.store.images import shown_images
from shared.store.removals import remove_article
from shared.store.reports import ReportAnswer, network_key, report_image, reporter_key

ACCEPTED, ALREADY, UNKNOWN = ReportAnswer
#: What the default of KIOSQUE_REPORTS_TO_BLOCK asks for.
ENOUGH = 3
ROUNDS = 15

database = pytest.mark.usefixtures("database")


def report(image_id: int, reporter: str, **fields) -> ReportAnswer:
    with write_session() as session:
        return report_image(session, image_id, reporter=reporter, **fields)


def report_by(image_id: int, people: int) -> None:
    for number in range(people):
        report(image_id, f"reader {number}")


def reports_of(image_id: int) -> list[Report]:
    with read_session() as session:
        return list(session.scalars(select(Report).where(Report.image_id == image_id).order_by(Report.id)))


# --- one after another ----------------------------------------------------------------------------------------------
@database
def test_a_report_is_kept_and_counted():
    article_id = add_article(add_source())
    image_id = add_image(articles=(article_id,))
    assert report(image_id, "reader", network="net", article_id=article_id) == ACCEPTED
    [row] = reports_of(image_id)
    assert (row.reporter, row.network, row.article_id) == ("reader", "net", article_id)
    assert (image_of(image_id).reports, state_of(image_id)) == (1, "visible")


@database
def test_a_second_click_changes_nothing():
    image_id = add_image()
    assert [report(image_id, "reader") for _ in range(5)] == [ACCEPTED, *[ALREADY] * 4]
    assert (image_of(image_id).reports, len(reports_of(image_id))) == (1, 1)


@database
def test_one_person_may_report_several_pictures():
    assert [report(add_image(), "reader") for _ in range(3)] == [ACCEPTED] * 3


@database
def test_one_too_few_do_not_block_and_one_more_does_with_the_numbers_in_the_audit():
    image_id = add_image()
    report_by(image_id, ENOUGH - 1)
    assert (state_of(image_id), audits_of(image_id)) == ("visible", [])
    report(image_id, "the last", network="net")
    assert state_of(image_id) == "auto_blocked"
    [audit] = audits_of(image_id)
    assert (audit.actor, audit.action, audit.reason) == ("readers", "image.auto_blocked", "reports")
    assert audit.evidence == {
        "from": "visible", "to": "auto_blocked", "reports": 3, "reports_to_block": 3, "networks": 2,
    }  # fmt: skip
    assert image_of(image_id).decided_at is not None


@database
def test_reports_of_a_blocked_picture_are_counted_and_block_nothing_more():
    image_id = add_image()
    report_by(image_id, ENOUGH + 4)
    assert (image_of(image_id).reports, state_of(image_id), len(audits_of(image_id))) == (7, "auto_blocked", 1)


@database
def test_only_a_visible_picture_is_blocked_by_readers():
    for state in ("cleared", "held", "blocked", "auto_blocked"):
        image_id = add_image(state)
        report_by(image_id, ENOUGH + 1)
        assert (image_of(image_id).reports, state_of(image_id), audits_of(image_id)) == (4, state, [])


@database
def test_the_threshold_is_the_setting_in_force(set_settings):
    set_settings(reports_to_block=1)
    first = add_image()
    report_by(first, 1)
    assert state_of(first) == "auto_blocked"
    set_settings(reports_to_block=0)
    second = add_image()
    report_by(second, 20)
    assert (state_of(second), image_of(second).reports) == ("visible", 20)


@database
def test_an_unknown_picture_is_said_to_be_unknown():
    assert [report(image_id, "reader") for image_id in (0, -1, 77, 2**63, 10**30)] == [UNKNOWN] * 5


@database
def test_an_article_that_does_not_show_the_picture_is_not_believed():
    source_id = add_source()
    shows, does_not = add_article(source_id, 1), add_article(source_id, 2)
    image_id = add_image(articles=(shows,))
    for at, article_id in enumerate((does_not, 99, -1, 10**30)):
        assert report(image_id, f"reader {at}", article_id=article_id) == ACCEPTED
    assert {row.article_id for row in reports_of(image_id)} == {None}


@database
def test_a_report_after_its_article_was_taken_down_still_counts():
    article_id = add_article(add_source())
    image_id = add_image(articles=(article_id,))
    with write_session() as session:
        remove_article(session, article_id, "asked for")
    assert report(image_id, "reader", article_id=article_id) == ACCEPTED
    assert image_of(image_id).reports == 1


@database
def test_a_report_without_a_reporter_is_refused_by_name():
    with pytest.raises(ValueError, match="needs a reporter"):
        report(add_image(), "")


@database
def test_a_picture_blocked_by_readers_is_gone_from_each_of_two_hundred_articles():
    source_id = add_source()
    article_ids = tuple(add_article(source_id, number) for number in range(200))
    image_id = add_image(articles=article_ids)
    for number in range(ENOUGH):
        report(image_id, f"reader {number}", article_id=article_ids[number])
    with read_session() as session:
        shown = shown_images(session, article_ids)
    assert {picture.is_placeholder for pictures in shown.values() for picture in pictures} == {True}
    assert sum(map(len, shown.values())) == 200


@database
def test_a_report_that_is_rolled_back_counts_for_nothing():
    image_id = add_image()

    def break_off():
        with write_session() as session:
            report_image(session, image_id, reporter="reader")
            raise RuntimeError("the request broke off")

    with pytest.raises(RuntimeError):
        break_off()
    assert (image_of(image_id).reports, reports_of(image_id)) == (0, [])
    assert report(image_id, "reader") == ACCEPTED


# --- at the same instant --------------------------------------------------------------------------------------------
@database
@pytest.mark.parametrize("people", [ENOUGH - 1, ENOUGH, ENOUGH + 1, 8])
def test_people_at_the_same_instant_are_all_counted_and_one_block_comes_of_enough(people):
    for _ in range(ROUNDS):
        image_id = add_image()
        answers = at_once(*(partial(report, image_id, f"reader {number}") for number in range(people)))
        assert answers == [ACCEPTED] * people
        assert image_of(image_id).reports == people
        assert state_of(image_id) == ("visible" if people < ENOUGH else "auto_blocked")
        assert len(audits_of(image_id)) == (0 if people < ENOUGH else 1)


@database
def test_five_clicks_of_one_person_at_the_same_instant_count_once():
    for _ in range(ROUNDS):
        image_id = add_image()
        answers = at_once(*[partial(report, image_id, "reader")] * 5)
        assert sorted(answers) == [ACCEPTED, *[ALREADY] * 4]
        assert image_of(image_id).reports == 1


@database
def test_a_report_that_meets_an_operator_clearing_the_picture_does_not_block_it_again():
    def clear(image_id):
        with write_session() as session:
            return decide_image(session, image_id, "clear", "harmless")

    for _ in range(ROUNDS):
        image_id = add_image()
        report_by(image_id, ENOUGH - 1)
        at_once(partial(report, image_id, "the last"), partial(clear, image_id))
        assert state_of(image_id) == "cleared"
        assert image_of(image_id).reports == ENOUGH
        assert [audit.action for audit in audits_of(image_id)][-1] == "image.cleared"


# --- who reports ----------------------------------------------------------------------------------------------------
def test_a_reporter_s_key_is_the_same_each_time_and_tells_nothing_of_the_cookie():
    key = reporter_key("cookie-1")
    assert key == reporter_key("cookie-1")
    assert key != reporter_key("cookie-2")
    assert (len(key), "cookie" in key) == (64, False)


def test_keys_of_another_installation_are_others(set_settings):
    set_settings(secret_key="one")
    ours = reporter_key("cookie"), network_key("192.0.2.1")
    set_settings(secret_key="other")
    assert not {reporter_key("cookie"), network_key("192.0.2.1")} & set(ours)


def test_a_cookie_that_looks_like_a_network_has_another_key():
    assert reporter_key("192.0.2.0/24") != network_key("192.0.2.1")


@pytest.mark.parametrize("cookie", ["", "\udcff", "كوكي", "x" * 100_000])
def test_any_cookie_has_a_key(cookie):
    assert len(reporter_key(cookie)) == 64


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("192.0.2.1", "192.0.2.254", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1::1", "2001:db8:1:ffff::9", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
        ("::ffff:192.0.2.9", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("[2001:db8:1::1]", "2001:db8:1::1", True),
    ],
)
def test_a_network_is_a_24_or_a_48(one, other, is_same):
    assert (network_key(one) == network_key(other)) is is_same
    assert len(network_key(one)) == 64


@pytest.mark.parametrize("text", ["", "unknown", "192.0.2.1:5000", "999.1.1.1", "x" * 1000])
def test_what_is_no_address_has_no_network(text):
    assert network_key(text) == ""
