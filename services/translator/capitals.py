"""Headlines in capitals: told from others, and put into lower case for engines that cannot read them."""

import re

#: Fewer letters are an acronym, not a headline.
LEAST_LETTERS = 10

_WORD = re.compile(r"[^\W\d_]+")
_ROMAN = re.compile(r"[IVX]{2,}")


def is_in_capitals(text: str) -> bool:
    """Whether a text of several words is written in capitals (nearly) throughout."""
    words = _WORD.findall(text)
    letters = [letter for word in words for letter in word if letter.lower() != letter.upper()]
    upper = sum(letter.isupper() for letter in letters)
    return len(words) > 1 and len(letters) >= LEAST_LETTERS and upper >= 0.8 * len(letters)


def put_into_lower_case(text: str, keep: frozenset[str] = frozenset()) -> str:
    """With a capital only at the start, in Roman numbers and in the words to keep."""
    lowered = _WORD.sub(lambda word: word[0] if word[0] in keep or _ROMAN.fullmatch(word[0]) else word[0].lower(), text)
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:], lowered, count=1)
