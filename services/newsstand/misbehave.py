"""Answers spoiled as a fault asks: what a crawler meets on the web."""

import random
import socket
import struct
from collections.abc import Callable, Iterator
from typing import cast

from flask import Request, Response, redirect

from services.newsstand.faults import Fault

#: Where an address that has moved leads: the same paths lie below it.
MOVED = "/moved"
#: The server puts the connection's socket here (server.py); a test client has none.
SOCKET = "newsstand.socket"

_HUGE_PIECE = b"<p>" + b"x" * 65_529 + b"</p>"
_HUGE_PIECES = 1024
_GARBAGE_LENGTH = 4096
#: SO_LINGER, on and zero seconds: closing then resets the connection.
_LINGER_NOT = struct.pack("ii", 1, 0)

#: Waits so many seconds, or until the server closes.
Wait = Callable[[float], object]


def answer_instead(fault: Fault, request: Request, wait: Wait) -> Response | None:
    """The answer in place of the right one, None where that is still to come."""
    if fault.kind == "slow":
        wait(fault.seconds)
        return None
    if fault.kind == "moved":
        return cast(Response, redirect(f"{MOVED}{request.full_path.removesuffix('?')}", 301))
    if fault.kind == "304":
        return Response(status=304)
    if not fault.status:
        return None
    response = Response(f"<!doctype html><title>{fault.status}</title>", fault.status)
    if fault.retry_after is not None:
        response.headers["Retry-After"] = str(fault.retry_after)
    return response


def spoil(fault: Fault, request: Request, response: Response, wait: Wait) -> Response:
    """The right answer made bad."""
    content = response.get_data()
    if fault.kind == "garbage":
        response.set_data(random.Random(request.path).randbytes(_GARBAGE_LENGTH))
    elif fault.kind == "drip":
        _replace(response, _drip(content, fault.seconds, wait), len(content))
    elif fault.kind == "huge":
        _replace(response, _swell(content), None)
    elif fault.kind == "reset":
        connection = request.environ.get(SOCKET)
        if connection is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
        _replace(response, iter([content[: len(content) // 2]]), len(content))
    return response


def _replace(response: Response, pieces: Iterator[bytes], length: int | None) -> None:
    response.response = pieces
    response.headers.pop("Content-Length", None)
    if length is not None:
        response.headers["Content-Length"] = str(length)


def _drip(content: bytes, seconds: float, wait: Wait) -> Iterator[bytes]:
    for index in range(len(content)):
        if index and wait(seconds):
            return
        yield content[index : index + 1]


def _swell(content: bytes) -> Iterator[bytes]:
    yield content
    for _ in range(_HUGE_PIECES):
        yield _HUGE_PIECE
