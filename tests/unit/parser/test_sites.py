"""The overrides of single sites: found by host, kept to their fields, right for the pages they are written for."""

import importlib
import inspect
import pkgutil
from datetime import UTC, datetime
from types import ModuleType

import pytest
from own_pages import fetched, html_of

from services.parser import sites
from services.parser.page import read_page
from services.parser.parse import parse
from services.parser.sites import FIELDS, Site

FILES = [importlib.import_module(f"{sites.__name__}.{found.name}") for found in pkgutil.iter_modules(sites.__path__)]
TEXT = "La pluie est revenue sur les plateaux de l'Oriental, où les bergers l'attendaient depuis le printemps dernier."
ARTICLE = f"<h1>La pluie est revenue</h1><p>{TEXT}</p><p>{TEXT[:60]}, disent-ils.</p>"


@pytest.mark.parametrize("module", FILES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_a_site_file_has_hosts_and_no_other_public_function_than_fields(module):
    assert module.HOSTS
    assert all(host == host.lower() and not host.startswith("www.") for host in module.HOSTS)
    own = {
        name
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert own
    assert own <= set(FIELDS)


def test_no_two_files_claim_a_host():
    hosts = [host for module in FILES for host in module.HOSTS]
    assert len(hosts) == len(set(hosts))


def test_a_site_file_decides_its_fields_and_leaves_the_others(monkeypatch):
    module = ModuleType("special")
    module.headline = lambda page: "Le titre du site"
    module.byline = lambda page: ("Le Site",)
    module.stamp = lambda page: "3 mars 2025"
    module.standfirst = lambda page: None
    monkeypatch.setattr(sites, "_modules", lambda: {"special.example": module})
    article = parse(fetched(html_of(ARTICLE), "https://www.special.example/a"))
    assert (article.headline, article.byline) == ("Le titre du site", ("Le Site",))
    assert article.published_at == datetime(2025, 3, 3, 12, tzinfo=UTC)
    assert TEXT in article.body
    assert parse(fetched(html_of(ARTICLE), "https://other.example/a")).headline == "La pluie est revenue"


def test_a_site_may_change_the_tree_first(monkeypatch):
    module = ModuleType("special")
    module.prepare = lambda page: page.root.find(".//p").set("class", "chapo")
    monkeypatch.setattr(sites, "_modules", lambda: {"special.example": module})
    assert parse(fetched(html_of(ARTICLE + f"<p>{TEXT[::-1]}</p>"), "https://special.example/a")).standfirst == TEXT


def test_deutsche_welle_gives_day_and_author_from_its_list():
    listed = (
        "<ul class='smallList'><li><strong>Date</strong> 23.05.2011</li><li><strong>Auteur</strong> Aïcha Sow</li></ul>"
    )
    others = "<div class='group'><span class='date'>04.01.2009</span></div>"
    html = html_of(ARTICLE + others + listed, '<meta name="author" content="Deutsche Welle (www.dw.com)">')
    article = parse(fetched(html, "https://www.dw.com/fr/pluie/a-1"))
    assert article.byline == ("Aïcha Sow",)
    assert article.published_at == datetime(2011, 5, 23, 12, tzinfo=UTC)
    page = read_page(fetched(html_of(ARTICLE), "https://www.dw.com/fr/pluie/a-2"))
    assert (Site(page).read("stamp"), Site(page).read("byline")) == (None, None)
