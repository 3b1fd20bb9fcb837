"""Make-up: which headline leads the front page, which stand beside it, and which days a list falls into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.portal.cards import Card

#: The story that leads is the newest with a picture among so many; older news does not lead for a picture's sake.
LOOKED_AT = 8
BESIDE, CARDS = 5, 9


@dataclass(frozen=True, slots=True)
class Front:
    """Headlines by their place on the page, newest first in each place."""

    lead: Card
    beside: tuple[Card, ...]
    cards: tuple[Card, ...]
    wire: tuple[Card, ...]


def lay_out(cards: Sequence[Card]) -> Front | None:
    """The front page of these headlines, newest first; None if there are none."""
    if not cards:
        return None
    lead = next((card for card in cards[:LOOKED_AT] if card.has_picture), cards[0])
    others = tuple(card for card in cards if card is not lead)
    return Front(lead, others[:BESIDE], others[BESIDE : BESIDE + CARDS], others[BESIDE + CARDS :])


def group_by_day(cards: Sequence[Card]) -> dict[date, list[Card]]:
    """Headlines under the day on which their source published them, both newest first."""
    days: dict[date, list[Card]] = {}
    for card in cards:
        days.setdefault(card.day, []).append(card)
    return days
