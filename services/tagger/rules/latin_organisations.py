"""Organisations in Latin script: those known by name, those that a head word begins or ends, and acronyms."""

from collections.abc import Iterator
from functools import cache

from services.tagger.engine import Span
from services.tagger.lexicon import first_names, organisations
from services.tagger.places import gazetteer
from services.tagger.rules.latin_persons import is_roman
from services.tagger.rules.text import Text
from services.tagger.tokens import Token

LONGEST_ORGANISATION = 14  # words, connectors counted
LONGEST_CALLED = 5  # words of a name that stands behind a common noun
MOST_SMALL_NOUNS = 3  # "Parti de la justice et du développement" has two
MOST_VOWELS = 0.4  # of an acronym's letters: DARPA and MASEN have no more
ACRONYM = range(3, 7)  # letters; two are initials or units too often
BRACKETED_ACRONYM = range(2, 9)
#: "le Parti travailliste de Jeremy Corbyn" ends before the person.
_POSSESSIVES = frozenset({"de", "d", "du", "of", "et", "y", "and"})
_JOINERS = frozenset({"et", "y", "e", "and"})
#: Articles: an acronym that sounds like a word has one.
_ARTICLES = frozenset("le la les l du des d au aux el los las del al the".split())
#: Acronyms that are common words in capitals too.
_SHOUTED_WORDS = frozenset("mas far ram map pam bad tap abc mp pp om ol ap un uma total vox".split())


def find_organisations(text: Text) -> list[Span]:
    """Every organisation; overlapping guesses are left to the caller."""
    spans: list[Span] = []
    for index, token in enumerate(text.tokens):
        known = _known_at(text, index)
        if known:
            spans.append(known)
        if text.is_shouted:
            continue
        spans += _noun_led(text, index)
        if token.is_capital and token.key in text.lexicon.tail_heads:
            first = _tailed_start(text, index)
            if first < index:
                spans.append(text.span(first, index, "ORG"))
        if token.is_upper and not known and _is_acronym(text, index):
            spans.append(text.span(index, index, "ORG"))
    return spans


def _known_at(text: Text, index: int) -> Span | None:
    token = text.tokens[index]
    longest = _longest().get(token.key, 0)
    if not longest or not (token.is_capital or token.text[0].isdigit()):
        return None
    keys = [token.key]
    for one in text.tokens[index + 1 : index + longest]:
        if not one.is_joined:
            break
        keys.append(one.key)
    for count in range(len(keys), 0, -1):
        found = organisations().get(" ".join(keys[:count]))
        if found and _is_written_so(text, index, count, found[1]):
            link, name = found
            return text.span(index, index + count - 1, "ORG", "" if count > 1 and not text.is_shouted else name, link)
    return None


def _is_written_so(text: Text, index: int, count: int, name: str) -> bool:
    token = text.tokens[index]
    if count > 1:
        return name[0].islower() or token.is_capital
    if text.is_shouted:
        return len(token.text) > 2 and token.key not in _SHOUTED_WORDS
    if name.isupper():
        return token.text == name or (len(name) > 4 and token.is_capital)
    before = text.before(index)
    is_town_too = gazetteer().named(token.key, text.language) is not None
    return not (is_town_too and before is not None and before.key in text.lexicon.place_before)


@cache
def _longest() -> dict[str, int]:
    longest: dict[str, int] = {}
    for key in organisations():
        head = key.partition(" ")[0]
        longest[head] = max(longest.get(head, 0), key.count(" ") + 1)
    return longest


def _headed_end(text: Text, first: int) -> int:
    """The last word of "Office national des aéroports"; the head itself if it names nothing."""
    tokens, last, index = text.tokens, first, first + 1
    small_nouns, capitals = 0, 0
    while index < min(len(tokens), first + LONGEST_ORGANISATION) and tokens[index].is_joined:
        token = tokens[index]
        if token.is_capital and token.gap != ".":
            last, capitals = index, capitals + 1
        elif token.key in text.lexicon.connectors:
            noun = _after_connectors(text, index, first)
            if not noun:
                break
            small_nouns += not tokens[noun].is_capital
            capitals += tokens[noun].is_capital
            if small_nouns > MOST_SMALL_NOUNS:
                break
            last = index = noun
        elif _is_adjective(text, token):
            last = index
        else:
            break
        index += 1
    return last if _names_something(text, first, last, capitals) else first


def _noun_led(text: Text, index: int) -> Iterator[Span]:
    """The organisation that a head ("Office national des pêches") or a common noun ("association Warqa") begins."""
    token, lexicon = text.tokens[index], text.lexicon
    if token.key in lexicon.heads and (token.is_capital or token.key in lexicon.lower_heads):
        last = _headed_end(text, index)
        if last > index:
            yield text.span(_led_start(text, index), last, "ORG")
    if token.key in lexicon.namers and not token.is_capital:
        last = _named_end(text, index)
        if last > index:
            yield text.span(index + 1, last, "ORG")


