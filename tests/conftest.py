"""Every test has settings, folders and a database of its own; servers are started once, when first asked for."""

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from containers import missing_for_containers
from servers import find_chromium, postgresql_server, redis_server
from sqlalchemy import text
from sqlalchemy.engine import make_url

import shared.db
import shared.queue
from shared.settings import flower_login, secret_key, settings


def _forget_settings() -> None:
    settings.cache_clear()
    secret_key.cache_clear()
    flower_login.cache_clear()
    shared.db.forget_engines()
    shared.queue.forget_lengths()


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[pytest.MonkeyPatch]:
    """Settings under the test's own folder, whatever the machine's environment says; `set_settings` changes them."""
    for name in list(os.environ):
        if name.startswith(("KIOSQUE_", "FLOWER_")) or name == "SERVICE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("KIOSQUE_VAR", str(tmp_path / "var"))
    _forget_settings()
    yield monkeypatch
    _forget_settings()


@pytest.fixture
def set_settings(environment: pytest.MonkeyPatch):
    """Set variables (without KIOSQUE_) and read the settings anew."""

    def change(**values: object) -> None:
        for name, value in values.items():
            environment.setenv(f"KIOSQUE_{name.upper()}", str(value))
        _forget_settings()

    return change


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server for the session."""
    # not under pytest's folder: another session of the same user closes that to the server's own user
    with tempfile.TemporaryDirectory(prefix="kiosque-") as folder, postgresql_server(Path(folder)) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis server for the session."""
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def broker(redis_url: str, set_settings) -> Iterator[redis.Redis]:
    """Empty queues, an application on them, and a client for their server."""
    from shared.app import make_app

    set_settings(broker_url=redis_url)
    make_app()
    with redis.Redis(unix_socket_path=redis_url.removeprefix("redis+socket://")) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every table and no row, made once."""
    from shared.migrations import upgrade

    path = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KIOSQUE_DATABASE_URL", f"sqlite:///{path}")
        _forget_settings()
        upgrade()
        with shared.db.engine().connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    _forget_settings()
    return path


@pytest.fixture
def sqlite(migrated_sqlite: Path, set_settings) -> None:
    """A migrated SQLite database of the test's own."""
    settings().var.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated_sqlite, settings().var / "kiosque.sqlite3")


@pytest.fixture
def postgresql(set_settings, postgresql_url: str) -> Iterator[None]:
    """A migrated PostgreSQL database of the test's own."""
    from shared.migrations import upgrade

    name = f"test_{uuid.uuid4().hex}"
    server = shared.db.make_engine(postgresql_url)
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    set_settings(database_url=make_url(postgresql_url).set(database=name).render_as_string(hide_password=False))
    upgrade()
    yield
    shared.db.forget_engines()
    with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The test on both databases, one after the other."""
    request.getfixturevalue(request.param)
    return str(request.param)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What `needs` a program that is not there is left out."""
    wanted = [program for mark in item.iter_markers("needs") for program in mark.args]
    if missing := [program for program in wanted if shutil.which(program) is None]:
        pytest.skip(_NOT_INSTALLED + " ".join(missing))


_NOT_INSTALLED = "not installed: "
#: The package that adds a program, where it has another name.
_PACKAGES = {"redis-cli": "redis-tools", "node": "nodejs", "promtool": "prometheus"}


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """The last lines say what was left out for want of a program or of containers, and what adds it."""
    skipped = terminalreporter.stats.get("skipped", [])
    in_a_browser = [one for one in skipped if "browser" in one.keywords]
    in_containers = [one for one in skipped if "containers" in one.keywords]
    if in_a_browser and find_chromium() is None:
        terminalreporter.write_line(_left_out(f"{len(in_a_browser)} browser tests", ["chromium"]))
    if in_containers and (wanted := missing_for_containers()):
        terminalreporter.write_line(f"{len(in_containers)} container tests were left out: they need {wanted}")
    missing = [str(one.longrepr[2]).partition(_NOT_INSTALLED)[2].split() for one in skipped]
    programs = {program for those in missing for program in those}
    if programs:
        packages = sorted({_PACKAGES.get(program, program) for program in programs})
        terminalreporter.write_line(_left_out(f"{sum(map(bool, missing))} tests", packages))


def _left_out(tests: str, packages: list[str]) -> str:
    return f"{tests} were left out: `sudo apt-get install {' '.join(packages)}` adds what they need"
