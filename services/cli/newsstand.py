"""Taking in the bundled press."""

from pathlib import Path

from shared.settings import ROOT

PACK = ROOT / "services" / "newsstand" / "newsstand.toml"


def load(address: str, pack: Path = PACK) -> None:
    """Load the newsstand's sources; those that an operator paused or removed stay so."""
    from services.scraper.commands import load_pack

    load_pack(pack, newsstand=f"http://{address}")
