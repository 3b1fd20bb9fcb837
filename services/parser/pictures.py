"""The pictures that an article shows: its own one first, then those between headline and last paragraph, each once."""

import re
from collections.abc import Iterator
from itertools import islice
from urllib.parse import unquote, urlsplit

from lxml.html import HtmlElement

from services.parser.blocks import Blocks
from services.parser.page import Page, classes_of, text_of
from services.parser.structured import Declared
from services.parser.text import clean, cut
from shared.contracts import PageImage

#: reference: peers.md section 5, ten candidates an article
IMAGES_MAX = 10
#: A page with more has them in a gallery or an icon set.
_LOOKED_AT_MAX = 100
_TEXT_MAX_LENGTH = 500
#: Smaller ones are buttons, faces and counting pixels.
_LEAST_SIDE = 100
_ADDRESS_ATTRIBUTES = (
    "data-full-src",
    "data-original",
    "data-src",
    "data-lazy-src",
    "data-lazy",
    "data-orig-file",
    "src",
)
_SET_ATTRIBUTES = ("data-srcset", "data-lazy-srcset", "srcset")
_NO_PICTURE = re.compile(
    r"(?:^|[/_.\-])(?:logos?|avatars?|icons?|ico|sprite|pixel|spacer|blank|placeholder|loading|loader|spinner|gravatar|emoji|smil(?:ey|ies)|badge|"
    r"transparent|1x1|default|no-?image|favicon|apple-touch|share|print|rss|ads?|doubleclick|adserver|banner|banniere|captcha|tracking|beacon|counter)(?:[/_.\-?&]|\d*\.|$)"
    r"|\.svg(?:$|\?)|/wp-includes/|/plugins/|gravatar\.com|feedburner|scorecardresearch|google-analytics|facebook\.com/tr",
    re.I,
)
_NOT_OWN = re.compile(
    r"related|author|avatar|profile|comment|share|social|logo|sidebar|widget|newsletter|promo|sponsor|advert|teaser|recommend|banner|most-?read"
)
_CAPTION = re.compile(r"caption|legend|legende|pie-?de|pie_foto|credit|copyright")
#: Widths in use; any other number at a name's end is the picture's own ("DSC_0342").
_WIDTHS = (
    "150|180|200|240|300|320|360|400|480|500|600|620|640|700|720|750|768|780|800|900|960|"
    "1000|1024|1080|1140|1200|1280|1366|1400|1440|1500|1536|1600|1920|2000|2048|2560"
)
_SIZE_PARAMETER = re.compile(
    r"^(?:w|h|width|height|q|quality|fit|crop|resize|size|dpr|auto|format|fm|ssl|strip|itok|v|ver|version)=", re.I
)
_SIZE_IN_NAME = re.compile(
    rf"(?:[-_@](?:\d{{2,4}}x\d{{2,4}}|\d{{3,4}}w|{_WIDTHS}|scaled|thumb(?:nail)?|small|medium|large|full|[sml]|2x|crop(?:ped)?))+$",
    re.I,
)
_SIZE_SEGMENT = re.compile(
    r"^(?:(?!(?:19|20)\d\d$)\d{3,4}|\w*\d{1,4}x\d{1,4}(?:_\d+)?|original_\d+|[wh]_?\d{2,4}|(?:c_|w_|q_|f_)[\w,.]+|resize|fit-in|thumbs?|styles|crop)$",
    re.I,
)
_SET_PART = re.compile(r"([^\s,]\S*?)(?:\s+([\d.]+)([wx]))?\s*(?:,(?=\s|https?:|/)|,?\s*$)")
_WIDEST = 2000


def read_images(
    declared: Declared, blocks: Blocks, headline: HtmlElement | None, lines: list[str]
) -> tuple[PageImage, ...]:
    """The article's pictures, the lead first."""
    page = declared.page
    elements = islice(_elements(page.root, blocks, headline, lines), _LOOKED_AT_MAX)
    shown = [image for element in elements if (image := _read(page, element))]
    by_key = {picture_key(image.url): image for image in reversed(shown)}
    lead_url = next(
        (url for url in map(page.absolute, declared.images) if url and not _NO_PICTURE.search(urlsplit(url).path)), ""
    )
    found: dict[str, PageImage] = {}
    if lead_url:
        same = by_key.get(picture_key(lead_url))
        alt = (same.alt if same else "") or cut(declared.first("og:image:alt", "twitter:image:alt"), _TEXT_MAX_LENGTH)
        found[picture_key(lead_url)] = PageImage(lead_url, alt, same.caption if same else "", is_lead=True)
    for image in shown:
        if picture_key(image.url) not in found:
            found[picture_key(image.url)] = PageImage(image.url, image.alt, image.caption, is_lead=not found)
    return tuple(found.values())[:IMAGES_MAX]


