"""A whole page read: what is taken, what is left, what is refused, and that nothing crashes."""

from datetime import UTC, datetime

import pytest

from services.parser.parse import parse
from shared.contracts import FetchedPage, SourceHints
from shared.errors import StageOutcome, Unprocessable

FRENCH = [
    "Le conseil municipal de Salé a adopté mercredi un plan de rénovation des marchés couverts de la vieille ville.",
    "Les travaux commenceront au printemps et dureront dix-huit mois, selon la mairie, qui ne fermera aucun étal.",
    "Les commerçants, réunis en association, demandent que les loyers restent inchangés jusqu'à la fin du chantier.",
]
ARABIC = [
    "صادق المجلس الجماعي لمدينة سلا يوم الأربعاء على برنامج لتأهيل الأسواق المغطاة داخل المدينة العتيقة.",
    "وستنطلق الأشغال في فصل الربيع وتستمر ثمانية عشر شهرا حسب رئاسة الجماعة التي وعدت بعدم إغلاق أي محل.",
    "وطالب التجار المنضوون في جمعيتهم بالإبقاء على قيمة الكراء دون تغيير طيلة مدة الأشغال المبرمجة.",
]
GERMAN = [
    "Der Stadtrat hat am Mittwoch einen Plan zur Erneuerung der überdachten Märkte in der Altstadt beschlossen.",
    "Die Arbeiten beginnen im Frühjahr und dauern achtzehn Monate, wie das Rathaus am Abend mitteilte.",
    "Die Händler verlangen, dass die Mieten während der Bauzeit unverändert bleiben und niemand schließen muss.",
]


def page(html: str | bytes, **hints) -> FetchedPage:
    content = html.encode() if isinstance(html, str) else html
    url = "https://journal.example/politique/marches.html"
    fetched_at = datetime(2026, 11, 24, 12, tzinfo=UTC)
    return FetchedPage(1, url, content, "text/html; charset=utf-8", fetched_at, hints=SourceHints(**hints))


def html_of(paragraphs, head="", top="", language="fr") -> str:
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">{head}</head><body>'
        f"<nav><a href='/'>Accueil</a></nav><article>{top}{body}</article><footer>© Journal</footer></body></html>"
    )


def test_json_ld_gives_headline_author_moment_and_picture():
    data = (
        '{"@context":"https://schema.org","@type":"NewsArticle","headline":"Salé rénove ses marchés",'
        '"datePublished":"2026-11-24T09:30:00+01:00","author":{"@type":"Person","name":"Nadia Berrada"},'
        '"image":"/photos/marche.jpg","publisher":{"@type":"Organization","name":"Le Journal"}}'
    )
    head = f'<title>Salé rénove ses marchés - Le Journal</title><script type="application/ld+json">{data}</script>'
    top = '<h1>Salé rénove ses marchés</h1><img src="/photos/marche.jpg" alt="Un marché" width="800" height="450">'
    parsed = parse(page(html_of(FRENCH, head, top)))
    assert (parsed.headline, parsed.language, parsed.byline) == ("Salé rénove ses marchés", "fr", ("Nadia Berrada",))
    assert parsed.published_at == datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
    assert parsed.published_has_time
    assert parsed.body == "\n\n".join(FRENCH)
    assert parsed.source_name == "Le Journal"
    assert [image.url for image in parsed.images if image.is_lead] == ["https://journal.example/photos/marche.jpg"]


def test_an_arabic_page_with_a_printed_date_and_no_metadata():
    top = "<h1>سلا تؤهل أسواقها المغطاة</h1><div class='date'>الثلاثاء 24 نونبر 2026 - 10:15</div>"
    parsed = parse(page(html_of(ARABIC, "", top, "ar"), time_zone="Africa/Casablanca"))
    assert (parsed.language, parsed.headline) == ("ar", "سلا تؤهل أسواقها المغطاة")
    assert parsed.published_at.date().isoformat() == "2026-11-24"
    assert parsed.body == "\n\n".join(ARABIC)


def test_a_standfirst_is_kept_apart_and_lines_to_other_articles_are_dropped():
    top = '<h1>Salé rénove ses marchés</h1><p class="chapo">Un chantier de dix-huit mois attend la vieille ville.</p>'
    paragraphs = [FRENCH[0], "Lire aussi | La gare de Salé fait peau neuve", *FRENCH[1:]]
    parsed = parse(page(html_of(paragraphs, "<title>Salé rénove ses marchés</title>", top)))
    assert parsed.standfirst == "Un chantier de dix-huit mois attend la vieille ville."
    assert parsed.body == "\n\n".join(FRENCH)


def test_an_aggregators_page_names_its_paper_its_day_and_its_source():
    top = "<h1>Salé rénove ses marchés</h1><div>Publié dans Défi Économique le 20 - 11 - 2026</div>"
    end = '<a href="/defi/marches">Cliquez ici pour lire l\'article depuis sa source.</a>'
    html = html_of(FRENCH, "<title>Salé rénove ses marchés</title>", top).replace("</article>", f"{end}</article>")
    parsed = parse(page(html))
    assert parsed.source_name == "Défi Économique"
    assert parsed.source_url == "https://journal.example/defi/marches"
    assert parsed.published_at.date().isoformat() == "2026-11-20"
    assert not parsed.published_has_time
    assert "Cliquez ici" not in parsed.body


def test_another_language_is_set_aside_with_its_code():
    with pytest.raises(Unprocessable) as caught:
        parse(page(html_of(GERMAN, "<title>Märkte</title>", "<h1>Salé erneuert seine Märkte</h1>", "de")))
    assert caught.value.reason == "language"
    assert "de" in caught.value.detail


@pytest.mark.parametrize(
    "content",
    [
        b"", b"\0" * 100, b"\xff\xfe" + "<p>texte</p>".encode("utf-16-le"), b"<html",
        b"GIF89a" + bytes(range(256)) * 40,
        "<p>\ud800</p>".encode("utf-8", "surrogatepass"), b"<div>" * 200_000, b"<p>" + b"a" * 2_000_000,
        b"<html><head><title>404</title></head><body></body></html>", b"&#0;&#xD800;" * 1000, b"{\"a\": [1]}",
    ],
    ids=range(11),
)  # fmt: skip
def test_garbage_is_set_aside_and_never_crashes(content):
    with pytest.raises(StageOutcome):
        parse(page(content))
