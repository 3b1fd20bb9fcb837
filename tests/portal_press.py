"""What readers' pages are made of, for tests: translations, names, pictures with real thumbnails, and a reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import lxml.html
from drawings import photo
from flask import Flask
from sqlalchemy import event, select
from stored_pictures import add_image

import shared.db
from shared import blobs
from shared.db import write_session
from shared.models import Article, Entity, Mention, Translation


def add_translation(article_id: int, language: str, engine: str = "apertium", **fields: str) -> None:
    """What a machine made of these fields."""
    with write_session() as session:
        written_in = session.get_one(Article, article_id).language or ""
        session.add_all(
            Translation(
                article_id=article_id, language=language, field=field, text=text, source_language=written_in,
                engine=engine, engine_version="1.2",
            )
            for field, text in fields.items()
        )  # fmt: skip


def add_mention(article_id: int, name: str, kind: str = "LOC", key: str = "") -> int:
    """A name in the body; the same key is the same entity. Returns the entity's id."""
    with write_session() as session:
        entity = session.scalar(select(Entity).where(Entity.key == (key or name)))
        if entity is None:
            entity = Entity(key=key or name, kind=kind, name=name)
            session.add(entity)
            session.flush()
        session.add(
            Mention(
                article_id=article_id, entity_id=entity.id, field="body", start=0, end=len(name), text=name,
                canonical=name, engine="rules", engine_version="1",
            )
        )  # fmt: skip
        return entity.id


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """The SELECTs that are sent meanwhile."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith("SELECT"):
            sent.append(statement)

    event.listen(shared.db.engine(), "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(shared.db.engine(), "before_cursor_execute", note)


@dataclass(frozen=True)
class Picture:
    """A picture that is stored, and where its thumbnail is to be had."""

    image_id: int
    content: bytes
    url: str


def add_picture(*article_ids: int, seed: int = 1, state: str = "visible", **columns: object) -> Picture:
    """A picture with a drawn thumbnail, shown by these articles."""
    content = photo(seed, "WEBP", size=(240, 160))
    thumbnail_hash = blobs.put(content)
    row = {"thumbnail_hash": thumbnail_hash, "thumbnail_width": 240, "thumbnail_height": 160} | columns
    image_id = add_image(state, articles=article_ids, **row)
    return Picture(image_id, content, f"/image/{thumbnail_hash}.webp")


class Reader:
    """A person with a browser of their own: cookies kept, forms sent as they stand on the page."""

    def __init__(self, portal: Flask, address: str = "192.0.2.1") -> None:
        self.browser = portal.test_client()
        self.address = {"REMOTE_ADDR": address}

    def get(self, url: str, **headers: str) -> Any:
        """The answer to a GET; underscores in a header's name are hyphens."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.browser.get(url, headers=named, environ_base=self.address, buffered=True)

    def page(self, url: str) -> lxml.html.HtmlElement:
        """The page, read."""
        return lxml.html.fromstring(self.get(url).get_data(as_text=True))

    def press(self, page: lxml.html.HtmlElement, **changes: str | None) -> Any:
        """The answer to the page's first form; a change to None leaves the field out."""
        form = page.forms[0]
        fields = dict(form.form_values()) | changes
        sent = {name: value for name, value in fields.items() if value is not None}
        return self.browser.post(form.action, data=sent, environ_base=self.address, buffered=True)

    def report(self, article_id: int, language: str = "fr") -> Any:
        """The answer to the report of an article's first picture."""
        return self.press(self.page(f"/{language}/article/{article_id}"))


def read(answer: Any) -> lxml.html.HtmlElement:
    """An answer's page."""
    return lxml.html.fromstring(answer.get_data(as_text=True))


def words(element: lxml.html.HtmlElement | None) -> str:
    """The text of an element, on one line."""
    assert element is not None
    return " ".join(element.text_content().split())


def headlines(page: lxml.html.HtmlElement) -> list[str]:
    """The headlines of a page, from top to bottom."""
    return [words(one) for one in page.find_class("headline")]
