"""Splits a text into sentences and the gaps between them, so that the gaps can be kept exactly."""

import re
from collections.abc import Iterator
from itertools import pairwise

#: Engines cut off what is longer, silently (reference: language.md 3.5): a longer sentence is split at ; : or a comma.
MAX_WORDS = 80
#: ... and no piece of it is made shorter than this, if it can be helped.
MIN_WORDS = 20

#: A sentence or a part of one, and the white space after it; the first is empty for a text that begins with blanks.
Segment = tuple[str, str]

# The point of an abbreviation or of an initial ends no sentence, though a capital follows.
_ABBREVIATIONS = {
    "fr": "MM Mme Mmes Mlle Mgr Me Dr Pr St Ste Sts av art cf vol ex env tél réf éd cap gén lt al",
    "es": "Sr Sra Sres Sras Srta Dña Dr Dra Prof Gral Cap Cnel Lic Ing Sto Sta EE UU pág págs art núm cf av Av al",
    "en": "Mr Mrs Ms Messrs Dr Prof St Sen Sens Rep Reps Gov Gen Det Col Lt Sgt Capt Rev Hon Jr No Nos vs Inc Ltd Corp "
    "cf art al m v Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec",
    "ar": "",
}
_INITIAL = r"(?<!\b[A-ZÀ-Þ])(?<!\s[\u0621-\u064a])"  # a letter after an Arabic vowel sign is no initial
_CLOSING = r"(?:\s?»|[”\"'’)\]])*"  # French puts a blank before its own
_NEXT = r"(?=\s+[«“\"'‘(\[¿¡–—-]*\s?[A-ZÀ-ÖØ-ÞŒ0-9\u0621-\u064a\u0660-\u0669])"
_CLAUSE_ENDS = (r"[;؛](?=\s)", r"[:–—](?=\s)", r"[,،](?=\s)", r"\S(?=\s)")
_WORD = re.compile(r"\S+")


def _sentence_end(language: str) -> re.Pattern[str]:
    known = "".join(rf"(?<!\b{word})" for word in _ABBREVIATIONS[language].split())
    return re.compile(rf"(?:{known}{_INITIAL}\.|\.{{2,}}|[!?…؟۔])+{_CLOSING}{_NEXT}|\n")


_ENDS = {language: _sentence_end(language) for language in _ABBREVIATIONS}


def split_text(text: str, language: str) -> list[Segment]:
    """Sentences with what stands between them: joined again they are the text, to the last blank."""
    segments: list[Segment] = []
    ends = [match.end() for match in _ENDS[language].finditer(text)]
    for start, end in pairwise([0, *ends, len(text)]):
        for part in _split_long(text[start:end]):
            words = part.strip()
            before, _, after = part.partition(words) if words else (part, "", "")
            if before:
                last, gap = segments.pop() if segments else ("", "")
                segments.append((last, gap + before))
            if words:
                segments.append((words, after))
    return segments


def _split_long(sentence: str) -> Iterator[str]:
    words = list(_WORD.finditer(sentence))
    while len(words) > MAX_WORDS:
        cut = _clause_end(sentence, words[MIN_WORDS].start(), words[MAX_WORDS - 1].end())
        yield sentence[:cut]
        sentence = sentence[cut:]
        words = list(_WORD.finditer(sentence))
    yield sentence


def _clause_end(sentence: str, least: int, most: int) -> int:
    """The last place to split at between two positions: after a semicolon, else a colon, a comma, a word."""
    for mark in _CLAUSE_ENDS:
        ends = [match.end() for match in re.compile(mark).finditer(sentence, least, most + 1) if match.end() <= most]
        if ends:
            return ends[-1]
    return most
