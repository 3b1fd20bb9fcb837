"""Pages that are no articles are set aside, each with the reason that an operator filters by."""

import pytest
from own_pages import fetched, html_of

from services.parser.blocks import Block
from services.parser.parse import parse
from services.parser.suitability import _lengths_by_article
from shared.errors import Unprocessable

TEXT = [
    "La coopérative de Taounate a pressé cette saison deux fois plus d'olives que l'an passé, selon son trésorier.",
    "Les prix restent stables, car une partie de l'huile est vendue d'avance aux restaurants de la côte.",
]
ARTICLE = "<h1>Deux fois plus d'olives à Taounate</h1>" + "".join(f"<p>{one}</p>" for one in TEXT)
LINKS = "".join(f'<p><a href="/{at}">{TEXT[0]} Numéro {at}.</a></p>' for at in range(8))


def reason_of(html: str, url: str = "https://journal.example/economie/olives.html") -> str:
    with pytest.raises(Unprocessable) as caught:
        parse(fetched(html, url))
    assert caught.value.detail
    return caught.value.reason


@pytest.mark.parametrize(
    "url",
    [
        "https://journal.example/",
        "https://journal.example",
        "https://journal.example/fr/",
        "https://journal.example/index.html",
    ],
)
def test_a_home_page_is_no_article(url):
    assert reason_of(html_of(ARTICLE), url) == "not_an_article"


def test_a_page_at_the_root_that_declares_an_article_is_one():
    head = '<meta property="og:type" content="article">'
    assert (
        parse(fetched(html_of(ARTICLE, head), "https://journal.example/")).headline
        == "Deux fois plus d'olives à Taounate"
    )


def test_a_home_address_with_a_query_may_be_an_article():
    assert parse(fetched(html_of(ARTICLE), "https://journal.example/?p=1234")).body


def test_a_list_of_links_is_no_article():
    assert reason_of(html_of(f"<h1>Toutes les nouvelles</h1>{LINKS}")) in ("not_an_article", "no_body")


def test_a_sections_page_with_the_beginnings_of_articles_is_no_article():
    teasers = "".join(
        f"<article><h2><a href='/{at}'>Olives, suite {at}</a></h2><p>{TEXT[at % 2]} ({at})</p></article>"
        for at in range(6)
    )
    html = f"<!doctype html><html><head><title>Économie</title></head><body><h1>Économie</h1>{teasers}</body></html>"
    assert reason_of(html, "https://journal.example/economie/") == "not_an_article"


def test_an_article_told_in_several_article_elements_is_one():
    pieces = "".join(f"<article><h2>Chapitre {at}</h2><p>{TEXT[at % 2]} ({at})</p></article>" for at in range(6))
    html = f"<!doctype html><html><head><title>Les olives</title></head><body><h1>Les olives</h1>{pieces}</body></html>"
    assert parse(fetched(html)).headline == "Les olives"


@pytest.mark.parametrize(
    ("title", "text"),
    [
        (
            "Just a moment...",
            "Checking your browser before accessing the site. This may take a few seconds, please wait here.",
        ),
        (
            "Access denied",
            "You do not have permission to see this page. Reference 18.2f. Contact the owner of the site.",
        ),
        (
            "Un instant",
            "Vérification de sécurité en cours : confirmez que vous êtes humain pour continuer sur le site.",
        ),
    ],
)
def test_a_robot_check_is_told_apart(title, text):
    assert reason_of(html_of(f"<h1>{title}</h1><p>{text}</p>", f"<title>{title}</title>")) == "challenge_page"


@pytest.mark.parametrize(
    "title", ["404 - Page introuvable", "Page not found", "الصفحة غير موجودة", "Página no encontrada"]
)
def test_an_error_page_that_answers_200_is_no_article(title):
    apology = "La page que vous cherchez n'est plus là. Elle a peut-être été déplacée, ou son adresse est mal écrite."
    assert reason_of(html_of(f"<h1>{title}</h1><p>{apology}</p>", f"<title>{title}</title>")) == "not_an_article"


@pytest.mark.parametrize(
    "title",
    [
        "500 familles relogées à Taounate", "404 jours de grève au moulin", "500.000 visiteurs à Taounate",
        "Oops, le film", "Un instant d'éternité à Fès", "Accès refusé aux supporters", "Access denied to 20 boats",
        "Le captcha disparaît des sites publics",
    ],
)  # fmt: skip
def test_a_headline_that_begins_like_a_notice_is_an_articles(title):
    assert parse(fetched(html_of(ARTICLE.replace("Deux fois plus d'olives à Taounate", title)))).headline == title
    assert parse(fetched(html_of(f"<h1>{title}</h1><p>Il a fallu un instant. {TEXT[0]}</p>"))).headline == title


def test_a_notice_is_known_by_its_heading_too():
    text = "<p>La page que vous cherchez a peut-être été déplacée, ou son adresse a été mal écrite par quelqu'un.</p>"
    assert (
        reason_of(
            html_of(
                f"<h1>Page introuvable</h1>{text}",
                '<title>Le Phare</title><meta property="og:site_name" content="Le Phare">',
            )
        )
        == "not_an_article"
    )


def test_a_declared_article_may_be_called_like_a_notice():
    head = '<title>404</title><meta property="og:type" content="article">'
    assert parse(fetched(html_of(ARTICLE.replace("Deux fois plus d'olives à Taounate", "404"), head))).headline == "404"


def test_a_heading_is_searched_once_an_article_and_not_once_a_block():
    class Article:
        searches = 0

        def xpath(self, _):
            self.searches += 1
            return ["a linked heading"]

    class Paragraph:
        def iterancestors(self, _):
            return [article]

    article = Article()
    assert _lengths_by_article([Block("mot", "mot", Paragraph(), 0.0)] * 5) == [15]
    assert article.searches == 1


def test_an_article_about_captchas_is_one():
    told = "Les chercheurs de Rabat ont montré qu'un captcha arrête mal les robots d'aujourd'hui. " * 25
    html = html_of(f"<h1>Le captcha a vécu</h1><p>{told}</p><p>{TEXT[0]}</p>", "<title>Le captcha a vécu</title>")
    assert parse(fetched(html)).headline == "Le captcha a vécu"


def test_a_page_that_needs_its_scripts_has_no_body():
    notice = "We're sorry but this site doesn't work properly without JavaScript enabled. Please enable it to continue."
    assert reason_of(html_of(f"<h1>reader-app</h1><p>{notice}</p>")) == "no_body"


def test_a_page_without_a_headline_is_set_aside():
    assert reason_of(html_of("".join(f"<p>{one}</p>" for one in TEXT))) == "no_headline"


@pytest.mark.parametrize("words", [60_000, 200_000])
def test_a_text_longer_than_any_article_is_too_large(words):
    pieces = "".join(f"<p>{'mot suivant ' * 100}{at}.</p>" for at in range(words // 100))
    assert reason_of(html_of(f"<h1>Un très long texte</h1>{pieces}")) == "too_large"
