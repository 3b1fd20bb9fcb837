"""Whole pages in the finer points: metadata alone, the feed's date, pictures, an aggregator's notices, odd bytes."""

from datetime import UTC, datetime

import pytest
from own_pages import fetched, html_of

from services.parser.parse import parse
from shared.errors import StageOutcome

TITLE = "Un bassin pour les nageurs de Kénitra"
FRENCH = [
    "La ville de Kénitra ouvrira au printemps un bassin de cinquante mètres, le premier de la région du Gharb.",
    "Le club local, qui compte deux cents licenciés, s'entraînait jusqu'ici dans une piscine prêtée par un lycée.",
    "Les travaux ont coûté moins que prévu, assure la mairie, qui promet des tarifs réduits pour les écoliers.",
]
ARABIC = [
    "تفتح مدينة القنيطرة في فصل الربيع مسبحا بطول خمسين مترا هو الأول من نوعه في جهة الغرب.",
    "وكان النادي المحلي الذي يضم مائتي منخرط يتدرب إلى الآن في مسبح أعارته إياه ثانوية مجاورة.",
    "وأكدت الجماعة أن كلفة الأشغال كانت أقل من المتوقع ووعدت بتخفيض الأسعار لفائدة التلاميذ.",
]
FEED_DATE = datetime(2026, 11, 20, 6, 45, tzinfo=UTC)


def paragraphs(texts) -> str:
    return "".join(f"<p>{text}</p>" for text in texts)


def test_meta_tags_alone_make_an_article():
    head = (
        f'<title>{TITLE} | Le Phare</title><meta property="og:title" content="{TITLE}">'
        '<meta property="og:site_name" content="Le Phare"><meta property="og:type" content="article">'
        '<meta property="article:published_time" content="2026-11-23T18:05:00+01:00">'
        '<meta property="article:modified_time" content="2026-11-24T09:00:00+01:00">'
        '<meta name="author" content="Dounia Rahmouni"><link rel="canonical" href="/ville/bassin">'
    )
    article = parse(fetched(html_of(f"<h1>{TITLE}</h1>{paragraphs(FRENCH)}", head)))
    assert (article.headline, article.source_name, article.byline) == (TITLE, "Le Phare", ("Dounia Rahmouni",))
    assert article.published_at == datetime(2026, 11, 23, 17, 5, tzinfo=UTC)
    assert article.modified_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert article.canonical_url == "https://journal.example/ville/bassin"
    assert article.body == "\n\n".join(FRENCH)


def test_a_printed_moroccan_hour_is_in_the_sources_zone():
    top = "<h1>مسبح لسباحي القنيطرة</h1><div class='date'>الاثنين 8 يوليوز 2024 - 18:40</div>"
    article = parse(fetched(html_of(top + paragraphs(ARABIC), "", "ar"), time_zone="Africa/Casablanca"))
    assert article.language == "ar"
    assert article.published_has_time
    assert article.published_at == datetime(2024, 7, 8, 17, 40, tzinfo=UTC)
    assert article.body == "\n\n".join(ARABIC)


def test_the_feeds_date_serves_a_page_without_one():
    article = parse(fetched(html_of(f"<h1>{TITLE}</h1>{paragraphs(FRENCH)}"), published_at=FEED_DATE))
    assert (article.published_at, article.published_has_time) == (FEED_DATE, True)


def test_the_pages_own_date_goes_before_the_feeds():
    top = f"<h1>{TITLE}</h1><div class='date'>Publié le 18 novembre 2026 à 09h30</div>"
    article = parse(fetched(html_of(top + paragraphs(FRENCH)), published_at=FEED_DATE))
    assert article.published_at == datetime(2026, 11, 18, 9, 30, tzinfo=UTC)


def test_the_feed_adds_the_hour_to_the_same_day():
    top = f"<h1>{TITLE}</h1><div class='date'>Publié le 20 novembre 2026</div>"
    article = parse(fetched(html_of(top + paragraphs(FRENCH)), published_at=FEED_DATE))
    assert (article.published_at, article.published_has_time) == (FEED_DATE, True)


def test_a_day_alone_is_its_noon_in_the_sources_zone():
    top = f"<h1>{TITLE}</h1><div class='date'>Publié le 8 juillet 2024</div>"
    article = parse(fetched(html_of(top + paragraphs(FRENCH)), time_zone="Africa/Casablanca"))
    assert (article.published_at, article.published_has_time) == (datetime(2024, 7, 8, 11, tzinfo=UTC), False)


def test_pictures_are_absolute_and_the_declared_one_leads():
    head = f'<title>{TITLE}</title><meta property="og:image" content="/photos/bassin-vide.jpg">'
    figures = (
        '<figure><img src="../photos/bassin-vide.jpg" alt="Le bassin"><figcaption>Avant l\'eau</figcaption></figure>',
        '<figure><img src="//images.example/plongeoir.jpg" alt="Le plongeoir"></figure>',
    )
    inner = f"<h1>{TITLE}</h1>{figures[0]}<p>{FRENCH[0]}</p>{figures[1]}{paragraphs(FRENCH[1:])}"
    images = parse(fetched(html_of(inner, head))).images
    assert [(one.url, one.is_lead) for one in images] == [
        ("https://journal.example/photos/bassin-vide.jpg", True),
        ("https://images.example/plongeoir.jpg", False),
    ]
    assert (images[0].alt, images[0].caption) == ("Le bassin", "Avant l'eau")


