"""The tables that hold the news; the ledger of work is in shared/ledger_models.py."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from shared.db import UtcDateTime, now

#: SQLite gives rowids to INTEGER keys only.
Id = BigInteger().with_variant(Integer, "sqlite")
#: What it holds.
ID_MOST = 2**63 - 1


class Base(DeclarativeBase):
    """The root of every table."""

    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON}  # noqa: RUF012 - SQLAlchemy's


class Source(Base):
    """A paper: where it is, how it may be asked and shown."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)  # what operators type
    name: Mapped[str] = mapped_column(String(200))
    home_url: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(String(2), default="")  # ISO 3166
    languages: Mapped[list[str]] = mapped_column(default=list)
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    pace_s: Mapped[float] = mapped_column(default=5.0)  # least gap between two requests to one host and port
    poll_every_s: Mapped[int] = mapped_column(default=600)
    display: Mapped[str] = mapped_column(String(16), default="full")  # headline | lead | full: what its rights allow
    shows_images: Mapped[bool] = mapped_column(Boolean, default=True)
    credit: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="active")  # active | paused | removed
    created_at: Mapped[datetime] = mapped_column(server_default=now())

    feeds: Mapped[list["Feed"]] = relationship(
        back_populates="source", order_by="Feed.id", cascade="all, delete-orphan"
    )


class Feed(Base):
    """One feed of a source, with the validators of its last good answer."""

    __tablename__ = "feed"
    __table_args__ = (UniqueConstraint("source_id", "url"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id", ondelete="CASCADE"))
    url: Mapped[str] = mapped_column(Text)
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    polled_at: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(default=0)  # in a row

    source: Mapped[Source] = relationship(back_populates="feeds")


#: As the index has it, and word for word the count (funnel.py): else SQLite does not see that it fits.
IS_HEADLESS = "parsed_at IS NOT NULL AND headline = ''"
IS_KEPT = "removed_at IS NULL"
HAS_PAGE = "page_hash IS NOT NULL"


class Article(Base):
    """One article: found by poll, filled by fetch and parse. A removed one keeps its address, never taken in again."""

    __tablename__ = "article"
    __table_args__ = (
        Index("article_latest", "language", "published_at"),
        Index("article_by_text", "source_id", "text_hash"),
        Index("article_front", "duplicate_of_id", "published_at", "id"),
        Index("article_of_source", "source_id", "published_at"),
        Index("article_found", "source_id", "language", "found_at"),  # the last article of a source and language
        Index("article_by_page", "page_hash"),
        # what is counted each time that someone asks how far we are, without reading bodies
        Index("article_counted", "removed_at", "duplicate_of_id", "parsed_at"),
        Index("article_headless", "id", sqlite_where=text(IS_HEADLESS), postgresql_where=text(IS_HEADLESS)),
        # what retention takes first: what was taken down is no longer in the one, nor a page that is gone in the other
        Index("article_by_age", "found_at", sqlite_where=text(IS_KEPT), postgresql_where=text(IS_KEPT)),
        Index("article_page_by_age", "fetched_at", sqlite_where=text(HAS_PAGE), postgresql_where=text(HAS_PAGE)),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("source.id"))
    url: Mapped[str] = mapped_column(Text, unique=True)  # canonical
    found_at: Mapped[datetime] = mapped_column(server_default=now())
    # as the feed gave them: beliefs until the page is read
    feed_headline: Mapped[str] = mapped_column(Text, default="")
    feed_published_at: Mapped[datetime | None]
    feed_hash: Mapped[str] = mapped_column(String(64), default="")  # of the entry: another one means fetch again
    # fetch
    fetched_at: Mapped[datetime | None]
    fetched_url: Mapped[str | None] = mapped_column(Text)  # after redirects
    page_hash: Mapped[str | None] = mapped_column(String(64))  # the raw page's blob
    content_type: Mapped[str] = mapped_column(String(200), default="")
    etag: Mapped[str | None] = mapped_column(Text)
    last_modified: Mapped[str | None] = mapped_column(Text)
    # parse
    parsed_at: Mapped[datetime | None]
    language: Mapped[str | None] = mapped_column(String(2))
    headline: Mapped[str] = mapped_column(Text, default="")
    standfirst: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    byline: Mapped[list[str]] = mapped_column(default=list)
    published_at: Mapped[datetime | None]  # what the page says, else what the feed said, else when it was found
    published_has_time: Mapped[bool] = mapped_column(Boolean, default=False)
    modified_at: Mapped[datetime | None]
    source_name: Mapped[str] = mapped_column(Text, default="")  # the paper as the page names it
    source_url: Mapped[str] = mapped_column(Text, default="")  # the original's address on an aggregator's page
    text_hash: Mapped[str | None] = mapped_column(String(64))  # of language, headline, standfirst and body
    edited_at: Mapped[datetime | None]  # when we saw its text change
    duplicate_of_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))  # the same text, met earlier
    removed_at: Mapped[datetime | None]

    source: Mapped[Source] = relationship()
    images: Mapped[list["ArticleImage"]] = relationship(order_by="ArticleImage.position", cascade="all, delete-orphan")


