"""What single sites need beyond the general reading: a file a site, found by its HOSTS.

A file has `HOSTS`, a tuple of host names without "www.", and any of these functions; each takes the Page and answers
None to leave a field to the general reading:

    prepare(page)                      change the tree before anything is read from it
    headline(page), standfirst(page)   text
    body(page)                         a list of paragraphs
    byline(page)                       a tuple of names
    stamp(page)                        the printed date of publication, for dates.py
"""

import importlib
import pkgutil
from functools import cache
from types import ModuleType
from typing import Any

from services.parser.page import Page

FIELDS = ("prepare", "headline", "standfirst", "body", "byline", "stamp")


class Site:
    """The overrides of a page's site; without a file for it every field is None."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._module = _modules().get(page.host)

    def read(self, field: str) -> Any:
        """What the site's file reads for a field, None if it leaves it alone."""
        function = getattr(self._module, field, None)
        return function(self._page) if function else None


@cache
def _modules() -> dict[str, ModuleType]:
    modules = [importlib.import_module(f"{__name__}.{found.name}") for found in pkgutil.iter_modules(__path__)]
    return {host: module for module in modules for host in module.HOSTS}
