"""Make-up: which headline leads the front page, which stand beside it, and which days a list falls into."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from services.portal.editions import local_time
from shared.store.headlines import Headline

#: The story that leads is the newest with a picture among so many; older news does not lead for a picture's sake.
LOOKED_AT = 8
BESIDE, CARDS = 5, 9


@dataclass(frozen=True, slots=True)
class Front:
    """Headlines by their place on the page, newest first in each place."""

    lead: Headline
    beside: tuple[Headline, ...]
    cards: tuple[Headline, ...]
    wire: tuple[Headline, ...]


def lay_out(headlines: Sequence[Headline]) -> Front | None:
    """The front page of these headlines, newest first; None if there are none."""
    if not headlines:
        return None
    lead = next((one for one in headlines[:LOOKED_AT] if has_picture(one)), headlines[0])
    others = [one for one in headlines if one is not lead]
    return Front(
        lead=lead,
        beside=tuple(others[:BESIDE]),
        cards=tuple(others[BESIDE : BESIDE + CARDS]),
        wire=tuple(others[BESIDE + CARDS :]),
    )


def group_by_day(headlines: Sequence[Headline]) -> dict[date, list[Headline]]:
    """Headlines under the day on which their source published them, both newest first."""
    days: dict[date, list[Headline]] = {}
    for one in headlines:
        days.setdefault(local_time(one.published_at, one.time_zone).date(), []).append(one)
    return days


def has_picture(headline: Headline) -> bool:
    """Whether a picture is shown with it, not a placeholder."""
    return headline.picture is not None and not headline.picture.is_placeholder
