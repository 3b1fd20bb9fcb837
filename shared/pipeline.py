"""THE MAP: which services there are, which stages an article passes, and what follows what."""

from dataclasses import dataclass
from enum import StrEnum


class Subject(StrEnum):
    """What the id in a stage's message names."""

    SOURCE = "source"
    ARTICLE = "article"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class Service:
    """A worker: its name is its folder, its queue, its compose service and its extra."""

    name: str
    pool: str  # Celery's: prefork (has time limits) or threads (waits on the network; a stage gets a deadline instead)
    concurrency: int  # children or threads of one embedded worker; in production scale processes instead


@dataclass(frozen=True, slots=True)
class Stage:
    """One verb of one service: due when every stage in `after` is settled for its subject."""

    name: str
    service: str
    subject: Subject
    after: tuple["Stage", ...]
    limit_s: int  # hard limit of one attempt, seconds
    tries: int  # attempts before the row is set aside
    parted: bool = False  # several ledger rows a subject, one a part (translate: "es/headline")
    effect: str = ""  # what its message has done, for docs/messages.md

    @property
    def task(self) -> str:
        """The Celery task's name: `<service>.<verb>_<noun>`."""
        return f"{self.service}.{self.name}_{self.subject}"


#: Of the interface that docs/messages.md describes: a task, queue, argument or field that publishers use is taken away
#: or means something else in a new version only; what is added changes no version.
MESSAGES_VERSION = 1

# One child per embedded worker: SQLite takes one writer at a time (reference: 4 writers, p99 3 s).
SCRAPER = Service("scraper", pool="threads", concurrency=4)
PARSER = Service("parser", pool="prefork", concurrency=1)
TRANSLATOR = Service("translator", pool="prefork", concurrency=1)
TAGGER = Service("tagger", pool="prefork", concurrency=1)
MODERATOR = Service("moderator", pool="prefork", concurrency=1)

# fmt: off
POLL = Stage("poll", service="scraper", subject=Subject.SOURCE, after=(), limit_s=60, tries=5,
             effect="asks the feeds of a source what is new")
# twelve tries with back-off are two hours: a host that is down for a while keeps its articles
FETCH = Stage("fetch", service="scraper", subject=Subject.ARTICLE, after=(POLL,), limit_s=60, tries=12,
              effect="fetches the page and keeps its bytes")
PARSE = Stage("parse", service="parser", subject=Subject.ARTICLE, after=(FETCH,), limit_s=30, tries=5,
              effect="reads the article out of its page")
TRANSLATE = Stage("translate", service="translator", subject=Subject.ARTICLE, after=(PARSE,), limit_s=240, tries=5,
                  effect="puts every due field into every due language", parted=True)
TAG = Stage("tag", service="tagger", subject=Subject.ARTICLE, after=(PARSE,), limit_s=60, tries=5,
            effect="finds places, persons and organisations")
MODERATE = Stage("moderate", service="moderator", subject=Subject.ARTICLE, after=(PARSE,), limit_s=120, tries=5,
                 effect="deals with the article's pictures")
# fmt: on

# Every row above, in the order written: a stage is added by adding its line.
SERVICES: dict[str, Service] = {row.name: row for row in list(globals().values()) if isinstance(row, Service)}
STAGES: dict[str, Stage] = {row.name: row for row in list(globals().values()) if isinstance(row, Stage)}


def stages_of(service: str) -> tuple[Stage, ...]:
    """The stages that a service's worker runs, in the map's order."""
    return tuple(stage for stage in STAGES.values() if stage.service == service)


def stage_names(subject: Subject) -> list[str]:
    """The names of the stages that work on such subjects."""
    return [stage.name for stage in STAGES.values() if stage.subject == subject]


def followers_of(stage: Stage) -> tuple[Stage, ...]:
    """The stages that wait for this one."""
    return tuple(later for later in STAGES.values() if stage in later.after)


def stage_of_task(task: str) -> Stage | None:
    """The stage behind a Celery task name, None if no stage has it."""
    return next((stage for stage in STAGES.values() if stage.task == task), None)
