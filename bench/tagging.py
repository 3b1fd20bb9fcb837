"""How well an engine tags a labelled file: `python -m bench.tagging FILE [--engine rules] [--errors]`.

The file has one JSON object a line, {"id": 1, "lang": "fr", "text": "...", "entities": [[start, end, "PER"], ...]},
offsets in code points; a hit is the exact span and kind. Tells also the words tagged per CPU-second.
"""

import argparse
import json
import time
from collections import Counter
from pathlib import Path

from services.tagger.engine import load_engines
from services.tagger.tag import tag
from shared.contracts import ArticleText

Hit = tuple[int, int, str]  # start, end, kind
KINDS = ("PER", "LOC", "ORG", "all")


def main() -> None:
    """Print precision, recall and F per language and kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--engine", default="rules")
    parser.add_argument("--errors", action="store_true", help="show what was missed and what was made up")
    options = parser.parse_args()
    engines = load_engines((options.engine,))
    counts: Counter[tuple[str, str, str]] = Counter()
    words, began_at = 0, time.process_time()
    for line in options.file.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = row["text"]
        words += len(text.split())
        mentions = tag(ArticleText(row["id"], row["lang"], "", "", text), engines).mentions
        found: set[Hit] = {(one.start, one.end, one.kind) for one in mentions}
        wanted = {(start, end, kind) for start, end, kind in row["entities"]}
        _count(counts, row["lang"], found, wanted)
        if options.errors and found != wanted:
            _show(row, found, wanted)
    seconds = time.process_time() - began_at
    _report(counts)
    print(f"{words / seconds:,.0f} words per CPU-second ({words} words)")


def _count(
    counts: Counter[tuple[str, str, str]],
    language: str,
    found: set[Hit],
    wanted: set[Hit],
) -> None:
    for name, spans in (("found", found), ("wanted", wanted), ("hit", found & wanted)):
        for _, _, kind in spans:
            for group in (language, "all"):
                counts[group, kind, name] += 1
                counts[group, "all", name] += 1


def _show(row: dict[str, str], found: set[Hit], wanted: set[Hit]) -> None:
    text = row["text"]
    print(f"{row['id']} {text}")
    for title, spans in (("missed", wanted - found), ("made up", found - wanted)):
        for start, end, kind in sorted(spans):
            print(f"    {title}: {kind} {text[start:end]}")


def _report(counts: Counter[tuple[str, str, str]]) -> None:
    print(f"{'':5}{'kind':5}{'P':>7}{'R':>7}{'F':>7}{'wanted':>8}")
    for language in sorted({key[0] for key in counts}, key=lambda name: (name == "all", name)):
        for kind in KINDS:
            found, wanted, hit = (counts[language, kind, name] for name in ("found", "wanted", "hit"))
            precision, recall = hit / max(found, 1), hit / max(wanted, 1)
            score = 2 * hit / max(found + wanted, 1)
            print(f"{language:5}{kind:5}{precision:7.1%}{recall:7.1%}{score:7.1%}{wanted:8}")


if __name__ == "__main__":
    main()
