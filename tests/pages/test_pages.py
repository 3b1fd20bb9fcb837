"""Every page under this folder is read as the JSON file beside it says: `<site>/<name>.html` and `<name>.json`."""

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pytest
from own_pages import fetched

from services.parser.parse import parse

HERE = Path(__file__).parent
PAGES = sorted(HERE.glob("*/*.html"))


@pytest.mark.parametrize("path", PAGES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_page_is_read_as_its_json_says(path):
    case = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    parsed = asdict(parse(fetched(path.read_bytes(), case["url"], **case["hints"])))
    for field in ("published_at", "modified_at"):
        moment: datetime | None = parsed[field]
        parsed[field] = moment.isoformat() if moment else None
    parsed["body"] = parsed["body"].split("\n\n")
    read = json.loads(json.dumps(parsed))
    assert {field: read[field] for field in case["article"]} == case["article"]


def test_no_page_is_without_its_json_and_none_without_its_page():
    assert PAGES
    assert {path.with_suffix(".json") for path in PAGES} == set(HERE.glob("*/*.json"))
