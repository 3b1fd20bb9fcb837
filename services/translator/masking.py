"""Puts pseudo-words in place of what an engine must not touch, and what they stand for back into its answer."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

_URL_STOPS = r"\s<>\"«»“”"
_UNITS = (
    "%|‰|°C|°F|°|€|\\$|£|km/h|km²|km2|km|m²|m2|m³|m3|cm|mm|kg|mg|ha|kWh|MWh|GWh|kW|MW|GW|Ko|Mo|Go|KB|MB|GB|MHz|GHz|Hz"
)
_NUMBER = r"\d+(?:[.,\s\u00a0\u202f]\d+)*"
_UNTOUCHABLE = (
    rf"(?:https?://|www\.)[^{_URL_STOPS}]*[^{_URL_STOPS}.,;:!?)\]'’]",
    r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+",  # an e-mail address
    r"(?:[\w-]+\.)+(?:com|org|net|info|int|ma|dz|tn|ly|mr|fr|es|eu|uk)(?:/[^\s,;)»”]*)?(?!\w)",  # a bare host
    r"(?<!\w)[@#]\w+",
    rf"(?<![\w.,]){_NUMBER}[\s\u00a0\u202f]?(?:{_UNITS})(?!\w)",
    rf"[$€£][\s\u00a0]?{_NUMBER}",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class Masked:
    """A segment as an engine gets it."""

    text: str
    stands_for: tuple[tuple[str, str], ...] = ()  # pseudo-word and what it stands for, in the text's order

    @property
    def has_words(self) -> bool:
        """Whether a letter is left for the engine: a line of names or figures needs none."""
        rest = self.text
        for word, _ in self.stands_for:
            rest = rest.replace(word, "")
        return any(character.isalpha() for character in rest)


class Masker:
    """Knows an article's names; one segment is masked the same way each time, so that an engine's cache can know it."""

    def __init__(self, names: Sequence[str] = ()) -> None:
        kept = sorted({name.strip() for name in names if name.strip()}, key=lambda name: (-len(name), name))
        self._as_written = {_folded(name): name for name in kept}
        patterns = "|".join([*_UNTOUCHABLE, *(rf"(?<!\w){_loose(name)}(?!\w)" for name in kept)])
        self._exact = re.compile(patterns)
        self._any_case = re.compile(patterns, re.IGNORECASE)

    def mask(self, segment: str, *, in_capitals: bool = False) -> Masked:
        """The segment with a pseudo-word for each address, handle, figure with its unit, and name."""
        words = _pseudo_words(segment)
        stands_for: list[tuple[str, str]] = []

        def replace(match: re.Match[str]) -> str:
            word = next(words, None)
            if word is None:
                return match[0]  # a list of handles without a blank in it: the rest stays open
            stands_for.append((word, match[0]))
            return word

        pattern = self._any_case if in_capitals else self._exact
        return Masked(pattern.sub(replace, segment), tuple(stands_for))

    def as_written(self, found: str) -> str:
        """A name that stands in capitals, as the article writes it elsewhere."""
        return self._as_written.get(_folded(found), found)


def unmask(answer: str, masked: Masked) -> str | None:
    """The answer with everything put back; None unless every pseudo-word came back exactly once."""
    put_back = {word.lower(): text for word, text in masked.stands_for}
    if not put_back:
        return answer
    pattern = re.compile("|".join(put_back), re.IGNORECASE)
    found = [match[0].lower() for match in pattern.finditer(answer)]
    if sorted(found) != sorted(put_back):
        return None
    return pattern.sub(lambda match: put_back[match[0].lower()], answer)


def _pseudo_words(segment: str) -> Iterator[str]:
    """Words that no dictionary has and no rule builds (78 of 78 came through; reference: language.md 3.1)."""
    taken = segment.lower()
    return (word for letters in product(_LETTERS, repeat=2) if (word := f"Qzx{''.join(letters)}w").lower() not in taken)


def _folded(name: str) -> str:
    return " ".join(name.lower().replace("’", "'").split())


def _loose(name: str) -> str:
    """The name as a pattern that minds neither the kind of blank nor of apostrophe."""
    return r"\s+".join(re.escape(part).replace("’", "'").replace("'", "['’]") for part in name.split())
