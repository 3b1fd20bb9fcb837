"""Pages of other papers' articles: the forms of four languages, and what only looks like them."""

from datetime import date

import pytest
from own_pages import fetched, html_of

from services.parser.aggregator import Original, read_original
from services.parser.blocks import Blocks
from services.parser.dates import read_date
from services.parser.page import read_page

URL = "https://portail.example/revue/4711"


def original_of(inner: str, sections: frozenset[str] = frozenset()) -> Original:
    page = read_page(fetched(html_of(f"<h1>Un titre</h1>{inner}<p>Un texte.</p>"), URL))
    return read_original(page, Blocks(page.root), set(sections))


@pytest.mark.parametrize(
    ("stamp", "link", "name"),
    [
        ("Publié dans Challenge le 29 - 09 - 2020", "Cliquez ici pour lire l'article depuis sa source.", "Challenge"),
        ("Publié dans L'Économiste le 29/09/2020", "Cliquez ici pour lire l'article depuis sa source.", "L'Économiste"),
        ("نشر في هسبريس يوم 29 - 09 - 2020", "انقر هنا لقراءة الخبر من مصدره.", "هسبريس"),
        ("Publicado en El Faro el 29 - 09 - 2020", "Haga clic aquí para leer el artículo en su fuente.", "El Faro"),
        ("Published in Atlas News on 29 - 09 - 2020", "Click here to read the article at its source.", "Atlas News"),
    ],
)  # fmt: skip
def test_paper_day_and_address_are_read_in_each_language(stamp, link, name):
    original = original_of(f'<div>{stamp}</div><p><a href="https://paper.example/a">{link}</a></p>')
    assert (original.source_name, original.source_url) == (name, "https://paper.example/a")
    assert read_date(original.printed_day).day == date(2020, 9, 29)


def test_the_link_may_be_on_the_word_here_alone():
    assert original_of('<p>Cliquez <a href="/orig">ici</a> pour lire l\'article depuis sa source.</p>').source_url == (
        "https://portail.example/orig"
    )


def test_a_spaced_day_names_a_paper_without_any_link():
    assert original_of("<h4>Publié dans Le Matin le 05 - 09 - 2020</h4>") == Original(
        "Le Matin", "", "Publié dans Le Matin le 05 - 09 - 2020"
    )


@pytest.mark.parametrize(
    "inner",
    [
        "<div>Publié dans Économie le 29/09/2020</div>",
        "<div>Publié dans Le Matin le mois dernier</div>",
        "<p>Le rapport a été publié dans Le Matin le 29 - 09 - 2020.</p>",
        '<p><a href="/a">Cliquez ici pour lire la suite</a></p>',
        '<p><a href="/">Cliquez ici pour lire l\'article depuis sa source.</a></p>',
        '<p><a href="javascript:back()">Cliquez ici pour lire l\'article depuis sa source.</a></p>',
        '<p><a href="/a">Source : AFP</a></p>',
    ],
)
def test_another_papers_name_is_not_made_up(inner):
    assert original_of(inner) == Original()


def test_a_section_of_the_site_is_no_paper():
    assert original_of("<div>Publié dans Économie le 29 - 09 - 2020</div>", frozenset({"economie"})) == Original()
