"""The newsstand over HTTP: validators, redirects, misbehaviour, and a note of every request."""

from datetime import UTC, datetime
from urllib.parse import quote

from flask import Flask, Response, abort, g, redirect, request
from flask.typing import ResponseReturnValue

from services.newsstand.control import PREFIX, make_control
from services.newsstand.misbehave import MOVED, answer_instead, spoil
from services.newsstand.papers import PAPERS
from services.newsstand.press import Newsstand
from services.newsstand.shelf import Shelf, Wish
from services.newsstand.visits import Visit


def make_app(newsstand: Newsstand) -> Flask:
    """The application of one newsstand."""
    app = Flask("newsstand", static_folder=None, template_folder=None)
    app.register_blueprint(make_control(newsstand))
    shelf = Shelf(newsstand)

    @app.before_request
    def meet_fault() -> Response | None:
        g.arrived_at = datetime.now(UTC)
        g.fault = None if request.path.startswith(PREFIX) else newsstand.faults.take(request.path)
        return answer_instead(g.fault, request, newsstand.closing.wait) if g.fault else None

    @app.get("/", defaults={"path": ""})
    @app.get("/<path:path>")
    def serve(path: str) -> ResponseReturnValue:
        return _serve(shelf, f"/{path}")

    @app.post("/<paper>/lettre")
    def subscribe(paper: str) -> ResponseReturnValue:
        return redirect(f"/{paper}/" if paper in PAPERS else "/", 303)

    @app.after_request
    def finish(response: Response) -> Response:
        if g.fault and response.status_code == 200:
            response = spoil(g.fault, request, response, newsstand.closing.wait)
        if not request.path.startswith(PREFIX):
            newsstand.visits.add(_visit(response))
        return response

    return app


def _serve(shelf: Shelf, path: str) -> ResponseReturnValue:
    path = path.removeprefix(MOVED) or "/"
    if "/admin/" in path:
        abort(403)
    wish = Wish(request.host_url.rstrip("/"), request.args.get("q", ""))
    sheet = shelf.find(path, wish)
    if sheet is None:
        if shelf.find(f"{path}/", wish):
            return redirect(f"{quote(path)}/", 301)
        abort(404)
    response = Response(sheet.content, content_type=sheet.media_type)
    response.last_modified = sheet.changed_at
    response.add_etag()
    return response.make_conditional(request)


def _visit(response: Response) -> Visit:
    headers = request.headers
    return Visit(
        path=request.environ.get("REQUEST_URI") or request.full_path,
        at=g.arrived_at,
        status=response.status_code,
        user_agent=headers.get("User-Agent", ""),
        method=request.method,
        is_conditional="If-None-Match" in headers or "If-Modified-Since" in headers,
        fault=g.fault.kind if g.fault else "",
    )
