"""The tagger's task: the names in an article."""

from functools import cache

from services.tagger.engine import TaggingEngine, load_engines
from services.tagger.tag import tag
from shared.contracts import ArticleText, TaggedArticle
from shared.pipeline import TAG
from shared.settings import settings
from shared.stage import stage_task
from shared.store import articles, entities


@stage_task(TAG, load=articles.load_text, save=entities.save_tagged)
def tag_article(article: ArticleText) -> TaggedArticle:
    """Find the places, persons and organisations that an article names."""
    return tag(article, _engines())


@cache
def _engines() -> tuple[TaggingEngine, ...]:
    return load_engines(settings().tagger_engines)
