"""What a page declares of its article outside its text: meta tags, JSON-LD, microdata."""

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml.html import HtmlElement

from services.parser.json_ld import LinkedNodes, Node, text_in
from services.parser.page import Page, text_of
from services.parser.text import clean, key_of

_PUBLISHED = (
    "article:published_time", "article:published", "og:article:published_time", "og:published_time",
    "datepublished", "datecreated", "parsely-pub-date", "sailthru.date", "dcterms.issued", "dcterms.created", "dcterms.date",
    "dc.date.issued", "dc.date.created", "dc.date", "dc.date.publication", "date.created", "date_published", "publishdate",
    "publish-date", "publish_date", "publication_date", "pubdate", "originalpublicationdate", "article_date_original",
    "cxenseparse:recs:publishtime", "article.published", "article.created", "bt:pubdate", "rnews:datepublished",
    "date", "release_date",
)  # fmt: skip
_MODIFIED = (
    "article:modified_time", "article:modified", "og:updated_time", "article:updated_time", "og:article:modified_time",
    "datemodified", "dcterms.modified", "dc.date.modified", "last-modified", "lastmod", "article.updated", "revised",
    "parsely-updated-date", "date_modified", "dateupdate",
)  # fmt: skip
_AUTHORS = (
    "author", "article:author", "article:author_name", "byl", "dc.creator", "dcterms.creator", "sailthru.author",
    "parsely-author", "cxenseparse:author", "og:article:author", "article.author", "authors", "dc.contributor",
)  # fmt: skip
_HEADLINES = ("og:title", "twitter:title", "dc.title", "dcterms.title", "parsely-title", "sailthru.title", "headline")
_DESCRIPTIONS = ("og:description", "description", "twitter:description", "dc.description", "sailthru.description")
_IMAGES = ("og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src", "parsely-image-url")
_DIVIDERS = re.compile(r"\s+[|–—·•»:/\-]+\s+|\s*[|»]\s*")


