"""Takes readers' reports of pictures: people are counted, not clicks, and every click gets the same answer."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from services.portal import readers
from services.portal.addresses import EDITION, ID
from shared.db import write_session
from shared.store import reports
from shared.store.reports import ReportAnswer

pages = Blueprint("reports", __name__)
_ID_MAX_DIGITS = 18


@pages.post(f"{EDITION}/image/<{ID}:image_id>/report")
def report(image_id: int) -> AnyResponse:
    """Count a reader's report once, then thank for it, whether it was the first or not."""
    article_id = _article_id()
    reader = readers.read_reader(request.cookies.get(readers.COOKIE))
    if reader is None or not readers.is_token_of(request.form.get("token"), reader):
        return _ask_again(image_id, article_id, reader)
    with write_session() as session:
        answer = reports.report_image(
            session,
            image_id,
            reporter=reports.reporter_key(reader),
            network=reports.network_key(request.remote_addr or ""),
            article_id=article_id,
        )
    if answer is ReportAnswer.UNKNOWN:
        abort(404)
    return redirect(url_for("reports.thanks", article=article_id), 303)


@pages.get(f"{EDITION}/reported")
def thanks() -> str:
    """The answer to a report, safe to load again."""
    article = request.args.get("article", "")
    return render_template("reported.html", article_id=int(article) if _is_id(article) else None)


def set_reader_cookie(response: Response, reader: str) -> None:
    """Let the browser present this reader from now on, to us alone and to no script."""
    response.set_cookie(
        readers.COOKIE,
        readers.sign_reader(reader),
        max_age=readers.COOKIE_AGE_S,
        secure=request.is_secure,
        httponly=True,
        samesite="Lax",
    )


def _ask_again(image_id: int, article_id: int | None, reader: str | None) -> Response:
    """A page whose button makes the report good; a reader we cannot read gets a new cookie for it."""
    known = reader or readers.new_reader()
    page = render_template(
        "press_again.html", image_id=image_id, article_id=article_id, token=readers.make_token(known)
    )
    response = make_response(page, 403)
    if reader is None:
        set_reader_cookie(response, known)
    return response


def _article_id() -> int | None:
    text = request.form.get("article_id", "")
    return int(text) if _is_id(text) else None


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _ID_MAX_DIGITS
