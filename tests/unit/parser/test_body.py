"""Body and standfirst: what is kept, what is said once, and what of a page's text is not the article's."""

import json

import pytest
from own_pages import fetched, html_of

from services.parser.parse import parse

TITLE = "Les apiculteurs d'Imouzzer changent de fleurs"
STANDFIRST = "Faute de thym, trente familles conduisent leurs ruches vers les euphorbes de la côte."
TEXT = [
    "À la fin de l'été, les camions quittent la montagne de nuit, les ruches fermées d'un drap mouillé.",
    "Le miel d'euphorbe pique la gorge et se vend deux fois plus cher que celui des vergers, assure la coopérative.",
    "Les agronomes d'Agadir comptent désormais les colonies à chaque saison pour savoir combien la côte en nourrit.",
]


def read(inner: str, head: str = ""):
    return parse(fetched(html_of(f"<h1>{TITLE}</h1>{inner}", f"<title>{TITLE}</title>{head}")))


def paragraphs(texts=TEXT) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def described(text: str) -> str:
    return f'<meta property="og:description" content="{text}">'


@pytest.mark.parametrize(
    "name", ["chapo", "article__lead", "standfirst", "entradilla", "post-intro", "article-summary"]
)
def test_a_standfirst_is_known_by_its_class(name):
    article = read(f'<div class="{name}">{STANDFIRST}</div>{paragraphs()}')
    assert (article.standfirst, article.body) == (STANDFIRST, "\n\n".join(TEXT))


@pytest.mark.parametrize("element", ["h2", "h3", "strong"])
def test_a_heading_that_is_the_description_is_the_standfirst(element):
    article = read(f"<p><{element}>{STANDFIRST}</{element}></p>{paragraphs()}", described(STANDFIRST))
    assert (article.standfirst, article.body) == (STANDFIRST, "\n\n".join(TEXT))


def test_a_description_that_was_cut_is_found_whole_in_the_page():
    article = read(f"<h2>{STANDFIRST}</h2>{paragraphs()}", described(STANDFIRST[:70] + "..."))
    assert article.standfirst == STANDFIRST


def test_the_first_paragraph_is_no_standfirst_though_it_is_the_description():
    article = read(paragraphs(), described(TEXT[0]))
    assert (article.standfirst, article.body) == ("", "\n\n".join(TEXT))


def test_a_description_that_the_page_does_not_print_is_left_alone():
    assert read(paragraphs(), described("Un résumé pour les moteurs de recherche seulement.")).standfirst == ""


@pytest.mark.parametrize(
    "line", ["Publié le 3 mars 2025 à 10h15 par la ville", "Par Nadia Berrada", "Partager sur Facebook"]
)
def test_a_stamp_or_prompt_in_the_standfirsts_place_is_none(line):
    assert read(f'<div class="chapo">{line}</div>{paragraphs()}').standfirst == ""


def test_a_brief_with_nothing_but_its_standfirst_has_it_as_its_body():
    article = read(f'<p class="chapo">{STANDFIRST} {TEXT[0]}</p>', described(f"{STANDFIRST} {TEXT[0]}"))
    assert (article.standfirst, article.body) == ("", f"{STANDFIRST} {TEXT[0]}")


def test_headline_byline_and_stamp_are_not_said_again():
    repeated = f"<p>{TITLE}</p><p>Par Nadia Berrada</p><p>Imouzzer, le 3 mars 2025</p>"
    assert read(repeated + paragraphs()).body == "\n\n".join(TEXT)


def test_a_paragraph_that_comes_twice_is_kept_once():
    assert read(paragraphs([*TEXT, TEXT[1]])).body == "\n\n".join(TEXT)


def test_links_at_the_end_are_other_articles():
    links = '<p><a href="/1">Le safran de Taliouine attend la neige et les cueilleuses</a></p>' * 2
    assert read(paragraphs() + links).body == "\n\n".join(TEXT)


