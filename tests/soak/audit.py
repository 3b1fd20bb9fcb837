"""What must hold at the end: nothing lost, nothing done twice. Every fault found is named in a line.

A kill can make the world see an execution again (a page fetched twice): that is what "at least once" leaves. What is
held to "exactly once" is each effect that counts:
- every part of every stage that the map asks for is settled, a reason given where it is not done;
- it has exactly one attempt that settled it, of the same outcome as the row; all others are closed as lost, stale,
  retry or postponed;
- every execution in the log belongs to one attempt, and no attempt executed twice; a done one began, ended and saved
  at most once, and no attempt closed otherwise has saved anything;
- the newsstand answered for an article's page as often as fetch executed it: at least the executions that came to
  their end, at most those that began.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sqlalchemy import func, select

from shared import blobs
from shared.db import read_session
from shared.ledger_models import SETTLED, RunState, StageAttempt, StageRun
from shared.models import Article, Translation
from shared.pipeline import FETCH, POLL, STAGES, TRANSLATE, Stage, Subject
from shared.store.parts import parts_of
from tests.soak.effects import Effect

Work = tuple[str, int, str]  # stage, subject, part
OF_ARTICLES = [stage for stage in STAGES.values() if stage.subject == Subject.ARTICLE]
#: How an attempt ends that leaves the work to another.
UNSETTLED = ("lost", "stale", "retry", "postponed")


class Audit:
    """The ledger, the log of effects and the newsstand's visits, held against each other."""

    def __init__(self, paths: Iterable[str], effects: Iterable[Effect], visits: Counter[str]) -> None:
        self.paths, self.visits = set(paths), visits
        self.effects: dict[str, list[Effect]] = defaultdict(list)
        for effect in effects:
            self.effects[effect.token].append(effect)
        with read_session() as session:
            self.articles = {row.id: row for row in session.execute(select(
                Article.id, Article.url, Article.page_hash, Article.headline, Article.duplicate_of_id
            ))}  # fmt: skip
            self.runs = {(row.stage, row.subject_id, row.part): row for row in session.scalars(select(StageRun))}
            self.attempts = {row.token: row for row in session.scalars(select(StageAttempt))}
            self.parts = parts_of(session, TRANSLATE, sorted(self.articles))
            self.translations = session.scalar(select(func.count(Translation.id))) or 0
        self.held = {row.token for row in self.runs.values() if row.token}

    def faults(self) -> list[str]:
        """Every promise that was not kept."""
        checks = (self._lost_articles, self._lost_work, self._lost_outputs, self._settled_twice, self._bad_executions)
        return [fault for check in (*checks, self._visits_astray) for fault in check()]

    def _lost_articles(self) -> Iterator[str]:
        found = Counter(_path_of(row.url) for row in self.articles.values())
        yield from (f"article lost: {path}" for path in sorted(self.paths - set(found)))
        yield from (f"article that is in no feed: {path}" for path in sorted(set(found) - self.paths))
        yield from (f"article taken in {times} times: {path}" for path, times in found.items() if times > 1)

    def _lost_work(self) -> Iterator[str]:
        for article_id in self.articles:
            for stage in OF_ARTICLES:
                for work in self._asked_for(stage, article_id):
                    run = self.runs.get(work)
                    if run is None:
                        yield f"no row: {_name(work)}"
                    elif run.state not in SETTLED:
                        yield f"not settled: {_name(work)} is {run.state}"
                    elif run.state != RunState.DONE and not run.reason:
                        yield f"no reason: {_name(work)} is {run.state}"

    def _asked_for(self, stage: Stage, article_id: int) -> list[Work]:
        """The rows that the map asks for, given what became of the stages before."""
        for parent in stage.after:
            run = self.runs.get((parent.name, article_id, ""))
            if parent.subject == Subject.ARTICLE and (run is None or run.state == RunState.SET_ASIDE):
                return []
        parts = self.parts[article_id] if stage.parted else ("",)
        return [(stage.name, article_id, part) for part in parts]

    def _lost_outputs(self) -> Iterator[str]:
        done = {work for work, run in self.runs.items() if run.state == RunState.DONE}
        for article_id, row in self.articles.items():
            if ("fetch", article_id, "") in done and not (row.page_hash and blobs.exists(row.page_hash)):
                yield f"no page is kept: {_name(('fetch', article_id, ''))} is done"
            if ("parse", article_id, "") in done and not row.headline:
                yield f"no headline: {_name(('parse', article_id, ''))} is done"
        translated = sum(stage == TRANSLATE.name for stage, _, _ in done)
        if translated != self.translations:
            yield f"{translated} translations are done, {self.translations} are kept"

    def _settled_twice(self) -> Iterator[str]:
        settled: dict[Work, list[str]] = defaultdict(list)
        for attempt in self.attempts.values():
            if attempt.outcome in SETTLED:
                settled[_work_of(attempt)].append(attempt.outcome)
            elif attempt.outcome not in UNSETTLED and not self._is_abandoned(attempt):
                yield f"attempt left {attempt.outcome}: {_name(_work_of(attempt))} {attempt.token}"
        for work, run in self.runs.items():
            outcomes = settled.pop(work, [])
            # a poll is due again at once when it is done; a translation may have waited for its engine before
            expected = RunState.DONE.value if work[0] == POLL.name else run.state
            if [one for one in outcomes if one != RunState.WAITING or one == expected] != [expected]:
                yield f"settled {outcomes}: {_name(work)} is {run.state}"
        yield from (f"attempt of no row: {_name(work)}" for work in settled)

    def _is_abandoned(self, attempt: StageAttempt) -> bool:
        """Its worker died and its row has gone on without it; the scheduler closes it in some minutes."""
        return attempt.outcome == "running" and attempt.token not in self.held

    def _bad_executions(self) -> Iterator[str]:
        for token, effects in self.effects.items():
            attempt = self.attempts.get(token)
            name = f"{_name(_work_of(effects[0]))} {token}"
            if attempt is None or {_work_of(effect) for effect in effects} != {_work_of(attempt)}:
                yield f"execution of no attempt: {name}"
                continue
            events = [effect.event for effect in effects]
            if events not in (["began"], ["began", "ended"], ["began", "ended", "saved"]):
                yield f"one attempt executed as {events}: {name}"
            if "saved" in events and attempt.outcome not in SETTLED:
                yield f"saved though {attempt.outcome}: {name}"
        for token, attempt in self.attempts.items():
            events = [effect.event for effect in self.effects.get(token, ())]
            if attempt.outcome == RunState.DONE and events[:2] != ["began", "ended"]:
                yield f"done and not executed: {_name(_work_of(attempt))} {token}"

    def _visits_astray(self) -> Iterator[str]:
        began, ended = self._executions("began"), self._executions("ended")
        for article_id, row in self.articles.items():
            visits = self.visits[_path_of(row.url)]
            if not ended[article_id] <= visits <= began[article_id]:
                yield (
                    f"article {article_id}: {visits} visits, but fetch began {began[article_id]} and ended "
                    f"{ended[article_id]} times: {_path_of(row.url)}"
                )

    def _executions(self, event: str) -> Counter[int]:
        all_effects = (effect for effects in self.effects.values() for effect in effects)
        return Counter(one.subject_id for one in all_effects if one.event == event and one.stage == FETCH.name)


def read_visits(path: Path) -> Counter[str]:
    """How often each path was asked for."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return Counter(unquote(line.split(" ", 1)[1].partition("?")[0]) for line in lines)


def _path_of(url: str) -> str:
    return unquote(urlsplit(url).path)


def _work_of(row: Effect | StageAttempt) -> Work:
    return row.stage, row.subject_id, row.part


def _name(work: Work) -> str:
    stage, subject_id, part = work
    return f"{stage} of {subject_id} {part}".strip()
