"""Templates filled in: what pages and feeds have in common."""

import tomllib
from datetime import datetime
from email.utils import format_datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from services.newsstand import linked
from services.newsstand.dates import day_in_numbers, day_in_words, moment_in_words
from services.newsstand.press import MEDIA_TYPES, thumbnail_of

HERE = Path(__file__).parent


def fill_in(template: str, site: str, **context: Any) -> str:
    """A template's text; `site` is the server's own address without a slash at its end."""
    return _environment().get_template(template).render(site=site, link=partial(absolute, site), **context)


def absolute(site: str, path: str) -> str:
    """A path's whole address, escaped; an address stays what it is."""
    return path if path.startswith(("http://", "https://")) else site + quote(path)


@cache
def furniture() -> dict[str, Any]:
    """What stands around the articles."""
    return tomllib.loads((HERE / "furniture.toml").read_text(encoding="utf-8"))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(
        day=day_in_words,
        iso=_iso,
        linked_article=linked.describe_article,
        linked_crumbs=linked.describe_crumbs,
        mail_date=format_datetime,
        media_type=lambda path: MEDIA_TYPES[path.rpartition(".")[2]],
        moment=moment_in_words,
        numbers=day_in_numbers,
        thumbnail=thumbnail_of,
    )
    return environment


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
