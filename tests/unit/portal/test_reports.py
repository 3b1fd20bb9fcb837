"""Reports of pictures: people with a cookie of ours and a form of ours, counted once, answered alike."""

import pytest
from portal_press import Reader, add_picture, read, words
from press import add_article, add_source
from sqlalchemy import select
from stored_pictures import image_of

from services.portal import readers
from services.portal.editions import edition_of
from shared.db import read_session
from shared.languages import LANGUAGES
from shared.models import Report


@pytest.fixture
def article(sqlite) -> int:
    return add_article(add_source())


@pytest.fixture
def image(article) -> int:
    return add_picture(article).image_id


def stored() -> list[Report]:
    with read_session() as session:
        return list(session.scalars(select(Report)))


def follow(reader: Reader, answer):
    assert answer.status_code == 303
    return read(reader.get(answer.location))


@pytest.mark.parametrize(
    ("code", "thanks"),
    [
        (
            "fr",
            "Merci d’avoir signalé ! "
            "Cette image sera automatiquement bloquée après qu’elle soit signalée par plusieurs personnes.",
        ),
        ("ar", "شكرًا على التبليغ! ستُحجب هذه الصورة تلقائيًا بعد أن يبلّغ عنها عدة أشخاص."),
        (
            "es",
            "¡Gracias por avisar! "
            "Esta imagen se bloqueará automáticamente después de que la denuncien varias personas.",
        ),
        (
            "en",
            "Thank you for reporting! This picture will be blocked automatically once several people have reported it.",
        ),
    ],
)
def test_a_report_is_thanked_for_in_the_readers_language(reader, article, image, code, thanks):
    page = follow(reader, reader.report(article, code))
    assert page.get("lang") == code
    assert thanks in words(page)
    assert page.xpath("//main//a/@href") == [f"/{code}/article/{article}"]


def test_a_report_is_stored_without_anything_that_says_who_sent_it(reader, article, image):
    reader.report(article)
    (report,) = stored()
    assert (report.image_id, report.article_id) == (image, article)
    reader_id = readers.read_reader(reader.browser.get_cookie(readers.COOKIE).value)
    for key in (report.reporter, report.network):
        assert len(key) == 64
        assert reader_id not in key
        assert "192.0.2" not in key


def test_a_second_click_is_answered_like_the_first_and_counts_for_nothing(reader, article, image):
    first, second = reader.report(article), reader.report(article)
    assert (first.status_code, first.location, first.data) == (second.status_code, second.location, second.data)
    assert image_of(image).reports == len(stored()) == 1


def test_two_people_count_as_two(portal, article, image):
    for _ in range(2):
        Reader(portal).report(article)
    assert image_of(image).reports == 2


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_the_cookie_is_ours_alone_and_kept_from_scripts(portal, article, image, scheme, is_secure):
    answer = portal.test_client().get(f"/fr/article/{article}", base_url=f"{scheme}://localhost")
    flags = {part.strip() for part in answer.headers["Set-Cookie"].split(";")}
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={readers.COOKIE_AGE_S}"} <= flags
    assert ("Secure" in flags) is is_secure
    assert not any(flag.startswith("Domain") for flag in flags)
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_reader_who_has_a_cookie_keeps_it(reader, article, image):
    reader.get(f"/fr/article/{article}")
    assert "Set-Cookie" not in reader.get(f"/fr/article/{article}").headers


def test_no_cookie_is_set_where_there_is_nothing_to_report(reader, article):
    assert "Set-Cookie" not in reader.get(f"/fr/article/{article}").headers
    add_picture(article, state="blocked")
    assert "Set-Cookie" not in reader.get(f"/fr/article/{article}").headers