def test_a_post_from_elsewhere_is_not_the_papers_text():
    post = '<blockquote class="twitter-tweet"><p>Quel beau pays, vu de la route !</p>— A. (@a) 3 mars 2025</blockquote>'
    assert read(f"<p>{TEXT[0]}</p>{post}{paragraphs(TEXT[1:])}").body == "\n\n".join(TEXT)


def test_a_quotation_of_the_papers_own_stays():
    quotation = "« On suit les fleurs comme d'autres suivent la pluie », dit l'aîné des frères."
    assert quotation in read(f"<p>{TEXT[0]}</p><blockquote>{quotation}</blockquote>{paragraphs(TEXT[1:])}").body


def test_paragraphs_divided_by_line_breaks_are_paragraphs():
    article = read(f"<div class='texte'>{'<br><br>'.join(TEXT)}</div>")
    assert article.body == "\n\n".join(TEXT)


def test_words_in_links_and_bold_stay_within_their_paragraph():
    first = TEXT[0].replace("camions", "<a href='/camions'>camions</a>").replace("ruches", "<b>ruches</b>")
    assert read(f"<p>{first}</p>{paragraphs(TEXT[1:])}").body == "\n\n".join(TEXT)


def test_entries_of_a_list_are_lines_with_a_dash():
    entries = ("Le thym fleurit en mai, plus haut que les villages.", "L'euphorbe fleurit en août, près de la mer.")
    listed = "".join(f"<li>{entry}</li>" for entry in entries)
    body = read(f"{paragraphs(TEXT[:2])}<ul>{listed}</ul><p>{TEXT[2]}</p>").body
    assert f"- {entries[0]}\n\n- {entries[1]}" in body


def test_furniture_around_the_text_stays_out():
    around = (
        '<div class="share"><a href="#">Facebook</a><a href="#">WhatsApp</a></div>',
        '<div class="newsletter"><p>Abonnez-vous à notre newsletter pour lire chaque matin les nouvelles.</p></div>',
        '<div class="comments"><h3>2 commentaires</h3><p>Lecteur : Merci pour ce bel article.</p></div>',
    )
    assert read(f"{around[0]}{paragraphs()}{around[1]}{around[2]}").body == "\n\n".join(TEXT)


@pytest.mark.parametrize(
    "data",
    [
        {
            "@type": ["NewsArticle", None, 5],
            "headline": {"a": 1},
            "author": [[["x"]], {"name": {"@value": 5}}, None, 7],
        },
        {"@type": "NewsArticle", "image": {"url": [None, {"url": "x"}]}, "datePublished": ["x", {}], "publisher": "x"},
        {"@type": "NewsArticle", "mainEntityOfPage": [1, {"@id": [2]}], "@id": {"x": 1}, "inLanguage": {"name": "fr"}},
        {"@type": "NewsArticle", "articleSection": {"a": [1]}, "description": 3, "dateModified": True},
        {"@graph": [{"@type": "NewsArticle", "author": {"@id": "#me"}}, {"@id": "#me", "name": ["Nadia Berrada"]}]},
        [[], 1, "x", None, {"@type": {"a": 1}}],
    ],
)
def test_no_json_ld_is_too_odd_for_the_article(data):
    head = f'<script type="application/ld+json">{json.dumps(data)}</script>'
    assert read(paragraphs(), head).body == "\n\n".join(TEXT)


@pytest.mark.parametrize("odd", ["\f", "\x1c", "\x0b", "\x01", "&#12;", "&#x1;", "&#xD800;", "&#xFFFE;", "&#99999999;"])
def test_no_character_is_too_odd_for_the_article(odd):
    script = f"<script>x</script>{odd}"
    broken = TEXT[0].replace("camions", f"cami{odd}ons", 1)
    article = read(f"{script}<p>{broken}</p>{script}{paragraphs(TEXT[1:])}")
    assert "".join(article.body.split()).replace("\ufffd", "") == "".join("".join(TEXT).split())


def test_old_references_are_read_as_browsers_read_them():
    assert read(paragraphs([TEXT[0].replace("l'été", "l&#146;été"), *TEXT[1:]])).body.startswith("À la fin de l’été")
