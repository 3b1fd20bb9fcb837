"""The articles as files (TOML front matter, then the body), read and checked."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from services.newsstand.papers import PAPERS, SECTIONS
from services.newsstand.scenes import SCENES
from shared.errors import KiosqueError

ARTICLES = Path(__file__).parent / "articles"

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_FENCE = "+++"
_REQUIRED: dict[str, type] = {
    "language": str, "headline": str, "standfirst": str, "byline": list, "section": str, "age_minutes": int,
    "picture": str, "caption": str,
}  # fmt: skip
_OPTIONAL: dict[str, type] = {
    "related": list, "slug2": str, "story": str, "edited": bool, "edit": dict, "aggregator": bool, "source_name": str,
    "source_day": str, "source_url": str,
}  # fmt: skip
#: What goes into an article as it is written.
_PLAIN = (
    "language", "headline", "standfirst", "section", "age_minutes", "picture", "caption", "slug2", "story",
    "source_name", "source_url",
)  # fmt: skip
#: A paragraph that begins so is a line that editors put between two paragraphs, not part of the text.
_ASIDE = re.compile(r"((?:Lire aussi|اقرأ أيضا|Lea también|Read also)\s*[|:])\s*(.+)")
_EDITABLE = ("headline", "standfirst", "append")
#: What begins a variant's text, so that no two variants are the same text.
_DATELINES = {
    "fr": "Édition n° {number} : ce texte est la {number}e variante du même article.",
    "ar": "الطبعة رقم {number}: هذا النص هو النسخة {number} من المقال نفسه.",
    "es": "Edición número {number}: este texto es la variante {number} del mismo artículo.",
    "en": "Edition number {number}: this text is variant {number} of the same article.",
}


class BadArticleError(KiosqueError):
    """An article's file cannot be printed; the message names the file and what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What the edited version says otherwise; "" leaves a field as it is."""

    headline: str = ""
    standfirst: str = ""
    append: str = ""  # paragraphs added at the end


@dataclass(frozen=True, slots=True)
class Aside:
    """A "read also" line in the middle of a body that names an article which is not here."""

    after: int  # paragraphs that stand before it
    lead: str  # "Lire aussi |"
    headline: str


@dataclass(frozen=True, slots=True)
class NewsArticle:
    """One article as it goes to print."""

    paper: str
    slug: str
    language: str
    headline: str
    standfirst: str
    byline: tuple[str, ...]
    section: str
    age_minutes: int  # printed so long before the newsstand opened
    picture: str  # a scene, "" for none
    caption: str
    paragraphs: tuple[str, ...]
    asides: tuple[Aside, ...] = ()
    related: tuple[str, ...] = ()  # slugs of the same paper
    slug2: str = ""  # a second address of the same text
    story: str = ""  # the same in every paper that tells it
    edit: Edit | None = None
    source_name: str = ""  # an aggregator's page: the paper that it was taken from
    source_day: date | None = None
    source_url: str = ""  # an address, or a path on this server
    variant: int = 1

    @property
    def is_taken_over(self) -> bool:
        """Whether this is an aggregator's page of another paper's article."""
        return bool(self.source_name)

    @property
    def body(self) -> str:
        """The paragraphs, divided by blank lines."""
        return "\n\n".join(self.paragraphs)


def load_articles(folder: Path = ARTICLES) -> tuple[NewsArticle, ...]:
    """Every article of a folder that has a folder a paper, in the order of their paths."""
    strangers = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() and entry.name not in PAPERS)
    if strangers:
        raise BadArticleError(f"{folder}: {', '.join(strangers)}: no such paper; there are: {', '.join(PAPERS)}")
    articles = tuple(
        read_article(path.read_text(encoding="utf-8"), path.parent.name, path.stem, where=str(path))
        for path in sorted(folder.glob("*/*.md"))
    )
    if not articles:
        raise BadArticleError(f"{folder} has no article: they are files <paper>/<slug>.md")
    _check_slugs(articles)
    return articles


def read_article(text: str, paper: str, slug: str, where: str) -> NewsArticle:
    """One file's article; BadArticleError names `where` and the remedy."""
    head, body = _split(text, where)
    _check_types(head, where)
    if not _SLUG.fullmatch(slug):
        raise BadArticleError(f"{where}: the file's name must be lower-case letters, digits and single hyphens")
    paragraphs, asides = _read_body(body)
    if not paragraphs:
        raise BadArticleError(f"{where} has no text below its front matter")
    article = NewsArticle(
        paper=paper,
        slug=slug,
        paragraphs=paragraphs,
        asides=asides,
        byline=tuple(head["byline"]),
        related=tuple(head.get("related", ())),
        edit=_read_edit(head, where),
        source_day=_read_day(head, where),
        **{name: head[name] for name in _PLAIN if name in head},
    )
    _check_values(article, where)
    return article


def edited(article: NewsArticle) -> NewsArticle:
    """The article with its edit made; one without an edit is what it was."""
    edit = article.edit
    if edit is None:
        return article
    added, _ = _read_body(edit.append)
    return replace(
        article,
        headline=edit.headline or article.headline,
        standfirst=edit.standfirst or article.standfirst,
        paragraphs=article.paragraphs + added,
    )


