"""Pages: each paper's own structure and metadata, furniture around the text, nothing that changes by itself."""

import json
from datetime import timedelta

import lxml.html
import pytest

from services.newsstand import pages
from services.newsstand.papers import PAPERS

SITE = "http://127.0.0.1:8765"
PATHS = {
    "courrier-du-littoral": "/courrier-du-littoral/culture/phare.html",
    "sahifat-al-atlas": "/sahifat-al-atlas/طقس/thalj/",
    "el-faro-del-estrecho": "/el-faro-del-estrecho/cultura/2026/11/24/faro",
    "maghreb-ledger": "/maghreb-ledger/business/bond",
}
QUAI = "/courrier-du-littoral/economie/quai.html"
REVIEW = "/courrier-du-littoral/revue/ministre"


@pytest.fixture
def page_at(newsstand):
    """Print the page at a path."""

    def print_page(path: str, press=newsstand) -> lxml.html.HtmlElement:
        return lxml.html.document_fromstring(pages.print_article(press, press.story_at(path), SITE))

    return print_page


def properties(page) -> dict[str, str]:
    return {meta.get("property"): meta.get("content") for meta in page.iter("meta") if meta.get("property")}


def dates_for_machines(page) -> list[str]:
    """Whatever on the page has a date in a form that programs read."""
    found = [value for name, value in properties(page).items() if name.endswith("_time")]
    found += [time.get("datetime") for time in page.iter("time") if time.get("datetime")]
    for script in page.xpath("//script[@type='application/ld+json']"):
        linked = json.loads(script.text)
        found += [linked[name] for name in ("datePublished", "dateModified") if name in linked]
    return found


@pytest.mark.parametrize("path", [*PATHS.values(), REVIEW])
def test_a_page_has_its_headline_its_paragraphs_and_its_picture(newsstand, page_at, path):
    story, page = newsstand.story_at(path), page_at(path)
    assert [h1.text_content().strip() for h1 in page.iter("h1")] == [story.article.headline]
    printed = [p.text_content().strip() for p in page.iter("p")]
    positions = [printed.index(paragraph) for paragraph in story.article.paragraphs]
    assert positions == sorted(positions)
    assert SITE + story.picture_path in [image.get("src") for image in page.iter("img")]


@pytest.mark.parametrize("path", [*PATHS.values(), REVIEW])
def test_a_page_names_its_own_address_as_canonical(page_at, path):
    page = page_at(path)
    (canonical,) = page.xpath("//link[@rel='canonical']/@href")
    assert canonical == pages.absolute(SITE, path)
    assert canonical.isascii()


@pytest.mark.parametrize(("paper", "path"), PATHS.items())
def test_a_page_stands_among_furniture(page_at, paper, path):
    page = page_at(path)
    assert page.get("lang") == PAPERS[paper].locale
    assert (page.get("dir") == "rtl") == (paper == "sahifat-al-atlas")
    assert page.xpath("//dialog")  # the cookie banner
    assert page.xpath("//form[@method='post']//input[@type='email']")  # the newsletter
    assert page.xpath("//a[starts-with(@href, 'https://wa.me/')]")  # the share bar
    assert page.xpath(f"//form[@action='{SITE}/{paper}/recherche']")
    text = page.text_content()
    assert all(section.name in text for section in PAPERS[paper].sections.values())


def test_the_courrier_gives_dates_as_linked_data_only(newsstand, page_at):
    page = page_at(PATHS["courrier-du-littoral"])
    (article,) = (
        linked
        for script in page.xpath("//script[@type='application/ld+json']")
        if (linked := json.loads(script.text))["@type"] == "NewsArticle"
    )
    assert article["headline"] == "Le phare d'El Hank rallumé : coût < devis & délais tenus"
    assert article["datePublished"] == "2026-11-24T10:25:00+00:00"
    assert [author["name"] for author in article["author"]] == ["Salma Idrissi", "Omar Naciri"]
    assert not [name for name in properties(page) if name.startswith("article:")]
    assert not page.xpath("//time[@datetime]")


def test_the_sahifa_gives_its_date_in_words_only(page_at):
    page = page_at(PATHS["sahifat-al-atlas"])
    assert dates_for_machines(page) == []
    (printed,) = page.xpath("//*[@class='date-post']/text()")
    assert printed == "الثلاثاء 24 نونبر 2026 - 10:15"


def test_the_faro_gives_its_date_as_microdata_only(page_at):
    page = page_at(PATHS["el-faro-del-estrecho"])
    (article,) = page.xpath("//*[@itemtype='https://schema.org/NewsArticle']")
    (moment,) = article.xpath(".//time[@itemprop='datePublished']/@datetime")
    assert dates_for_machines(page) == [moment] == ["2026-11-24T01:20:00+01:00"]
    assert article.xpath(".//*[@itemprop='articleBody']/p/text()")[0] == "La torre se encendió en 1926."


def test_the_ledger_gives_its_date_as_open_graph_only(page_at):
    page = page_at(PATHS["maghreb-ledger"])
    assert dates_for_machines(page) == [properties(page)["article:published_time"]] == ["2026-11-24T11:00:00+00:00"]


