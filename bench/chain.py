"""A copy of the project whose five workers do nothing but hand on: what is left is the cost of queue and ledger."""

import shutil
from pathlib import Path

from shared.pipeline import SERVICES
from shared.settings import ROOT

STAGES = tuple(f"hand{number}" for number in range(1, 6))

_WITH_LEDGER = '''"""A stage that does nothing."""

from shared.pipeline import STAGES
from shared.stage import stage_task
from shared.store.stage_runs import FallsDue


def load(session, article_id):
    return article_id


def save(session, article_id, _):
    return FallsDue([article_id])


@stage_task(STAGES["{stage}"], load=load, save=save)
def {stage}_article(article_id: int) -> int:
    return article_id
'''

_WITHOUT_LEDGER = '''"""A task that publishes the next one's id and nothing else."""

from celery import current_app, shared_task
from shared.pipeline import STAGES, followers_of


@shared_task(name=STAGES["{stage}"].task)
def {stage}_article(article_id):
    for later in followers_of(STAGES["{stage}"]):
        current_app.send_task(later.task, args=(article_id,), queue=later.service, ignore_result=True)
    if not followers_of(STAGES["{stage}"]):
        with open("{done}", "a") as log:
            log.write(f"{{article_id}}\\n")
'''


def copy_with_chain(folder: Path, *, ledger: bool) -> Path:
    """The project with a map of five chained stages, one a worker, in place of its own."""
    for name in ("shared", "services"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    the_map = folder / "shared" / "pipeline.py"
    text = the_map.read_text(encoding="utf-8")
    first, last = text.index("POLL = Stage("), text.index("# Every row above")
    the_map.write_text(text[:first] + _chain() + text[last:], encoding="utf-8")
    # the two names that other modules import of the map
    with the_map.open("a", encoding="utf-8") as written:
        written.write("\nPOLL = FETCH = PARSE = TRANSLATE = TAG = MODERATE = STAGES['hand1']\n")
    template = _WITH_LEDGER if ledger else _WITHOUT_LEDGER
    for service, stage in zip(SERVICES, STAGES, strict=True):
        tasks = folder / "services" / service / "tasks.py"
        tasks.write_text(template.format(stage=stage, done=folder / "done"), encoding="utf-8")
    (folder / "done").touch()
    return folder


def _chain() -> str:
    lines, before = [], ""
    for service, stage in zip(SERVICES, STAGES, strict=True):
        after = f"({before}, )" if before else "()"
        lines.append(
            f'{stage.upper()} = Stage("{stage}", service="{service}", subject=Subject.ARTICLE, after={after}, '
            "limit_s=30, tries=5)\n"
        )
        before = stage.upper()
    return "".join(lines)
