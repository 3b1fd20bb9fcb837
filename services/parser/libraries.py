"""trafilatura, justext and htmldate set up for the portal's languages, once per process.

Neither library takes these as arguments. Left alone, the first page that needs them makes justext merge the word lists
of a hundred languages (38 MB) and htmldate load dateparser (30 MB and 2 s), which reads none of the Levant's months.
"""

import logging
from datetime import datetime
from functools import cache

import htmldate.extractors
import trafilatura.external
from justext.utils import get_stoplist

from services.parser.dates import read_date

_STOPLISTS = ("Arabic", "English", "French", "Spanish")


class _DateReader:
    """Our reading of dates under the one method that htmldate calls on dateparser."""

    def get_date_data(self, text: str) -> dict[str, datetime | None]:
        """The day that a text names."""
        found = read_date(text)
        return {"date_obj": datetime(found.day.year, found.day.month, found.day.day) if found else None}  # noqa: DTZ001 - a day


@cache
def set_up() -> None:
    """Give the libraries our word lists and our dates, and keep their remarks on every odd page out of the log."""
    words = {word for name in _STOPLISTS for word in get_stoplist(name)}
    trafilatura.external.JT_STOPLIST = tuple(sorted(words))  # type: ignore[assignment]  # it is None until first used
    reader = _DateReader()
    htmldate.extractors.get_external_parser = lambda: reader  # type: ignore[assignment]
    for name in ("trafilatura", "htmldate", "readability", "justext", "charset_normalizer"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
