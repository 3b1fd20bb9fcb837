"""The database as the command line meets it: brought up to date, missing, or not answering."""

import sys
import time
from pathlib import Path

from shared.errors import KiosqueError
from shared.settings import settings

#: How often a database is asked whether it is ready.
ASK_S = 1.0

_REMEDY = "`make run` makes it, and so does `kiosque migrate`"


def migrate_database() -> dict[str, str]:
    """Bring it to the newest revision; KiosqueError says in one line why that cannot be."""
    from shared.migrations import upgrade

    try:
        upgrade()
    except Exception as error:
        raise KiosqueError(f"the database could not be migrated ({_shown()}): {_first_line(error)}") from error
    return {"database": _shown(), "outcome": "up to date"}


def wait_for_tables(seconds: float) -> dict[str, str]:
    """Change nothing: return when somebody has brought it to this revision; KiosqueError if that takes longer."""
    from sqlalchemy.exc import OperationalError

    from shared.migrations import is_current

    deadline, why = time.monotonic() + seconds, "its tables are missing or an older version's"
    while True:
        try:
            require_database()
            if is_current():
                return {"database": _shown(), "outcome": "up to date"}
        except (KiosqueError, OperationalError) as error:
            why = _first_line(error)
        if time.monotonic() >= deadline:
            raise KiosqueError(
                f"the database is not ready after {seconds:g} s ({_shown()}): {why}. Has `kiosque migrate` run?"
            )
        time.sleep(min(ASK_S, max(0.0, deadline - time.monotonic())))


def require_database() -> None:
    """Refuse to make an empty database by looking into it."""
    path = _sqlite_path()
    if path is not None and not path.exists():
        raise KiosqueError(f"there is no database yet ({path}): {_REMEDY}")


def explain(error: Exception) -> str | None:
    """One line for an error of the database; None if it is of another kind. SQLAlchemy is not imported to find out."""
    errors = sys.modules.get("sqlalchemy.exc")
    if errors is None or not isinstance(error, errors.SQLAlchemyError):
        return None
    line = _first_line(error)
    if any(sign in line for sign in ("no such table", "UndefinedTable")):
        return f"the database has no tables yet ({_shown()}): {_REMEDY}"
    if any(sign in line for sign in ("no such column", "UndefinedColumn")):
        return f"the database's tables are not this version's ({_shown()}): kiosque migrate"
    if isinstance(error, errors.OperationalError):
        return f"the database does not answer ({_shown()}): {line}"
    return None


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]


def _sqlite_path() -> Path | None:
    prefix, _, path = settings().database.partition(":///")
    return Path(path) if prefix.startswith("sqlite") and path else None


def _shown() -> str:
    """The database's address without its password."""
    before, at, after = settings().database.rpartition("@")
    return f"{before.partition('://')[0]}://…@{after}" if at and "://" in before else settings().database
