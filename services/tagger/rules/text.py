"""A text as the rules see it: its words, its language's lexicon, and whether it shouts."""

from dataclasses import dataclass
from functools import cache

from services.tagger.engine import Span
from services.tagger.lexicon import LEXICONS, Lexicon
from services.tagger.tokens import Token, tokenise
from shared.contracts import EntityKind

#: From this share of capital words on a text is taken for a headline in capitals (two names in ten words are 20%).
SHOUTING = 0.6


@dataclass(frozen=True, slots=True)
class Text:
    """A tokenised text."""

    text: str
    language: str
    tokens: list[Token]
    lexicon: Lexicon
    is_shouted: bool  # all capitals: a capital says nothing

    def span(self, first: int, last: int, kind: EntityKind, canonical: str = "", link: str = "") -> Span:
        """The span from one word to another, both included; named as written unless a name is given."""
        start, end = self.tokens[first].start, self.tokens[last].end
        return Span(start, end, kind, canonical or " ".join(self.text[start:end].split()), link)

    def before(self, index: int) -> Token | None:
        """The word before, if no punctuation lies between."""
        return self.tokens[index - 1] if index and self.tokens[index].is_joined else None

    def after(self, index: int) -> Token | None:
        """The word after, if no punctuation lies between."""
        return self.tokens[index + 1] if index + 1 < len(self.tokens) and self.tokens[index + 1].is_joined else None


def inside_nicknames(words: Text) -> list[tuple[int, int]]:
    """Where a team, an event or a treaty is named after a place ("les Lions de l'Atlas"), as offsets."""
    ranges = []
    for index, token in enumerate(words.tokens):
        for nickname in _by_first_word(words.language).get(token.key, ()):
            part = words.tokens[index : index + len(nickname)]
            if tuple(one.key for one in part) == nickname:
                ranges.append((token.start, part[-1].end))
    return ranges


@cache
def _by_first_word(language: str) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for nickname in LEXICONS[language].nicknames:
        words = tuple(nickname.split())
        found.setdefault(words[0], []).append(words)
    return found


def read(text: str, language: str) -> Text:
    """Tokenise a text."""
    tokens = tokenise(text)
    words = [token for token in tokens if len(token.text) > 1 and not token.text.isdigit()]
    shouted = sum(token.is_upper for token in words)
    return Text(text, language, tokens, LEXICONS[language], len(words) > 2 and shouted / len(words) > SHOUTING)