def picture_key(url: str) -> str:
    """What two addresses of one picture in two sizes have in common."""
    parts = urlsplit(url)
    *folders, name = [unquote(segment) for segment in parts.path.split("/")]
    stem, _, _ = name.rpartition(".")
    bare = _SIZE_IN_NAME.sub("", stem or name)
    if len(bare) >= 16 and re.search(r"\d", bare):
        return bare.lower()  # long and numbered: no other picture is called so, whatever host serves it
    kept = [folder for folder in folders if folder and not _SIZE_SEGMENT.match(folder)]
    # a name without an ending is a program's, and its query says which picture
    query = "" if stem else "&".join(one for one in parts.query.split("&") if not _SIZE_PARAMETER.match(one))
    return "/".join([parts.netloc.removeprefix("www."), *kept, bare, query]).lower()


def _elements(
    root: HtmlElement, blocks: Blocks, headline: HtmlElement | None, lines: list[str]
) -> Iterator[HtmlElement]:
    """The img elements from the headline, or the first paragraph, to the last."""
    located = [block.element for line in lines if (block := blocks.find(line))]
    bounds = {element for element in (headline, *located[:1], *located[-1:]) if element is not None}
    order = [element for element in root.iter() if element.tag == "img" or element in bounds]
    marks = [at for at, element in enumerate(order) if element.tag != "img"]
    if not marks:
        return
    last = order[marks[-1]]
    for at, element in enumerate(order):
        if element.tag == "img" and (marks[0] < at < marks[-1] or last in element.iterancestors()):
            yield element


def _read(page: Page, element: HtmlElement) -> PageImage | None:
    url = page.absolute(_address(element))
    if not url or _NO_PICTURE.search(urlsplit(url).path) or _is_small(element) or _is_foreign(page, element):
        return None
    caption = _caption(element)
    return PageImage(url, cut(clean(element.get("alt")), _TEXT_MAX_LENGTH), cut(caption, _TEXT_MAX_LENGTH))


def _address(element: HtmlElement) -> str:
    """The largest picture that an img or the sources beside it offer."""
    # libxml2 knows no source element: an img after one becomes its child
    picture = next((above for above in islice(element.iterancestors(), 6) if above.tag == "picture"), None)
    sources = list(picture.iter("source")) if picture is not None else []
    offered: list[tuple[float, str]] = []
    for one in (element, *sources):
        for name in _SET_ATTRIBUTES:
            offered += _read_set(one.get(name) or "")
    if offered:
        return max(offered, key=lambda pair: pair[0])[1]
    return next(
        (
            url
            for name in _ADDRESS_ATTRIBUTES
            if (url := (element.get(name) or "").strip()) and not url.startswith("data:")
        ),
        "",
    )


def _read_set(text: str) -> list[tuple[float, str]]:
    """A srcset's (width or density, address) pairs."""
    found = []
    for url, number, unit in _SET_PART.findall(text[:10_000]):
        width = float(number) if number.replace(".", "", 1).isdigit() else 1.0
        if not url.startswith("data:") and (unit != "w" or width <= _WIDEST):
            found.append((width, url))
    return found


def _is_small(element: HtmlElement) -> bool:
    sides = [element.get(name, "").removesuffix("px") for name in ("width", "height")]
    return any(side.isdigit() and int(side) < _LEAST_SIDE for side in sides)


def _is_foreign(page: Page, element: HtmlElement) -> bool:
    """Whether a picture stands for something else: another article's, an author's face, an advertisement."""
    for above in (element, *element.iterancestors()):
        if above.tag in ("nav", "footer", "aside"):
            return True
        if above.tag in ("article", "main", "body"):
            return False
        if _NOT_OWN.search(classes_of(above)) and len(text_of(above)) < 1500:
            return True
        if above.tag == "a" and (url := page.absolute(above.get("href"))) and not _leads_to_picture(url, page):
            return True
    return False


def _leads_to_picture(url: str, page: Page) -> bool:
    path = urlsplit(url).path.lower()
    return (
        path.endswith((".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"))
        or url.split("#", maxsplit=1)[0] == page.url.split("#")[0]
    )


def _caption(element: HtmlElement) -> str:
    for above in list(element.iterancestors())[:4]:
        if above.tag == "figure":
            return text_of(above.find(".//figcaption"))
        for near in above.iterchildren():
            if (
                _CAPTION.search(classes_of(near))
                and near.find(".//img") is None
                and len(text := text_of(near)) < _TEXT_MAX_LENGTH
            ):
                return text
    return ""
