"""The rules' word lists, one file a language; every word as its matching key."""

import tomllib
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from services.tagger.tokens import keys_of
from shared.languages import LANGUAGES

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A language's words; a list that the language does not use is empty."""

    stop: frozenset[str]  # begin no name
    calendar: frozenset[str]  # capitalised, and no name: months, feasts, events, laws
    demonyms: frozenset[str]
    titles: frozenset[str]  # a name follows
    appositions: frozenset[str]  # ", ministre de" follows a name
    speech: frozenset[str]
    particles: frozenset[str]  # inside a name in small letters
    place_before: frozenset[str]  # stands before a place
    traps: frozenset[str]  # common words that are places too
    heads: frozenset[str]  # an organisation begins with it
    lower_heads: frozenset[str]  # also in small letters
    tail_heads: frozenset[str]  # an organisation ends with it
    connectors: frozenset[str]  # inside an organisation in small letters
    namers: frozenset[str]  # in small letters, an organisation's name follows
    place_heads: frozenset[str]  # a named place begins with it, in small letters too
    place_tails: frozenset[str]  # a named place ends with it
    nicknames: frozenset[str]  # of teams, events, treaties: no place inside them is meant
    adjective_endings: tuple[str, ...]
    not_acronyms: frozenset[str]
    # Arabic only
    verbs: frozenset[str]
    offices: frozenset[str]
    definite_heads: frozenset[str]
    weak_heads: frozenset[str]
    naming_adjectives: frozenset[str]


def _read(language: str) -> Lexicon:
    lists = tomllib.loads((HERE / f"{language}.toml").read_text(encoding="utf-8"))
    words = {row.name: frozenset(_keys(lists.get(row.name, ""))) for row in fields(Lexicon)}
    words["traps"] -= frozenset(_keys(lists.get("trap_exceptions", "")))
    words["demonyms"] |= _inflected(words["demonyms"], language)
    endings = tuple(lists.get("adjective_endings", "").split())
    return Lexicon(**{**words, "adjective_endings": endings})  # type: ignore[arg-type]


def _keys(text: str) -> list[str]:
    return [keys_of(word.replace("_", " ")) for word in text.split()]


def _inflected(demonyms: frozenset[str], language: str) -> frozenset[str]:
    """Feminines and plurals by rough rule: a form too many costs nothing."""
    if language == "fr":
        endings: tuple[str, ...] = ("s", "e", "es", "ne", "nes", "que", "ques")
    elif language == "es":
        endings = ("s", "es", "a", "as")
    elif language == "en":
        endings = ("s", "n")
    else:
        return frozenset()
    stems = {word[:-1] for word in demonyms if language == "es" and word.endswith("o")}
    return frozenset(word + ending for word in demonyms | stems for ending in endings)


LEXICONS: dict[str, Lexicon] = {language: _read(language) for language in LANGUAGES}


@cache
def first_names(is_arabic: bool) -> frozenset[str]:
    """First names as keys; those of two words with a space."""
    lists = tomllib.loads((HERE / "first_names.toml").read_text(encoding="utf-8"))
    wanted = ("arabic",) if is_arabic else ("maghreb", "french", "spanish", "english")
    return frozenset(key for name in wanted for key in _keys(lists[name]))


@cache
def organisations() -> dict[str, tuple[str, str]]:
    """Well-known organisations: a name's key gives its link and the name as written."""
    known: dict[str, tuple[str, str]] = {}
    for line in (HERE / "organisations.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("#") or not line.strip():
            continue
        slug, _, names = line.partition("|")
        for name in names.split("/"):
            known.setdefault(keys_of(name), (f"org:{slug.strip()}", name.strip()))
    return known
