"""By-lines: one name each, no office, no day and no trade among them."""

import json

import pytest
from own_pages import fetched, html_of

from services.parser.byline import is_byline, read_byline
from services.parser.headline import find_head
from services.parser.page import read_page
from services.parser.structured import read_declared

TITLE = "Un bassin pour les nageurs de Kénitra"


def byline_of(under: str = "", head: str = "", **hints) -> tuple[str, ...]:
    page = read_page(fetched(html_of(f"<h1>{TITLE}</h1>{under}", f"<title>{TITLE}</title>{head}"), **hints))
    return read_byline(read_declared(page), find_head(page.root, TITLE))


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Par Yassine El Ghorfi et Dounia Rahmouni", ("Yassine El Ghorfi", "Dounia Rahmouni")),
        ("Par Dounia Rahmouni", ("Dounia Rahmouni",)),
        ("Par : Yassine El Ghorfi, Dounia Rahmouni", ("Yassine El Ghorfi", "Dounia Rahmouni")),
        ("Publié par Dounia Rahmouni le 3 juin 2024", ("Dounia Rahmouni",)),
        ("Por Lucía Vergara y Tomás Olmedo", ("Lucía Vergara", "Tomás Olmedo")),
        ("By Harriet Colby and Simon Tate", ("Harriet Colby", "Simon Tate")),
        ("كتب ضحى عرفة", ("ضحى عرفة",)),
        ("بقلم: ضحى عرفة", ("ضحى عرفة",)),
    ],
)
def test_a_printed_line_gives_its_names(line, names):
    assert byline_of(f'<p class="author">{line}</p>') == names
    assert byline_of(f"<div><p>{line}</p></div>") == names


@pytest.mark.parametrize(
    "line",
    ["Redacción Tánger", "La rédaction", "Par la rédaction", "هيئة التحرير", "Newsroom", "admin", "Port staff"],
)
def test_an_office_is_nobody(line):
    assert byline_of(f'<p class="author">{line}</p>') == ()


def test_json_ld_goes_before_the_printed_line():
    linked = {"@context": "https://schema.org", "@type": "NewsArticle", "headline": TITLE}
    linked["author"] = [{"@type": "Person", "name": "Dounia Rahmouni"}]
    head = f'<script type="application/ld+json">{json.dumps(linked)}</script>'
    assert byline_of('<p class="author">Par Yassine El Ghorfi</p>', head) == ("Dounia Rahmouni",)


def test_a_meta_tag_names_the_author():
    assert byline_of(head='<meta name="author" content="Dounia Rahmouni">') == ("Dounia Rahmouni",)


def test_a_person_is_preferred_to_the_paper():
    head = '<meta name="author" content="Le Phare"><meta property="og:site_name" content="Le Phare">'
    assert byline_of('<p class="author">Par Dounia Rahmouni</p>', head) == ("Dounia Rahmouni",)


def test_a_commenters_name_is_not_the_authors():
    assert byline_of('<div class="comments"><p class="author">Dounia Rahmouni</p></div>') == ()


@pytest.mark.parametrize(
    "comments",
    [
        '<div class="comments"><p>Par Omar Tazi</p><p>Bravo !</p></div>',
        '<div><ul id="comments"><li><span>Par Omar Tazi</span> Bravo !</li></ul></div>',
        '<aside><p>Par Omar Tazi</p></aside>',
        '<section><blockquote><p>Par Omar Tazi</p></blockquote></section>',
    ],
)  # fmt: skip
def test_a_commenters_line_below_a_short_text_is_not_the_authors(comments):
    assert byline_of(f"<p>Un texte court.</p>{comments}") == ()
    assert byline_of(f"<p>Un texte court.</p><p>Par Dounia Rahmouni</p>{comments}") == ("Dounia Rahmouni",)


@pytest.mark.parametrize("mark", ["", ' class="author"'])
def test_the_line_after_a_name_is_not_glued_to_it(mark):
    assert byline_of(f"<div{mark}><p>Par Dounia Rahmouni</p><p>Journaliste</p></div>") == ("Dounia Rahmouni",)
    assert byline_of(f"<div{mark}>Par Dounia Rahmouni<br>Salé</div>") == ("Dounia Rahmouni",)


def test_a_body_that_says_it_has_a_sidebar_is_no_sidebar():
    html = html_of(f'<h1>{TITLE}</h1><span class="author">Dounia Rahmouni</span>')
    page = read_page(fetched(html.replace("<body>", '<body class="single has-sidebar menu-open">')))
    assert read_byline(read_declared(page), find_head(page.root, TITLE)) == ("Dounia Rahmouni",)


def test_a_line_of_known_names_is_a_byline_and_a_sentence_is_not():
    assert is_byline("Dounia Rahmouni", {"dounia rahmouni"})
    assert is_byline("Par Dounia Rahmouni", set())
    assert not is_byline("Par Dounia Rahmouni, le bassin a trouvé son architecte.", set())
    assert not is_byline("Le bassin ouvrira au printemps", {"dounia rahmouni"})
