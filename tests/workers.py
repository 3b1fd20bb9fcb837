"""Real workers and schedulers for tests, and a copy of the project with a sixth stage in it."""

import contextlib
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from servers import python_process, wait_until
from sqlalchemy import select

from shared.db import read_session
from shared.models import Audit
from shared.settings import ROOT

SIXTH_FILE = Path(__file__).parent / "sixth_stage.py"
SIXTH_LINE = (
    'MEASURE = Stage("measure", service="tagger", subject=Subject.ARTICLE, after=(PARSE,), limit_s={limit_s}, tries=3)'
    "\n"
)


def copy_with_sixth_stage(folder: Path, limit_s: int = 20) -> Path:
    """The project with one file and one line more: stage measure of the tagger."""
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in ("shared", "services"):
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(SIXTH_FILE, folder / "services" / "tagger" / "measure_tasks.py")
    the_map = folder / "shared" / "pipeline.py"
    text = the_map.read_text(encoding="utf-8")
    before = "\n# Every row above"
    assert before in text
    the_map.write_text(text.replace(before, SIXTH_LINE.format(limit_s=limit_s) + before), encoding="utf-8")
    return folder


@contextlib.contextmanager
def running(module: str, ready: str, *, tree: Path, log: Path, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m module` from a tree, yielded when its log says that it is ready."""
    variables = {"PYTHONPATH": str(tree), **environment}
    with python_process("-m", module, environment=variables, log=log, cwd=tree) as process:

        def is_ready() -> bool:
            assert process.poll() is None, log.read_text(errors="replace")
            return ready in log.read_text(errors="replace")

        wait_until(is_ready, what=f"{module} ready ({log})")
        yield process


def worker(service: str, *, tree: Path = ROOT, log: Path, **environment: str):
    """A worker of one service."""
    return running("services.worker", "ready.", tree=tree, log=log, SERVICE=service, **environment)


def scheduler(*, tree: Path = ROOT, log: Path, **environment: str):
    """A scheduler."""
    variables = {"KIOSQUE_METRICS_ADDRESS": "", **environment}  # one port for all schedulers of a machine is too few
    return running("services.scheduler", "scheduler.started", tree=tree, log=log, **variables)


def measured() -> list[int]:
    """The articles that the sixth stage saved, once for each time it did."""
    with read_session() as session:
        found = session.scalars(select(Audit.subject_id).where(Audit.action == "article.measured").order_by(Audit.id))
        return list(found)


def set_pool(tree: Path, pool: str) -> None:
    """Give the tagger of a copied house another pool, in its map."""
    the_map = tree / "shared" / "pipeline.py"
    text = the_map.read_text(encoding="utf-8")
    assert 'Service("tagger", pool="prefork"' in text
    the_map.write_text(text.replace('Service("tagger", pool="prefork"', f'Service("tagger", pool="{pool}"'))
