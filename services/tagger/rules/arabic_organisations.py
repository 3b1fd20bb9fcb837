"""Organisations in Arabic by their head word: a ministry, bank or council and the definite words that name it."""

from services.tagger.engine import Span
from services.tagger.lexicon import first_names
from services.tagger.rules.arabic import bare, heads_of
from services.tagger.rules.text import Text
from services.tagger.tokens import Token

LONGEST_ORGANISATION = 7


def find_organisations(text: Text) -> list[Span]:
    """Every organisation that begins with a head word."""
    spans: list[Span] = []
    for index, token in enumerate(text.tokens):
        for head in heads_of(token.key):
            if head in text.lexicon.heads or head in text.lexicon.definite_heads:
                last = _end(text, index, head)
                if last > index:
                    written = text.text[token.start : text.tokens[last].end]
                    spans.append(text.span(index, last, "ORG", bare(written, token.key, head)))
                break
    return spans


def _end(text: Text, first: int, head: str) -> int:
    """The last word of the name, `first` itself if the head names nothing."""
    last = first
    for index in range(first + 1, min(len(text.tokens), first + LONGEST_ORGANISATION)):
        token = text.tokens[index]
        if token.gap != " " or not _continues(
            text, index, is_first=index == first + 1, is_definite=head.startswith("ال")
        ):
            break
        last = index
    lexicon = text.lexicon
    words = [token.key for token in text.tokens[first + 1 : last + 1]]
    if head in lexicon.definite_heads or head in lexicon.weak_heads:
        is_named = any(word in lexicon.naming_adjectives for word in words)
        return last if is_named or (head in lexicon.weak_heads and len(words) > 1) else first
    return last


def _continues(text: Text, index: int, *, is_first: bool, is_definite: bool) -> bool:
    token, lexicon = text.tokens[index], text.lexicon
    if token.key in lexicon.stop or token.key in lexicon.verbs or token.key in lexicon.titles:
        return False
    if token.key.startswith("ال"):
        return not is_definite or not is_first or token.key in lexicon.naming_adjectives
    if is_first:
        return _is_name_or_definite_pair(text, index) and not is_definite
    return token.key.startswith(("وال", "لل")) or _follows_first_name(text, index)


def _is_name_or_definite_pair(text: Text, index: int) -> bool:
    """ "جامعة محمد ...", "مجلس حقوق الإنسان": a first name, or a noun that a definite one completes."""
    token, after = text.tokens[index], text.after(index)
    if _is_first_name(token) or token.key == "عبد":
        return True
    return after is not None and after.key.startswith("ال") and after.key not in text.lexicon.titles | text.lexicon.stop


def _follows_first_name(text: Text, index: int) -> bool:
    before = text.tokens[index - 1]
    return _is_first_name(before) or before.key in {"بن", "عبد"}


def _is_first_name(token: Token) -> bool:
    return token.key in first_names(is_arabic=True)
