"""Frozen records that cross a stage boundary; pure work takes one and returns one.

Texts are plain Unicode. A body is paragraphs divided by one blank line; offsets count code points, end exclusive.
Times are aware and UTC. Addresses are absolute http(s) URLs. A content hash is a SHA-256 in lower-case hex and the
key of its bytes in shared/blobs.py.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

FIELDS = ("headline", "standfirst", "body")
PARAGRAPH_BREAK = "\n\n"

EntityKind = Literal["PER", "LOC", "ORG"]
ImageState = Literal["pending", "visible", "held", "auto_blocked", "blocked", "cleared", "unavailable"]


# --- poll -----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class FeedRequest:
    """One feed of a source, with the validators of its last good answer."""

    feed_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class SourceRequest:
    """What poll needs to know of a source."""

    source_id: int
    feeds: tuple[FeedRequest, ...]
    pace_s: float = 5.0  # least gap between two requests to one host and port
    time_zone: str = "UTC"  # IANA name; read into times that a feed or page gives without a zone


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One article as a feed announces it; `url` is canonical."""

    url: str
    headline: str = ""
    summary: str = ""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    image_urls: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PolledFeed:
    """One feed's answer: `entries` is empty for 304; `error` names what went wrong, then the rest means nothing."""

    feed_id: int
    status: int
    etag: str | None = None
    last_modified: str | None = None
    entries: tuple[FeedEntry, ...] = ()
    moved_to: str | None = None  # where a permanent redirect points
    error: str | None = None


@dataclass(frozen=True, slots=True)
class PolledSource:
    """What one poll of a source brought."""

    source_id: int
    feeds: tuple[PolledFeed, ...]


# --- fetch ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PageRequest:
    """What fetch needs to know of an article."""

    article_id: int
    url: str
    etag: str | None = None
    last_modified: str | None = None
    pace_s: float = 5.0


@dataclass(frozen=True, slots=True)
class SourceHints:
    """What is known of a page before it is read: beliefs, weaker than what the page says of itself."""

    name: str = ""
    languages: tuple[str, ...] = ()
    time_zone: str = "UTC"
    headline: str = ""  # as the feed gave it
    published_at: datetime | None = None  # as the feed gave it


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page as it came: fetch returns it, parse takes it. `url` is where the bytes came from, after redirects."""

    article_id: int
    url: str
    content: bytes
    content_type: str  # the header whole, charset included
    fetched_at: datetime
    etag: str | None = None
    last_modified: str | None = None
    hints: SourceHints = field(default_factory=SourceHints)


# --- parse ----------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class PageImage:
    """A picture that an article shows, as its page names it."""

    url: str
    alt: str = ""
    caption: str = ""
    is_lead: bool = False


@dataclass(frozen=True, slots=True)
class ParsedArticle:
    """What a page says, without its furniture."""

    headline: str
    body: str
    language: str  # one of shared.languages.LANGUAGES
    standfirst: str = ""
    byline: tuple[str, ...] = ()  # one name each, without "Par" or "By"
    published_at: datetime | None = None
    modified_at: datetime | None = None
    published_has_time: bool = (
        False  # False: only the day is known (published_at is then its noon in the source's zone)
    )
    source_name: str = ""  # the paper as the page names it, "" if it does not
    source_url: str = ""  # the original's address, if the page is an aggregator's
    canonical_url: str = ""  # rel=canonical / og:url of the page, "" if it has none
    images: tuple[PageImage, ...] = ()


# --- translate, tag -------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ArticleText:
    """The text of an article, as translator and tagger take it."""

    article_id: int
    language: str
    headline: str
    standfirst: str
    body: str
    names: tuple[str, ...] = ()  # persons and organisations found by the tagger so far: a translator leaves them alone


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    """One field of one article into one language: a part of the translate stage."""

    article_id: int
    field: str  # one of FIELDS
    source_language: str
    target_language: str
    text: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Translation:
    """A field as an engine put it into another language."""

    text: str
    engine: str
    engine_version: str
    source_language: str
    target_language: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a field of an article; `text` is exactly the field's [start:end]."""

    field: str  # one of FIELDS
    start: int
    end: int
    text: str
    kind: EntityKind
    canonical: str  # the name to show: without clitics, in the article's language
    link: str = ""  # one id across the languages: "iso:MA" (ISO 3166) or "geonames:2553604"; "" if not linked


@dataclass(frozen=True, slots=True)
class TaggedArticle:
    """Every mention of an article, in reading order, none overlapping within a field."""

    mentions: tuple[Mention, ...]
    engine: str
    engine_version: str


# --- moderate -------------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A picture that an article shows and that has no decision yet."""

    url: str
    referer: str
    pace_s: float = 5.0


@dataclass(frozen=True, slots=True)
class ArticleImages:
    """What moderate needs to know of an article: its pictures still to be dealt with."""

    article_id: int
    images: tuple[ImageRequest, ...]


@dataclass(frozen=True, slots=True)
class ImageVerdict:
    """What became of one picture address: visible, held, blocked, pending (try later) or unavailable (never)."""

    url: str
    state: ImageState
    reason: str = ""  # snake_case, why it is not visible: not_found, too_large, not_an_image, private_address
    content_hash: str = ""  # of the bytes as downloaded
    media_type: str = ""
    width: int = 0  # pixels, after orientation
    height: int = 0
    thumbnail_hash: str = ""  # of our own re-encoded copy (WebP), which is all that readers are shown
    thumbnail_width: int = 0
    thumbnail_height: int = 0
    pdq: bytes = b""  # 32 bytes, b"" if none
    pdq_quality: int = 0  # 0-100; under 50 no perceptual match is to be believed
    pdq_version: int = 0  # hashes of another version are not comparable
    matched_id: int | None = None  # the operator-blocked picture that it is held or blocked for
    distance: int = 0  # from that one, in bits
    engine: str = ""  # which classifiers looked, "" if none
    engine_version: str = ""
    score: float = 0.0  # the highest of theirs
    until: datetime | None = None  # pending, and not for any fault of the picture's (host busy): no try is counted


@dataclass(frozen=True, slots=True)
class ModeratedArticle:
    """The verdict on every picture that was asked about."""

    article_id: int
    verdicts: tuple[ImageVerdict, ...]
    bank_version: str = ""  # of the blocked pictures that they were compared with
