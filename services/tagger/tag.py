"""Tags an article: each field by the engine of its language, then once more with the names of the whole article."""

from collections.abc import Sequence
from dataclasses import replace

from services.tagger.engine import Span, TaggingEngine
from services.tagger.names import NameMemory
from shared.contracts import FIELDS, ArticleText, Mention, TaggedArticle
from shared.errors import Waiting


def tag(article: ArticleText, engines: Sequence[TaggingEngine]) -> TaggedArticle:
    """The article's mentions, field by field in reading order; Waiting if no engine speaks its language."""
    engine = next((one for one in engines if article.language in one.languages), None)
    if engine is None:
        raise Waiting("no_engine", article.language)
    texts = {field: str(getattr(article, field)) for field in FIELDS}
    found = {field: engine.find(text, article.language) for field, text in texts.items()}
    # The body gives full names, so a lone surname in the headline is known by the time it is looked at.
    memory = NameMemory(span for spans in found.values() for span in spans)
    mentions = tuple(
        _mention(field, text, span) for field, text in texts.items() for span in memory.complete(text, found[field])
    )
    return TaggedArticle(_with_one_name(mentions), engine.name, engine.version)


def _mention(field: str, text: str, span: Span) -> Mention:
    return Mention(
        field=field,
        start=span.start,
        end=span.end,
        text=text[span.start : span.end],
        kind=span.kind,
        canonical=span.canonical,
        link=span.link,
    )


def _with_one_name(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """One canonical name a link within an article: the first that is not all capitals."""
    shown: dict[str, str] = {}
    for mention in sorted(mentions, key=lambda mention: mention.canonical.isupper()):
        if mention.link:
            shown.setdefault(mention.link, mention.canonical)
    return tuple(replace(one, canonical=shown[one.link]) if one.link else one for one in mentions)
