"""A worker of ours under pytest-celery: its image beside a Redis and a PostgreSQL, and the same on processes."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from containers import PASSWORD, TAG, Stack, missing_for_containers
from press import add_article, add_source
from processes import ProcessContainer
from pytest_celery import (
    CeleryBrokerCluster,
    CeleryTestContainer,
    CeleryTestSetup,
    CeleryTestWorker,
    CeleryWorkerCluster,
    CeleryWorkerContainer,
    RedisContainer,
    RedisTestBroker,
)
from pytest_docker_tools import container, fxtr
from servers import free_port, wait_until
from sqlalchemy import select

from services.cli.redis_server import find_redis
from shared.app import make_app
from shared.db import read_session, write_session
from shared.ledger_models import BadMessage, RunState, StageRun
from shared.pipeline import TAG as TAGGED
from shared.settings import settings
from shared.store.stage_runs import make_due

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LOGGED = {"KIOSQUE_LOG_FORMAT": "json", "SERVICE": "tagger", "REMAP_SIGTERM": "SIGQUIT"}


class Broker(RedisContainer):
    """Reached where pytest-docker-tools finds it, which is not loopback if the tests run in a container themselves."""

    @property
    def host_url(self) -> str:
        host, port = self.get_addr("6379/tcp")
        return f"redis://{host}:{port}/0"


class Database(CeleryTestContainer):
    """The database's container, of which pytest-celery knows nothing."""

    ready_prompt = "listening on IPv4 address"

    def url(self, host: str, port: int) -> str:
        return f"postgresql://kiosque:{PASSWORD}@{host}:{port}/kiosque"


class WorkerContainer(CeleryWorkerContainer):
    """The image's own command, not pytest-celery's application."""

    @classmethod
    def worker_name(cls) -> str:
        return "tagger"

    @classmethod
    def worker_queue(cls) -> str:
        return "tagger"


