"""The commands of the articles."""

import json

import pytest
from click.testing import CliRunner
from portal_press import add_picture
from press import add_article, add_source
from sqlalchemy import select

from services.portal.commands import articles
from shared import blobs
from shared.db import read_session
from shared.errors import UnknownSubject
from shared.models import Article, Audit


@pytest.fixture
def source_id(sqlite) -> int:
    return add_source()


def run(*arguments: str):
    return CliRunner().invoke(articles, arguments, catch_exceptions=False)


def test_articles_are_listed_the_last_found_first(source_id):
    made = [add_article(source_id, number) for number in range(3)]
    other = add_article(add_source("autre"), 9, language="ar")

    def listed(*arguments: str) -> list[int]:
        return [row["id"] for row in json.loads(run("list", "--json", *arguments).output)]

    assert listed() == [other, *made[::-1]]
    assert listed("--limit", "2") == [other, made[2]]
    assert listed("--source", "courrier") == made[::-1]
    assert listed("--language", "ar") == [other]


def test_a_list_of_nothing_says_so(sqlite):
    assert run("list").output == "no articles\n"
    assert run("list", "--json").output == "[]\n"


@pytest.mark.parametrize("arguments", [("--language", "de"), ("--limit", "0")])
def test_a_wrong_choice_is_refused(sqlite, arguments):
    assert run("list", *arguments).exit_code == 2


def test_a_removed_article_is_taken_down_with_its_picture_and_written_down(source_id, monkeypatch):
    monkeypatch.setattr(blobs, "GRACE_S", -1.0)  # the picture was not put a moment ago
    article = add_article(source_id)
    picture = add_picture(article)
    assert run("remove", str(article), "--reason", "asked by its author").exit_code == 0
    with read_session() as session:
        kept = session.get_one(Article, article)
        assert kept.removed_at is not None
        assert (kept.headline, kept.body) == ("", "")
        audit = session.scalars(select(Audit)).one()
        assert (audit.action, audit.subject_id, audit.reason) == ("article.removed", article, "asked by its author")
    with pytest.raises(blobs.BlobMissing):
        blobs.get(picture.url[len("/image/") : -len(".webp")])


def test_removing_needs_a_reason_and_an_article(source_id):
    article = add_article(source_id)
    for arguments in ((), ("--reason", ""), ("--reason", " ")):
        assert run("remove", str(article), *arguments).exit_code == 2
    with read_session() as session:
        assert session.get_one(Article, article).removed_at is None
    with pytest.raises(UnknownSubject):
        run("remove", "999", "--reason", "x")
