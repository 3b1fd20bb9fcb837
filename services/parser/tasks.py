"""The parser's task: an article out of its page."""

from services.parser.parse import parse
from shared.contracts import FetchedPage, ParsedArticle
from shared.pipeline import PARSE
from shared.stage import stage_task
from shared.store import articles


@stage_task(PARSE, load=articles.load_fetched_page, save=articles.save_parsed)
def parse_article(page: FetchedPage) -> ParsedArticle:
    """Read the article out of its page."""
    return parse(page)