def test_a_declared_standfirst_stands_in_no_body():
    standfirst = "Deux cents licenciés attendaient ce chantier depuis dix ans."
    top = f"<h1>{TITLE}</h1><p class='chapo'>{standfirst}</p>"
    article = parse(fetched(html_of(top + paragraphs(FRENCH), f'<meta name="description" content="{standfirst}">')))
    assert article.standfirst == standfirst
    assert standfirst not in article.body


@pytest.mark.parametrize("line", ["Lire aussi | Le lycée rend sa piscine", "À lire aussi : Le lycée rend sa piscine"])
def test_lines_to_other_articles_are_dropped_wherever_they_stand(line):
    for at in (1, 2, 3):
        texts = [*FRENCH[:at], line, *FRENCH[at:]]
        article = parse(fetched(html_of(f"<h1>{TITLE}</h1>{paragraphs(texts)}")))
        assert article.body == "\n\n".join(FRENCH)


@pytest.mark.parametrize(
    ("language", "texts", "stamp", "prompt", "name"),
    [
        ("fr", FRENCH, "Publié dans Le Phare du Gharb le 19 - 11 - 2026",
         "Cliquez <a href='/original/7'>ici</a> pour lire l'article depuis sa source.", "Le Phare du Gharb"),
        ("ar", ARABIC, "نشر في منارة الغرب يوم 19 - 11 - 2026",
         "انقر <a href='/original/7'>هنا</a> لقراءة الخبر من مصدره.", "منارة الغرب"),
    ],
    ids=["fr", "ar"],
)  # fmt: skip
def test_an_aggregators_page_keeps_nothing_of_its_own(language, texts, stamp, prompt, name):
    title = TITLE if language == "fr" else "مسبح لسباحي القنيطرة"
    notice = "<div>Merci d'avoir signalé!</div><div>Cette image sera automatiquement bloquée.</div>"
    inner = f"{notice}<h2>{title}</h2><div>{stamp}</div>{paragraphs(texts)}<p>{prompt}</p>"
    article = parse(fetched(html_of(inner, f"<title>{title}</title>", language)))
    assert (article.source_name, article.source_url) == (name, "https://journal.example/original/7")
    assert article.published_at == datetime(2026, 11, 19, 12, tzinfo=UTC)
    assert not article.published_has_time
    assert (article.headline, article.body) == (title, "\n\n".join(texts))


def whole(text: str = "") -> str:
    return html_of(f"<h1>{TITLE}</h1>{paragraphs(FRENCH)}{text}", f"<title>{TITLE}</title>")


@pytest.mark.parametrize(
    "content",
    [
        whole().encode("utf-16"),
        whole().encode("utf-16-le"),
        b"\xef\xbb\xbf" + whole().encode(),
        whole().replace("La ville", "La\0 ville").encode(),
        whole().replace("La ville", "La\ud83d ville").encode("utf-8", "surrogatepass"),
    ],
    ids=["utf-16", "utf-16 without a mark", "utf-8 with a mark", "NUL", "half a surrogate"],
)
def test_odd_bytes_do_not_cost_the_article(content):
    article = parse(fetched(content))
    assert article.headline == TITLE
    assert article.body == "\n\n".join(FRENCH)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no_body"),
        (b"\0" * 1000, "no_body"),
        (b" \n\t ", "no_body"),
        (b"%PDF-1.7 ...", "not_html"),
        (b"<div>" * 2_000_000, "too_large"),
        (b"a" * 20_000_001, "too_large"),
        (html_of(f"<h1>{TITLE}</h1><p>Trop court.</p>").encode(), "no_body"),
    ],
    ids=["empty", "NUL", "blank", "PDF", "10 MB of nested divs", "too many bytes", "a few words"],
)
def test_what_is_no_article_is_set_aside_with_its_reason(content, reason):
    with pytest.raises(StageOutcome) as caught:
        parse(fetched(content))
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)) * 50,
        b"\xff\xfe\x00\xd8",
        b"<div>" * 40_000 + b"texte" + b"</div>" * 9_000,
        b"<html><body><p>" + b"\xed\xa0\x80" * 500,
        b"<script type='application/ld+json'>" + b"[" * 20_000,
        b"<!--" * 10_000,
    ],
    ids=["every byte", "half of UTF-16", "nested divs", "half surrogates", "nested JSON-LD", "open comments"],
)
def test_garbage_is_set_aside_for_its_own_reason_and_not_as_a_fault(content):
    with pytest.raises(StageOutcome) as caught:
        parse(fetched(content))
    assert caught.value.reason != "parser_fault"
