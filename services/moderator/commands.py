"""Commands of the pictures: list, show, block, clear."""

from pathlib import Path
from typing import Any, get_args

import click
from sqlalchemy import Executable, select
from sqlalchemy.orm import Session

from shared import blobs
from shared.contracts import ImageState
from shared.db import read_session, write_session
from shared.errors import UnknownSubject
from shared.models import ID_MOST, ArticleImage, Audit, Image, Report
from shared.store import decisions
from shared.store.decisions import Action
from shared.tables import print_json, print_rows

_ID = click.argument("image_id", metavar="ID", type=click.IntRange(1, ID_MOST))
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
_REASON = click.option("--reason", required=True, help="Why: kept in the audit.")
_BY = click.option("--by", "actor", default="operator", show_default=True, help="Who decides: kept in the audit.")
_STATES = ["open", "all", *(state for state in get_args(ImageState) if state not in ("pending", "unavailable"))]


@click.group()
def images() -> None:
    """The pictures: list, show, block, clear."""


@images.command("list")
@click.option(
    "--state", type=click.Choice(_STATES), default="open", show_default=True,
    help="open: what waits for an operator (held, blocked by readers, or reported since the last decision).",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True)
@_JSON
def list_(state: str, limit: int, as_json: bool) -> None:
    """The pictures with the most reports first, then the newest."""
    found = (
        select(Image.id, Image.state, Image.reports, Image.matched_id, Image.first_seen_at, Image.decided_at)
        .order_by(Image.reports.desc(), Image.id.desc())
        .limit(limit)
    )
    if state == "open":
        found = found.where(decisions.is_open())
    elif state != "all":
        found = found.where(Image.state == state)
    with read_session() as session:
        print_rows([dict(row._mapping) for row in session.execute(found)], as_json=as_json, empty="no pictures")


@images.command()
@_ID
@click.option("--save", type=click.Path(dir_okay=False, path_type=Path), help="Write the copy (WebP) to this file.")
@_JSON
def show(image_id: int, save: Path | None, as_json: bool) -> None:
    """Tell all about one picture: its use, who reported it, what was decided and why."""
    with read_session() as session:
        told = _tell(session, image_id)
    if save is not None:
        save.write_bytes(blobs.get(told["thumbnail_hash"]))
    if as_json:
        print_json(told)
        return
    for name, value in told.items():
        if isinstance(value, list):
            click.echo(f"\n{name}")
            print_rows(value, as_json=False, empty="none")
        else:
            click.echo(f"{name}: {'-' if value is None else value}")


@images.command()
@_ID
@_REASON
@_BY
@_JSON
def block(image_id: int, reason: str, actor: str, as_json: bool) -> None:
    """Take a picture down wherever it is used, with its copies; what only looks like it is held."""
    _decide(image_id, "block", reason, actor, as_json)


@images.command()
@_ID
@_REASON
@_BY
@_JSON
def clear(image_id: int, reason: str, actor: str, as_json: bool) -> None:
    """Show a picture for good, whoever reports it; what was held or blocked for it is judged again."""
    _decide(image_id, "clear", reason, actor, as_json)


def _decide(image_id: int, action: Action, reason: str, actor: str, as_json: bool) -> None:
    with write_session() as session:
        decision = decisions.decide_image(session, image_id, action, reason, actor)
    rows = [{"id": image_id, "before": decision.before, "state": decision.state, "reason": reason}]
    rows += [
        {"id": change.image_id, "before": change.before, "state": change.state, "reason": f"like {image_id}"}
        for change in decision.like
    ]
    print_rows(rows, as_json=as_json)


def _tell(session: Session, image_id: int) -> dict[str, Any]:
    image = session.get(Image, image_id)
    if image is None:
        raise UnknownSubject(f"no image {image_id}: kiosque images list --state all")
    uses = select(ArticleImage.article_id, ArticleImage.url).where(ArticleImage.image_id == image_id)
    reports = select(Report.reported_at, Report.reporter, Report.network, Report.article_id)
    audits = select(Audit.at, Audit.actor, Audit.action, Audit.reason, Audit.evidence)
    return {
        "id": image.id,
        "state": image.state,
        "reports": image.reports,
        "like": image.matched_id,
        "content_hash": image.content_hash,
        "media_type": image.media_type,
        "size": f"{image.width} x {image.height}",
        "thumbnail_hash": image.thumbnail_hash,
        "pdq": image.pdq.hex(),
        "pdq_quality": image.pdq_quality,
        "engine": f"{image.engine} {image.engine_version}".strip(),
        "first_seen_at": image.first_seen_at,
        "decided_at": image.decided_at,
        "uses": _fetch(session, uses.order_by(ArticleImage.article_id)),
        "reported": _fetch(session, reports.where(Report.image_id == image_id).order_by(Report.id)),
        "history": _fetch(
            session, audits.where(Audit.subject == "image", Audit.subject_id == image_id).order_by(Audit.id)
        ),
    }


def _fetch(session: Session, found: Executable) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in session.execute(found)]


commands: tuple[click.Command, ...] = (images,)
