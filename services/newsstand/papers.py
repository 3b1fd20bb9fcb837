"""The four papers: names, addresses, sections, and how each of them announces what it prints."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

SECTIONS = ("politique", "economie", "sport", "culture", "meteo")


@dataclass(frozen=True, slots=True)
class Section:
    """A section as its paper has it in addresses and in print."""

    path: str
    name: str


@dataclass(frozen=True, slots=True)
class Paper:
    """One newspaper; `key` is its folder, its prefix in addresses and its key as a source."""

    key: str
    name: str
    language: str
    locale: str  # as HTML's lang attribute
    time_zone: str
    city: str
    motto: str
    sections: dict[str, Section]
    article_path: str  # with {section}, {slug} and {day}, below the prefix
    feed_path: str  # below the prefix, and below a section's
    feed_kind: str  # rss or atom
    feed_type: str  # the media type that its server gives
    feed_pictures: str  # enclosure or media: how an entry names its picture

    def section(self, slug: str) -> Section:
        """The section of one of SECTIONS' slugs."""
        return self.sections[slug]

    def path_of(self, section: str, slug: str, published_at: datetime) -> str:
        """Where an article lies on the server, unescaped."""
        day = published_at.astimezone(ZoneInfo(self.time_zone)).strftime("%Y/%m/%d")
        return f"/{self.key}/" + self.article_path.format(section=self.section(section).path, slug=slug, day=day)

    def feed_of(self, section: str = "") -> str:
        """Where the feed lies: the whole paper's, or a section's."""
        return (
            f"/{self.key}/{self.section(section).path}/{self.feed_path}" if section else f"/{self.key}/{self.feed_path}"
        )


def _sections(*rows: tuple[str, str]) -> dict[str, Section]:
    return {slug: Section(*row) for slug, row in zip(SECTIONS, rows, strict=True)}


PAPERS: dict[str, Paper] = {
    paper.key: paper
    for paper in (
        Paper(
            key="courrier-du-littoral",
            name="Le Courrier du Littoral",
            language="fr",
            locale="fr-MA",
            time_zone="Africa/Casablanca",
            city="Casablanca",
            motto="Le quotidien de la façade atlantique",
            sections=_sections(
                ("politique", "Politique"),
                ("economie", "Économie"),
                ("sport", "Sport"),
                ("culture", "Culture"),
                ("meteo", "Météo"),
            ),
            article_path="{section}/{slug}.html",
            feed_path="rss.xml",
            feed_kind="rss",
            feed_type="application/rss+xml; charset=utf-8",
            feed_pictures="enclosure",
        ),
        Paper(
            key="sahifat-al-atlas",
            name="صحيفة الأطلس",
            language="ar",
            locale="ar-MA",
            time_zone="Africa/Casablanca",
            city="مراكش",
            motto="يومية إلكترونية مستقلة من سفح الجبل",
            # Arabic in the path, as the Arabic press has it: every reader of addresses has to escape it alike.
            sections=_sections(
                ("سياسة", "سياسة"),
                ("اقتصاد", "اقتصاد"),
                ("رياضة", "رياضة"),
                ("ثقافة", "ثقافة وفن"),
                ("طقس", "طقس"),
            ),
            article_path="{section}/{slug}/",
            feed_path="feed/",
            feed_kind="rss",
            feed_type="text/xml; charset=utf-8",
            feed_pictures="media",
        ),
        Paper(
            key="el-faro-del-estrecho",
            name="El Faro del Estrecho",
            language="es",
            locale="es",
            time_zone="Europe/Madrid",
            city="Tánger",
            motto="Diario de las dos orillas",
            sections=_sections(
                ("politica", "Política"),
                ("economia", "Economía"),
                ("deportes", "Deportes"),
                ("cultura", "Cultura"),
                ("el-tiempo", "El tiempo"),
            ),
            article_path="{section}/{day}/{slug}",
            feed_path="atom.xml",
            feed_kind="atom",
            feed_type="application/atom+xml; charset=utf-8",
            feed_pictures="enclosure",
        ),
        Paper(
            key="maghreb-ledger",
            name="The Maghreb Ledger",
            language="en",
            locale="en",
            time_zone="Africa/Casablanca",
            city="Rabat",
            motto="Business, policy and ideas from Nouakchott to Tunis",
            sections=_sections(
                ("politics", "Politics"),
                ("business", "Business"),
                ("sport", "Sport"),
                ("arts", "Arts"),
                ("weather", "Weather"),
            ),
            article_path="{section}/{slug}",
            feed_path="feeds/latest.atom",
            feed_kind="atom",
            feed_type="application/atom+xml",
            feed_pictures="media",
        ),
    )
}
