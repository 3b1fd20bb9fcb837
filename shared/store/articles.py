"""Articles: their pages and their texts."""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from shared import blobs
from shared.contracts import ArticleText, FetchedPage, PageRequest, ParsedArticle, SourceHints
from shared.db import clock
from shared.errors import Postponed, UnknownSubject, Unprocessable
from shared.models import Article, Mention, Source, Translation
from shared.pipeline import MODERATE
from shared.store import duplicates, images
from shared.store.stage_runs import FallsDue, make_due

#: A paused source's articles ask again after this.
PAUSED_FOR = timedelta(minutes=10)


def find_article(session: Session, article_id: int) -> Article:
    """The article; UnknownSubject if there is none, Unprocessable if it was taken down."""
    article = session.get(Article, article_id)
    if article is None:
        raise no_article(article_id)
    if article.removed_at is not None:
        raise taken_down(article_id)
    return article


def no_article(article_id: int) -> UnknownSubject:
    return UnknownSubject(f"no article {article_id}")


def taken_down(article_id: int) -> Unprocessable:
    return Unprocessable("removed", f"article {article_id} was taken down")


def load_page_request(session: Session, article_id: int) -> PageRequest:
    """What fetch asks for, with the validators of the page we have."""
    article = find_article(session, article_id)
    source = session.get_one(Source, article.source_id)
    if source.state == "paused":
        raise Postponed("paused", clock(session) + PAUSED_FOR, f"source {source.key} is paused")
    if source.state == "removed":
        raise Unprocessable("source_removed", f"source {source.key} was removed")
    # a "not modified" is no answer for a page that we no longer have
    has_page = article.page_hash is not None and blobs.is_whole(article.page_hash)
    etag, last_modified = (article.etag, article.last_modified) if has_page else (None, None)
    return PageRequest(article.id, article.url, etag, last_modified, source.pace_s)


def save_fetched(session: Session, article_id: int, page: FetchedPage | None) -> FallsDue:
    """Keep where the page's bytes lie; parse falls due only if they changed. None: the server said not modified."""
    article = find_article(session, article_id)
    if page is None:
        return FallsDue([article_id] if article.page_hash and article.parsed_at is None else [])
    page_hash = blobs.content_hash(page.content)
    is_changed = page_hash != article.page_hash
    article.fetched_at, article.fetched_url = page.fetched_at, page.url
    article.page_hash, article.content_type = page_hash, page.content_type[:200]
    article.etag, article.last_modified = page.etag, page.last_modified
    return FallsDue([article_id] if is_changed or article.parsed_at is None else [])


def load_fetched_page(session: Session, article_id: int) -> FetchedPage:
    """The raw page, with what its source and feed lead us to expect."""
    article = find_article(session, article_id)
    if article.page_hash is None or article.fetched_at is None:
        raise Unprocessable("no_page", f"article {article_id} has no page: kiosque publish fetch {article_id} --again")
    source = session.get_one(Source, article.source_id)
    try:
        content = blobs.get(article.page_hash)
    except blobs.BlobMissing as error:
        raise Unprocessable("no_page", str(error)) from error
    return FetchedPage(
        article_id=article.id,
        url=article.fetched_url or article.url,
        content=content,
        content_type=article.content_type,
        fetched_at=article.fetched_at,
        hints=SourceHints(
            source.name, tuple(source.languages), source.time_zone, article.feed_headline, article.feed_published_at
        ),
    )


def save_parsed(session: Session, article_id: int, parsed: ParsedArticle) -> FallsDue:
    """Keep the text in place; what follows falls due only if the text changed. A text met before is a duplicate."""
    article = find_article(session, article_id)
    duplicates.lock_texts(session, article.source_id)
    text_hash = hash_text(parsed)
    was_duplicate, is_changed = article.duplicate_of_id is not None, article.text_hash != text_hash
    original_id = duplicates.find_original(session, article, text_hash, parsed)
    if is_changed and article.text_hash is not None:
        if _is_page_newer(article):  # else it is our reading that changed, not the paper's text
            article.edited_at = clock(session)
        _forget_what_was_made_of(session, article_id)
    _fill(article, parsed, text_hash)
    article.parsed_at = clock(session)
    article.duplicate_of_id = original_id
    # readers see no duplicate, so its pictures would wait for ever
    pictures_changed = images.save_page_images(session, article_id, () if original_id is not None else parsed.images)
    if original_id is not None:
        duplicates.stop_followers(session, article_id)
        return FallsDue(set_aside=Unprocessable("duplicate", f"the same text as article {original_id}"))
    if is_changed or was_duplicate:
        return FallsDue([article_id])
    if pictures_changed:
        make_due(session, MODERATE, [article_id])
    return FallsDue()


def load_text(session: Session, article_id: int) -> ArticleText:
    """The text as its page has it."""
    language, headline, standfirst, body = read_text(session, article_id, "headline", "standfirst", "body")
    return ArticleText(article_id, language, headline, standfirst, body)


def read_text(session: Session, article_id: int, *fields: str) -> tuple[str, ...]:
    """The text's language and these of its fields, without the rest of the row: the translator asks a dozen times."""
    columns = (getattr(Article, field) for field in fields)
    found = select(Article.removed_at, Article.language, *columns).where(Article.id == article_id)
    row = session.execute(found).one_or_none()
    if row is None:
        raise no_article(article_id)
    if row.removed_at is not None:
        raise taken_down(article_id)
    if row.language is None:
        raise Unprocessable("no_text", f"article {article_id} has no text: kiosque why {article_id}")
    return tuple(row)[1:]


def hash_text(parsed: ParsedArticle) -> str:
    """What says whether a text changed."""
    parts = (parsed.language, parsed.headline, parsed.standfirst, parsed.body)
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def _is_page_newer(article: Article) -> bool:
    return article.fetched_at is not None and article.parsed_at is not None and article.fetched_at > article.parsed_at


def _forget_what_was_made_of(session: Session, article_id: int) -> None:
    """Translations and offsets belong to the text that they were made of: readers see the new one, untranslated."""
    session.execute(delete(Translation).where(Translation.article_id == article_id))
    session.execute(delete(Mention).where(Mention.article_id == article_id))


def _fill(article: Article, parsed: ParsedArticle, text_hash: str) -> None:
    article.language, article.headline = parsed.language, parsed.headline
    article.standfirst, article.body, article.byline = parsed.standfirst, parsed.body, list(parsed.byline)
    article.published_at = parsed.published_at or article.feed_published_at or article.found_at
    article.published_has_time = parsed.published_has_time if parsed.published_at else True
    article.modified_at = parsed.modified_at
    article.source_name, article.source_url = parsed.source_name, parsed.source_url
    article.text_hash = text_hash
