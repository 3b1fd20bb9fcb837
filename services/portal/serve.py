"""Serves the portal with waitress on the address of the settings, until it is told to stop."""

import signal
from typing import NoReturn

import structlog
import waitress

from services.portal.app import make_portal
from shared.errors import SettingError
from shared.settings import Settings, settings

log = structlog.get_logger()

#: As many as the pool of a PostgreSQL engine has connections at most (shared/db.py).
THREADS = 8


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    read = settings()
    try:
        server = waitress.create_server(make_portal(), **server_options(read))
    except OSError as error:
        raise SettingError(
            f"the portal cannot listen on KIOSQUE_PORTAL_ADDRESS={read.portal_address} ({error.strerror}): "
            "stop what listens there, or set another host:port"
        ) from error
    signal.signal(signal.SIGTERM, _stop)
    log.info("portal.started", address=read.portal_address)
    server.run()  # returns at SIGTERM and SIGINT, when the answers under way are sent
    log.info("portal.stopped")


def server_options(read: Settings) -> dict[str, object]:
    """Waitress's options. Behind reverse proxies the reader's address is the one that they forward."""
    host, _, port = read.portal_address.rpartition(":")
    options: dict[str, object] = {
        "host": host.strip("[]"),
        "port": int(port),
        "threads": THREADS,
        "ident": None,
        "max_request_body_size": 1_000_000,
    }
    if read.portal_proxies:
        options |= {
            "trusted_proxy": "*",
            "trusted_proxy_count": read.portal_proxies,
            "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"},
        }
    return options


def _stop(*_: object) -> NoReturn:
    raise SystemExit(0)
