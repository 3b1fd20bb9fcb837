"""What `kiosque status` tells: how far the articles are, what waits and why, and what an operator should look at."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click
from sqlalchemy.orm import Session

from shared.db import read_session
from shared.ledger_models import RunState
from shared.pipeline import SERVICES, stages_of
from shared.queue import consuming_services, queue_lengths
from shared.store import funnel, retention
from shared.tables import print_rows

#: What became due this moment is no sign of a missing worker, seconds.
LATE_S = 5

#: The tables under the funnel: a key of the JSON, and its heading.
_TABLES = {
    "paused": "paused (kiosque resume NAME)",
    "waiting": "waiting",
    "set_aside": "set aside",
    "drops": "set aside in the last 24 hours, by source",
    "storage": "postponed in the last hour for want of the blobs' store (storage.away in the workers' logs says why)",
    "bad_messages": "bad messages",
    "kept": "kept for so many days (KIOSQUE_KEEP_…_DAYS; -: for ever), and what went by its age",
}


def read_status() -> dict[str, Any]:
    """Everything that is told, by name; asks the database and the broker."""
    queues, consuming = _ask_broker()
    with read_session() as session:
        told = {**_ledger(session), "queues": queues}
        told["no_worker"] = _without_worker(session, told, consuming)
    return told


def _ledger(session: Session) -> dict[str, Any]:
    found = asdict(funnel.progress(session))
    return {
        "articles": {name: found[name] for name in ("found", "on_portal")},
        "stages": funnel.stage_counts(session),
        "paused": funnel.paused(session),
        "waiting": funnel.reasons(session, RunState.WAITING),
        "set_aside": funnel.reasons(session, RunState.SET_ASIDE),
        "drops": funnel.drops(session),
        "storage": funnel.storage_failures(session),
        "bad_messages": funnel.bad_message_counts(session),
        "kept": retention.kept(session),
    }


def _without_worker(session: Session, told: dict[str, Any], consuming: set[str] | None) -> list[dict[str, Any]]:
    """The services that have work due, no worker that reads their queue, and none that is busy."""
    if consuming is None:
        return []
    alive = consuming | funnel.working_services(session)
    paused = {row["name"] for row in told["paused"] if row["paused"] == "stage"}
    late = {row["stage"]: row for row in told["stages"] if (row["oldest_due_s"] or 0) >= LATE_S}
    missing = []
    for service in SERVICES:
        rows = [late[stage.name] for stage in stages_of(service) if stage.name in late and stage.name not in paused]
        if rows and service not in alive:
            oldest_s = max(row["oldest_due_s"] for row in rows)
            missing.append({"service": service, "due": sum(row["overdue"] for row in rows), "oldest_due_s": oldest_s})
    return missing


def _ask_broker() -> tuple[dict[str, int], set[str] | None]:
    """The queues' lengths, and which services have a worker that reads; nothing when the broker does not answer."""
    try:
        return queue_lengths(SERVICES), consuming_services(SERVICES)
    except Exception:  # noqa: BLE001 - any transport's error; status must answer all the same
        return {}, None


def print_status(told: dict[str, Any]) -> None:
    """The same for a person."""
    articles = told["articles"]
    click.echo(f"{articles['found']} articles found, {articles['on_portal']} on the portal\n")
    print_rows(told["stages"], as_json=False)
    for name, heading in _TABLES.items():
        _print_table(heading, told[name])
    click.echo("\nqueues")
    queues = told["queues"].items()
    click.echo("  ".join(f"{name} {length}" for name, length in queues) or "the broker does not answer")
    for row in told["no_worker"]:
        click.echo(
            f"NO WORKER CONSUMES {row['service']}: {row['due']} due, the oldest for {row['oldest_due_s']} s; start one"
        )


def _print_table(heading: str, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        click.echo(f"\n{heading}")
        print_rows(rows, as_json=False)
