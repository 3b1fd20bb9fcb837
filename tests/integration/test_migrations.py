"""The migrations against the models, on both databases."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

import shared.ledger_models  # noqa: F401 - its tables belong to the metadata
from shared.db import engine
from shared.migrations import current_revision, upgrade
from shared.models import Base

pytestmark = pytest.mark.usefixtures("database")


def test_the_migrations_make_the_tables_that_the_models_say():
    with engine().connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_migrating_twice_does_nothing():
    upgrade()
    upgrade()


def test_the_version_before_leaves_a_later_ones_tables_alone():
    with engine().execution_options(kiosque_writes=True).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    upgrade()
    with engine().connect() as connection:
        assert current_revision(connection) == "9999_from_the_future"
