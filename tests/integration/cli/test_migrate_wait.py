"""`kiosque migrate --wait`: what a pod does before it starts, on both databases."""

import os
import subprocess
import sys
import threading

import pytest
from alembic import command
from servers import free_port
from sqlalchemy import text

from services.cli import database as cli_database
from services.cli.database import wait_for_tables
from shared.db import engine
from shared.errors import KiosqueError
from shared.migrations import alembic_config, upgrade
from shared.settings import settings


def write_revision(revision: str) -> None:
    with engine().execution_options(kiosque_writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_tables_of_this_version_are_waited_for_no_longer(database):
    assert wait_for_tables(0)["outcome"] == "up to date"


def test_a_newer_versions_tables_stop_no_pod_that_starts_again(database):
    write_revision("9999_from_the_future")
    assert wait_for_tables(0)["outcome"] == "up to date"


def test_an_empty_database_is_waited_for_until_somebody_migrates_it(database):
    with engine().execution_options(kiosque_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "base")
    with pytest.raises(
        KiosqueError, match=r"not ready after 0 s .*missing or an older version's. Has `kiosque migrate`"
    ):
        wait_for_tables(0)
    asked = threading.Event()
    patch = pytest.MonkeyPatch()
    patch.setattr(cli_database, "require_database", asked.set)
    waiting = threading.Thread(target=wait_for_tables, args=(60,))
    waiting.start()
    try:
        assert asked.wait(20)
        assert waiting.is_alive()
        upgrade()
        waiting.join(20)
        assert not waiting.is_alive()
    finally:
        patch.undo()


def test_a_database_that_is_not_there_is_waited_for_and_not_made():
    assert not settings().var.exists()
    with pytest.raises(KiosqueError, match="there is no database yet"):
        wait_for_tables(0)
    assert not settings().var.exists()


def test_a_server_that_does_not_answer_is_named_without_its_password(set_settings):
    url = f"postgresql://writer:secret@127.0.0.1:{free_port()}/kiosque"
    words = [sys.executable, "-m", "services.cli", "migrate", "--wait", "0.1"]
    environment = {**os.environ, "KIOSQUE_DATABASE_URL": url}
    ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "not ready after 0.1 s" in ran.stderr
    assert "secret" not in ran.stderr
    assert ran.stderr.count("\n") == 1
