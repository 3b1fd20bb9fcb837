"""The scraper's tasks: poll a source, fetch an article's page."""

from functools import partial

from services.scraper.fetch import fetch
from services.scraper.poll import poll
from shared import blobs
from shared.contracts import FetchedPage, PageRequest, PolledSource, SourceRequest
from shared.pipeline import FETCH, POLL
from shared.stage import stage_task
from shared.store import articles, sources
from shared.web.polite import polite_get


@stage_task(POLL, load=sources.load_source_request, save=sources.save_polled)
def poll_source(request: SourceRequest) -> PolledSource:
    """Ask every feed of a source what is new."""
    return poll(request, partial(polite_get, pace_s=request.pace_s, is_urgent=True))


@stage_task(FETCH, load=articles.load_page_request, save=articles.save_fetched)
def fetch_article(request: PageRequest) -> FetchedPage | None:
    """Fetch an article's page and keep its bytes; None if the server says that it has not changed."""
    blobs.require_store()
    page = fetch(request, partial(polite_get, pace_s=request.pace_s))
    if page is not None:
        blobs.put(page.content)  # before the commit that names it
    return page