@dataclass(frozen=True)
class Declared:
    """A page's declarations, strongest first in every list."""

    page: Page
    metas: dict[str, list[str]]  # every meta tag's content by its name, in small letters
    nodes: LinkedNodes
    article: Node  # JSON-LD's node of the article, {} if it has none
    microdata: dict[str, list[HtmlElement]]  # elements of an article's own itemprops

    def first(self, *names: str) -> str:
        """The first of these meta tags that says something."""
        return next((text for name in names for text in self.metas.get(name, ())), "")

    @cached_property
    def titles(self) -> list[str]:
        """The article's title as it is given in the head of the page, the page's own <title> last."""
        found = [clean(text_in(self.article.get("headline"))), *self._all(_HEADLINES)]
        found += [text_of(element) for element in self.page.root.iterfind(".//head/title")][:1]
        return list(dict.fromkeys(title for title in found if title))

    @cached_property
    def descriptions(self) -> list[str]:
        """What introduces the article in searches and on social networks."""
        found = [clean(text_in(self.article.get("description"))), *self._all(_DESCRIPTIONS)]
        found += [clean(text_in(self.article.get("alternativeHeadline")))]
        return list(dict.fromkeys(text for text in found if text))

    @cached_property
    def published(self) -> list[str]:
        """When it appeared, as it is written."""
        found = [
            text_in(self.article.get("datePublished")),
            *self._all(_PUBLISHED[:4]),
            *self._item_values("datePublished"),
        ]
        found += [text_in(self.nodes.page().get("datePublished"))]
        found += [text_in(self.article.get("dateCreated")), text_in(self.article.get("uploadDate"))]
        found += self._all(_PUBLISHED[4:])
        return [text for text in found if text]

    @cached_property
    def modified(self) -> list[str]:
        """When it was last changed, as it is written."""
        found = [
            text_in(self.article.get("dateModified")),
            *self._all(_MODIFIED[:2]),
            *self._item_values("dateModified"),
        ]
        return [text for text in (*found, *self._all(_MODIFIED[2:])) if text]

    @cached_property
    def linked_authors(self) -> list[str]:
        """JSON-LD's authors, as far as they are persons."""
        return self.nodes.names([one for one in self._linked_authors() if not self._is_organisation(one)])

    @cached_property
    def linked_organisations(self) -> list[str]:
        """Papers and agencies that sign as JSON-LD's authors."""
        return self.nodes.names([one for one in self._linked_authors() if self._is_organisation(one)])

    @cached_property
    def meta_authors(self) -> list[list[str]]:
        """The authors that each kind of meta tag names."""
        return [self.metas[name] for name in _AUTHORS if self.metas.get(name)]

    @cached_property
    def images(self) -> list[str]:
        """The addresses of the article's own picture."""
        linked = self.nodes.urls(self.article.get("image")) or self.nodes.urls(self.article.get("thumbnailUrl"))
        return [url for url in (*self._all(_IMAGES), *linked) if url]

    @cached_property
    def site_names(self) -> list[str]:
        """The names that the paper goes by."""
        publisher = self.nodes.names(self.article.get("publisher"))
        found = [*self._all(("og:site_name",)), *publisher, *self._all(("application-name", "dc.publisher"))]
        return list(dict.fromkeys(clean(name) for name in found if name))

    @cached_property
    def sections(self) -> set[str]:
        """Keys of the names of the article's sections: "Publié dans Économie" names no paper."""
        linked = self.article.get("articleSection")
        names = [text_in(one) for one in (linked if isinstance(linked, list) else [linked])]
        return {key_of(name) for name in (*names, *self._all(("article:section", "section", "category"))) if name}

    @cached_property
    def canonical_url(self) -> str:
        """The page's own address as it declares it, "" if it does not."""
        links = self.page.root.xpath(
            ".//link[contains(concat(' ', translate(@rel, 'CANONICAL', 'canonical'), ' '), ' canonical ')]/@href"
        )
        for reference in (*map(str, links), *self.metas.get("og:url", ())):
            if url := self.page.absolute(reference):
                return url
        return ""

    @cached_property
    def language(self) -> str:
        """The language that the page says it is in, two letters, "" if it says none."""
        found = [self.page.root.get("lang"), self.page.root.get("xml:lang"), text_in(self.article.get("inLanguage"))]
        found += [self.first("og:locale", "content-language", "language", "dc.language", "inlanguage")]
        return next((code[:2].lower() for code in found if code and re.match(r"[a-zA-Z]{2}(?![a-zA-Z])", code)), "")

    @cached_property
    def is_article(self) -> bool:
        """Whether the page says that it holds one article."""
        return bool(self.article) or self.first("og:type").lower() == "article" or "headline" in self.microdata

    def _linked_authors(self) -> list[Any]:
        return self.nodes.resolve(self.article.get("author")) or self.nodes.resolve(self.article.get("creator"))

    def _is_organisation(self, author: Any) -> bool:
        return isinstance(author, dict) and "Organization" in str(author.get("@type"))

    def _all(self, names: tuple[str, ...]) -> list[str]:
        return [text for name in names for text in self.metas.get(name, ())]

    def _item_values(self, name: str) -> list[str]:
        elements = self.microdata.get(name, [])
        return [element.get("datetime") or element.get("content") or text_of(element) for element in elements[:1]]


def read_declared(page: Page) -> Declared:
    """Everything that a page declares."""
    metas = _read_metas(page.root)
    nodes = LinkedNodes(page.root)
    declared = Declared(page, metas, nodes, {}, _read_microdata(page.root))
    addresses = {page.url, declared.canonical_url} - {""}
    titles = [*metas.get("og:title", ()), *declared.titles, page.hints.headline]
    headlines = {key_of(part) for title in titles for part in (title, _DIVIDERS.split(title)[0])} - {""}
    return Declared(page, metas, nodes, nodes.article(addresses, headlines), declared.microdata)


def _read_metas(root: HtmlElement) -> dict[str, list[str]]:
    metas: dict[str, list[str]] = defaultdict(list)
    for meta in root.iter("meta"):
        text = clean(meta.get("content"))
        names = {(meta.get(key) or "").strip().lower() for key in ("property", "name", "itemprop", "http-equiv")}
        for name in names - {""}:
            if text and text not in metas[name]:
                metas[name].append(text)
    return dict(metas)


def _read_microdata(root: HtmlElement) -> dict[str, list[HtmlElement]]:
    """Itemprops of the first article; those of a comment or a related article inside it are not its own."""
    found: dict[str, list[HtmlElement]] = defaultdict(list)
    scope = next(
        (
            one
            for one in root.iterfind(".//*[@itemscope]")
            if re.search(r"Article|BlogPosting", one.get("itemtype") or "")
        ),
        None,
    )
    if scope is None:
        return {}
    for element in scope.iterfind(".//*[@itemprop]"):
        if _scope_of(element) is scope:
            for name in element.get("itemprop", "").split():
                found[name].append(element)
    return dict(found)


def _scope_of(element: HtmlElement) -> Any:
    return next((one for one in element.iterancestors() if one.get("itemscope") is not None), None)
