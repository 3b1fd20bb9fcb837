"""Backup and restore: over both databases and across them, while the house runs, and when something is wrong."""

import json
import math
import os
import stat
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from full_house import ARABIC, DUE, LEDGER, attempts, every_row, fill_house, runs
from press import add_article, add_source
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url

import shared.db
from services.cli.__main__ import kiosque
from services.scheduler import sweep
from shared import blobs
from shared.backup.archive import BackupError
from shared.backup.load import restore_backup
from shared.backup.save import save_backup
from shared.db import engine, now, read_session, write_session
from shared.ledger_models import BlobHold
from shared.models import Article, Source
from shared.pipeline import PARSE, TRANSLATE
from shared.settings import settings
from shared.store.blob_holds import holding, is_held

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def whole_sweeps(monkeypatch):
    """A busy machine's two seconds may end before the last folder."""
    monkeypatch.setattr(sweep, "SWEEP_S", math.inf)


@pytest.fixture
def move_to(set_settings, postgresql_url: str, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Go to a new house: a database of this kind without tables, and no blobs."""
    names: list[str] = []
    server = shared.db.make_engine(postgresql_url).execution_options(isolation_level="AUTOCOMMIT")

    def move(kind: str) -> None:
        name = f"new_{uuid.uuid4().hex}"
        url = f"sqlite:///{tmp_path / name}"
        if kind == "postgresql":
            names.append(name)
            with server.connect() as connection:
                connection.execute(text(f"CREATE DATABASE {name}"))
            url = make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
        set_settings(database_url=url, blobs_url=str(tmp_path / f"{name}-blobs"))

    yield move
    shared.db.forget_engines()
    for name in names:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def quiet(_done: int, _of: int) -> None:
    """Progress that nobody looks at."""


def restore(path: Path, replace: bool = False):
    return restore_backup(path, replace=replace, progress=quiet)


def as_json(*arguments: str):
    result = CliRunner().invoke(kiosque, [*arguments, "--json"], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def put_long_ago(content: bytes) -> str:
    key = blobs.put(content)
    moment = (LONG_AGO + timedelta(days=1)).timestamp()
    os.utime(Path(settings().blobs, key[:2], key[2:4], key), (moment, moment))
    return key


@pytest.mark.parametrize("to", ["sqlite", "postgresql"])
def test_everything_comes_back_on_either_database(database, to, move_to, tmp_path):
    _, article_id = fill_house()
    before = every_row(*LEDGER)
    kept = [b"<html>" + bytes(range(256)), b"a thumbnail", b"another"]
    told = as_json("backup", str(tmp_path / "house.tar.gz"))
    assert (told["rows"]["article"], told["blobs"], told["missing_blobs"]) == (2, 3, 0)
    assert stat.S_IMODE(Path(told["path"]).stat().st_mode) == 0o600

    move_to(to)
    back = as_json("restore", told["path"])
    assert (back["blobs"], back["due"], back["database"]) == (3, 1, database)
    assert every_row(*LEDGER) == before
    assert [blobs.get(blobs.content_hash(content)) for content in kept] == kept
    with write_session() as session:  # ids go on where they were
        assert session.get_one(Article, article_id).body == ARABIC
        source = Source(key="new", name="New", home_url="https://new.example/", languages=[])
        session.add(source)
        session.flush()
        assert source.id > before["source"][-1][0]


def test_what_was_running_is_due_and_every_due_row_waits_for_a_message(database, tmp_path):
    copy_id, article_id = fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    restore(saved.path, replace=True)
    running = runs()["parse", article_id]
    assert (running.state, running.attempts, running.token, running.lease_until) == (DUE, 0, None, None)
    assert {row.published_at for row in runs().values() if row.state == DUE} == {None}
    assert [(row.outcome, row.reason) for row in attempts()] == [("postponed", "restored")]
    assert {("parse", copy_id), (PARSE.name, article_id), (TRANSLATE.name, article_id)} <= runs().keys()


def test_a_database_that_has_something_is_refused_unless_it_is_to_be_replaced(database, tmp_path):
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    add_source("another")
    before = every_row()
    with pytest.raises(BackupError, match=r"is not empty \(.*source.*\): .*--replace"):
        restore(saved.path)
    assert every_row() == before
    restore(saved.path, replace=True)
    assert len(every_row()["source"]) == 1


def test_a_backup_shows_one_moment_although_the_house_goes_on(database, tmp_path, move_to):
    """While the rows are read an article comes in, and the page of another is replaced and swept away."""
    source_id = add_source()
    page = put_long_ago(b"the page as it was")
    article_id = add_article(source_id, 1, page_hash=page, found_at=LONG_AGO)
    gone_on = []

    def go_on(_done: int, _of: int) -> None:
        if not gone_on:
            gone_on.append(add_article(source_id, 2, page_hash=put_long_ago(b"a new page")))
            with write_session() as session:
                session.get_one(Article, article_id).page_hash = None
            sweep.sweep()

    saved = save_backup(tmp_path / "house.tar.gz", go_on)
    assert gone_on
    assert (saved.rows["article"], saved.blobs, saved.missing_blobs) == (1, 1, 0)
    sweep.sweep()
    assert not blobs.exists(page)  # the hold went with the backup
    move_to("sqlite")
    restore(saved.path)
    assert blobs.get(page) == b"the page as it was"


def test_a_hold_that_nobody_renews_ends_by_itself(database):
    page = put_long_ago(b"of nobody")
    add_article(add_source(), found_at=LONG_AGO)
    with holding("backup") as hold:
        sweep.sweep()
        assert blobs.exists(page)
        with write_session() as session:
            session.execute(update(BlobHold).values(until=now(-1)))
        assert not is_held()
        hold.renew()
        assert is_held()
        with write_session() as session:
            session.execute(update(BlobHold).values(until=now(-1)))
        sweep.sweep()
        assert not blobs.exists(page)


def test_a_restore_holds_its_blobs_until_its_rows_are_there(database, tmp_path, move_to):
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    move_to(database)
    held: list[bool] = []

    def look(_done: int, _of: int) -> None:
        with read_session() as session:
            held.append(bool(session.scalar(select(BlobHold.until > now(600)))))
        if len(held) == saved.blobs:  # the last of them took long
            with write_session() as session:
                session.execute(update(BlobHold).values(until=now(1)))

    restore_backup(saved.path, replace=False, progress=look)
    assert set(held) == {True}
    assert not is_held()


def test_a_page_that_is_gone_is_counted_and_the_rest_is_kept(database, tmp_path):
    fill_house()
    blobs.delete(blobs.content_hash(b"a thumbnail"))
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    assert (saved.blobs, saved.missing_blobs) == (2, 1)


def test_a_store_without_any_of_its_blobs_is_the_wrong_one(sqlite, set_settings, tmp_path):
    """An unmounted volume: nightly backups without a page would one by one replace those that have them."""
    fill_house()
    set_settings(blobs_url=str(tmp_path / "not mounted"))
    with pytest.raises(BackupError, match=r"not one of the 3 pages and thumbnails .*/not mounted: is it mounted"):
        save_backup(tmp_path / "house.tar.gz", quiet)
    assert not list(tmp_path.glob("house.*"))


@pytest.mark.parametrize("what", ["cut", "cut blobs", "changed", "empty", "not ours"])
def test_a_torn_file_is_refused_before_anything_is_changed(sqlite, what, tmp_path):
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    content = saved.path.read_bytes()
    middle = len(content) // 2
    torn = {
        "cut": content[:middle],
        "cut blobs": content[:-9],
        "changed": content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :],
        "empty": b"",
        "not ours": b"an archive of something else",
    }[what]
    saved.path.write_bytes(torn)
    before = every_row()
    with pytest.raises(BackupError, match=r"house\.tar\.gz is torn, or no backup of Kiosque"):
        restore(saved.path, replace=True)
    assert every_row() == before


@pytest.mark.parametrize("name", ["n" * 201, "a\0b"])
def test_what_only_sqlite_takes_is_told_with_its_table(sqlite, name, move_to, tmp_path):
    fill_house()
    with write_session() as session:
        session.execute(update(Source).values(name=name))
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    move_to("postgresql")
    with pytest.raises(BackupError, match=r"source has a row .*(too long|NUL).* no row was changed"):
        restore(saved.path)
    assert not any(every_row("blob_hold").values())
    move_to("sqlite")
    restore(saved.path)


def test_another_revision_is_refused_with_the_remedy(database, tmp_path, monkeypatch):
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    with monkeypatch.context() as newer:
        newer.setattr("shared.backup.load.newest_revision", lambda: "9999")
        with pytest.raises(BackupError, match=r"this version has 9999: restore it with the version that took it"):
            restore(saved.path, replace=True)
    with engine().execution_options(kiosque_writes=True).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(BackupError, match=r"the database is at revision 0001, .*: kiosque migrate"):
        restore(saved.path, replace=True)


def test_a_restore_that_fails_half_way_leaves_the_house_as_it_was(database, tmp_path):
    fill_house()
    saved = save_backup(tmp_path / "house.tar.gz", quiet)
    add_source("another")
    before = every_row("blob_hold")

    def fail(_done: int, of: int) -> None:
        seen.append(of)
        if len(seen) == 20:
            raise KeyboardInterrupt

    seen: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        restore_backup(saved.path, replace=True, progress=fail)
    assert every_row("blob_hold") == before
    assert not is_held()


def test_a_backup_that_fails_leaves_no_file_and_one_that_exists_is_kept(sqlite, tmp_path):
    fill_house()
    folder = tmp_path / "backups"
    folder.mkdir()

    def fail(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        save_backup(folder, fail)
    assert list(folder.iterdir()) == []
    first = save_backup(folder, quiet).path
    assert first.parent == folder
    with pytest.raises(BackupError, match="exists already"):
        save_backup(first, quiet)
    (tmp_path / "file").touch()
    with pytest.raises(BackupError, match=r"house\.tar\.gz was not written: .*File exists"):
        save_backup(tmp_path / "file" / "house.tar.gz", quiet)
    with pytest.raises(BackupError, match=r"none\.tar\.gz cannot be read: No such file"):
        restore(tmp_path / "none.tar.gz", replace=True)
    with write_session() as session:
        assert session.scalars(select(BlobHold)).all() == []


def test_the_commands_say_what_they_did(sqlite):
    fill_house()
    runner = CliRunner()
    said = runner.invoke(kiosque, ["backup"], catch_exceptions=False).output
    path = next((settings().var / "backups").iterdir())
    assert said.startswith(f"{path}: 2 articles, ")
    assert "3 blobs" in said
    said = runner.invoke(kiosque, ["restore", str(path), "--replace"], catch_exceptions=False).output
    assert "restored 2 articles, " in said
    assert "1 rows that were running are due" in said
