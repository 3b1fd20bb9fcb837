"""The portal as a WSGI application: its pages, the headers that every answer carries, its error pages."""

import re
from pathlib import Path
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, make_response, render_template, request, url_for
from jinja2 import StrictUndefined
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException, InternalServerError, ServiceUnavailable

from services.portal import reports, thumbnails, views
from services.portal.addresses import links_in
from services.portal.cards import mark_language
from services.portal.editions import FIRST, Edition, edition_of, fill, isolate
from shared import blobs
from shared.languages import LANGUAGES

log = structlog.get_logger()

#: The longest form is a report: three short fields.
FORM_MAX_BYTES = 16_384
#: Nothing from elsewhere and nothing inline: a script that slips into a text has nowhere to run.
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # 301, 404 and 410 would else be kept by caches for as long as they like
    "Cache-Control": "no-cache",
}
_STATIC_MAX_AGE_S = 3600
#: All but XML 1.0's Char (its section 2.2).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def make_portal() -> Flask:
    """The application; it asks the database at the first request, not before."""
    app = Flask("services.portal")
    app.config.update(MAX_CONTENT_LENGTH=FORM_MAX_BYTES, SEND_FILE_MAX_AGE_DEFAULT=_STATIC_MAX_AGE_S)
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        fill=fill, isolate=isolate, mark_language=mark_language, languages=LANGUAGES, style_version=_style_version(app)
    )
    app.jinja_env.filters["for_xml"] = for_xml
    for blueprint in (views.pages, reports.pages, thumbnails.pages):
        app.register_blueprint(blueprint)
    app.url_value_preprocessor(_take_language)
    app.url_defaults(_give_language)
    app.context_processor(_context)
    app.after_request(_add_headers)
    for error in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(error, _database_failed)
    app.register_error_handler(HTTPException, _error_page)
    app.register_error_handler(Exception, _failed)
    return app


def for_xml(text: str) -> str:
    """The text without the characters that XML 1.0 has no way to write."""
    return _NOT_XML.sub("", text)


def current_edition() -> Edition:
    """The edition that the request's address names, else the one that its browser asks for."""
    if "edition" not in g:
        prefix = request.path.split("/", 2)[1]
        wanted = prefix if prefix in LANGUAGES else request.accept_languages.best_match(LANGUAGES, FIRST)
        g.edition = edition_of(str(wanted))
    edition: Edition = g.edition
    return edition


def _take_language(endpoint: str | None, values: dict[str, Any] | None) -> None:
    if values and "language" in values:
        g.edition = edition_of(values.pop("language"))


def _give_language(endpoint: str, values: dict[str, Any]) -> None:
    if "language" not in values and current_app.url_map.is_endpoint_expecting(endpoint, "language"):
        values["language"] = current_edition().code


def _context() -> dict[str, Any]:
    edition = current_edition()
    return {
        "edition": edition,
        "t": edition.texts,
        "links": links_in(edition.code),
        "url_in": _url_in,
        "here": _url_here,
        "sources": (),
        "feed_url": None,
    }


def _url_in(code: str) -> str:
    """This page in another language, or that language's front page where this one is no page to go to."""
    rule = request.url_rule
    if rule is None or "language" not in rule.arguments or "GET" not in (rule.methods or ()):
        return url_for("pages.front", language=code)
    kept = {name: request.args[name] for name in views.ARGUMENTS if name in request.args}
    return url_for(rule.endpoint, **{**(request.view_args or {}), **kept, "language": code})


def _url_here(written: str | None = None, before: object = None) -> str:
    """This list of headlines, of another language or page."""
    return url_for(request.endpoint or "pages.front", **(request.view_args or {}), written=written, before=before)


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _error_page(error: HTTPException) -> Response:
    code = error.code or 500
    if error.response is not None or code < 400:
        return make_response(error.get_response())
    texts = current_edition().texts["errors"]
    text = texts.get(str(code)) or texts["400" if code < 500 else "500"]
    response = make_response(render_template("error.html", code=code, text=text), code)
    response.headers.extend(
        (name, value) for name, value in error.get_headers() if name.lower() not in ("content-type", "content-length")
    )
    return response


def _database_failed(error: Exception) -> Response:
    log.error("database.failed", path=request.path, error=str(error))
    return _error_page(ServiceUnavailable(retry_after=5))


def _failed(error: Exception) -> Response:
    log.exception("page.failed", path=request.path, method=request.method)
    return _error_page(InternalServerError())


def _style_version(app: Flask) -> str:
    """Names the style sheet's content in its address, so that no browser shows a new page in an old style."""
    style = Path(app.root_path, "static", "kiosque.css").read_bytes()
    return blobs.content_hash(style)[:12]
