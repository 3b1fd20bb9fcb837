"""Taking in the bundled press."""


def load(address: str) -> None:
    """Load the newsstand's sources; those that an operator paused or removed stay so."""
    from services.scraper.commands import NEWSSTAND, load_pack

    load_pack(NEWSSTAND, newsstand=f"http://{address}")
