"""The whole compose stack on built images: the press on the portal, a worker scaled, containers killed, an upgrade."""

import html
import json
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.error import HTTPError

import pytest
from containers import PASSWORD, TAG, Stack, docker, look, taken_down
from servers import free_port, wait_until
from sqlalchemy import delete, func, select, update

from shared.db import read_session, write_session
from shared.ledger_models import SETTLED, StageAttempt, StageRun
from shared.models import Article
from shared.pipeline import PARSE, SERVICES, Subject, stage_names

pytestmark = [pytest.mark.containers, pytest.mark.slow, pytest.mark.timeout(900)]

#: What publishes a port of this machine's own.
PUBLISHED = {"portal": 8000, "flower": 5555, "prometheus": 9090, "alertmanager": 9093}
OF_ARTICLES = stage_names(Subject.ARTICLE)
IN_PRINT = 42
#: For all of them through every stage, Apertium's translations too, on two busy cores.
SETTLED_S = 400


class House:
    """The stack with ports of its own, and its database at the tests' hand."""

    def __init__(self, folder: Path) -> None:
        self.ports = {service: free_port() for service in (*PUBLISHED, "postgres")}
        lines = [
            f'  {service}: {{ports: !override ["127.0.0.1:{self.ports[service]}:{inner}"]}}'
            for service, inner in PUBLISHED.items()
        ]
        lines.append(f'  postgres: {{networks: [inside, outside], ports: ["127.0.0.1:{self.ports["postgres"]}:5432"]}}')
        override = "\n".join(["services:", *lines, ""])
        self.stack = Stack(folder, override, KIOSQUE_PRIVATE_ADDRESSES="newsstand:8765")
        self.database_url = f"postgresql://kiosque:{PASSWORD}@127.0.0.1:{self.ports['postgres']}/kiosque"

    def get(self, path: str, service: str = "portal") -> str:
        """A page of a published service."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.ports[service]}{path}", timeout=20) as answer:
            return str(answer.read().decode())

    def kiosque(self, *arguments: str) -> str:
        """What `kiosque …` says in the scheduler's container."""
        return self.stack.execute("scheduler", "kiosque", *arguments)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Everything that `docker compose up` starts, and the newsstand taken in."""
    house = House(tmp_path_factory.mktemp("stack"))
    with taken_down(house.stack) as stack:
        stack.compose("build", "--quiet", seconds=900)
        stack.up()
        house.kiosque("sources", "load", "newsstand", "--at", "newsstand:8765")
        yield house


@pytest.fixture
def house(running: House, set_settings) -> House:
    """The stack; the test itself asks its database."""
    set_settings(database_url=running.database_url)
    return running


def article_ids() -> list[int]:
    with read_session() as session:
        return list(session.scalars(select(Article.id).order_by(Article.id)))


def open_rows() -> int:
    with read_session() as session:
        rows = select(func.count()).where(StageRun.stage.in_(OF_ARTICLES), StageRun.state.not_in(SETTLED))
        return session.scalar(rows) or 0


def outcomes_of(stage: str, ids: Sequence[int]) -> list[str]:
    """How the attempts at these articles ended."""
    with read_session() as session:
        rows = select(StageAttempt.outcome).where(StageAttempt.stage == stage, StageAttempt.subject_id.in_(ids))
        return list(session.scalars(rows))


def is_settled() -> bool:
    return len(article_ids()) == IN_PRINT and not open_rows()


def states_of(stage: str) -> dict[str, int]:
    with read_session() as session:
        rows = select(StageRun.state, func.count()).where(StageRun.stage == stage).group_by(StageRun.state)
        return {str(state): number for state, number in session.execute(rows)}


def ran_again(stage: str, ids: Sequence[int], times: int):
    """A condition: every one of these was done so many times, and nothing is left."""
    return lambda: outcomes_of(stage, ids).count("done") >= times * len(ids) and not open_rows()


def test_the_press_is_on_the_portal_in_its_languages(house):
    wait_until(is_settled, SETTLED_S, what="the newsstand taken in")
    assert states_of("fetch") == {"done": IN_PRINT}
    assert states_of("parse") == {"done": IN_PRINT - 1, "set_aside": 1}  # one text under two addresses
    assert states_of("translate")["done"] > 100
    assert set(states_of("tag")) == set(states_of("moderate")) == {"done"}
    with read_session() as session:
        shown = session.scalars(select(Article).where(Article.duplicate_of_id.is_(None))).all()
    assert {article.language for article in shown} == {"fr", "ar", "es", "en"}
    for article in shown:
        page = html.unescape(house.get(f"/{article.language}/article/{article.id}"))
        assert max(article.headline.split(), key=len) in page, article.url
    assert "/image/" in house.get("/fr/")


def test_every_service_answers_and_says_that_it_is_well(house):
    assert house.get("/healthz") == "ok\n"
    # it scrapes the scheduler
    wait_until(lambda: '"health":"up"' in house.get("/api/v1/targets", "prometheus"), 60, what="a target that is up")
    assert house.get("/-/ready", "alertmanager")
    with pytest.raises(HTTPError, match="401"):
        house.get("/", "flower")
    for command in ("status", "sources list", "articles list", "images list", "retry --all"):
        json.loads(house.kiosque(*command.split(), "--json"))


def test_every_container_is_closed_and_only_four_publish_a_port_on_this_machine(house):
    for service in house.stack.compose("ps", "--services").split():
        told = look(house.stack.container(service))
        host = told["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert host["SecurityOpt"] == ["no-new-privileges:true"], service
        assert host["Memory"], service
        assert house.stack.execute(service, "id", "-u").strip() != "0", service
        published = {bound["HostIp"] for ports in host["PortBindings"].values() for bound in ports}
        assert published == ({"127.0.0.1"} if service in house.ports else set()), service


def test_a_worker_is_scaled_from_one_to_four_and_back_under_load(house):
    ids = parsed_ids()
    before = outcomes_of("parse", ids).count("done") // len(ids)
    house.kiosque("publish", "parse", *map(str, ids), "--again")
    house.stack.scale(parser=4)
    house.kiosque("publish", "parse", *map(str, ids), "--again")
    house.stack.scale(parser=1)
    wait_until(ran_again("parse", ids, before + 1), SETTLED_S, what="every article parsed again")
    assert states_of("parse") == {"done": len(ids), "set_aside": 1}


def test_a_killed_container_of_every_service_is_started_again_and_nothing_is_lost(house):
    ids = parsed_ids()
    before = outcomes_of("parse", ids).count("done") // len(ids)
    house.kiosque("publish", "parse", *map(str, ids), "--again")
    for service in (*SERVICES, "scheduler", "redis", "postgres", "portal"):
        house.stack.crash(house.stack.container(service))
    wait_until(lambda: answers(house), 60, what="the portal again")
    wait_until(ran_again("parse", ids, before + 1), SETTLED_S, what="every article parsed again")
    assert states_of("parse") == {"done": len(ids), "set_aside": 1}
    assert states_of("fetch") == {"done": IN_PRINT}


def test_an_upgrade_with_messages_waiting_loses_none(house):
    ids = parsed_ids()
    before = outcomes_of("parse", ids).count("done") // len(ids)
    house.stack.compose("stop", "parser")
    house.kiosque("publish", "parse", *map(str, ids), "--again")
    assert int(house.stack.redis("LLEN", "kiosque:parser")) > 0
    for service in (*SERVICES, "scheduler", "portal", "flower", "newsstand"):
        docker("tag", f"kiosque/{service}:{TAG}", f"kiosque/{service}:{TAG}-next")
    house.stack.variables["KIOSQUE_TAG"] = f"{TAG}-next"
    house.stack.up()
    assert look(house.stack.container("parser"))["Config"]["Image"] == f"kiosque/parser:{TAG}-next"
    wait_until(ran_again("parse", ids, before + 1), SETTLED_S, what="every article parsed by the next version")
    assert states_of("parse") == {"done": len(ids), "set_aside": 1}


def test_a_backup_of_the_stack_is_restored_into_it(house):
    ids = parsed_ids()
    saved = json.loads(house.kiosque("backup", "--json"))
    assert (saved["rows"]["article"], saved["missing_blobs"]) == (IN_PRINT, 0)
    house.stack.compose("stop", *SERVICES, "scheduler", "portal")
    with write_session() as session:
        session.execute(delete(StageRun))
        session.execute(update(Article).values(headline="lost", body=""))
    house.stack.redis("FLUSHALL")
    restore = ("kiosque", "restore", "--replace", saved["path"])
    house.stack.compose("run", "--rm", "--no-deps", "--no-TTY", "scheduler", *restore)
    house.stack.up()
    assert states_of("parse") == {"done": len(ids), "set_aside": 1}
    assert "lost" not in house.get("/fr")
    before = outcomes_of("parse", ids).count("done") // len(ids)
    house.kiosque("publish", "parse", *map(str, ids), "--again")  # from pages that are in the backup too
    wait_until(ran_again("parse", ids, before + 1), SETTLED_S, what="every article parsed from what was restored")


def parsed_ids() -> list[int]:
    """The articles that have a text of their own, all of them settled."""
    wait_until(is_settled, SETTLED_S, what="the newsstand taken in")
    with read_session() as session:
        rows = select(StageRun.subject_id).where(StageRun.stage == PARSE.name, StageRun.state == "done")
        return sorted(session.scalars(rows))


def answers(house: House) -> bool:
    try:
        return house.get("/healthz") == "ok\n"
    except OSError:
        return False


SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "KIOSQUE_SECRET_KEY", "FLOWER_BASIC_AUTH")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Stack]:
    """A stack that the test starts itself."""
    made = Stack(tmp_path / "stack", 'services: {portal: {ports: !override ["127.0.0.1::8000"]}}\n')
    with taken_down(made):
        yield made


@pytest.mark.parametrize("secret", SECRETS)
def test_without_a_secret_nothing_starts_and_the_remedy_is_told(stack, secret):
    stack.variables[secret] = ""
    with pytest.raises(AssertionError, match=f"set {secret} or {secret}_FILE in .env"):
        stack.compose("up", "--detach")
    assert not stack.compose("ps", "--quiet").split()


def test_secrets_may_stand_in_files_and_are_in_no_container_s_environment(stack, tmp_path):
    stack.compose("build", "--quiet", "scheduler", "portal", seconds=900)
    (tmp_path / "secrets").mkdir()
    for secret in SECRETS:
        value = tmp_path / "secrets" / secret
        value.write_text(f"{PASSWORD} in a file\n")
        stack.variables[secret], stack.variables[f"{secret}_FILE"] = "", str(value)
    stack.up("portal")
    for service in ("redis", "postgres", "portal"):
        assert not [one for one in look(stack.container(service))["Config"]["Env"] if PASSWORD in one], service
    assert "up to date" in stack.execute("portal", "kiosque", "migrate")
