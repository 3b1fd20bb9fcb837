"""The newsstand's own buttons, under /-/ and for callers on this machine only: faults, the edit, who asked for what."""

from ipaddress import ip_address

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from services.newsstand.faults import BadFaultError, read_fault
from services.newsstand.press import Newsstand

PREFIX = "/-/"


def make_control(newsstand: Newsstand) -> Blueprint:
    """The buttons of one newsstand."""
    control = Blueprint("control", __name__, url_prefix=PREFIX.rstrip("/"))

    @control.before_request
    def refuse_strangers() -> ResponseReturnValue | None:
        if request.remote_addr and ip_address(request.remote_addr).is_loopback:
            return None
        return jsonify(error="only callers on the newsstand's own machine may do this"), 403

    _add_visits(control, newsstand)
    _add_faults(control, newsstand)

    @control.post("/edit")
    def edit() -> Response:
        newsstand.edit()
        return jsonify(edited_at=str(newsstand.edited_at))

    return control


def _add_visits(control: Blueprint, newsstand: Newsstand) -> None:
    @control.get("/requests")
    def list_requests() -> Response:
        return jsonify(newsstand.visits.rows(request.args.get("path", "")))

    @control.delete("/requests")
    def forget_requests() -> ResponseReturnValue:
        newsstand.visits.clear()
        return "", 204


def _add_faults(control: Blueprint, newsstand: Newsstand) -> None:
    @control.get("/faults")
    def list_faults() -> Response:
        return jsonify(newsstand.faults.rows())

    @control.put("/faults")
    def add_fault() -> ResponseReturnValue:
        try:
            newsstand.faults.put(read_fault(request.get_json(force=True, silent=True)))
        except BadFaultError as error:
            return jsonify(error=str(error)), 400
        return jsonify(newsstand.faults.rows())

    @control.delete("/faults")
    def clear_faults() -> ResponseReturnValue:
        newsstand.faults.clear(request.args.get("path", ""))
        return "", 204
