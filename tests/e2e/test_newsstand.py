"""The newsstand through the whole house: real Redis, real workers, real HTTP, both databases."""

import contextlib
import json
import os
import subprocess
import sys
from datetime import timedelta

import pytest
from newsstand_house import is_settled, newsstand_house
from servers import wait_until
from sqlalchemy import func, select

from shared import blobs
from shared.db import read_session, write_session
from shared.ledger_models import SETTLED, RunState, StageAttempt, StageRun
from shared.models import Article, ArticleImage, Entity, Image, Mention, Source
from shared.pipeline import POLL, STAGES
from shared.settings import ROOT
from shared.store.stage_runs import make_due

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(params=["sqlite", "postgresql"], scope="module")
def house(request, tmp_path_factory):
    """Everything running over one press, started once for each database."""
    with contextlib.ExitStack() as stack:
        folder = tmp_path_factory.mktemp(f"house-{request.param}")
        url = request.getfixturevalue("postgresql_url") if request.param == "postgresql" else ""
        yield stack.enter_context(newsstand_house(folder, request.getfixturevalue("redis_url"), url))


@pytest.fixture(autouse=True)
def environment(house, monkeypatch):
    """The house's settings in place of a folder for each test."""
    from shared.settings import settings

    for name, value in house.variables.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()


def article_at(url: str) -> Article:
    with read_session() as session:
        return session.scalars(select(Article).where(Article.url == url)).one()


def run_of(article_id: int, stage: str) -> StageRun:
    with read_session() as session:
        return session.scalars(select(StageRun).filter_by(stage=stage, subject_id=article_id, part="")).one()


def test_every_article_in_print_is_found_once_and_none_vanishes(house):
    with read_session() as session:
        urls = session.scalars(select(Article.url)).all()
        rows = session.execute(select(StageRun.subject_id, StageRun.stage, StageRun.state)).all()
    assert sorted(urls) == sorted(house.press.address_of(story) for story in house.press.stories())
    settled = {row.subject_id for row in rows if row.stage == "parse" and row.state in SETTLED}
    assert len(settled) == len(urls)


def test_every_article_is_read_as_it_was_written(house):
    for story in house.press.stories():
        article, written = article_at(house.press.address_of(story)), story.article
        assert (article.language, article.headline) == (written.language, written.headline), article.url
        # an aggregator's page shows none
        assert article.standfirst == ("" if written.is_taken_over else written.standfirst), article.url
        paragraphs = article.body.split("\n\n")
        assert paragraphs[0] == written.body.split("\n\n")[0], article.url
        assert paragraphs[-1] == written.body.split("\n\n")[-1], article.url
        if not written.is_taken_over:
            assert abs(article.published_at - story.published_at) < timedelta(minutes=1), article.url
            # a paper that names nobody may sign for itself
            assert article.byline == list(written.byline) or (
                not written.byline and set(article.byline) <= {story.paper.name}
            )


def test_nothing_of_the_papers_furniture_is_in_a_body(house):
    from services.newsstand.articles import _ASIDE

    for story in house.press.stories():
        article = article_at(house.press.address_of(story))
        for paragraph in article.body.split("\n\n"):
            assert not _ASIDE.match(paragraph), f"{article.url}: {paragraph}"
            assert paragraph in story.article.body, f"{article.url}: {paragraph}"


def test_the_aggregators_page_names_its_paper_its_day_and_its_source(house):
    (story,) = (one for one in house.press.stories() if one.article.is_taken_over)
    article = article_at(house.press.address_of(story))
    assert article.source_name == story.article.source_name
    assert article.source_url == house.press.url + story.article.source_url
    assert article.published_at.date() == story.article.source_day
    assert not article.published_has_time


def test_one_text_under_two_addresses_is_one_article(house):
    (second,) = (one for one in house.press.stories() if one.is_second_address)
    twins = [one for one in house.press.stories() if one.article.slug2 == second.article.slug2 and one.article.slug2]
    found = [article_at(house.press.address_of(one)) for one in twins]
    (duplicate,) = (one for one in found if one.duplicate_of_id)
    (original,) = (one for one in found if not one.duplicate_of_id)
    assert duplicate.duplicate_of_id == original.id
    assert (run_of(duplicate.id, "parse").state, run_of(duplicate.id, "parse").reason) == ("set_aside", "duplicate")


def test_a_place_is_one_entity_in_every_language_that_names_it(house):
    with read_session() as session:
        named = select(Article.language).join(Mention).join(Entity).where(Entity.key == "iso:MA")
        languages = set(session.scalars(named.distinct()))
        persons = session.scalar(select(func.count()).where(Entity.kind == "PER"))
    assert languages == {"fr", "ar", "es", "en"}
    assert persons > 20


def test_mentions_stand_where_they_say(house):
    with read_session() as session:
        rows = session.execute(select(Mention, Article).join(Article, Article.id == Mention.article_id)).all()
    assert len(rows) > 200
    for mention, article in rows:
        assert getattr(article, mention.field)[mention.start : mention.end] == mention.text


