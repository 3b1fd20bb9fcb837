"""Persons in Arabic: a name follows a title or office, or begins with a first name; ends at a verb or small word."""

from services.tagger.engine import Span
from services.tagger.lexicon import first_names
from services.tagger.places import gazetteer
from services.tagger.rules.arabic import bare, heads_of
from services.tagger.rules.text import Text

LONGEST_NAME = 4  # parts; "عبد X" and "بن X" count as one
_JOINS_NEXT = frozenset("عبد بن ابن ابو ابي ولد ال بنت ايت بو ام اد فان دي دو لو سان ماك".split())


def find_persons(text: Text) -> list[Span]:
    """Every person that a title or a first name gives away."""
    spans: list[Span] = []
    index = 0
    while index < len(text.tokens):
        last, head = _person_at(text, index)
        if last >= index:
            token = text.tokens[index]
            written = text.text[token.start : text.tokens[last].end]
            spans.append(text.span(index, last, "PER", bare(written, token.key, head)))
            index = last + 1
        else:
            index += 1
    return spans


def _person_at(text: Text, index: int) -> tuple[int, str]:
    token = text.tokens[index]
    if token.key in text.lexicon.stop or token.key in text.lexicon.verbs:
        return -1, ""
    names = first_names(is_arabic=True)
    head = next((head for head in heads_of(token.key) if head in names or head == "عبد"), "")
    titled = _has_title(text, index)
    if not head and titled and _may_be_name(text, index, is_after_title=True):
        head = token.key
        last = _end(text, index, is_titled=True)
        return last, head
    if not head and _follows_demonym(text, index):
        return index + 1, token.key
    if not head:
        return _spoken_by(text, index), token.key
    last = _end(text, index, is_titled=titled)
    # a lone first name is mostly a common word ("كريم", "أمل") unless a title stands before it
    return (last, head) if last > index or (titled and head == token.key) else (-1, "")


def _has_title(text: Text, index: int) -> bool:
    before = text.before(index)
    if before is None:
        return False
    return any(head in text.lexicon.titles for head in heads_of(before.key))


def _follows_demonym(text: Text, index: int) -> bool:
    """ "النجم البلجيكي إدين هازارد": two unknown words after a title and a demonym are a foreigner's name."""
    after = text.after(index)
    if (
        index < 2
        or after is None
        or after.gap != " "
        or not text.tokens[index].is_joined
        or not text.tokens[index - 1].is_joined
    ):
        return False
    demonym, title = text.tokens[index - 1].key, text.tokens[index - 2].key
    if demonym not in text.lexicon.demonyms or not any(
        head in text.lexicon.titles or head in text.lexicon.offices for head in heads_of(title)
    ):
        return False
    return all(
        _may_be_name(text, one, is_after_title=True) and not text.tokens[one].key.startswith(("ال", "و", "ب", "ل"))
        for one in (index, index + 1)
    )


def _end(text: Text, first: int, *, is_titled: bool) -> int:
    """The last word of a name that begins at `first`."""
    last, parts = first, 1
    if text.tokens[first].key.endswith("عبد") or text.tokens[first].key in _JOINS_NEXT:
        last = first + 1 if text.after(first) else first
    while parts < LONGEST_NAME:
        index = last + 1
        if index >= len(text.tokens) or text.tokens[index].gap not in (" ", "-"):
            break
        key = text.tokens[index].key
        if key in _JOINS_NEXT and text.after(index) and text.tokens[index + 1].gap == " ":
            last = index + 1
        elif _may_be_name(text, index, is_after_title=False) and (parts == 1 or _is_name_part(text, index)):
            last = index
        else:
            break
        parts += 1
    return last


def _may_be_name(text: Text, index: int, *, is_after_title: bool) -> bool:
    """Whether a word may be a surname: no small word, verb, demonym, place or noun with clitics."""
    key, lexicon = text.tokens[index].key, text.lexicon
    if len(key) < 2 or not key.isalpha() or key in lexicon.stop or key in lexicon.verbs or key in lexicon.titles:
        return False
    if key in lexicon.offices or key in lexicon.heads or key in lexicon.definite_heads:
        return False
    if key in lexicon.demonyms and (is_after_title or not _is_name_part(text, index, are_nisbas_names=False)):
        return False
    if is_after_title and (key.startswith("ال") and not key.endswith("ي")):
        return False
    if key.startswith(("وال", "بال", "لل", "فال")) or any(one in lexicon.verbs for one in heads_of(key)):
        return False
    place = gazetteer().named(key, "ar")
    return place is None or not place.is_sure or key in first_names(is_arabic=True)


def _is_name_part(text: Text, index: int, *, are_nisbas_names: bool = True) -> bool:
    key = text.tokens[index].key
    if key in first_names(is_arabic=True) or key in _ORDINALS:
        return True
    return are_nisbas_names and key.startswith("ال") and key.endswith("ي") and key not in text.lexicon.demonyms


_ORDINALS = frozenset("الاول الثاني الثالث الرابع الخامس السادس السابع الثامن التاسع العاشر".split())


def _spoken_by(text: Text, index: int) -> int:
    """ "وأضاف بنعيسى أن": an unknown word between a verb of speech and "that", if it is built as a surname."""
    before, after = text.before(index), text.after(index)
    if before is None or after is None or after.key not in {"ان", "انه", "انها"}:
        return -1
    if not any(head in text.lexicon.speech for head in heads_of(before.key)):
        return -1
    key = text.tokens[index].key
    is_surname = key.startswith(("بن", "بو", "ايت")) or (key.startswith("ال") and key.endswith("ي") and len(key) > 5)
    return index if is_surname and _may_be_name(text, index, is_after_title=True) else -1