def _led_start(text: Text, head: int) -> int:
    """The first word of "National Agency for ...": English writes an organisation's adjectives before its head."""
    first = head
    while text.language == "en" and first and text.tokens[first].gap == " ":
        before = text.tokens[first - 1]
        is_title = before.key in text.lexicon.titles and before.key != "general"
        if not before.is_capital or is_title or before.key in text.lexicon.stop:
            break
        first -= 1
    return first


def _named_end(text: Text, namer: int) -> int:
    """The last word of what "l'association Warqa", "la cooperativa Mar de Lixus" is called; the noun itself if none."""
    tokens, last = text.tokens, namer
    for index in range(namer + 1, min(len(tokens), namer + 1 + LONGEST_CALLED)):
        token = tokens[index]
        if token.gap != " " or token.key in text.lexicon.demonyms:
            break
        if token.is_capital:
            last = index
        elif last == namer or token.key not in _POSSESSIVES or _is_place(text, index + 1):
            break
    return last


def _after_connectors(text: Text, index: int, first: int) -> int:
    """The noun that connectors lead to, 0 if they lead out of the name."""
    tokens, noun = text.tokens, index
    while (
        noun < len(tokens)
        and tokens[noun].is_joined
        and not tokens[noun].is_capital
        and tokens[noun].key in text.lexicon.connectors
    ):
        noun += 1
    if noun >= len(tokens) or not tokens[noun].is_joined:
        return 0
    token = tokens[noun]
    if tokens[index].key in _JOINERS and (_is_place(text, noun) or token.key in text.lexicon.heads or token.is_upper):
        return 0
    if token.is_capital:
        is_someone_s = token.key in first_names(is_arabic=False) and index > first + 1
        return 0 if is_someone_s and tokens[index].key in _POSSESSIVES else noun
    # only French writes "Parti de la justice" with small nouns
    is_small_noun = (
        text.language == "fr" and token.key.isalpha() and len(token.key) > 3 and token.key not in text.lexicon.stop
    )
    return noun if is_small_noun else 0


def _is_adjective(text: Text, token: Token) -> bool:
    endings = text.lexicon.adjective_endings
    is_word = token.key in text.lexicon.stop or token.key in text.lexicon.speech  # "rappelle" ends like an adjective
    return bool(endings) and len(token.key) > 4 and token.key.endswith(endings) and not is_word


def _names_something(text: Text, first: int, last: int, capitals: int) -> bool:
    head = text.tokens[first]
    if last == first:
        return False
    if text.language == "en":
        return text.tokens[first + 1].key in {"of", "for"} and capitals > 0
    if not head.is_capital or head.opens:
        return capitals > 0
    return True


def _tailed_start(text: Text, last: int) -> int:
    """The first word of "African Development Bank", "Attijariwafa Bank"; the tail itself if nothing leads up to it."""
    first = last
    while first and text.tokens[first].gap in (" ", "-", "'"):
        before = text.tokens[first - 1]
        if not before.is_capital or before.key in text.lexicon.titles or len(before.text) == 1:
            break
        first -= 1
    while first < last and text.tokens[first].key in text.lexicon.stop:
        first += 1
    if text.tokens[last].gap != " " or (last - first == 1 and text.tokens[first].key in text.lexicon.demonyms):
        return last
    return first


def _is_acronym(text: Text, index: int) -> bool:
    token = text.tokens[index]
    letters = BRACKETED_ACRONYM if token.gap.endswith("(") else ACRONYM
    if len(token.text) not in letters or not token.text.isalpha() or is_roman(token.text):
        return False
    if token.key in text.lexicon.not_acronyms or token.key in first_names(is_arabic=False):
        return False
    if gazetteer().named(token.key, text.language) and text.language != "ar":
        return False
    if letters is ACRONYM and _is_said_loudly(text, index):
        return False
    neighbours = (text.before(index), text.after(index))
    return not any(one is not None and (one.is_upper and len(one.text) > 4) for one in neighbours)


def _is_said_loudly(text: Text, index: int) -> bool:
    """ "vigilance ORANGE", "y EVITAR los": as many vowels as a word has, and no article."""
    key, before = text.tokens[index].key, text.before(index)
    vowels = sum(letter in "aeiouy" for letter in key)
    return len(key) > 4 and vowels / len(key) > MOST_VOWELS and before is not None and before.key not in _ARTICLES


def _is_place(text: Text, index: int) -> bool:
    return gazetteer().longest_at(text.tokens, index, text.tokens[index].key, text.language)[0] > 0
