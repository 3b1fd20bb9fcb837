"""The pages: front, source, name, article, feeds; all of them read, none writes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, g, make_response, redirect, render_template, request, url_for
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from services.portal import readers
from services.portal.addresses import EDITION, ID, links_in
from services.portal.cards import Card, make_cards
from services.portal.editions import FIRST, Edition, local_time, machine_time
from services.portal.makeup import group_by_day, lay_out
from services.portal.reports import set_reader_cookie
from shared.db import read_session
from shared.errors import UnknownSubject
from shared.languages import LANGUAGES
from shared.models import ID_MOST
from shared.store.article_pages import (
    ArticleRemovedError,
    DuplicateArticleError,
    ShownArticle,
    find_article_page,
)
from shared.store.headlines import (
    Cursor,
    Headline,
    Headlines,
    ListedSource,
    Selection,
    find_headlines,
    find_listed_sources,
)
from shared.store.names import Name, find_name

#: Arguments of a page's address that stay when its language is changed.
ARGUMENTS = ("written", "before")
PAGE, FEED, READ_ON = 50, 30, 6

#: An empty feed has not changed since.
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)

pages = Blueprint("pages", __name__)


@pages.get("/")
def choose() -> AnyResponse:
    """Send the reader to the edition that the browser asks for."""
    code = request.accept_languages.best_match(LANGUAGES, FIRST)
    response = redirect(url_for("pages.front", language=code))
    response.headers["Vary"] = "Accept-Language"
    return response


@pages.get("/healthz")
def answer_health() -> Response:
    """Whether the database answers."""
    with read_session() as session:
        session.execute(text("SELECT 1"))
    return Response("ok\n", mimetype="text/plain", headers={"Cache-Control": "no-store"})


@pages.get(f"{EDITION}/")
def front() -> Response:
    """The latest of the whole press."""
    with read_session() as session:
        found = _find(session, Selection(written_in=_written_in()))
        sources = find_listed_sources(session)
    if any(name in request.args for name in ARGUMENTS):
        return _list("of_all", found, sources)
    zone = found.rows[0].time_zone if found.rows else "UTC"
    page = render_template(
        "front.html",
        front=lay_out(_cards(found.rows)),
        today=local_time(datetime.now(UTC), zone).date(),
        found=found,
        sources=sources,
        feed_url=url_for("pages.front_feed"),
    )
    return _conditional(page)


@pages.get(f"{EDITION}/source/<key>")
def source(key: str) -> Response:
    """The latest of one source."""
    with read_session() as session:
        sources = find_listed_sources(session)
        shown = _choose_source(sources, key)
        found = _find(session, Selection(source_id=shown.source_id, written_in=_written_in()))
    return _list("of_source", found, sources, source=shown)


@pages.get(f"{EDITION}/entity/<{ID}:entity_id>")
def entity(entity_id: int) -> Response:
    """Every article that names a place, a person or an organisation, whatever its language."""
    with read_session() as session:
        name = _find_name(session, entity_id)
        found = _find(session, Selection(entity_id=entity_id, written_in=_written_in()))
        sources = find_listed_sources(session)
    return _list("of_name", found, sources, name=name)


@pages.get(f"{EDITION}/feed.xml")
def front_feed() -> Response:
    """The latest of the whole press, as Atom."""
    with read_session() as session:
        found = _find(session, Selection(written_in=_written_in()), FEED)
    return _feed("of_all", found)


@pages.get(f"{EDITION}/source/<key>/feed.xml")
def source_feed(key: str) -> Response:
    """The latest of one source, as Atom."""
    with read_session() as session:
        shown = _choose_source(find_listed_sources(session), key)
        found = _find(session, Selection(source_id=shown.source_id, written_in=_written_in()), FEED)
    return _feed("of_source", found, source=shown)


@pages.get(f"{EDITION}/entity/<{ID}:entity_id>/feed.xml")
def entity_feed(entity_id: int) -> Response:
    """The latest that name an entity, as Atom."""
    with read_session() as session:
        name = _find_name(session, entity_id)
        found = _find(session, Selection(entity_id=entity_id, written_in=_written_in()), FEED)
    return _feed("of_name", found, name=name)


@pages.get(f"{EDITION}/article/<{ID}:article_id>")
def article(article_id: int) -> AnyResponse:
    """One article in the reader's language where it was translated, else in its own."""
    return _article_page(article_id, original=False)


