"""The seventh stage, weigh, which follows measure: put into a house's tree, and what it did."""

import shutil
from pathlib import Path

from measuring import MEASURE
from sqlalchemy import select

from shared.db import read_session
from shared.ledger_models import StageRun
from shared.models import Audit
from shared.pipeline import Stage, Subject

WEIGH = Stage("weigh", service="tagger", subject=Subject.ARTICLE, after=(MEASURE,), limit_s=20, tries=3)

_FILE = Path(__file__).parents[1] / "seventh_stage.py"
_LINE = 'WEIGH = Stage("weigh", service="tagger", subject=Subject.ARTICLE, after=(MEASURE,), limit_s=20, tries=3)\n'


def add_seventh_stage(tree: Path) -> None:
    """One file and one line more."""
    shutil.copy(_FILE, tree / "services" / "tagger" / "weigh_tasks.py")
    replace_in(tree / "shared" / "pipeline.py", "\n# Every row above", _LINE + "\n# Every row above")


def replace_in(path: Path, old: str, new: str) -> None:
    """Change a file of a house's tree."""
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name}: {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def weighed() -> list[int]:
    """The articles that the seventh stage saved, once for each time it did."""
    with read_session() as session:
        return sorted(session.scalars(select(Audit.subject_id).where(Audit.action == "article.weighed")))


def weigh_run_of(article_id: int) -> StageRun | None:
    """The seventh stage's row."""
    with read_session() as session:
        return session.scalars(select(StageRun).filter_by(stage="weigh", subject_id=article_id)).one_or_none()
