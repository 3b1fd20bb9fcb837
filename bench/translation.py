"""How well and how fast the engines translate: `python -m bench.translation FOLDER [--pairs "fr>es,es>en"]`.

FOLDER has a file a language, `fr.tsv`, of LINE<TAB>SENTENCE, aligned by LINE. For each pair that an engine serves:
chrF as sacreBLEU counts it (chrF2), with the names that the tagger finds masked, with them open, and of the source left
as it is; how many of those names are in the translation as they were (without those that are translated on purpose, as
"Cour suprême"), masked and open; and the words a second, an article of ten sentences at a time.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.tagger.engine import load_engines as load_taggers
from services.tagger.tag import tag
from services.translator.descriptions import is_description
from services.translator.engine import TranslationEngine, load_engines, served_pairs
from services.translator.translate import translate
from shared.contracts import ArticleText, TranslationRequest
from shared.errors import Unprocessable

ORDERS, BETA = range(1, 7), 2  # characters in a row; recall counts twice as much as precision
SENTENCES = 10  # of an article

Aligned = list[tuple[str, str]]


def main() -> None:
    """Print a line a pair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--pairs", help="as in fr>es,es>en; all that are served if left out")
    parser.add_argument("--engine", action="append", help="apertium if left out; several in order of preference")
    parser.add_argument("--lines", type=int, default=500)
    parser.add_argument("--show", type=int, default=0, help="so many sentences in full")
    options = parser.parse_args()
    engines = load_engines(options.engine or ["apertium"])
    pairs = options.pairs.split(",") if options.pairs else sorted(served_pairs(engines))
    print(f"{'pair':8}{'chrF':>6}{'open':>6}{'source':>8}{'names kept':>12}{'open':>8}{'words/s':>9}  engine")
    for pair in pairs:
        source, target = pair.split(">")
        aligned = read_aligned(options.folder, source, target)[: options.lines]
        _print_pair(source, target, aligned, engines, options.show)


@dataclass
class Outcome:
    """What became of the sentences of one pair."""

    texts: list[str] = field(default_factory=list)
    names: int = 0
    kept: int = 0
    words: int = 0
    seconds: float = 0.0
    engine: str = ""


def read_aligned(folder: Path, source: str, target: str) -> Aligned:
    """Sentences that both files have, in the order of their numbers."""
    sides = []
    for language in (source, target):
        rows = (folder / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
        sides.append(dict(row.split("\t", 1) for row in rows))
    return [(sides[0][line], sides[1][line]) for line in sides[0] if line in sides[1]]


def _print_pair(source: str, target: str, aligned: Aligned, engines: Sequence[TranslationEngine], show: int) -> None:
    named = _names(source, [text for text, _ in aligned])
    masked = _run(source, target, aligned, engines, named, is_masked=True)
    unmasked = _run(source, target, aligned, engines, named, is_masked=False)
    wanted = [text for _, text in aligned]
    print(
        f"{source}>{target:5}{chrf(masked.texts, wanted):6.1f}{chrf(unmasked.texts, wanted):6.1f}"
        f"{chrf([text for text, _ in aligned], wanted):8.1f}{masked.kept / max(masked.names, 1):12.1%}"
        f"{unmasked.kept / max(unmasked.names, 1):8.1%}{masked.words / masked.seconds:9,.0f}  {masked.engine}"
    )
    for (text, reference), answer in list(zip(aligned, masked.texts, strict=True))[:show]:
        print(f"  {text}\n  = {answer}\n  ~ {reference}\n")


def _names(language: str, texts: Sequence[str]) -> list[tuple[str, ...]]:
    """Per article, the persons and organisations that the tagger finds in it."""
    taggers = load_taggers(("rules",))
    named = []
    for article in _articles(texts):
        mentions = tag(ArticleText(0, language, "", "", "\n\n".join(article)), taggers).mentions
        named.append(tuple({mention.text for mention in mentions if mention.kind in ("PER", "ORG")}))
    return named


def _run(
    source: str,
    target: str,
    aligned: Aligned,
    engines: Sequence[TranslationEngine],
    named: Sequence[tuple[str, ...]],
    *,
    is_masked: bool,
) -> Outcome:
    outcome = Outcome()
    for article, names in zip(_articles([text for text, _ in aligned]), named, strict=True):
        body = "\n\n".join(article)
        request = TranslationRequest(0, "body", source, target, body, names if is_masked else ())
        began_at = time.perf_counter()
        try:
            answer = translate(request, engines)
            outcome.engine = f"{answer.engine} {answer.engine_version}"
            text = answer.text
        except Unprocessable:
            text = body
        outcome.seconds += time.perf_counter() - began_at
        outcome.texts += text.split("\n\n")
        outcome.words += len(body.split())
        in_body = [name for name in names if name in body and not is_description(name, source)]
        outcome.names += len(in_body)
        outcome.kept += sum(text.count(name) >= body.count(name) for name in in_body)
    return outcome


def _articles(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    return (texts[start : start + SENTENCES] for start in range(0, len(texts), SENTENCES))


def chrf(answers: Sequence[str], references: Sequence[str]) -> float:
    """chrF2 of a whole set: precision and recall of each order over all sentences, averaged, then F."""
    precision, recall = 0.0, 0.0
    for order in ORDERS:
        hits = said = wanted = 0
        for answer, reference in zip(answers, references, strict=True):
            ours, theirs = _grams(answer, order), _grams(reference, order)
            hits += (ours & theirs).total()
            said += ours.total()
            wanted += theirs.total()
        precision += hits / max(said, 1) / len(ORDERS)
        recall += hits / max(wanted, 1) / len(ORDERS)
    weight = BETA**2
    return 100 * (1 + weight) * precision * recall / max(weight * precision + recall, 1e-9)


def _grams(text: str, order: int) -> Counter[str]:
    letters = "".join(text.split())
    return Counter(letters[at : at + order] for at in range(len(letters) - order + 1))


if __name__ == "__main__":
    main()