@pages.get(f"{EDITION}/article/<{ID}:article_id>/original")
def original(article_id: int) -> AnyResponse:
    """One article as it was written."""
    return _article_page(article_id, original=True)


def _article_page(article_id: int, *, original: bool) -> AnyResponse:
    code = _edition().code
    with read_session() as session:
        try:
            shown = find_article_page(session, article_id, code, original=original)
        except UnknownSubject:
            abort(404)
        except ArticleRemovedError:
            abort(410)
        except DuplicateArticleError as duplicate:
            return redirect(url_for(request.endpoint or "", article_id=duplicate.original_id), 301)
        latest = find_headlines(session, code, limit=READ_ON).rows
        sources = find_listed_sources(session)
    read_on = [one for one in latest if one.article_id != article_id][: READ_ON - 1]
    return _with_reader(shown, read_on=_cards(read_on), sources=sources, is_original=original)


def _with_reader(shown: ShownArticle, **context: Any) -> Response:
    """The article's page; one with a report button knows its reader from here on."""
    reader = readers.read_reader(request.cookies.get(readers.COOKIE))
    is_new = reader is None
    reader = reader or readers.new_reader()
    local = local_time(shown.published_at, shown.time_zone)
    page = render_template(
        "article.html",
        article=shown,
        published_in_numbers=machine_time(shown.published_at, local, shown.published_has_time),
        token=readers.make_token(reader),
        **context,
    )
    response = make_response(page)
    response.headers["Cache-Control"] = "private, no-cache"
    if is_new and any(not picture.is_placeholder for picture in shown.pictures):
        set_reader_cookie(response, reader)
    return response


def _list(heading: str, found: Headlines, sources: list[ListedSource], **of: ListedSource | Name) -> Response:
    context: dict[str, Any] = {"source": None, "name": None, **of}
    page = render_template(
        "listing.html",
        heading=heading,
        found=found,
        days=group_by_day(_cards(found.rows)),
        sources=sources,
        feed_url=url_for(f"{request.endpoint}_feed", **(request.view_args or {}), written=request.args.get("written")),
        **context,
    )
    return _conditional(page)


def _feed(heading: str, found: Headlines, **of: ListedSource | Name) -> Response:
    context: dict[str, Any] = {"source": None, "name": None, **of}
    page_of = (request.endpoint or "").removesuffix("_feed")
    page = render_template(
        "feed.xml",
        heading=heading,
        found=found,
        updated=max((one.edited_at or one.published_at for one in found.rows), default=_NEVER),
        page_url=url_for(page_of, **(request.view_args or {}), written=request.args.get("written"), _external=True),
        **context,
    )
    response = _conditional(page)
    response.content_type = "application/atom+xml; charset=utf-8"
    return response


def _conditional(page: str) -> Response:
    """An answer that a browser asks for again each time, and gets again only if it changed."""
    response = make_response(page)
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]


def _cards(headlines: Sequence[Headline]) -> list[Card]:
    return make_cards(headlines, _edition(), links_in(_edition().code))


def _find(session: Session, selection: Selection, limit: int = PAGE) -> Headlines:
    return find_headlines(session, _edition().code, selection, before=_before(), limit=limit)


def _choose_source(sources: list[ListedSource], key: str) -> ListedSource:
    return next((one for one in sources if one.key == key), None) or abort(404)


def _find_name(session: Session, entity_id: int) -> Name:
    return find_name(session, entity_id, _edition().code) or abort(404)


def _written_in() -> str | None:
    code = request.args.get("written")
    if code is not None and code not in LANGUAGES:
        abort(404)
    return code


def _before() -> Cursor | None:
    asked = request.args.get("before")
    if asked is None:
        return None
    try:
        cursor = Cursor.parse(asked)
    except ValueError:
        abort(404)
    return cursor if cursor.article_id <= ID_MOST else abort(404)


def _edition() -> Edition:
    edition: Edition = g.edition
    return edition
