"""`python -m shared.migrations.revise "what changed"`: write a revision from what models and database differ in."""

import sys

from alembic import command

from shared.db import engine
from shared.migrations import alembic_config, upgrade

if __name__ == "__main__":
    upgrade()
    with engine().execution_options(kiosque_writes=True).begin() as connection:
        command.revision(alembic_config(connection), message=sys.argv[1], autogenerate=True)
