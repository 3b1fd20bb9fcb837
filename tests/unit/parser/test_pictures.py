"""Which pictures of a page are the article's, each once and at its best size."""

import pytest
from own_pages import fetched, html_of

from services.parser.parse import parse
from services.parser.pictures import IMAGES_MAX, picture_key

TEXT = [
    "Le phare de Cap Spartel rouvre samedi aux visiteurs après deux ans de travaux sur l'escalier et la lanterne.",
    "Un petit musée raconte au rez-de-chaussée la vie des gardiens qui s'y sont succédé depuis le dix-neuvième siècle.",
]


def images_of(inner: str, head: str = "", after: str = ""):
    article = f"<h1>Le phare de Cap Spartel rouvre</h1><p>{TEXT[0]}</p>{inner}<p>{TEXT[1]}</p>{after}"
    return parse(fetched(html_of(article, head), "https://journal.example/culture/phare.html")).images


def urls_of(inner: str, head: str = "", after: str = "") -> list[str]:
    return [image.url.removeprefix("https://journal.example") for image in images_of(inner, head, after)]


@pytest.mark.parametrize(
    ("small", "large"),
    [
        ("/wp/2026/11/phare-300x200.jpg", "/wp/2026/11/phare.jpg"),
        ("/images/320/phare.webp", "/images/phare.webp"),
        ("/phare.jpg?w=320", "/phare.jpg?w=1200"),
        ("/phare_small.jpg", "/phare_large.jpg"),
        ("/resize/640x360/phare.jpg", "/phare.jpg"),
        ("https://cdn1.example/a/IMG_20261120_101512-scaled.jpg", "https://cdn2.example/b/IMG_20261120_101512.jpg"),
    ],
)
def test_one_picture_in_two_sizes_is_one(small, large):
    start = "" if small.startswith("http") else "https://journal.example"
    assert picture_key(start + small) == picture_key(start + large)


@pytest.mark.parametrize(
    ("one", "other"),
    [("/2026/10/1.jpg", "/2026/11/1.jpg"), ("/phare.jpg", "/port.jpg"), ("/image?id=1", "/image?id=2")],
)
def test_two_pictures_stay_two(one, other):
    assert picture_key(f"https://journal.example{one}") != picture_key(f"https://journal.example{other}")


def test_the_declared_picture_leads_and_comes_once():
    head = '<meta property="og:image" content="https://journal.example/photos/phare-1200x630.jpg">'
    images = images_of(
        '<figure><img src="/photos/phare-640x360.jpg" alt="Le phare"></figure><img src="/photos/musee.jpg">', head
    )
    assert [(image.url, image.is_lead) for image in images] == [
        ("https://journal.example/photos/phare-1200x630.jpg", True),
        ("https://journal.example/photos/musee.jpg", False),
    ]
    assert images[0].alt == "Le phare"


def test_without_a_declared_picture_the_first_one_leads():
    assert [image.is_lead for image in images_of('<img src="/a-phare.jpg"><img src="/b-port.jpg">')] == [True, False]


@pytest.mark.parametrize(
    "inner",
    [
        '<img src="/pixel.gif" width="1" height="1">',
        '<img src="/photo.jpg" width="40" height="40">',
        '<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        '<img src="/assets/logo-journal.png">',
        '<img src="/assets/phare.svg">',
        '<img src="https://secure.gravatar.com/avatar/0a1b2c">',
        '<img src="javascript:alert(1)">',
        '<img src="http://[broken/phare.jpg">',
        '<img>',
        '<div class="author-box"><img src="/equipe/nadia.jpg"></div>',
        '<div class="related"><a href="/autre"><img src="/photos/autre.jpg"></a></div>',
        '<aside><img src="/photos/annonce.jpg"></aside>',
        '<a href="https://shop.example/offre"><img src="/photos/offre.jpg"></a>',
    ],
)  # fmt: skip
def test_what_is_no_picture_of_the_article_is_left_out(inner):
    assert urls_of(inner) == []


def test_pictures_below_the_text_are_not_the_articles():
    assert urls_of('<img src="/photos/phare.jpg">', after='<div><img src="/photos/ailleurs.jpg"></div>') == [
        "/photos/phare.jpg"
    ]


@pytest.mark.parametrize(
    ("inner", "wanted"),
    [
        ('<img src="data:image/gif;base64,R0lGODlhAQ==" data-src="/photos/phare.jpg">', "/photos/phare.jpg"),
        ('<img src="/s" srcset="/photos/p1.jpg 320w, /photos/p2.jpg 1200w, /photos/p3.jpg 9000w">', "/photos/p2.jpg"),
        ('<img src="/s.jpg" srcset="/photos/p1.jpg 320w,/photos/p2.jpg 1200w">', "/photos/p2.jpg"),
        ('<img src="/photos/p1.jpg" srcset="/photos/p1.jpg, /photos/p2.jpg 2x">', "/photos/p2.jpg"),
        ('<picture><source srcset="/photos/p.webp 900w"><img src="/photos/p.jpg"></picture>', "/photos/p.webp"),
        ('<a href="/photos/phare-large.jpg"><img src="/photos/phare.jpg"></a>', "/photos/phare.jpg"),
    ],
)  # fmt: skip
def test_the_best_address_that_an_img_offers_is_taken(inner, wanted):
    assert urls_of(inner) == [wanted]


@pytest.mark.parametrize(
    "inner",
    [
        '<figure><img src="/p.jpg"><figcaption>Le phare, vendredi. <em>Photo</em> : A. B.</figcaption></figure>',
        '<div><img src="/p.jpg"><p class="wp-caption-text">Le phare, vendredi. Photo : A. B.</p></div>',
    ],
)
def test_a_caption_is_kept_with_its_picture_and_out_of_the_text(inner):
    article = parse(fetched(html_of(f"<h1>Le phare rouvre</h1><p>{TEXT[0]}</p>{inner}<p>{TEXT[1]}</p>")))
    assert [image.caption for image in article.images] == ["Le phare, vendredi. Photo : A. B."]
    assert "vendredi" not in article.body or "figure" not in inner


def test_a_gallery_is_cut_off():
    assert len(urls_of("".join(f'<img src="/photos/vue-numero-{at:04}.jpg">' for at in range(30)))) == IMAGES_MAX
