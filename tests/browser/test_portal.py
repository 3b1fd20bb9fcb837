"""The portal in a real browser: read on a phone from right to left, and a picture reported without JavaScript."""

from datetime import UTC, datetime

import pytest
from portal_press import add_mention, add_picture, add_translation
from press import add_article, add_source
from stored_pictures import state_of

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
#: As long as words get: they must break rather than widen the page.
LONG = "Anticonstitutionnellement" * 5
BODY = "وصلت الشاحنات الأولى قبل الفجر.\n\nوقالت مديرة الأشغال: «عددنا الأيام، وهذا آخرها»."


@pytest.fixture
def article(sqlite) -> int:
    """An article in Arabic, with others around it in every language; its picture is the second picture's size."""
    source_id = add_source(name="صحيفة الأطلس", time_zone="Africa/Algiers")
    for number, (code, headline) in enumerate((("fr", LONG), ("es", "Un titular"), ("en", "A headline")), start=2):
        made = add_article(source_id, number, language=code, headline=headline, standfirst=LONG)
        add_picture(made, seed=number)
    article = add_article(
        source_id, 1, language="ar", headline="افتتاح مكتبة جديدة في تطوان", standfirst="تضم ستين ألف كتاب.", body=BODY,
        byline=["سلمى بنجلون"], published_at=NOON, published_has_time=True,
    )  # fmt: skip
    add_translation(article, "fr", headline="Une bibliothèque ouvre à Tétouan", body="Les camions sont arrivés.")
    add_mention(article, "تطوان", key="geonames:1")
    return article


@pytest.fixture
def picture(article):
    """The article's picture."""
    return add_picture(article, seed=1)


@pytest.fixture
def page(chromium, picture):
    """A phone's page, which fails the test for whatever the browser complains of."""
    context = chromium.new_context(viewport=PHONE)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on(
        "console", lambda said: complaints.append(f"{said.text} {said.location}") if said.type == "error" else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    yield opened
    context.close()
    assert complaints == []


def computed(page, selector: str, style: str) -> str:
    return page.locator(selector).first.evaluate("(element, style) => getComputedStyle(element)[style]", style)


def assert_fits_the_phone(page) -> None:
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= PHONE["width"], f"the page is {width} px wide"


def test_the_arabic_front_page_reads_from_right_to_left_on_a_phone(page, portal_url):
    page.goto(f"{portal_url}/ar/")
    assert computed(page, "body", "direction") == "rtl"
    lead = page.locator(".lead .headline a")
    assert lead.inner_text() == "افتتاح مكتبة جديدة في تطوان"
    assert computed(page, ".lead .headline", "textAlign") == "start"
    # a French headline in the Arabic edition runs the other way, and so does what stands below it
    french = page.locator("article", has=page.get_by_text(LONG[:25])).locator(".headline").first
    assert french.evaluate("element => getComputedStyle(element).direction") == "ltr"
    assert_fits_the_phone(page)
    page.locator(".lead img").evaluate("image => image.decode()")
    assert page.locator(".lead img").evaluate("image => image.naturalWidth") == 240


def test_an_arabic_article_is_read_to_its_end_on_a_phone(page, portal_url, article):
    page.goto(f"{portal_url}/ar/")
    page.locator(".lead .headline a").click()
    assert page.url == f"{portal_url}/ar/article/{article}"
    assert computed(page, ".body p", "direction") == "rtl"
    assert page.locator(".body p").count() == 2
    published = page.locator(".published").inner_text()
    assert "نُشر في صحيفة الأطلس يوم 24 نونبر 2026 على الساعة 13:00" in published
    assert_fits_the_phone(page)
    page.get_by_role("link", name="تطوان").click()
    assert page.locator("h1").inner_text() == "كل المقالات التي تذكر تطوان"
    assert_fits_the_phone(page)


def test_a_picture_keeps_its_place_before_it_has_come(chromium, portal_url, picture):
    context = chromium.new_context(viewport=PHONE)
    opened = context.new_page()
    opened.route("**/image/*", lambda route: route.abort())
    opened.goto(f"{portal_url}/fr/", wait_until="domcontentloaded")
    box = opened.locator(".lead img").bounding_box()
    assert box["height"] == pytest.approx(box["width"] * 2 / 3, abs=1)
    context.close()


def test_what_stands_in_place_of_a_very_wide_picture_is_read_whole(page, portal_url, article):
    panorama = add_picture(article, seed=9, state="blocked", thumbnail_width=640, thumbnail_height=40)
    page.set_viewport_size({"width": 320, "height": 568})
    page.goto(f"{portal_url}/fr/article/{article}")
    plate = page.locator(f"#image-{panorama.image_id}")
    around, inside = plate.locator(".withheld").bounding_box(), plate.locator(".withheld p").bounding_box()
    assert inside["y"] >= around["y"]
    assert inside["y"] + inside["height"] <= around["y"] + around["height"]


def test_the_page_changes_its_language_where_it_is(page, portal_url, article):
    page.goto(f"{portal_url}/ar/article/{article}")
    page.get_by_role("link", name="Français").click()
    assert page.url == f"{portal_url}/fr/article/{article}"
    assert page.locator("h1").inner_text() == "Une bibliothèque ouvre à Tétouan"
    assert "Traduction automatique" in page.locator(".notice").inner_text()
    page.get_by_role("link", name="Lire le texte original").click()
    assert computed(page, "h1", "direction") == "rtl"
    assert computed(page, "body", "direction") == "ltr"


def test_the_keyboard_reaches_the_content_first(page, portal_url):
    page.goto(f"{portal_url}/fr/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_readers_colours(chromium, portal_url, article, scheme):
    context = chromium.new_context(color_scheme=scheme)
    opened = context.new_page()
    opened.goto(f"{portal_url}/fr/")
    red = int(computed(opened, "body", "backgroundColor").removeprefix("rgb(").split(",")[0])
    assert (red < 64) is (scheme == "dark")
    context.close()


def test_three_people_without_javascript_block_a_picture(chromium, portal_url, article, picture):
    people = [chromium.new_context(java_script_enabled=False, viewport=PHONE) for _ in range(3)]
    for number, person in enumerate(people, start=1):
        opened = person.new_page()
        opened.goto(f"{portal_url}/fr/article/{article}")
        for _ in range(2):  # a second click of the same person must not stand for another one
            opened.locator("figure img").wait_for()
            opened.get_by_role("button", name="Signaler cette image").click()
            assert "Merci d’avoir signalé !" in opened.locator("main").inner_text()
            if number == 3:
                break
            opened.get_by_role("link", name="Retour à l’article").click()
        assert state_of(picture.image_id) == ("visible" if number < 3 else "auto_blocked")
    opened.get_by_role("link", name="Retour à l’article").click()
    assert opened.locator("figure img").count() == 0
    assert opened.locator("figure svg.placeholder").is_visible()
    assert "Cette image n’est pas affichée." in opened.locator("figure").inner_text()
    assert opened.goto(f"{portal_url}{picture.url}").status == 410
    for person in people:
        person.close()
