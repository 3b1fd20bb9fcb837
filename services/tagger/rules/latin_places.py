"""Places in Latin script: gazetteer names whose capital says something, and stadiums, streets, airports."""

import re

from services.tagger.engine import Span
from services.tagger.lexicon import first_names
from services.tagger.places import Place, gazetteer
from services.tagger.rules.text import Text

LONGEST_NAMED_PLACE = 4
#: "le XVIe siècle": districts of Paris are called so too.
_ORDINAL = re.compile(r"[IVXL]+(?:e|è|er|re|ère|ème)?")


def find_places(text: Text) -> list[Span]:
    """Every place; the rest of a longer name may still claim it."""
    spans: list[Span] = []
    names, index = gazetteer(), 0
    while index < len(text.tokens):
        named_end = _named_place_end(text, index)
        named = [text.span(index, named_end, "LOC")] if named_end else []
        token, count = text.tokens[index], 0
        place: Place | None = None
        if token.text[0].isalpha():
            count, place = names.longest_at(text.tokens, index, token.key, text.language)
        if place and _is_meant(text, index, count, place):
            canonical = place.name if place.is_sure else ""
            span = text.span(index, index + count - 1, "LOC", canonical, place.link)
            spans.append(span)  # before a named place of the same words: it has a link
            index += count
        else:
            index += 1
        spans += named
    return spans


def _is_meant(text: Text, first: int, count: int, place: Place) -> bool:
    token, last = text.tokens[first], text.tokens[first + count - 1]
    if not (token.is_capital or place.is_small) or not any(
        one.is_capital for one in text.tokens[first : first + count]
    ):
        return False
    if text.is_shouted:
        return place.is_sure and (count > 1 or token.key not in text.lexicon.traps or _has_place_before(text, first))
    if count > 1:
        return last.is_capital or place.name.split()[-1][0].islower()
    return _is_single_meant(text, first, place)


def _is_single_meant(text: Text, index: int, place: Place) -> bool:
    token, lexicon = text.tokens[index], text.lexicon
    is_word = token.key in lexicon.stop or token.key in lexicon.calendar or token.key in lexicon.demonyms
    is_acronym = token.is_upper and len(token.text) <= 3 and not place.is_sure
    if is_word or is_acronym or _ORDINAL.fullmatch(token.text) or _is_bound_by_hyphen(text, index):
        return False
    if _has_place_before(text, index):
        return not _runs_on(text, index) or place.is_sure
    if token.key in lexicon.traps and (token.opens or not _is_spelt_as(token.text, place)):
        return False
    if place.is_sure and token.key not in lexicon.traps:
        return True
    if token.key in first_names(is_arabic=False) and token.opens:
        return False
    return not _runs_on(text, index) and not _follows_name(text, index)


def _has_place_before(text: Text, index: int) -> bool:
    before = text.before(index)
    return before is not None and before.key in text.lexicon.place_before


def _is_spelt_as(word: str, place: Place) -> bool:
    return not place.is_sure or word.casefold() == place.name.casefold() or word.isascii() == place.name.isascii()


def _runs_on(text: Text, index: int) -> bool:
    """Whether a capital word follows that is no place: then this one is likely a first name or half a company."""
    after = text.after(index)
    return (
        after is not None and after.is_capital and after.key not in text.lexicon.stop and not _is_place(text, index + 1)
    )


def _follows_name(text: Text, index: int) -> bool:
    before = text.before(index)
    if before is None or not before.is_capital or (before.opens and before.key in text.lexicon.stop):
        return False
    return before.key not in text.lexicon.stop and not _is_place(text, index - 1)


def _is_bound_by_hyphen(text: Text, index: int) -> bool:
    """Half of a double name ("Al-Rabat"), unless both halves are places ("Washington-Pyongyang")."""
    token, after = text.tokens[index], text.after(index)
    if token.gap == "-" and text.tokens[index - 1].is_capital and not _is_place(text, index - 1):
        return True
    return after is not None and after.gap == "-" and after.is_capital and not _is_place(text, index + 1)


def _is_place(text: Text, index: int) -> bool:
    return gazetteer().longest_at(text.tokens, index, text.tokens[index].key, text.language)[0] > 0


def _named_place_end(text: Text, first: int) -> int:
    """The last word of "stade Mohammed V", "rue de la Liberté", "Etihad Stadium"; 0 if there is none."""
    token, lexicon = text.tokens[first], text.lexicon
    if text.is_shouted:
        return 0
    if token.key in lexicon.place_heads:
        return _headed_end(text, first)
    if token.key == "sidi":
        return first + 1 if _is_saints_place(text, first) else 0
    return _tailed_end(text, first)


def _tailed_end(text: Text, first: int) -> int:
    token, tokens, lexicon = text.tokens[first], text.tokens, text.lexicon
    if not lexicon.place_tails or not token.is_capital or token.key in lexicon.stop:
        return 0
    for last in range(first + 1, min(first + LONGEST_NAMED_PLACE, len(tokens))):
        if not (tokens[last].gap in (" ", "'") and tokens[last].is_capital):
            return 0
        if tokens[last].key in lexicon.place_tails and not (token.opens and last - first > 2):
            return last
    return 0


def _is_saints_place(text: Text, first: int) -> bool:
    """ "à Sidi Kaouki": two words after a place's preposition; "de Sidi Ould Bahah" and "Sidi Mohammed" are persons."""
    after, beyond = text.after(first), text.after(first + 1)
    if after is None or not after.is_capital or after.key in first_names(is_arabic=False) | text.lexicon.particles:
        return False
    return _has_place_before(text, first) and (beyond is None or not beyond.is_capital)


def _headed_end(text: Text, first: int) -> int:
    tokens, last, index = text.tokens, 0, first + 1
    while index < len(tokens) and index - first <= LONGEST_NAMED_PLACE + 2 and tokens[index].is_joined:
        token = tokens[index]
        if token.is_capital or (token.text.isdigit() and index > first + 1):
            last = index
        elif token.key not in _SMALL:
            break
        index += 1
    # "gare de Lyon" and "rue Allal Ben Abdellah" are names; "quartier" before a town is not
    return last if last and not (tokens[first].opens and tokens[first].is_capital and last == first + 1) else 0


_SMALL = frozenset({"de", "du", "des", "la", "le", "l", "d", "del", "los", "las", "el", "ben", "al", "bin"})
