"""The portal's addresses: how its routes are written, and the links that a page has by the hundred."""

from dataclasses import dataclass
from urllib.parse import quote

from flask import url_for

from shared.languages import LANGUAGES
from shared.models import ID_MOST

#: /fr, /ar, … : every page is in one edition.
EDITION = f"/<any({', '.join(LANGUAGES)}):language>"
#: A larger number is no address, instead of an error of the database.
ID = f"int(max={ID_MOST})"


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses in one edition, as url_for makes them, which took a third of a front page's CPU (144 links)."""

    front: str  # ends with a slash
    root: str

    def article(self, article_id: int) -> str:
        """An article's page."""
        return f"{self.front}article/{article_id}"

    def source(self, key: str) -> str:
        """A source's page."""
        return f"{self.front}source/{quote(key, safe='')}"

    def thumbnail(self, thumbnail_hash: str) -> str:
        """A picture's file."""
        return f"{self.root}image/{thumbnail_hash}.webp"


def links_in(code: str) -> Links:
    """The addresses in a language's edition, wherever the portal is mounted."""
    return Links(url_for("pages.front", language=code), url_for("pages.choose"))
