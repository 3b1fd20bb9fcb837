"""Words with their offsets and matching keys: spelling is evened out in the key, never in the text."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Marks belong to their word: accents written apart, Arabic vowel signs, the tatweel (a letter to Python already).
_MARKS = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670"
_WORD = re.compile(rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*")
_ADDRESS = re.compile(
    r"(?:https?://|www\.)\S+|\S+@\S+|@\w+|#\w+|\b[\w-]+(?:\.[\w-]+)*\.(?:com|org|net|ma|dz|tn|fr|es|info|eu|uk)\b(?:/\S*)?"
)
_SENTENCE_END = re.compile(r"[.!?…:;؟؛•\n]|[-–—] ")
_QUOTES = '«»“”"‘„‹›'
_APOSTROPHES = "'’ʼ‘`´"
_HYPHENS = "-\u2010\u2011"
_ARABIC_KEY = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ـ": None, "ؤ": "و", "ئ": "ي"})
# Letters that no decomposition takes apart.
_LATIN_KEY = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ı": "i", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Token:
    """A run of letters or digits; `gap` is what stands before it."""

    start: int
    end: int
    text: str
    key: str
    gap: str  # "" | " " | "'" | "-" | "." (an initial or abbreviation before) | any other punctuation as written
    opens: bool  # the first word of a sentence or of a quotation: its capital says nothing
    is_capital: bool  # begins with a capital
    is_upper: bool  # two letters or more, all capitals

    @property
    def is_joined(self) -> bool:
        """Whether a name may run on from the word before into this one."""
        return self.gap in _JOINS


_JOINS = frozenset({" ", "'", "-", "."})


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """A word's key: without case, accents, vowel signs, tatweel and the Arabic hamza's seats."""
    if word.isascii():
        return word.lower()
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFC", word).translate(_ARABIC_KEY).casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char)).translate(_LATIN_KEY)


def keys_of(name: str) -> str:
    """A name's words as keys, a space between: how a name is looked up, hyphens and apostrophes being spaces."""
    return " ".join(fold(match[0]) for match in _WORD.finditer(name))


def tokenise(text: str) -> list[Token]:
    """The words of a text in order; web and mail addresses, handles and hashtags are gaps."""
    tokens: list[Token] = []
    addresses = [match.span() for match in _ADDRESS.finditer(text)] if _may_hold_address(text) else []
    position, previous = 0, ""
    for match in _WORD.finditer(text):
        start, end = match.span()
        if any(first <= start < last for first, last in addresses):
            continue
        word, before = match[0], text[position:start]
        gap = _gap(before, previous)
        opens = position == 0 or (gap not in _JOINS and _opens_sentence(before))
        letter = word[0]
        is_upper = len(word) > 1 and word.isupper()
        tokens.append(Token(start, end, word, fold(word), gap, opens, letter.isupper(), is_upper))
        position, previous = end, word
    return tokens


def _may_hold_address(text: str) -> bool:
    return (
        "@" in text or "#" in text or "://" in text or "www." in text or re.search(r"\w\.\w{2,4}\b", text) is not None
    )


def _gap(before: str, previous: str) -> str:
    if before == " ":
        return before
    if not before or before.isspace():
        return "\n" if "\n" in before else " " if before else ""
    if len(before) == 1:
        if before in _APOSTROPHES:
            return "'"
        if before in _HYPHENS:
            return "-"
    # "J. Smith", "M. Tazi", "EE.UU.": the stop is the word's own
    if (
        before in (". ", ".", ".\u00a0")
        and (len(previous) == 1 or previous in _ABBREVIATIONS)
        and previous[:1].isupper()
    ):
        return "."
    return before


_ABBREVIATIONS = frozenset(
    "Dr Mr Mrs Ms Sr Sra Srta Pr Me Mme Mlle MM St Gen Sen Rep Col Capt Prof Lt Sgt EE Gov".split()
)


def _opens_sentence(before: str) -> bool:
    return bool(_SENTENCE_END.search(before)) or any(char in _QUOTES for char in before)
