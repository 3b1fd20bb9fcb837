"""One article as readers see it: its text in their language as far as its source's rights allow, pictures and names."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.contracts import FIELDS
from shared.errors import KiosqueError, UnknownSubject
from shared.models import Article, Source
from shared.store import images
from shared.store.images import ShownImage
from shared.store.names import Name, find_names
from shared.store.shown import SHOWS_BODY, ShownText, find_translations, make_lead

#: The longest field that is read whole: a page is 10 MB at most (settings.page_max_bytes).
_WHOLE = 10_000_000


class ArticleRemovedError(KiosqueError):
    """The article was taken down, for good."""


class DuplicateArticleError(KiosqueError):
    """The same text is shown under another id."""

    def __init__(self, article_id: int, original_id: int) -> None:
        super().__init__(f"article {article_id} is the same text as article {original_id}")
        self.original_id = original_id


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """An article page's content."""

    article_id: int
    written_in: str
    headline: ShownText
    lead: ShownText | None
    body: ShownText | None  # None where the source lends its headline or lead only
    byline: tuple[str, ...]
    source_key: str
    source_name: str  # the paper as its page names it, else as we do
    source_url: str
    credit: str
    time_zone: str
    published_at: datetime
    published_has_time: bool
    edited_at: datetime | None
    names: tuple[Name, ...]
    pictures: tuple[ShownImage, ...]
    is_translatable: bool  # a machine put some of it into the reader's language, whether shown here or not

    @property
    def texts(self) -> tuple[ShownText, ...]:
        """The fields that are shown and have words."""
        return tuple(text for text in (self.headline, self.lead, self.body) if text is not None and text.text)

    @property
    def translation(self) -> ShownText | None:
        """A field that a machine translated, None if every one is as it was written."""
        return next((text for text in self.texts if text.is_translated), None)

    @property
    def is_wholly_translated(self) -> bool:
        """Whether no field is left in the language that it was written in."""
        return all(text.is_translated for text in self.texts)


def find_article_page(session: Session, article_id: int, language: str, *, original: bool = False) -> ShownArticle:
    """The article in the reader's language where it was translated, else (or if `original`) as it was written.

    UnknownSubject if readers have never seen it, ArticleRemovedError if they no longer may, DuplicateArticleError if
    they see its text elsewhere.
    """
    row = session.execute(
        select(Article, Source).join(Source, Source.id == Article.source_id).where(Article.id == article_id)
    ).one_or_none()
    if row is None:
        raise UnknownSubject(f"no article {article_id}")
    article, source = row
    _refuse_hidden(article)
    translated = find_translations(session, [article_id], language, _WHOLE) if article.language != language else {}
    fields = {
        field: (None if original else translated.get((article_id, field)))
        or ShownText(getattr(article, field), article.language or "")
        for field in FIELDS
    }
    return ShownArticle(
        article_id=article_id,
        written_in=article.language or "",
        headline=fields["headline"],
        lead=_choose_lead(fields, source.display),
        body=fields["body"] if source.display in SHOWS_BODY else None,
        byline=tuple(article.byline),
        source_key=source.key,
        source_name=article.source_name or source.name,
        source_url=article.source_url or article.url,
        credit=source.credit,
        time_zone=source.time_zone,
        published_at=article.published_at or article.found_at,
        published_has_time=article.published_has_time,
        edited_at=article.edited_at,
        names=tuple(find_names(session, article_id, language)),
        pictures=tuple(images.shown_images(session, [article_id]).get(article_id, ())),
        is_translatable=bool(translated),
    )


def _refuse_hidden(article: Article) -> None:
    """What funnel.is_shown says of rows, with the reason."""
    if article.removed_at is not None:
        raise ArticleRemovedError(f"article {article.id} was taken down")
    if article.duplicate_of_id is not None:
        raise DuplicateArticleError(article.id, article.duplicate_of_id)
    if article.parsed_at is None or not article.headline:
        raise UnknownSubject(f"article {article.id} has no text yet")


def _choose_lead(fields: dict[str, ShownText], display: str) -> ShownText | None:
    """With the whole body below it, only a standfirst is a lead: else the first paragraph would stand there twice."""
    if display in SHOWS_BODY:
        return fields["standfirst"] if fields["standfirst"].text else None
    return make_lead(fields["standfirst"], fields["body"], display)
