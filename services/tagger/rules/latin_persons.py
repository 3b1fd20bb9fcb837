"""Persons in Latin script: capitals that a title, a first name, an apposition or a verb of speech vouches for."""

import re

from services.tagger.engine import Span
from services.tagger.lexicon import Lexicon, first_names, organisations
from services.tagger.places import gazetteer
from services.tagger.rules.text import Text
from services.tagger.tokens import Token

LONGEST_NAME = 5  # words with a capital
LOOK_BACK = 8  # "la ministre de l'Économie et des Finances, Nadia ..." has seven words between
SHORTEST_LONE = 3
MOST_UNKNOWN = 3  # small words between a title and the name in apposition to it
_ROMAN = re.compile(r"[IVX]{1,5}(?:er)?$")
#: A surname follows at once, so they vouch for nothing further on.
_CIVILITIES = frozenset("m mm mme mlle mr mrs ms miss sr sra srta dr dra me don dona madame monsieur".split())
_BEFORE_PLACE = frozenset({"de", "d", "du", "des", "del", "of"})


def find_persons(text: Text) -> list[Span]:
    """Every person that something vouches for."""
    if text.is_shouted:
        return []
    spans, index = [], 0
    while index < len(text.tokens):
        if not text.tokens[index].is_capital:
            index += 1
            continue
        first, last = _name_run(text, index)
        if first <= last and _is_person(text, first, last):
            spans.append(text.span(first, last, "PER"))
        index = max(last, index) + 1
    return spans


def _name_run(text: Text, start: int) -> tuple[int, int]:
    """The first and last word of a run of capitals, without what leads up to a name."""
    first = start
    while first < len(text.tokens) and _leads_up(text, first, start):
        first += 1
    if (
        first >= len(text.tokens)
        or not text.tokens[first].is_capital
        or (first > start and not text.tokens[first].is_joined)
    ):
        return first, first - 1
    last, capitals = first, 1
    while capitals < LONGEST_NAME:
        following = _next_part(text, last, first)
        if not following:
            break
        last, capitals = following, capitals + 1
    return first, last


def _leads_up(text: Text, index: int, start: int) -> bool:
    token, lexicon = text.tokens[index], text.lexicon
    if index > start and not token.is_joined:
        return False
    if not token.is_capital:
        return False
    if len(token.text) == 1 and token.text != "M":
        after = text.after(index)
        return bool(after and after.gap == "'" and token.key in {"l", "d", "s", "n", "c", "j", "m", "t"})
    if index > start and text.tokens[index - 1].key in _CIVILITIES:
        return False  # "Mrs May"
    known = token.key in first_names(is_arabic=False) and token.key not in lexicon.stop
    return not known and _is_no_name(lexicon, token.key)


def _is_no_name(lexicon: Lexicon, key: str) -> bool:
    return (
        key in lexicon.stop
        or key in lexicon.calendar
        or key in lexicon.demonyms
        or key in lexicon.titles
        or key in lexicon.appositions
    )


def _ends_name(text: Text, index: int, first: int) -> bool:
    """Whether a capital word begins something else: "Theresa May" goes on, "Guy Parmelin President" does not."""
    key, before, lexicon = text.tokens[index].key, text.tokens[index - 1], text.lexicon
    if before.key in lexicon.particles or (index == first + 1 and before.key in first_names(is_arabic=False)):
        return False
    return (
        key in lexicon.titles
        or key in lexicon.calendar
        or key in lexicon.demonyms
        or key in lexicon.heads
        or key in lexicon.appositions
    )


def _next_part(text: Text, last: int, first: int) -> int:
    """The next capital word of a name, over particles; 0 at the name's end."""
    index = last + 1
    tokens, lexicon = text.tokens, text.lexicon
    while index < len(tokens) and tokens[index].is_joined and index - last <= 3:
        token = tokens[index]
        if token.gap == "." and len(tokens[index - 1].text) > 1:
            return 0
        if token.is_capital:
            crosses = index > last + 1 and tokens[last + 1].key in _BEFORE_PLACE
            # "Infraestructuras de la ONCF"
            leaves = crosses and (_is_place(text, index) or (token.is_upper and not tokens[first].is_upper))
            return 0 if leaves or _ends_name(text, index, first) else index
        if token.key not in lexicon.particles:
            return 0
        index += 1
    return 0


def _is_person(text: Text, first: int, last: int) -> bool:
    token = text.tokens[first]
    if first == last:
        return _is_lone_person(text, first)
    if text.tokens[first].key in text.lexicon.heads or text.tokens[last].key in text.lexicon.tail_heads:
        return False
    if _is_all_places(text, first, last) or _is_organisation(text, first, last):
        return False
    if token.is_upper and not all(one.is_upper for one in text.tokens[first : last + 1]):
        return False
    return _has_first_name(text, first, last) or _has_title(text, first) or _is_vouched(text, first, last)


