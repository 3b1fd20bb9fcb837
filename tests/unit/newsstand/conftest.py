"""A tiny press: five articles of our own in a folder."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.newsstand.articles import load_articles
from services.newsstand.press import Newsstand

OPENED_AT = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

PHARE = """+++
language = "fr"
headline = "Le phare d'El Hank rallumé : coût < devis & délais tenus"
standfirst = "Les marins l'attendaient."
byline = ["Salma Idrissi", "Omar Naciri"]
section = "culture"
age_minutes = 95
picture = "harbour"
caption = "Le phare, vu du port."
related = ["quai"]
edited = true

[edit]
headline = "Le phare d'El Hank éteint de nouveau"
append = "Correction : une lampe a grillé.\\n\\nElle sera changée lundi."
+++
Le phare a été rallumé lundi soir.

Les pêcheurs ont applaudi.

Lire aussi | Une digue pour Sidi Rahal

La lampe porte à trente milles.
"""
QUAI = """+++
language = "fr"
headline = "Le quai s'allonge"
standfirst = ""
byline = []
section = "economie"
age_minutes = 30
picture = ""
caption = ""
slug2 = "quai-long"
related = ["phare"]
+++
Trente mètres de plus.

Et deux grues.

Le port respire.
"""
REVUE = """+++
language = "fr"
headline = "La ministre attendue à Agadir"
standfirst = "Trois jours de visite."
byline = []
section = "politique"
age_minutes = 2000
picture = "parliament"
caption = "Le palais."
aggregator = true
source_name = "Défi Économique"
source_day = "2020-09-29"
source_url = "/courrier-du-littoral/defi/ministre"
+++
Elle arrive lundi.

Lire aussi | Les agrumes préparent la campagne

Elle repart mercredi.
"""
THALJ = """+++
language = "ar"
headline = "الثلوج تغطي الأطلس"
standfirst = "نشرة إنذارية من المستوى البرتقالي."
byline = ["حليمة أوشن"]
section = "meteo"
age_minutes = 105
picture = "mountains"
caption = "قمم الأطلس."
+++
تساقطت الثلوج ليلة الاثنين.

وأغلقت طريق تيشكا.
"""
FARO = """+++
language = "es"
headline = "El faro cumple cien años"
standfirst = "Una fiesta en la playa."
byline = ["Lucía Oliva"]
section = "culture"
age_minutes = 700
picture = "train"
caption = "El faro."
+++
La torre se encendió en 1926.

El farero aún vive allí.
"""
LEDGER = """+++
language = "en"
headline = "Bond sells out in an afternoon"
standfirst = "Demand was four times the offer."
byline = ["Imogen Hartley"]
section = "economie"
age_minutes = 60
picture = "solar"
caption = "Panels near Ouarzazate."
+++
The bond was sold by four o'clock.

Read also: A cactus disease retreats

Buyers came from six countries.
"""
FILES = {
    "courrier-du-littoral/phare.md": PHARE,
    "courrier-du-littoral/quai.md": QUAI,
    "courrier-du-littoral/ministre.md": REVUE,
    "sahifat-al-atlas/thalj.md": THALJ,
    "el-faro-del-estrecho/faro.md": FARO,
    "maghreb-ledger/bond.md": LEDGER,
}


@pytest.fixture(scope="session")
def article_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny press's articles as files."""
    folder = tmp_path_factory.mktemp("articles")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def open_newsstand(article_folder: Path) -> Callable[..., Newsstand]:
    """Make newsstands of the tiny press, opened at a known moment and edited only when told."""

    def make(**options: object) -> Newsstand:
        return Newsstand(
            **{"articles": load_articles(article_folder), "epoch": OPENED_AT, "edited_after": None, **options}
        )

    return make


@pytest.fixture
def newsstand(open_newsstand) -> Newsstand:
    """The tiny press."""
    return open_newsstand()


@pytest.fixture
def phare_text() -> str:
    """A good article's file."""
    return PHARE
