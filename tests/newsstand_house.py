"""The whole house over one press, for tests that look at what came of it: real Redis, workers, scheduler, HTTP."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from newsstand_press import Press, newsstand_press
from servers import wait_until
from sqlalchemy import func, select
from workers import scheduler, worker

import shared.db
from shared.app import make_app
from shared.db import read_session, write_session
from shared.ledger_models import SETTLED, StageRun
from shared.migrations import upgrade
from shared.models import Article
from shared.pipeline import SERVICES, Subject, stage_names
from shared.settings import settings
from shared.store import source_rows

OF_ARTICLES = stage_names(Subject.ARTICLE)


class House:
    """The press, what the workers' environment is, and where their logs are."""

    def __init__(self, press: Press, variables: dict[str, str], folder: Path) -> None:
        self.press, self.variables, self.folder = press, variables, folder

    def log(self, service: str) -> str:
        """What a worker has logged."""
        return (self.folder / f"{service}.log").read_text(encoding="utf-8", errors="replace")


@contextlib.contextmanager
def newsstand_house(folder: Path, redis_url: str, postgresql_url: str = "", **more: str) -> Iterator[House]:
    """Everything running, the newsstand taken in; `more` are variables of its processes. SQLite without a URL."""
    patch = pytest.MonkeyPatch()
    with contextlib.ExitStack() as stack:
        stack.callback(settings.cache_clear)
        stack.callback(shared.db.forget_engines)
        stack.callback(patch.undo)
        press = stack.enter_context(newsstand_press())
        variables = {
            "KIOSQUE_VAR": str(folder / "var"),
            "KIOSQUE_BROKER_URL": redis_url,
            "KIOSQUE_PRIVATE_ADDRESSES": press.address,
            "KIOSQUE_APERTIUM": "off",
            **({"KIOSQUE_DATABASE_URL": postgresql_url} if postgresql_url else {}),
            **more,
        }
        for name, value in variables.items():
            patch.setenv(name, value)
        settings.cache_clear()
        make_app()
        with redis.Redis(unix_socket_path=redis_url.removeprefix("redis+socket://")) as client:
            client.flushall()
        upgrade()
        for service in SERVICES:
            stack.enter_context(worker(service, log=folder / f"{service}.log", **variables))
        stack.enter_context(scheduler(log=folder / "scheduler.log", **variables))
        for row in press.source_rows():
            with write_session() as session:
                source_rows.save_source(session, row)
        wait_until(lambda: is_settled(press), seconds=150, what="the newsstand taken in")
        yield House(press, variables, folder)


def is_settled(press: Press) -> bool:
    """Whether every story in print was found, and nothing of it is left to do."""
    with read_session() as session:
        found = session.scalar(select(func.count(Article.id))) or 0
        open_rows = select(func.count()).where(StageRun.stage.in_(OF_ARTICLES), StageRun.state.not_in(SETTLED))
        return found >= len(press.stories()) and not session.scalar(open_rows)