def test_pictures_are_kept_as_our_own_copies_and_decided_once_a_content(house):
    with read_session() as session:
        of_originals = ArticleImage.article_id.in_(select(Article.id).where(Article.duplicate_of_id.is_(None)))
        uses = session.execute(select(ArticleImage, Image).outerjoin(Image).where(of_originals)).all()
        images = session.scalar(select(func.count(Image.id)))
    assert uses
    assert {use.state for use, _ in uses} == {"done"}, [(use.url, use.reason) for use, _ in uses]
    assert len({image.content_hash for _, image in uses}) == images
    for _, image in uses:
        assert image.state == "visible"
        assert blobs.get(image.thumbnail_hash)[8:12] == b"WEBP"


def test_translations_wait_where_no_engine_serves_the_pair(house):
    with read_session() as session:
        rows = session.execute(select(StageRun.state, StageRun.reason).where(StageRun.stage == "translate").distinct())
        assert {tuple(row) for row in rows} == {("waiting", "no_engine")}


def test_the_papers_were_asked_politely(house):
    visits = house.press.requests
    assert all("Kiosque" in one.user_agent for one in visits)
    assert visits[0].path == "/robots.txt"
    # one pace for pages, feeds and pictures together: turns are 0.1 s apart, so this many take so long at least
    assert len(visits) > 80
    assert visits[-1].at - visits[0].at > timedelta(seconds=0.1) * (len(visits) - 1) * 0.9


def test_no_article_was_fetched_twice(house):
    for story in house.press.stories():
        assert len(house.press.requests_for(story.path)) == 1, story.path


def test_nothing_was_lost_or_died_on_the_way(house):
    with read_session() as session:
        outcomes = set(session.scalars(select(StageAttempt.outcome).distinct()))
        errors = session.scalars(select(StageRun.detail).where(StageRun.reason == "error")).all()
    assert not errors
    assert outcomes <= {"done", "waiting", "set_aside", "postponed"}


def test_an_edited_article_is_updated_in_place_and_what_follows_is_done_anew(house):
    (edited,) = (one for one in house.press.stories() if one.article.edit)
    before = article_at(house.press.address_of(edited))
    house.press.edit()
    with write_session() as session:
        source = session.scalars(select(Source).where(Source.key == edited.paper.key)).one()
        make_due(session, POLL, [source.id], priority=0)
    wait_until(lambda: article_at(before.url).edited_at is not None, what="the edit seen")
    wait_until(lambda: is_settled(house.press), what="the followers done again")
    after, (story,) = article_at(before.url), (one for one in house.press.stories() if one.article.edit)
    assert after.id == before.id
    assert after.headline == story.article.headline != before.headline
    with read_session() as session:
        tags = select(func.count()).where(StageAttempt.stage == "tag", StageAttempt.subject_id == after.id)
        assert session.scalar(tags) == 2


def attempts_at_tagging(article_id: int) -> int:
    with read_session() as session:
        counted = select(func.count()).where(StageAttempt.stage == "tag", StageAttempt.subject_id == article_id)
        return session.scalar(counted) or 0


def test_the_celery_command_runs_what_is_due_and_only_that(house):
    article = article_at(house.press.address_of(house.press.stories("maghreb-ledger")[0]))
    before = attempts_at_tagging(article.id)
    command = [sys.executable, "-m", "celery", "-A", "services.worker", "call", "tagger.tag_article"]
    environment = {**os.environ, **house.variables}

    def call():
        options = {"cwd": ROOT, "env": environment, "capture_output": True}
        subprocess.run([*command, f"--args=[{article.id}]"], check=True, **options)

    with write_session() as session:
        make_due(session, STAGES["tag"], [article.id], published=True)  # so that dispatch does not send it
    call()
    wait_until(lambda: attempts_at_tagging(article.id) == before + 1, what="the article tagged again")
    wait_until(lambda: run_of(article.id, "tag").state == RunState.DONE, what="its end")
    call()
    refusal = f"stage.refused                  article_id={article.id} reason=done"
    wait_until(lambda: refusal in house.log("tagger"), what="a refusal")
    assert attempts_at_tagging(article.id) == before + 1


def test_publish_runs_again_what_is_done(house):
    article = article_at(house.press.address_of(house.press.stories("maghreb-ledger")[1]))
    before = attempts_at_tagging(article.id)
    kiosque = [sys.executable, "-m", "services.cli", "publish", "tag", str(article.id), "--again", "--json"]
    environment = {**os.environ, **house.variables}
    printed = subprocess.run(kiosque, check=True, cwd=ROOT, env=environment, capture_output=True)
    assert json.loads(printed.stdout)[0]["outcome"] == "published"
    wait_until(lambda: attempts_at_tagging(article.id) == before + 1, what="the article tagged again")
    wait_until(lambda: run_of(article.id, "tag").state == RunState.DONE, what="its end")
