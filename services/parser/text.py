"""Text as we keep it, and text as we compare it."""

import re
import unicodedata

_SPACE = re.compile(r"\s+")
# C0 and C1 controls, half surrogates and non-characters: PostgreSQL refuses some of them, readers see none.
_SEPARATOR = re.compile(r"[\x0b\x0c\x1c-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
# Soft hyphens, zero-width spaces, byte order marks and direction marks. Zero-width (non-)joiners are letters' business.
_UNSEEN = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
# Old Arabic pages hold shaped letters; U+FDF0 and on are words written as one character and stay so.
_SHAPED = re.compile("[\ufb50-\ufdcf\ufe70-\ufefc]+")
_COMBINING = re.compile(f"[{''.join(chr(code) for code in range(0x300, 0x10000) if unicodedata.combining(chr(code)))}]")
_NO_LETTER = re.compile(r"[\W_]+")
_WORD = re.compile(r"\w+")
_TATWEEL = "\u0640"
_DIGITS = {ord(digit): str(value) for digits in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for value, digit in enumerate(digits)}
# What the four languages' printers use for one and the same thing.
_ALIKE = str.maketrans(
    {"،": ",", "؛": ";", "ة": "ه", "ى": "ي", "ی": "ي", "ک": "ك", _TATWEEL: None}
    | dict.fromkeys("‐‑‒–—―−", "-")
    | dict.fromkeys("’‘ʼ`´", "'")
    | dict.fromkeys("“”„«»", '"')
)


def strip_controls(text: str) -> str:
    """The text without characters that no text, and no XML tree, has."""
    return _CONTROL.sub("", _SEPARATOR.sub(" ", text))


def clean(text: str | None) -> str:
    """One line as we keep it: composed, single spaces, nothing unseen."""
    if not text:
        return ""
    if text.isascii():
        return " ".join(_CONTROL.sub("", text).split())
    seen = _SHAPED.sub(lambda shaped: unicodedata.normalize("NFKC", shaped[0]), _UNSEEN.sub("", _CONTROL.sub("", text)))
    return unicodedata.normalize("NFC", _SPACE.sub(" ", seen)).strip()


def fold(text: str) -> str:
    """The text as rules read it: small letters without accents or vowel signs, digits 0-9, plain punctuation."""
    if text.isascii():
        return _SPACE.sub(" ", text.translate(_ALIKE)).strip().casefold()
    plain = unicodedata.normalize("NFKD", clean(text).translate(_ALIKE).translate(_DIGITS))
    return _SPACE.sub(" ", _COMBINING.sub("", plain).casefold())


def words_of(text: str) -> list[str]:
    """The folded words of a text."""
    return _WORD.findall(fold(text))


def key_of(text: str) -> str:
    """What two copies of a line have in common, however they are punctuated."""
    return " ".join(words_of(text))


def squeeze(text: str) -> str:
    """What two copies of a line in one page have in common, found quickly."""
    return _NO_LETTER.sub("", text).casefold()


def cut(text: str, max_length: int) -> str:
    """The text, cut at a word's end if it is too long."""
    if len(text) <= max_length:
        return text
    return text[:max_length].rsplit(" ", 1)[0] + "…"
