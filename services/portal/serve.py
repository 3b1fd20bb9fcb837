"""Serves the portal with waitress on the address of the settings, until it is told to stop."""

import logging
import signal
import socket
from typing import NoReturn

import structlog
import waitress

from services.portal.app import make_portal
from shared.errors import SettingError
from shared.settings import Settings, secret_key, settings

log = structlog.get_logger()

#: As many as the pool of a PostgreSQL engine has connections at most (shared/db.py).
THREADS = 8
#: What is longer is cut off on the way in; the application allows less (app.FORM_MAX_BYTES), and says so politely.
BODY_MAX_BYTES = 1_000_000
PORT_MAX = 65_535


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    read = settings()
    secret_key()  # a key that is missing is said here, not by an error on every article's page
    with listen_on(read.portal_address) as listening:
        server = waitress.create_server(make_portal(), sockets=[listening], **server_options(read))
        signal.signal(signal.SIGTERM, _stop)
        # it warns of every request that waits a moment for a thread, as each does when a page's pictures are asked for
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        log.info("portal.started", address=read.portal_address)
        server.run()  # returns at SIGTERM and SIGINT, when the answers under way are sent
    log.info("portal.stopped")


def listen_on(address: str) -> socket.socket:
    """A socket that listens on host:port; SettingError, with the remedy, where that cannot be."""
    host, _, port = address.rpartition(":")
    family = socket.AF_INET6 if host.startswith("[") else socket.AF_INET
    if int(port) > PORT_MAX:
        raise SettingError(f"KIOSQUE_PORTAL_ADDRESS={address} has no such port: the highest is {PORT_MAX}")
    try:
        return socket.create_server((host.strip("[]"), int(port)), family=family)
    except OSError as error:
        raise SettingError(
            f"the portal cannot listen on KIOSQUE_PORTAL_ADDRESS={address} ({error}): "
            "stop what listens there, or set another host:port"
        ) from error


def server_options(read: Settings) -> dict[str, object]:
    """Waitress's options. Behind reverse proxies the reader's address is the one that they forward."""
    options: dict[str, object] = {"threads": THREADS, "ident": None, "max_request_body_size": BODY_MAX_BYTES}
    if read.portal_proxies:
        options |= {
            "trusted_proxy": "*",
            "trusted_proxy_count": read.portal_proxies,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        }
    return options


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)
