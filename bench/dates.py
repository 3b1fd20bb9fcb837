"""How printed date lines are read: `python -m bench.dates FILE... [--errors]`.

A file has a head line and three columns divided by tabs: group, line, date (2020-09-29, or nothing where the line gives
no date). A wrong day is worse than none, so the two are counted apart.
"""

import argparse
import time
from collections import Counter
from pathlib import Path

from services.parser.dates import read_date

OUTCOMES = ("right", "none", "wrong")


def main() -> None:
    """Read every line of each file and print what came of it, group by group."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+")
    parser.add_argument("--errors", action="store_true", help="show what was not read right")
    options = parser.parse_args()
    for file in options.files:
        rows = [row.split("\t") for row in file.read_text(encoding="utf-8").splitlines()[1:] if row.strip()]
        counts: Counter[tuple[str, str]] = Counter()
        began_at = time.process_time()
        for group, line, wanted in rows:
            outcome = _judge(line, wanted, options.errors)
            counts.update([(group, outcome), ("all", outcome)])
        seconds = time.process_time() - began_at
        print(f"== {file.name}: {len(rows)} lines, {seconds / max(len(rows), 1) * 1e6:.0f} µs CPU a line")
        for group in dict.fromkeys([*(row[0] for row in rows), "all"]):
            figures = ", ".join(f"{counts[group, outcome]} {outcome}" for outcome in OUTCOMES)
            print(f"   {group:28} {figures}")


def _judge(line: str, wanted: str, is_shown: bool) -> str:
    printed = read_date(line)
    found = printed.day.isoformat() if printed else ""
    outcome = "right" if found == wanted else "wrong" if found else "none"
    if is_shown and outcome != "right":
        print(f"{line!r}: wanted {wanted or 'none'}, read {found or 'none'}")
    return outcome


if __name__ == "__main__":
    main()