class PastAddress(Base):
    """Where an article was that is gone by its age: not taken in again while a feed still has it."""

    __tablename__ = "past_address"

    url_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    seen_at: Mapped[datetime]  # in a feed, to the day; else when the article went


class Translation(Base):
    """A field of an article as an engine put it into another language: always shown as machine translation."""

    __tablename__ = "translation"
    __table_args__ = (UniqueConstraint("article_id", "language", "field"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(2))
    field: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    source_language: Mapped[str] = mapped_column(String(2))
    engine: Mapped[str] = mapped_column(String(64))
    engine_version: Mapped[str] = mapped_column(String(200))
    translated_at: Mapped[datetime] = mapped_column(server_default=now())


class Entity(Base):
    """A place, person or organisation that articles mention, one across the languages where it is linked."""

    __tablename__ = "entity"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)  # the link, else kind, language and folded name
    kind: Mapped[str] = mapped_column(String(3))  # PER | LOC | ORG
    name: Mapped[str] = mapped_column(Text)  # as first met
    link: Mapped[str] = mapped_column(String(64), default="")


class Mention(Base):
    """A name in a field of an article; offsets in code points, end exclusive."""

    __tablename__ = "mention"
    __table_args__ = (Index("mention_of_article", "article_id", "field", "start"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"))
    entity_id: Mapped[int] = mapped_column(ForeignKey("entity.id"), index=True)
    field: Mapped[str] = mapped_column(String(16))
    start: Mapped[int]
    end: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    canonical: Mapped[str] = mapped_column(Text)
    engine: Mapped[str] = mapped_column(String(64))
    engine_version: Mapped[str] = mapped_column(String(64))

    entity: Mapped[Entity] = relationship()


class Image(Base):
    """A picture by its bytes: one decision, wherever it is used."""

    __tablename__ = "image"
    __table_args__ = (
        Index("image_by_state", "state", "id"),
        Index("image_by_thumbnail", "thumbnail_hash"),  # two contents may have the same pixels
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    content_hash: Mapped[str] = mapped_column(String(64), unique=True)
    media_type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]
    thumbnail_hash: Mapped[str] = mapped_column(String(64))  # our re-encoded copy, which is all that readers are shown
    thumbnail_width: Mapped[int]
    thumbnail_height: Mapped[int]
    pdq: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    pdq_quality: Mapped[int] = mapped_column(default=0)
    pdq_version: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(16), default="visible")  # ImageState of shared/contracts.py
    decided_at: Mapped[datetime | None]  # when a report, an operator or a match last changed the state
    matched_id: Mapped[int | None] = mapped_column(
        ForeignKey("image.id"), index=True
    )  # the blocked picture that it is held or blocked for; empty for an operator's own decision
    reports: Mapped[int] = mapped_column(default=0)  # different people
    engine: Mapped[str] = mapped_column(String(64), default="")
    engine_version: Mapped[str] = mapped_column(String(64), default="")
    first_seen_at: Mapped[datetime] = mapped_column(server_default=now())


class ArticleImage(Base):
    """A picture's use in an article; `image_id` is empty until moderate has dealt with the address."""

    __tablename__ = "article_image"
    __table_args__ = (UniqueConstraint("article_id", "url"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    article_id: Mapped[int] = mapped_column(ForeignKey("article.id", ondelete="CASCADE"))
    image_id: Mapped[int | None] = mapped_column(ForeignKey("image.id"), index=True)
    url: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    is_lead: Mapped[bool] = mapped_column(Boolean, default=False)
    alt: Mapped[str] = mapped_column(Text, default="")
    caption: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[str] = mapped_column(String(16), default="pending")  # pending | done | unavailable
    reason: Mapped[str] = mapped_column(String(64), default="")
    tries: Mapped[int] = mapped_column(default=0)
    again_at: Mapped[datetime | None]  # pending: not before then

    image: Mapped[Image | None] = relationship()


class Report(Base):
    """One person's report of one picture: a second click finds this row and changes nothing."""

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("image_id", "reporter"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("image.id"))
    reporter: Mapped[str] = mapped_column(String(64))  # keyed hash of the signed cookie
    network: Mapped[str] = mapped_column(String(64), default="")  # keyed hash of /24 or /48
    article_id: Mapped[int | None] = mapped_column(ForeignKey("article.id"))
    reported_at: Mapped[datetime] = mapped_column(server_default=now())


class Audit(Base):
    """Append-only: what was taken down, blocked or cleared, by whom, why, with the numbers in force."""

    __tablename__ = "audit"
    __table_args__ = (Index("audit_of_subject", "subject", "subject_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime] = mapped_column(server_default=now())
    actor: Mapped[str] = mapped_column(String(64))  # "operator", "readers", "moderator"
    action: Mapped[str] = mapped_column(String(64))  # article.removed, image.blocked
    subject: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[int] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
