"""How well the parser reads pages with known answers: `python -m bench.parsing FOLDER... [--only fr] [--errors title]`.

A folder holds truth.json, {key: {"lang", "url", "title", "authors", "date", "body", "with", "without"}}, each field
optional, and html/KEY.html.gz. Bodies are scored by 4-word shingles as in the public article-extraction benchmark;
pages in other languages than the portal's are read too, past the parser's language gate: sets are measured whole.
"""

import argparse
import gzip
import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from services.parser.page import read_page
from services.parser.parse import parse, read_article
from services.parser.text import key_of, words_of
from shared.contracts import FetchedPage, ParsedArticle, SourceHints
from shared.errors import StageOutcome, Unprocessable
from shared.languages import LANGUAGES

SHINGLE = 4
FIELDS = ("title", "authors", "day", "day in a zone", "moment", "language")
#: Papers print days of their own zone, sets do not name it: from the American west to the Gulf.
ZONES = tuple(timedelta(hours=hours) for hours in range(-8, 5))


@dataclass
class Score:
    """What one set's pages came to."""

    right: Counter[str] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    bodies: list[tuple[float, float, float, bool]] = field(default_factory=list)  # hit, extra, missing; exact
    texts: list[tuple[float, float, float, bool]] = field(
        default_factory=list
    )  # the same with the standfirst before the body
    seconds: list[tuple[float, str]] = field(default_factory=list)
    segments: Counter[str] = field(default_factory=Counter)  # held, lost (both of those that must be there), taken
    set_aside: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    by_language: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def main() -> None:
    """Measure each folder and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--only", help="languages, divided by commas")
    parser.add_argument("--errors", choices=(*FIELDS, "body", "segments", "set_aside"), help="show what was read wrong")
    options = parser.parse_args()
    wanted = set(options.only.split(",")) if options.only else None
    for folder in options.folders:
        score = Score()
        for key, truth, page in read_pages(folder):
            if wanted is None or truth.get("lang") in wanted:
                _measure(key, truth, page, score, options.errors)
        _report(folder.name, score)


def read_pages(folder: Path) -> Iterator[tuple[str, dict[str, Any], FetchedPage]]:
    """Every page of a set with its truth."""
    truths = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    for key, truth in truths.items():
        content = gzip.decompress((folder / "html" / f"{key}.html.gz").read_bytes())
        url = truth.get("url") or f"https://unknown.example/{key}"
        page = FetchedPage(1, url, content, "text/html", fetched_at=datetime.now(UTC), hints=SourceHints())
        yield key, truth, page


def _measure(key: str, truth: dict[str, Any], page: FetchedPage, score: Score, show: str | None) -> None:
    began_at = time.process_time()
    outcome, article = "", None
    try:
        article = parse(page)
    except StageOutcome as why:
        outcome = why.reason
        if outcome == "parser_fault":
            score.faults.append(f"{key}: {why.detail}")
    except Exception as error:  # noqa: BLE001 - the figure wanted is how often this happens
        score.faults.append(f"{key}: {error!r}")
    score.seconds.append((time.process_time() - began_at, key))
    if outcome:
        score.set_aside[outcome] += 1
        if show == "set_aside" and (outcome != "language" or truth.get("lang") in LANGUAGES):
            print(f"{key} [{truth.get('lang')}]: {outcome}")
    _judge_language(truth, article, outcome, score, show, key)
    article = article or _read_past_language(page)
    _judge(key, truth, article, score, show)


def _read_past_language(page: FetchedPage) -> ParsedArticle | None:
    try:
        return read_article(read_page(page), identify=lambda *_: "")
    except Unprocessable:
        return None


def _judge_language(
    truth: dict[str, Any], article: ParsedArticle | None, outcome: str, score: Score, show: str | None, key: str
) -> None:
    wanted = truth.get("lang")
    if not wanted or (article is None and outcome != "language"):
        return
    found = article.language if article else "other"
    is_right = found == (wanted if wanted in LANGUAGES else "other")
    _count(score, truth, "language", is_right)
    if show == "language" and not is_right:
        print(f"{key}: {wanted}, read as {found}")


def _judge(key: str, truth: dict[str, Any], article: ParsedArticle | None, score: Score, show: str | None) -> None:
    if truth.get("title"):
        _tell(key, truth, "title", truth["title"], article.headline if article else "", score, show, key_of)
    if truth.get("authors"):
        names = [name for one in truth["authors"] for name in (one if isinstance(one, list) else [one])]
        found = article.byline if article else ()
        _tell(key, truth, "authors", names, list(found), score, show, lambda value: {key_of(name) for name in value})
    _judge_date(key, truth, article, score, show)
    text = "\n".join((article.standfirst, article.body)) if article else ""
    if truth.get("body"):
        body = article.body if article else ""
        hit, extra, missing = _shingle_counts(truth["body"], body)
        score.bodies.append((hit, extra, missing, words_of(truth["body"]) == words_of(body)))
        score.texts.append((*_shingle_counts(truth["body"], text), words_of(truth["body"]) == words_of(text)))
        if show == "body" and hit < 0.8:
            print(f"{key} [{truth.get('lang')}] hit {hit:.2f} extra {extra:.2f} missing {missing:.2f}")
    if truth.get("with") or truth.get("without"):
        whole = key_of(f"{article.headline}\n{text}" if article else "")
        lost = [segment for segment in truth.get("with", ()) if key_of(segment) not in whole]
        taken = [segment for segment in truth.get("without", ()) if key_of(segment) in whole]
        score.segments.update(held=len(truth.get("with", ())) - len(lost), lost=len(lost), taken=len(taken))
        if show == "segments" and (lost or taken):
            print(f"{key} [{truth.get('lang')}] lost {lost}, taken {taken}")


def _judge_date(key: str, truth: dict[str, Any], article: ParsedArticle | None, score: Score, show: str | None) -> None:
    wanted = _read_truth_date(truth.get("date"))
    if wanted is None:
        return
    published_at = article.published_at if article else None
    zone = (wanted.tzinfo or UTC) if isinstance(wanted, datetime) else UTC
    day = published_at.astimezone(zone).date() if published_at else None
    wanted_day = wanted.date() if isinstance(wanted, datetime) else wanted
    _tell(key, truth, "day", wanted_day, day, score, show, lambda value: value)
    near = {(published_at + ahead).date() for ahead in ZONES} if published_at else set()
    _count(score, truth, "day in a zone", wanted_day in near)
    if isinstance(wanted, datetime) and (wanted.hour, wanted.minute) != (0, 0):
        moment = published_at.replace(second=0, microsecond=0) if published_at else None
        in_utc = wanted.replace(tzinfo=zone).astimezone(UTC).replace(second=0, microsecond=0)
        _tell(key, truth, "moment", in_utc, moment, score, show, lambda value: value)


def _read_truth_date(text: Any) -> date | None:
    """A day or a moment; some rows hold a number or half a date."""
    try:
        return datetime.fromisoformat(text) if len(text) > 10 else date(*map(int, text.split("-")))
    except (TypeError, ValueError):
        return None


def _tell(  # noqa: PLR0913, PLR0917 - one row of the report
    key: str, truth: dict[str, Any], name: str, wanted: Any, found: Any, score: Score, show: str | None, form: Any
) -> None:
    is_right = (found is not None) and form(wanted) == form(found)
    _count(score, truth, name, is_right)
    if show == name and not is_right:
        print(f"{key} [{truth.get('lang')}]\n    wanted {wanted}\n    found  {found}")


def _count(score: Score, truth: dict[str, Any], name: str, is_right: bool) -> None:
    score.asked[name] += 1
    score.right[name] += is_right
    if truth.get("lang") in LANGUAGES:
        score.by_language[truth["lang"]][name] += 1
        score.by_language[truth["lang"]][f"{name} right"] += is_right


def _shingle_counts(wanted: str, found: str) -> tuple[float, float, float]:
    """Shares of shingles hit, extra and missing."""
    true, read = _shingles(wanted), _shingles(found)
    hit = (true & read).total()
    extra, missing = read.total() - hit, true.total() - hit
    whole = hit + extra + missing
    return (hit / whole, extra / whole, missing / whole) if whole else (0.0, 0.0, 0.0)


def _shingles(text: str) -> Counter[tuple[str, ...]]:
    # case counts, as in the benchmark, so not words_of
    words = [word for line in text.split() for word in _words(line)]
    return (
        Counter(tuple(words[at : at + SHINGLE]) for at in range(max(1, len(words) - SHINGLE + 1)))
        if words
        else Counter()
    )


def _words(text: str) -> list[str]:
    return "".join(character if character.isalnum() or character == "_" else " " for character in text).split()


def _report(name: str, score: Score) -> None:
    seconds = sorted(one for one, _ in score.seconds)
    slowest, slowest_key = max(score.seconds)
    print(f"== {name}: {len(seconds)} pages, {len(score.faults)} faults, set aside {dict(score.set_aside)}")
    for fault in score.faults:
        print(f"   FAULT {fault}")
    for one in FIELDS:
        if score.asked[one]:
            detail = ", ".join(
                f"{language} {counts[f'{one} right']}/{counts[one]}"
                for language, counts in sorted(score.by_language.items())
                if counts[one]
            )
            print(f"   {one:14}{score.right[one] / score.asked[one]:7.3f} of {score.asked[one]:5}   {detail}")
    if score.segments:
        precise = score.segments["held"] / (score.segments["held"] + score.segments["taken"])
        recalled = score.segments["held"] / (score.segments["held"] + score.segments["lost"])
        print(
            f"   segments       F {2 * precise * recalled / (precise + recalled):.4f}, "
            f"precision {precise:.3f}, recall {recalled:.3f}"
        )
    for one, counts in (("body", score.bodies), ("with standfirst", score.texts)):
        if counts:
            print(f"   {one:15} {_f1(counts)}")
    p95 = seconds[int(0.95 * (len(seconds) - 1))]
    print(
        f"   CPU ms   {statistics.mean(seconds) * 1000:7.1f} mean, {p95 * 1000:.0f} p95, "
        f"{slowest * 1000:.0f} most ({slowest_key})"
    )


def _f1(counts: list[tuple[float, float, float, bool]]) -> str:
    precision = statistics.mean(hit / (hit + extra) for hit, extra, _, _ in counts if hit + extra)
    recall = statistics.mean(hit / (hit + missing) for hit, _, missing, _ in counts if hit + missing)
    exact = statistics.mean(is_exact for *_, is_exact in counts)
    f1 = 2 * precision * recall / (precision + recall)
    return f"F1 {f1:.4f} of {len(counts)}, precision {precision:.3f}, recall {recall:.3f}, exact {exact:.3f}"


if __name__ == "__main__":
    main()
