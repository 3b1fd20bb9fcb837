"""What is wrong with an engine's answer: empty, the same, too long or short for its segment, or running in circles."""

import re

#: Lengths of a translation by those of its text (reference: language.md 3.5), with room for what is short: ONU, UN.
LONGEST, SHORTEST, SLACK = 2.5, 0.4, 20
#: A text of so many words may well be the same in both languages: "CAN 2025", "Real Madrid - FC Barcelona".
SAME_WORDS = 5

_WORD = re.compile(r"\w+")
# what is said at least so often without a pause, by the words it has
_TURNS = {1: 4, 2: 3, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3, 8: 3}


def fault_of(answer: str, segment: str) -> str:
    """The fault in a word, "" if there is none."""
    if not answer.strip():
        return "empty"
    if len(answer) > LONGEST * len(segment) + SLACK or len(answer) < SHORTEST * len(segment) - SLACK:
        return "length"
    if answer == segment and len(_WORD.findall(segment)) > SAME_WORDS:
        return "same"
    if runs_in_circles(answer) and not runs_in_circles(segment):
        return "repetition"
    return ""


def runs_in_circles(text: str) -> bool:
    """Whether a word or phrase is said over and over ("salad salad salad salad")."""
    words = [word.lower() for word in _WORD.findall(text)]
    return any(_longest_run(words, size) >= times for size, times in _TURNS.items())


def _longest_run(words: list[str], size: int) -> int:
    """How often a phrase of so many words is said without a pause, at the most."""
    longest = run = 0  # words in a row that are the same as `size` words before
    for at in range(size, len(words)):
        run = run + 1 if words[at] == words[at - size] else 0
        longest = max(longest, run)
    return longest // size + 1
