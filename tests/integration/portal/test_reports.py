"""A picture that enough different people report is gone at once, wherever it was shown, on both databases."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from portal_press import Picture, Reader, add_mention, add_picture, add_translation
from press import add_article, add_source
from stored_pictures import image_of, state_of

from services.portal.app import make_portal
from shared.db import write_session
from shared.store.decisions import decide_image


@pytest.fixture
def portal(database):
    return make_portal()


@pytest.fixture
def press(portal) -> tuple[Picture, int, list[str]]:
    """A picture that two articles show, one of them, and every page that it is on."""
    source_id = add_source()
    article, other = add_article(source_id, 1), add_article(source_id, 2, language="ar")
    add_translation(other, "fr", headline="Autre titre")
    entity_id = add_mention(article, "Rabat", key="geonames:1")
    add_mention(other, "الرباط", key="geonames:1")
    pages = [
        page
        for code in ("fr", "ar")
        for page in (
            f"/{code}/", f"/{code}/article/{article}", f"/{code}/article/{other}", f"/{code}/article/{other}/original",
            f"/{code}/source/courrier", f"/{code}/entity/{entity_id}", f"/{code}/?written=ar", f"/{code}/feed.xml",
            f"/{code}/source/courrier/feed.xml", f"/{code}/entity/{entity_id}/feed.xml",
        )
    ]  # fmt: skip
    return add_picture(article, other), article, pages


def test_three_people_block_a_picture_everywhere_and_a_second_click_does_not(portal, press):
    picture, article, pages = press
    people = [Reader(portal, address=f"192.0.2.{number}") for number in range(3)]
    passer_by = Reader(portal)

    def is_shown_on(url: str) -> bool:
        return picture.url in passer_by.get(url).get_data(as_text=True)

    for _ in range(3):
        assert people[0].report(article).status_code == 303
    people[1].report(article, "ar")
    assert (state_of(picture.image_id), image_of(picture.image_id).reports) == ("visible", 2)
    assert [url for url in pages if not is_shown_on(url)] == []
    kept = passer_by.get(picture.url)
    assert (kept.status_code, kept.data) == (200, picture.content)

    people[2].report(article)
    assert (state_of(picture.image_id), image_of(picture.image_id).reports) == ("auto_blocked", 3)
    assert [url for url in pages if is_shown_on(url)] == []
    for url in pages:
        if not url.endswith(".xml"):
            assert passer_by.page(url).find_class("placeholder"), url
    assert passer_by.get(picture.url).status_code == 410
    assert passer_by.get(picture.url, If_None_Match=kept.headers["ETag"]).status_code == 410


def test_three_people_at_the_same_moment_block_a_picture(portal, press):
    picture, article, _ = press
    people = [Reader(portal) for _ in range(3)]
    forms = [one.page(f"/fr/article/{article}") for one in people]
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda pair: pair[0].press(pair[1]).status_code, zip(people, forms, strict=True)))
    assert answers == [303, 303, 303]
    assert (state_of(picture.image_id), image_of(picture.image_id).reports) == ("auto_blocked", 3)


def test_five_clicks_of_one_person_at_the_same_moment_count_as_one(portal, press):
    picture, article, _ = press
    reader = Reader(portal)
    page = reader.page(f"/fr/article/{article}")
    form = dict(page.forms[0].form_values())
    cookie = reader.browser.get_cookie("kiosque_reader").value

    def press_button(_: int) -> int:
        browser = portal.test_client()
        browser.set_cookie("kiosque_reader", cookie)
        return browser.post(page.forms[0].action, data=form).status_code

    with ThreadPoolExecutor(5) as pool:
        assert list(pool.map(press_button, range(5))) == [303] * 5
    assert (state_of(picture.image_id), image_of(picture.image_id).reports) == ("visible", 1)


def test_a_picture_that_an_operator_cleared_is_shown_whatever_is_reported(portal, press):
    picture, article, _ = press
    with write_session() as session:
        decide_image(session, picture.image_id, "clear", "looked at")
    for number in range(5):
        Reader(portal, address=f"192.0.2.{number}").report(article)
    assert state_of(picture.image_id) == "cleared"
    assert Reader(portal).get(picture.url).status_code == 200