@pytest.fixture(scope="session")
def tagger_image(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Our image, built if it is not the newest."""
    Stack(tmp_path_factory.mktemp("build")).compose("build", "--quiet", "tagger", seconds=900)
    return f"kiosque/tagger:{TAG}"


redis_container = container(
    image="redis:8-trixie",
    ports={"6379/tcp": None},
    network="{default_pytest_celery_network.name}",
    wrapper_class=Broker,
    timeout=60,
    command=RedisContainer.command("--appendonly", "yes"),  # else our worker refuses it in production
)
postgres_container = container(
    image="postgres:17-trixie",
    ports={"5432/tcp": None},
    environment={"POSTGRES_USER": "kiosque", "POSTGRES_PASSWORD": PASSWORD},
    network="{default_pytest_celery_network.name}",
    wrapper_class=Database,
    timeout=120,
)
worker_container = container(
    image="{tagger_image}",
    environment=fxtr("worker_environment"),
    network="{default_pytest_celery_network.name}",
    wrapper_class=WorkerContainer,
    timeout=120,
)


@pytest.fixture(params=[pytest.param("containers", marks=pytest.mark.containers), "processes"])
def place(request: pytest.FixtureRequest) -> str:
    """Where the worker and its Redis run; on containers only where Docker is at hand."""
    if request.param == "containers" and missing_for_containers():
        pytest.skip(f"needs {missing_for_containers()}")
    return str(request.param)


@pytest.fixture
def celery_broker_cluster(place: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CeleryBrokerCluster]:
    broker = _redis_process(tmp_path) if place == "processes" else request.getfixturevalue("redis_container")
    cluster = CeleryBrokerCluster(RedisTestBroker(broker))
    cluster.ready()
    yield cluster
    broker.teardown()


def _redis_process(folder: Path) -> ProcessContainer:
    url = f"redis://127.0.0.1:{(port := free_port())}/0"
    command = [
        str(find_redis()),
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--appendonly",
        "yes",
    ]
    return ProcessContainer(
        command, log=folder / "redis.log", prompt="Ready to accept connections", config={"url": url, "host_url": url}
    )


@pytest.fixture
def celery_backend_cluster() -> None:
    """We have no results."""


@pytest.fixture
def database_urls(place: str, request: pytest.FixtureRequest, set_settings) -> tuple[str, str]:
    """A migrated PostgreSQL's address for the worker, and for the test."""
    from shared.migrations import upgrade

    if place == "processes":
        request.getfixturevalue("postgresql")
        return settings().database, settings().database
    database: Database = request.getfixturevalue("postgres_container")
    ours = database.url(*database.get_addr("5432/tcp"))
    set_settings(database_url=ours)
    upgrade()
    return database.url(database.attrs["Config"]["Hostname"], 5432), ours


@pytest.fixture
def worker_environment(celery_broker_cluster: CeleryBrokerCluster, database_urls: tuple[str, str]) -> dict[str, str]:
    return {
        **LOGGED,
        "KIOSQUE_ENV": "production",
        "KIOSQUE_BROKER_URL": celery_broker_cluster[0].config()["url"],
        "KIOSQUE_DATABASE_URL": database_urls[0],
        "KIOSQUE_BLOBS_URL": "/tmp/blobs",
        "KIOSQUE_HEALTH_FILE": "/tmp/health",
        "KIOSQUE_SOFT_SHUTDOWN_S": "5",
    }


@pytest.fixture
def celery_setup_app(
    celery_broker_cluster: CeleryBrokerCluster, database_urls: tuple[str, str], set_settings
) -> Celery:
    """Our own client: pytest-celery's knows neither the prefix of our keys nor our routes."""
    set_settings(broker_url=celery_broker_cluster[0].config()["host_url"], database_url=database_urls[1])
    return make_app()


@pytest.fixture
def celery_worker_cluster(
    place: str,
    request: pytest.FixtureRequest,
    worker_environment: dict[str, str],
    tmp_path: Path,
    celery_setup_app: Celery,
) -> Iterator[CeleryWorkerCluster]:
    if place == "processes":
        variables = {**worker_environment, "KIOSQUE_HEALTH_FILE": str(tmp_path / "health")}
        command = [sys.executable, "-m", "services.worker"]
        worker: Any = ProcessContainer(command, log=tmp_path / "worker.log", prompt="ready.", **variables)
    else:
        worker = request.getfixturevalue("worker_container")
    cluster = CeleryWorkerCluster(CeleryTestWorker(worker, celery_setup_app))
    cluster.ready()
    yield cluster
    worker.teardown()


def due_article(number: int = 1) -> int:
    """An article that is due to be tagged, with no message sent for it."""
    article_id = add_article(add_source(f"courrier-{number}"), url=f"https://courrier.example/{number}")
    with write_session() as session:
        make_due(session, TAGGED, [article_id], published=True)
    return article_id


def send(app: Celery, article_id: int) -> None:
    app.send_task("tagger.tag_article", args=(article_id,), queue="tagger")


def is_tagged(article_id: int) -> Callable[[], bool]:
    def look() -> bool:
        with read_session() as session:
            row = session.scalars(select(StageRun).filter_by(stage="tag", subject_id=article_id)).one()
            return row.state == RunState.DONE

    return look


def test_a_message_runs_what_is_due_and_only_that(celery_setup: CeleryTestSetup):
    article_id = due_article()
    send(celery_setup.app, article_id)
    wait_until(is_tagged(article_id), what="the article tagged")
    celery_setup.worker.assert_log_exists('"event": "stage.done"')
    send(celery_setup.app, article_id)
    celery_setup.worker.assert_log_exists('"event": "stage.refused"')


def test_what_is_no_message_of_ours_is_kept_and_the_worker_works_on(celery_setup: CeleryTestSetup):
    celery_setup.app.send_task("celery.unheard_of", args=(1,), queue="tagger")
    article_id = due_article()
    send(celery_setup.app, article_id)
    wait_until(is_tagged(article_id), what="the article tagged")
    with read_session() as session:
        (kept,) = session.scalars(select(BadMessage))
    assert kept.reason == "unknown_task"


def test_a_worker_told_to_stop_leaves_what_waits_to_the_next(celery_setup: CeleryTestSetup):
    celery_setup.worker.kill("SIGTERM")
    wait_until(lambda: has_ended(celery_setup.worker), 20, what="its end")
    article_id = due_article()
    send(celery_setup.app, article_id)
    celery_setup.worker.restart()
    wait_until(is_tagged(article_id), 60, what="the article tagged")


def has_ended(worker: CeleryTestWorker) -> bool:
    worker.container.reload()
    return bool(worker.container.status == "exited")


def test_messages_outlive_their_broker_s_restart_and_so_does_the_worker(celery_setup: CeleryTestSetup, set_settings):
    celery_setup.worker.kill("SIGTERM")
    wait_until(lambda: has_ended(celery_setup.worker), 20, what="its end")
    waiting, later = due_article(1), due_article(2)
    send(celery_setup.app, waiting)
    celery_setup.broker.restart()
    celery_setup.worker.restart()
    wait_until(is_tagged(waiting), 60, what="what waited tagged")
    celery_setup.broker.restart()
    set_settings(broker_url=celery_setup.broker.config()["host_url"], database_url=settings().database)  # another port
    send(make_app(), later)
    wait_until(is_tagged(later), 60, what="what came later tagged")
