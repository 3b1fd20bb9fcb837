"""The first engine: places from the gazetteer, persons and organisations by rule and word list."""

from services.tagger.engine import Span, without_overlaps
from services.tagger.rules import (
    arabic,
    arabic_organisations,
    arabic_persons,
    latin_organisations,
    latin_persons,
    latin_places,
)
from services.tagger.rules.text import Text, inside_nicknames, read


class Engine:
    """Word lists, capitals and context; no model, no download."""

    name = "rules"
    version = "1"
    languages = frozenset({"fr", "ar", "es", "en"})

    def find(self, text: str, language: str) -> list[Span]:
        """The names in a text, in reading order, none overlapping."""
        words = read(text, language)
        spans = _arabic(words) if language == "ar" else _latin(words)
        nicknames = inside_nicknames(words)
        meant = [one for one in spans if not any(start <= one.start and one.end <= end for start, end in nicknames)]
        return without_overlaps(meant)


def _latin(words: Text) -> list[Span]:
    # Of two guesses over the same words the first listed wins: "Santiago Bernabéu" is a stadium, "M. Paris" a person.
    organisations = latin_organisations.find_organisations(words)
    places = latin_places.find_places(words)
    persons = latin_persons.find_persons(words)
    return [*organisations, *(place for place in places if " " in place.canonical), *persons, *places]


def _arabic(words: Text) -> list[Span]:
    known = arabic.find_known_organisations(words)
    starts = {span.start for span in known}
    headed = [one for one in arabic_organisations.find_organisations(words) if one.start not in starts]
    places = arabic.find_places(words)
    return [
        *known,
        *headed,
        *(place for place in places if " " in place.canonical),
        *arabic_persons.find_persons(words),
        *places,
    ]