def make_variant(article: NewsArticle, number: int) -> NewsArticle:
    """A numbered variant: its address, headline and text are others, so that no reader takes it for the same."""
    dateline = _DATELINES[article.language].format(number=number)
    return replace(
        article,
        slug=f"{article.slug}-{number}",
        headline=f"{article.headline} ({number})",
        paragraphs=(dateline, *article.paragraphs),
        asides=tuple(replace(aside, after=aside.after + 1) for aside in article.asides),
        age_minutes=article.age_minutes + number - 1,
        slug2="",
        edit=None,
        variant=number,
    )


def _split(text: str, where: str) -> tuple[dict[str, Any], str]:
    parts = re.split(rf"^{re.escape(_FENCE)}[ \t]*$", text.removeprefix("\ufeff"), maxsplit=2, flags=re.MULTILINE)
    if len(parts) != 3 or parts[0].strip():
        raise BadArticleError(f"{where} does not begin with front matter between two lines of {_FENCE}")
    try:
        return tomllib.loads(parts[1]), parts[2]
    except tomllib.TOMLDecodeError as error:
        raise BadArticleError(f"{where}: the front matter is not TOML: {error}") from error


def _read_body(text: str) -> tuple[tuple[str, ...], tuple[Aside, ...]]:
    paragraphs: list[str] = []
    asides: list[Aside] = []
    for block in re.split(r"\n\s*\n", text):
        line = " ".join(block.split())
        if aside := _ASIDE.fullmatch(line):
            asides.append(Aside(len(paragraphs), aside[1], aside[2]))
        elif line:
            paragraphs.append(line)
    return tuple(paragraphs), tuple(asides)


def _check_types(head: dict[str, Any], where: str) -> None:
    missing = [name for name in _REQUIRED if name not in head]
    if missing:
        raise BadArticleError(f"{where}: the front matter has no {', '.join(missing)}")
    known = _REQUIRED | _OPTIONAL
    unknown = sorted(set(head) - set(known))
    if unknown:
        raise BadArticleError(f"{where}: the front matter has unknown keys: {', '.join(unknown)}")
    for name, value in head.items():
        is_right = isinstance(value, known[name]) and (known[name] is bool or not isinstance(value, bool))
        if not is_right or (known[name] is list and not all(isinstance(entry, str) and entry for entry in value)):
            wanted = "a list of texts" if known[name] is list else known[name].__name__
            raise BadArticleError(f"{where}: {name} = {value!r} is not {wanted}")


def _read_edit(head: dict[str, Any], where: str) -> Edit | None:
    edit = head.get("edit", {})
    if head.get("edited", False) != bool(edit):
        raise BadArticleError(f"{where}: edited = true and a table [edit] go together")
    unknown = sorted(set(edit) - set(_EDITABLE))
    if unknown or not all(isinstance(value, str) for value in edit.values()):
        raise BadArticleError(f"{where}: [edit] holds texts named {', '.join(_EDITABLE)}, not {unknown or 'numbers'}")
    return Edit(**edit) if edit else None


def _read_day(head: dict[str, Any], where: str) -> date | None:
    named = [name for name in ("source_name", "source_day", "source_url") if head.get(name)]
    if len(named) not in (0, 3) or head.get("aggregator", bool(named)) != bool(named):
        raise BadArticleError(f"{where}: an aggregator's page has source_name, source_day and source_url, not {named}")
    if not named:
        return None
    try:
        return date.fromisoformat(head["source_day"])
    except ValueError as error:
        raise BadArticleError(f"{where}: source_day = {head['source_day']!r} is not a day as 2020-09-29") from error


def _check_values(article: NewsArticle, where: str) -> None:
    paper = PAPERS.get(article.paper)
    if paper is None:
        raise BadArticleError(f"{where}: no paper {article.paper!r}; there are: {', '.join(PAPERS)}")
    faults = (
        (not article.headline.strip(), "headline is empty"),
        (article.language != paper.language, f"language must be {paper.language!r}, as {paper.name} is written in it"),
        (article.section not in SECTIONS, f"section {article.section!r} is not one of: {', '.join(SECTIONS)}"),
        (article.age_minutes < 0, "age_minutes must be 0 or more: nothing is printed in the future"),
        (article.picture not in ("", *SCENES), f"picture {article.picture!r} is not one of: {', '.join(SCENES)}"),
        (bool(article.slug2) and not _SLUG.fullmatch(article.slug2), f"slug2 {article.slug2!r} is no slug"),
        (
            article.is_taken_over and not article.source_url.startswith(("http://", "https://", "/")),
            f"source_url {article.source_url!r} is neither an http(s) address nor a path that begins with /",
        ),
    )
    for is_wrong, sentence in faults:
        if is_wrong:
            raise BadArticleError(f"{where}: {sentence}")


def _check_slugs(articles: Iterable[NewsArticle]) -> None:
    """Every address is one article's, and related articles are there."""
    owners: dict[tuple[str, str], str] = {}
    for article in articles:
        for slug in filter(None, (article.slug, article.slug2)):
            first = owners.setdefault((article.paper, slug), article.slug)
            if first != article.slug or (slug == article.slug2 == article.slug):
                raise BadArticleError(f"{article.paper}/{article.slug}.md: slug {slug!r} is taken by {first}.md")
    for article in articles:
        lost = [slug for slug in article.related if (article.paper, slug) not in owners]
        if lost:
            raise BadArticleError(f"{article.paper}/{article.slug}.md: related names {lost}, which this paper has not")