def test_a_reader_without_a_cookie_is_given_one_and_asked_to_press_again(portal, article, image):
    reader = Reader(portal)
    page = reader.page(f"/es/article/{article}")
    reader.browser.delete_cookie(readers.COOKIE)
    answer = reader.press(page)
    assert answer.status_code == 403
    assert stored() == []
    asked = read(answer)
    assert words(asked.find(".//h1")) == "Un clic más, por favor"
    assert "Gracias" in words(follow(reader, reader.press(asked)))
    (report,) = stored()
    assert (report.image_id, report.article_id) == (image, article)


@pytest.mark.parametrize("cookie", ["", "forged", "a.b.c", "ImEi.x.y"])
def test_a_forged_cookie_is_replaced_and_does_not_count(portal, article, image, cookie):
    reader = Reader(portal)
    page = reader.page(f"/fr/article/{article}")
    reader.browser.set_cookie(readers.COOKIE, cookie)
    answer = reader.press(page)
    assert answer.status_code == 403
    assert readers.read_reader(reader.browser.get_cookie(readers.COOKIE).value)
    assert stored() == []


@pytest.mark.parametrize("token", [None, "", "forged", readers.COOKIE])
def test_a_form_that_is_not_ours_does_not_count(reader, article, image, token):
    page = reader.page(f"/fr/article/{article}")
    answer = reader.press(page, token=token)
    assert answer.status_code == 403
    # the reader is known: no new one is made
    assert "Set-Cookie" not in answer.headers
    assert stored() == []


def test_with_neither_cookie_nor_token_nothing_counts(portal, article, image):
    answer = portal.test_client().post(f"/fr/image/{image}/report", data={"token": "forged"})
    assert answer.status_code == 403
    assert stored() == []


def test_a_form_made_for_somebody_else_does_not_count(portal, article, image):
    other = Reader(portal).page(f"/fr/article/{article}").forms[0].fields["token"]
    reader = Reader(portal)
    assert reader.press(reader.page(f"/fr/article/{article}"), token=other).status_code == 403
    assert stored() == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_link_cannot_report(reader, article, image, code):
    answer = reader.get(f"/{code}/image/{image}/report")
    assert answer.status_code == 405
    assert set(answer.headers["Allow"].split(", ")) == {"OPTIONS", "POST"}
    assert words(read(answer).find(".//h1")) == edition_of(code).texts["errors"]["405"]["title"]
    assert stored() == []


@pytest.mark.parametrize("image_id", ["0", "999", "9223372036854775807", "9223372036854775808", "x"])
def test_a_picture_that_is_not_there_is_a_404(reader, article, image, image_id):
    page = reader.page(f"/fr/article/{article}")
    page.forms[0].action = f"/fr/image/{image_id}/report"
    assert reader.press(page).status_code == 404
    assert stored() == []


@pytest.mark.parametrize("said", [None, "", "x", "999", "-1", "1e3", "٣", "9" * 30, "1; DROP TABLE report"])
def test_an_article_that_does_not_show_the_picture_is_not_written_down(reader, article, image, said):
    answer = reader.press(reader.page(f"/fr/article/{article}"), article_id=said)
    assert follow(reader, answer) is not None
    (report,) = stored()
    assert report.article_id is None


def test_a_form_that_is_too_long_is_refused(reader, article, image):
    answer = reader.press(reader.page(f"/fr/article/{article}"), token="x" * 100_000)
    assert answer.status_code == 413
    assert stored() == []


def test_a_blocked_picture_is_answered_alike(reader, article, image, set_settings):
    page = reader.page(f"/fr/article/{article}")
    set_settings(reports_to_block=1)
    assert reader.press(page).status_code == reader.press(page).status_code == 303
    assert image_of(image).state == "auto_blocked"


@pytest.mark.parametrize("url", ["/fr/reported", "/fr/reported?article=x", "/fr/reported?article=" + "9" * 40])
def test_the_answer_leads_to_the_front_page_where_no_article_is_named(reader, sqlite, url):
    assert reader.page(url).xpath("//main//a/@href") == ["/fr/"]
