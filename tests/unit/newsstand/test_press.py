"""The newsstand: addresses, dates, the edit, variants."""

from datetime import UTC, datetime, timedelta

import pytest

from services.newsstand.papers import PAPERS
from services.newsstand.press import thumbnail_of

OPENED_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("paper", "path", "published_at"),
    [
        ("courrier-du-littoral", "/courrier-du-littoral/culture/phare.html", "2026-11-24T11:25:00+01:00"),
        ("courrier-du-littoral", "/courrier-du-littoral/revue/ministre", "2026-11-23T03:40:00+01:00"),
        ("sahifat-al-atlas", "/sahifat-al-atlas/طقس/thalj/", "2026-11-24T11:15:00+01:00"),
        ("el-faro-del-estrecho", "/el-faro-del-estrecho/cultura/2026/11/24/faro", "2026-11-24T01:20:00+01:00"),
        ("maghreb-ledger", "/maghreb-ledger/business/bond", "2026-11-24T12:00:00+01:00"),
    ],
)
def test_an_article_lies_at_its_papers_kind_of_address_and_is_dated_back_from_the_opening(
    newsstand, paper, path, published_at
):
    story = newsstand.story_at(path)
    assert story.paper is PAPERS[paper]
    assert story.published_at.astimezone(UTC) == datetime.fromisoformat(published_at)


def test_a_day_in_an_address_is_the_papers_own(open_newsstand):
    late = open_newsstand(epoch=datetime(2026, 11, 25, 11, 10, tzinfo=UTC))  # 700 minutes before: 00:30 in Madrid
    assert late.story_at("/el-faro-del-estrecho/cultura/2026/11/25/faro") is not None


def test_stories_come_newest_first_and_a_text_at_two_addresses_twice(newsstand):
    stories = newsstand.stories("courrier-du-littoral")
    assert [(one.article.slug, one.is_second_address) for one in stories] == [
        ("quai", False), ("quai", True), ("phare", False), ("ministre", False),
    ]  # fmt: skip
    assert stories[0].path != stories[1].path
    assert stories[0].article is stories[1].article


def test_stories_can_be_had_by_section_and_up_to_a_number(newsstand):
    assert [one.article.slug for one in newsstand.stories(section="economie")] == ["quai", "quai", "bond"]
    assert len(newsstand.stories(limit=2)) == 2


def test_nothing_lies_at_an_unknown_path(newsstand):
    assert newsstand.story_at("/courrier-du-littoral/sport/phare.html") is None
    assert newsstand.picture_at("/courrier-du-littoral/images/quai.png") is None


def test_a_search_finds_the_stories_that_hold_every_word(newsstand):
    assert [one.article.slug for one in newsstand.search("courrier-du-littoral", "LAMPE pêcheurs")] == ["phare"]
    assert newsstand.search("courrier-du-littoral", "lampe grues") == []
    assert newsstand.search("courrier-du-littoral", " ") == []


def test_the_article_that_an_aggregator_took_over_lies_at_its_own_address_too(newsstand):
    assert newsstand.original_at("/courrier-du-littoral/defi/ministre").slug == "ministre"


def test_the_edit_waits_until_it_is_told(newsstand):
    path = "/courrier-du-littoral/culture/phare.html"
    before = newsstand.story_at(path)
    newsstand.edit()
    after = newsstand.story_at(path)
    assert (before.is_edited, after.is_edited) == (False, True)
    assert after.article.headline == "Le phare d'El Hank éteint de nouveau"
    assert after.published_at == before.published_at
    assert after.modified_at == newsstand.changed_at


def test_the_edit_is_made_by_itself_after_its_time(open_newsstand):
    moment = OPENED_AT
    newsstand = open_newsstand(edited_after=timedelta(minutes=5), clock=lambda: moment)
    assert newsstand.edited_at is None
    moment += timedelta(minutes=5)
    assert newsstand.edited_at == OPENED_AT + timedelta(minutes=5)
    moment += timedelta(days=3)
    assert newsstand.changed_at == OPENED_AT + timedelta(minutes=5)


def test_telling_twice_does_not_move_the_edit(open_newsstand):
    moment = OPENED_AT
    newsstand = open_newsstand(clock=lambda: moment)
    newsstand.edit()
    moment += timedelta(hours=1)
    newsstand.edit()
    assert newsstand.edited_at == OPENED_AT


def test_an_article_without_an_edit_is_never_modified(newsstand):
    newsstand.edit()
    assert not newsstand.story_at("/maghreb-ledger/business/bond").is_edited


def test_copies_multiply_the_press_and_share_the_pictures(open_newsstand):
    newsstand = open_newsstand(copies=20)
    stories = newsstand.stories()
    assert len(stories) == 6 * 20 + 1  # one text lies at two addresses
    assert len({one.path for one in stories}) == len(stories)
    assert len({one.article.body for one in stories}) == 6 * 20
    assert {one.picture_path for one in stories if one.article.slug.startswith("phare")} == {stories_picture(newsstand)}


def stories_picture(newsstand):
    return newsstand.story_at("/courrier-du-littoral/culture/phare.html").picture_path


def test_fewer_copies_than_one_are_refused(open_newsstand):
    with pytest.raises(ValueError, match="copies must be 1 or more"):
        open_newsstand(copies=0)


def test_every_story_with_a_picture_has_it_in_both_sizes(newsstand):
    for story in newsstand.stories():
        if story.article.picture:
            assert newsstand.picture_at(story.picture_path).width == 0
            assert newsstand.picture_at(thumbnail_of(story.picture_path)).width == 320
