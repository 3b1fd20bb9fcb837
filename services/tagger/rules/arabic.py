"""Names in Arabic script, where no capital helps: known names, title words, first names and head words."""

from collections.abc import Iterator
from functools import cache

from services.tagger.engine import Span
from services.tagger.lexicon import first_names, organisations
from services.tagger.places import Place, gazetteer
from services.tagger.rules.text import Text
from services.tagger.tokens import fold

#: Small places of GeoNames that are everyday words: per cent (twice), city, the city, average.
NO_PLACES = frozenset(fold(word) for word in ("المائة", "المئة", "مدينة", "المدينة", "المتوسط"))
SHORTEST_BARE = 3  # letters left when a clitic is taken off


def heads_of(key: str) -> Iterator[str]:
    """A word's key as it stands, then without the clitics it may carry (wa-, fa-, bi-, li-, ka-), longest first."""
    yield key
    rests = [key]
    if len(key) > SHORTEST_BARE and key[0] in "وف":
        rests.append(key[1:])
        yield key[1:]
    for rest in rests:
        if rest.startswith("لل") and len(rest) > SHORTEST_BARE + 1:
            yield "ال" + rest[2:]
        if len(rest) > SHORTEST_BARE and rest[0] in "بلك":
            yield rest[1:]


def bare(text: str, key: str, head: str) -> str:
    """A name as written, less the clitics that its key lost on the way to `head`."""
    if head == key:
        return text
    if head.startswith("ال") and not key.endswith(head):
        return "ال" + text[len(key) - len(head) + 2 :]
    return text[len(key) - len(head) :]


def find_places(text: Text) -> list[Span]:
    """Gazetteer names, whole words with their clitics."""
    spans: list[Span] = []
    index = 0
    while index < len(text.tokens):
        count, place, head = _place_at(text, index)
        if place and _is_meant(text, index, count, place, head):
            last = index + count - 1
            token = text.tokens[index]
            as_written = bare(text.text[token.start : text.tokens[last].end], token.key, head)
            spans.append(text.span(index, last, "LOC", place.name if place.is_sure else as_written, place.link))
        index += max(count, 1)
    return spans


def _place_at(text: Text, index: int) -> tuple[int, Place | None, str]:
    key = text.tokens[index].key
    for head in heads_of(key):
        count, place = gazetteer().longest_at(text.tokens, index, head, "ar")
        if place and (head == key or place.is_sure or len(head) > 4):
            return count, place, head
    return 0, None, ""


def _is_meant(text: Text, index: int, count: int, place: Place, head: str) -> bool:
    token, before = text.tokens[index], text.before(index)
    has_place_before = before is not None and before.key in text.lexicon.place_before
    if count > 1:
        return True
    if head in NO_PLACES or head in text.lexicon.stop or head in text.lexicon.verbs or token.key in text.lexicon.stop:
        return False
    if head in text.lexicon.traps or not place.is_sure:
        # "في العيون" and "بالعيون" are the town; "دمعت العيون" is not
        return has_place_before or (head != token.key and token.key[0] in "بل" and head.startswith("ال"))
    return not (head in first_names(is_arabic=True) and not has_place_before)


def find_known_organisations(text: Text) -> list[Span]:
    """Organisations from the hand list."""
    spans: list[Span] = []
    longest = _longest()
    for index, token in enumerate(text.tokens):
        for head in heads_of(token.key):
            most = longest.get(head, 0)
            keys = [head]
            for one in text.tokens[index + 1 : index + most]:
                if not one.is_joined:
                    break
                keys.append(one.key)
            count = next(
                (size for size in range(len(keys), 0, -1) if most and " ".join(keys[:size]) in organisations()), 0
            )
            if count and not (count == 1 and _is_common(text, index, head)):
                link, name = organisations()[" ".join(keys[:count])]
                spans.append(text.span(index, index + count - 1, "ORG", name, link))
                break
    return spans


#: Clubs, papers and parties whose names are common words: alone they need a head or a club's verb beside them.
_COMMON_NAMES = frozenset(
    "الرجاء الوداد النهضه الجزيره الاهلي الكاف كاف الترجي الاناضول البام فوكس ميتا حماس مازن".split()
)
_CLUB_WORDS = frozenset(
    (
        "فريق نادي لفريق فوز تعادل هزيمه مباراه لاعب مدرب جمهور جماهير قناه شبكه وكاله حركه حزب امام ضد على مع بين "
        "واجه فاز خسر رئيس هاجم تهزم قاد"
    ).split()
)


def _is_common(text: Text, index: int, head: str) -> bool:
    before, after = text.before(index), text.after(index)
    if head not in _COMMON_NAMES or head == "حماس":
        return head == "حماس" and not (
            before is not None and before.key in {"حركه", "مع", "بين", "ضد", "من", "ان", "وفد"}
        )
    return not any(one is not None and one.key in _CLUB_WORDS for one in (before, after))


@cache
def _longest() -> dict[str, int]:
    longest: dict[str, int] = {}
    for key in organisations():
        head = key.partition(" ")[0]
        longest[head] = max(longest.get(head, 0), key.count(" ") + 1)
    return longest
