"""`python -m services.newsstand`: the bundled press on its address, until it is told to stop."""

import signal
import sys
from datetime import UTC, datetime

import structlog

from services.newsstand.epoch import keep_epoch
from services.newsstand.press import Newsstand
from services.newsstand.server import Server
from shared.errors import KiosqueError
from shared.logs import configure_logs
from shared.settings import settings


def main() -> None:
    """Serve the press; one clear line if it cannot be served."""
    try:
        configure_logs()
        host, _, port = settings().newsstand_address.rpartition(":")
        epoch = keep_epoch(settings().var / "newsstand" / "epoch", datetime.now(UTC))
        newsstand = Newsstand(epoch=epoch)
        server = Server(newsstand, host.strip("[]"), int(port))
    except KiosqueError as error:
        sys.exit(f"newsstand: {error}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    structlog.get_logger().info("newsstand.opened", url=server.url, articles=len(newsstand.articles))
    server.run()


if __name__ == "__main__":
    main()
