"""A headline as templates print it: everything worked out but its place on the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from markupsafe import Markup

from services.portal.addresses import Links
from services.portal.editions import Edition, local_time, machine_time
from shared.languages import LANGUAGES
from shared.store.headlines import Headline
from shared.store.images import ShownImage
from shared.store.shown import ShownText


@dataclass(frozen=True, slots=True)
class Card:
    """One headline of a page. What ends in `_attributes` goes into the tag of the text that it is named for."""

    url: str
    headline: str
    headline_attributes: Markup
    lead: str
    lead_attributes: Markup
    side_attributes: Markup  # a headline of the other direction takes what stands below it to its own side
    source_url: str
    source_name: str
    day: date
    time: str  # "" where no more than the day is known
    short_time: str  # the hour of today's, else the day
    machine_time: str
    is_edited: bool
    note: str  # in which language it is, or which a machine translated it from; "" if the reader's
    is_translated: bool
    picture: ShownImage | None
    picture_url: str

    @property
    def has_picture(self) -> bool:
        """Whether a picture is shown with it, not a placeholder."""
        return self.picture is not None and not self.picture.is_placeholder


def make_cards(headlines: Sequence[Headline], edition: Edition, links: Links) -> list[Card]:
    """The headlines of a page in an edition, in their order."""
    now = datetime.now(UTC)
    return [_make_card(one, edition, links, now) for one in headlines]


def mark_language(text: ShownText | None, edition: Edition) -> Markup:
    """The lang and dir attributes of a text, where they are not the page's own."""
    return _ATTRIBUTES[text.language] if text is not None and text.language != edition.code else Markup()


def _make_card(one: Headline, edition: Edition, links: Links, now: datetime) -> Card:
    local = local_time(one.published_at, one.time_zone)
    hour = edition.hour(local) if one.published_has_time else ""
    texts = edition.texts
    note = texts["machine_from"] if one.headline.is_translated else texts["in_language"]
    direction = LANGUAGES[one.headline.language].direction
    return Card(
        url=links.article(one.article_id),
        headline=one.headline.text,
        headline_attributes=mark_language(one.headline, edition),
        lead=one.lead.text if one.lead else "",
        lead_attributes=mark_language(one.lead, edition),
        side_attributes=Markup() if direction == edition.direction else _SIDES[direction],
        source_url=links.source(one.source_key),
        source_name=one.source_name,
        day=local.date(),
        time=hour,
        short_time=_shorten(local, hour, edition, now),
        machine_time=machine_time(one.published_at, local, one.published_has_time),
        is_edited=one.edited_at is not None,
        note="" if one.written_in == edition.code else note[one.written_in],
        is_translated=one.headline.is_translated,
        picture=one.picture,
        picture_url=links.thumbnail(one.picture.thumbnail_hash) if one.picture else "",
    )


def _shorten(local: datetime, hour: str, edition: Edition, now: datetime) -> str:
    today = now.astimezone(local.tzinfo).date()
    if local.date() == today:
        return hour or str(edition.texts["today"])
    return edition.short_day(local.date(), has_year=local.year != today.year)


_ATTRIBUTES = {
    code: Markup(' lang="{}" dir="{}"').format(code, language.direction) for code, language in LANGUAGES.items()
}
_SIDES = {direction: Markup(' dir="{}"').format(direction) for direction in ("ltr", "rtl")}