@pytest.mark.parametrize(
    ("path", "leads"),
    [
        (PATHS["courrier-du-littoral"], ["Lire aussi | Une digue pour Sidi Rahal"]),  # the file's own line
        (QUAI, ["Lire aussi | Le phare d'El Hank rallumé : coût < devis & délais tenus"]),
        (PATHS["maghreb-ledger"], ["Read also: A cactus disease retreats"]),
        (PATHS["el-faro-del-estrecho"], []),
    ],
)  # fmt: skip
def test_read_also_lines_stand_between_the_paragraphs(page_at, path, leads):
    printed = [" ".join(p.text_content().split()) for p in page_at(path).iter("p")]
    found = [text for text in printed if text.startswith(("Lire aussi", "Read also", "Lea también"))]
    assert found == leads


def test_the_edit_shows_on_its_page_and_in_other_pages_furniture(newsstand, page_at):
    newsstand.edit()
    page = page_at(PATHS["courrier-du-littoral"])
    assert page.xpath("//h1")[0].text == "Le phare d'El Hank éteint de nouveau"
    assert "Elle sera changée lundi." in page.text_content()
    assert "éteint de nouveau" in page_at(QUAI).text_content()


def test_a_modification_is_given_only_where_there_was_one(newsstand, page_at):
    newsstand.edit()
    published, modified = dates_for_machines(page_at(PATHS["courrier-du-littoral"]))
    assert modified == newsstand.story_at(PATHS["courrier-du-littoral"]).modified_at.isoformat(timespec="seconds")
    assert modified != published
    assert len(dates_for_machines(page_at(PATHS["maghreb-ledger"]))) == 1


@pytest.mark.parametrize("path", [*PATHS.values(), REVIEW])
def test_a_page_does_not_change_by_itself(open_newsstand, path):
    moment = open_newsstand().epoch
    newsstand = open_newsstand(clock=lambda: moment)
    first = pages.print_article(newsstand, newsstand.story_at(path), SITE)
    moment += timedelta(days=40)
    assert pages.print_article(newsstand, newsstand.story_at(path), SITE) == first


def test_two_addresses_of_a_text_have_the_same_text_and_each_its_own_canonical(page_at):
    first = page_at(QUAI)
    second = page_at("/courrier-du-littoral/economie/quai-long.html")
    texts = [[p.text_content() for p in page.xpath("//article//p")] for page in (first, second)]
    assert texts[0] == texts[1]
    assert first.xpath("//link[@rel='canonical']/@href") != second.xpath("//link[@rel='canonical']/@href")


def test_the_aggregators_page_is_of_the_seeds_kind(page_at):
    page = page_at(REVIEW)
    text = " ".join(" ".join(page.find("body").itertext()).split())
    assert "Publié dans Défi Économique le 29 - 09 - 2020" in text
    assert "Lire aussi | Les agrumes préparent la campagne" in text
    assert "Merci d'avoir signalé! Cette image sera automatiquement bloquée après qu'elle soit signalée par" in text
    (source,) = [a for a in page.iter("a") if a.text == "Cliquez ici pour lire l'article depuis sa source."]
    assert source.get("href") == f"{SITE}/courrier-du-littoral/defi/ministre"
    ribbon = page.xpath("//*[@id='menu']/a")
    assert len(ribbon) >= 40
    assert text.index(ribbon[0].text) < text.index("Merci d'avoir signalé!") < text.index("La ministre attendue")
    assert dates_for_machines(page) == []


def test_the_source_of_an_aggregators_page_has_the_text_too(newsstand):
    article = newsstand.original_at("/courrier-du-littoral/defi/ministre")
    page = lxml.html.document_fromstring(pages.print_original(article, SITE))
    assert "mardi 29 septembre 2020" in page.text_content()
    assert [p.text for p in page.iter("p")][-2:] == ["Elle arrive lundi.", "Elle repart mercredi."]


@pytest.mark.parametrize("paper", PAPERS)
def test_a_front_page_leads_to_every_story_once(newsstand, paper):
    stories = newsstand.stories(paper)
    page = lxml.html.document_fromstring(pages.print_front(newsstand, PAPERS[paper], SITE, stories))
    links = {a.get("href") for a in page.iter("a")}
    for story in stories:
        assert (pages.absolute(SITE, story.path) in links) != story.is_second_address


def test_a_search_that_finds_nothing_says_so(newsstand):
    text = pages.print_front(newsstand, PAPERS["courrier-du-littoral"], SITE, [], "Rechercher")
    assert "Aucun article ne correspond." in text


def test_the_doorway_leads_to_the_four_papers_and_their_feeds(newsstand):
    page = lxml.html.document_fromstring(pages.print_doorway(newsstand, SITE))
    links = {a.get("href") for a in page.iter("a")}
    assert {f"{SITE}/{paper}/" for paper in PAPERS} <= links
    assert {pages.absolute(SITE, paper.feed_of()) for paper in PAPERS.values()} <= links


@pytest.mark.parametrize("paper", PAPERS.values())
def test_a_paper_says_that_it_does_not_exist(newsstand, paper):
    assert f"{SITE}/" in pages.print_about(newsstand, paper, SITE)