def _is_lone_person(text: Text, index: int) -> bool:
    token, before = text.tokens[index], text.before(index)
    if len(token.text) < SHORTEST_LONE or token.is_upper or _is_sure_place(text, index):
        return False
    if token.key in text.lexicon.heads or token.key in organisations():
        return False
    if before is not None and before.key in text.lexicon.titles and token.gap in (" ", "."):
        return not text.lexicon.tail_heads & {token.key}
    if token.opens or (before is not None and (before.is_capital or before.key in _BEFORE_PLACE)):
        return False
    return _speech_beside(text, index, index, reach=2) and not _is_place(text, index)


def _has_first_name(text: Text, first: int, last: int) -> bool:
    key = text.tokens[first].key
    if key in first_names(is_arabic=False):
        return True
    initial = len(text.tokens[first].text) == 1 and text.tokens[first + 1].gap == "."
    middle = any(len(one.text) == 1 and one.gap == " " for one in text.tokens[first + 1 : last])
    return initial or (middle and not text.tokens[first].opens) or _begins_arabic_name(text, first)


def _begins_arabic_name(text: Text, first: int) -> bool:
    """ "Abdel Karim", "Ould Bah", "El Fassi" after a capital particle that begins no place."""
    return text.tokens[first].key in {"abdel", "abd", "abou", "ould", "ait"} and not _is_place(text, first)


def _has_title(text: Text, first: int) -> bool:
    before = text.before(first)
    return before is not None and before.key in text.lexicon.titles


def _is_vouched(text: Text, first: int, last: int) -> bool:
    if text.lexicon.stop & {one.key for one in text.tokens[first : last + 1] if one.is_capital}:
        return False
    if any(_is_place(text, index) for index in range(first, last + 1)) and not _title_before(text, first):
        return False
    if _title_before(text, first) or _apposition_after(text, last) or _speech_beside(text, first, last, reach=3):
        return True
    return _looks_like_name(text, first, last)


def _title_before(text: Text, first: int) -> bool:
    """ "le ministre de l'Intérieur, X Y": a title in the words before, one comma at the most between."""
    commas, unknown = 0, 0
    for index in range(first, max(first - LOOK_BACK, 0), -1):
        gap = text.tokens[index].gap
        if not text.tokens[index].is_joined:
            commas += 1
            if gap.strip() != "," or commas > 1:
                return False
        before = text.tokens[index - 1]
        if not commas and before.key in _BEFORE_PLACE and index == first:
            return False  # "el director de Aduanas del Norte": what the title is of
        if before.key in text.lexicon.titles and before.key not in _CIVILITIES:
            return True
        unknown += not before.is_capital and before.key not in text.lexicon.connectors | text.lexicon.demonyms
        if unknown > (MOST_UNKNOWN if commas else 1):
            return False
    return False


def _apposition_after(text: Text, last: int) -> bool:
    after = text.tokens[last + 1 : last + 4]
    if not after or not after[0].gap.startswith((",", " (")):
        return False
    return any(token.key in text.lexicon.appositions for token in after)


def _speech_beside(text: Text, first: int, last: int, reach: int) -> bool:
    before, speech = text.before(first), text.lexicon.speech
    if before is not None and before.key in speech:
        return True
    following: list[Token] = []
    for token in text.tokens[last + 1 : last + 1 + reach]:
        if not token.is_joined or token.is_capital:
            break
        following.append(token)
    return any(token.key in speech for token in following)


def _looks_like_name(text: Text, first: int, last: int) -> bool:
    """Common nouns are written small: two or three capitals that no article leads are mostly a person."""
    tokens = text.tokens[first : last + 1]
    if not 2 <= len(tokens) <= 3 or (tokens[0].opens and (text.language == "en" or len(tokens) > 2)):
        return False
    if any(not one.is_capital or one.text[1:].lower() != one.text[1:] for one in tokens):
        return False
    before, after = text.before(first), text.after(last)
    # "l'Éthiopien Dawit Lemessa": only French writes no adjective so
    is_led = before is not None and text.language == "fr" and before.is_capital and before.key in text.lexicon.demonyms
    if before is not None and not is_led and (before.is_capital or before.key in _BEFORE_THINGS):
        return False
    if after is not None and (after.is_capital or after.key in _BEFORE_PLACE):
        return False
    return not any(one.key in text.lexicon.heads for one in tokens)


#: After these stand clubs, works and things ("le Grand Prix", "au Camp Nou"), seldom a person.
_BEFORE_THINGS = frozenset(
    "le la les l du des au aux el los las del al un une una en the an in at on its their this that 's".split()
)


def _is_place(text: Text, index: int) -> bool:
    return gazetteer().longest_at(text.tokens, index, text.tokens[index].key, text.language)[0] > 0


def _is_sure_place(text: Text, index: int) -> bool:
    place = gazetteer().named(text.tokens[index].key, text.language)
    return place is not None and place.is_sure


def _is_all_places(text: Text, first: int, last: int) -> bool:
    index = first
    while index <= last:
        count, place = gazetteer().longest_at(text.tokens, index, text.tokens[index].key, text.language)
        if not count or not (place and (place.is_sure or count > 1)):
            return False
        index += count
    return True


def _is_organisation(text: Text, first: int, last: int) -> bool:
    return " ".join(token.key for token in text.tokens[first : last + 1]) in organisations()


def is_roman(word: str) -> bool:
    """Whether a word is a small Roman numeral, as kings have."""
    return bool(_ROMAN.match(word))
