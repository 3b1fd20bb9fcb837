"""The map held against what must agree with it: folders, tasks, queues, extras, compose and Procfile."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from shared.app import make_app
from shared.pipeline import SERVICES, STAGES, followers_of, stages_of
from shared.settings import ROOT

#: Services that no stage of the map needs: they run no worker.
WITHOUT_WORKER = {"scheduler", "portal", "newsstand", "cli"}


def procfile() -> dict[str, str]:
    lines = (ROOT / "Procfile").read_text(encoding="utf-8").splitlines()
    return dict(re.split(r":\s*", line, maxsplit=1) for line in lines if line and not line.startswith("#"))


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def test_every_service_has_its_folder_and_every_folder_is_known():
    folders = {path.parent.name for path in (ROOT / "services").glob("*/__init__.py")}
    assert folders == set(SERVICES) | WITHOUT_WORKER


def test_every_service_has_stages_and_every_stage_a_service():
    assert {stage.service for stage in STAGES.values()} == set(SERVICES)


def test_a_stage_comes_after_stages_that_stand_before_it():
    seen: set[str] = set()
    for stage in STAGES.values():
        assert {parent.name for parent in stage.after} <= seen, stage.name
        seen.add(stage.name)
    assert [stage.name for stage in followers_of(STAGES["parse"])] == ["translate", "tag", "moderate"]


def test_a_stages_limit_fits_twice_into_the_visibility_time_out():
    from shared.settings import settings

    for stage in STAGES.values():
        assert 2 * stage.limit_s < settings().visibility_timeout_s, stage.name


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_has_exactly_the_tasks_of_its_stages(service):
    code = (
        "from shared.app import make_app; import sys\n"
        f"app = make_app({service!r}); app.finalize()\n"
        "print(*[name for name in app.tasks if not name.startswith('celery.')])\n"
        "print(*[queue.name for queue in app.conf.task_queues])"
    )
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT).stdout
    tasks, queues = printed.splitlines()
    assert set(tasks.split()) == {stage.task for stage in stages_of(service)}
    assert queues == service


def test_every_task_goes_to_the_queue_of_its_service():
    app = make_app()
    for stage in STAGES.values():
        assert app.amqp.router.route({}, stage.task)["queue"].name == stage.service
        assert stage.task == f"{stage.service}.{stage.name}_{stage.subject}"


def test_every_worker_has_a_line_in_the_procfile():
    lines = procfile()
    for service in SERVICES:
        assert f"SERVICE={service} " in lines[service], service
    assert {"scheduler", "portal", "flower", "newsstand"} <= set(lines)


def test_every_worker_is_a_compose_service_of_its_own_image():
    services = compose()
    for service in SERVICES:
        row = services[service]
        assert row["build"]["args"]["SERVICE"] == service
        assert row["environment"]["SERVICE"] == service
        # so that --scale works: no fixed name, no port of the host
        assert "container_name" not in row
        assert "ports" not in row
    assert {"redis", "postgres", "migrate", "scheduler", "portal", "flower"} <= set(services)


def test_a_container_told_to_stop_gives_back_what_it_holds():
    assert "REMAP_SIGTERM=SIGQUIT" in (ROOT / "deploy" / "Dockerfile").read_text(encoding="utf-8")


def test_compose_publishes_ports_on_loopback_only():
    for name, row in compose().items():
        for port in row.get("ports", ()):
            assert str(port).startswith("127.0.0.1:"), name


def test_every_service_has_an_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert set(SERVICES) | {"scheduler", "portal", "newsstand", "flower"} <= set(extras)


def test_the_lock_names_no_index():
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"https?://|--(?:extra-)?index-url|--find-links", text), path.name
        pinned = re.findall(r"^[a-z0-9].*==", text, re.MULTILINE)
        assert pinned, path.name
        assert text.count("--hash=sha256:") >= len(pinned)


def python_files() -> list[Path]:
    return [path for folder in ("shared", "services") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_every_module_says_in_a_sentence_what_it_is():
    for path in python_files():
        docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
        assert docstring, path
        assert docstring.splitlines()[0].rstrip().endswith((".", ":", "?")), path


def test_files_and_functions_keep_to_their_length():
    for path in python_files():
        text = path.read_text(encoding="utf-8")
        if "migrations/versions" in str(path):
            continue
        assert text.count("\n") <= 300, path
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno + 1 <= 40, f"{path}: {node.name}"
