"""The gazetteer: countries, towns and named places, one id whatever the language a text names them in."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.tagger.tokens import Token, keys_of
from shared.languages import LANGUAGES

GAZETTEER = Path(__file__).resolve().parent / "places.json.gz"
#: A country's or hand-written name in the text's own language; the rest is GeoNames' untagged alternates.
_ANY_LANGUAGE = ""


@dataclass(frozen=True, slots=True)
class Place:
    """One place; `name` is as written in the gazetteer, in the language that it was looked up in."""

    link: str
    name: str
    is_small: bool  # written with a small first letter ("mer Rouge"), so met in small letters
    is_sure: bool  # named so in this very language by CLDR or by hand, not by an untagged alternate

    @property
    def is_country(self) -> bool:
        """Whether it is a CLDR territory."""
        return self.link.startswith("iso:")


class Gazetteer:
    """Places by the keys of their names, for each language its own names before everybody's."""

    def __init__(self, path: Path = GAZETTEER) -> None:
        rows = json.loads(gzip.decompress(path.read_bytes()))["places"]
        self._by_name: dict[str, dict[str, Place]] = {language: {} for language in (*LANGUAGES, _ANY_LANGUAGE)}
        self._longest: dict[str, int] = {}
        for link, _weight, shown, others in rows:
            for language, names in shown.items():
                for name in names:
                    self._add(language, link, name, names[0])
                    # A town's French name is met in Spanish and English papers too; a country's misleads
                    # (French "Mexico" is the city).
                    if not link.startswith("iso:"):
                        self._add(_ANY_LANGUAGE, link, name, name)
            for name in others:
                self._add(_ANY_LANGUAGE, link, name, name)

    def _add(self, language: str, link: str, name: str, shown: str) -> None:
        key = keys_of(name)
        self._by_name[language].setdefault(key, Place(link, shown, name[0].islower(), bool(language)))
        head, count = key.partition(" ")[0], key.count(" ") + 1
        if self._longest.get(head, 0) < count:
            self._longest[head] = count

    def longest_at(self, tokens: list[Token], start: int, head: str, language: str) -> tuple[int, Place | None]:
        """The longest place name at a word (`head` is its key, or the key without clitics) and its count of words."""
        longest = self._longest.get(head, 0)
        if not longest:
            return 0, None
        keys = [head]
        for token in tokens[start + 1 : start + longest]:
            if not token.is_joined:
                break
            keys.append(token.key)
        for count in range(len(keys), 0, -1):
            place = self.named(" ".join(keys[:count]), language)
            if place:
                return count, place
        return 0, None

    def named(self, key: str, language: str) -> Place | None:
        """The place of a name's key."""
        return self._by_name[language].get(key) or self._by_name[_ANY_LANGUAGE].get(key)


@cache
def gazetteer() -> Gazetteer:
    """The gazetteer that comes with the tagger, read once a process."""
    return Gazetteer()
