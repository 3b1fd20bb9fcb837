"""The project's own containers for tests: a compose project of its own, on the real docker-compose.yml."""

import contextlib
import functools
import json
import os
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from shared.settings import ROOT

#: What the images are built on and what runs beside them, as deploy/Dockerfile and docker-compose.yml name it.
IMAGES = (
    "python:3.13-slim-trixie",
    "redis:8-trixie",
    "postgres:17-trixie",
    "prom/prometheus:v2.53.3",
    "prom/alertmanager:v0.28.1",
)
PASSWORD = "a-password-of-the-tests"
TAG = "test"


@functools.cache
def missing_for_containers() -> str:
    """What this machine lacks to build and run the project's containers, "" if nothing."""
    for command, lack in (
        (["docker", "compose", "version"], "docker compose"),
        (["docker", "info"], "a Docker engine that this user may ask"),
    ):
        if not _succeeds(command):
            return lack
    for image in IMAGES:  # the first that cannot be pulled is enough: each may take minutes where nothing answers
        if not (_succeeds(["docker", "image", "inspect", image]) or _succeeds(["docker", "pull", "-q", image], 300)):
            return f"the image {image}, which cannot be pulled"
    return ""


def _succeeds(command: list[str], seconds: float = 30) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True, timeout=seconds).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


class Stack:
    """Containers of one compose project; `override` is a second compose file's text, with `variables` for both."""

    def __init__(self, folder: Path, override: str = "", **variables: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.project = folder, f"kiosque-test-{uuid.uuid4().hex[:8]}"
        (folder / "override.yml").write_text(override or "services: {}\n", encoding="utf-8")
        secrets = dict.fromkeys(("KIOSQUE_SECRET_KEY", "REDIS_PASSWORD", "POSTGRES_PASSWORD"), PASSWORD)
        self.variables = {**secrets, "FLOWER_BASIC_AUTH": f"operator:{PASSWORD}", "KIOSQUE_TAG": TAG, **variables}

    def compose(self, *arguments: str, seconds: float = 120, is_checked: bool = True) -> str:
        """`docker compose …` of this project: what it wrote to standard output."""
        # fmt: off
        command = [
            "docker", "compose", "--project-name", self.project, "--profile", "newsstand",
            "--file", str(ROOT / "docker-compose.yml"), "--file", str(self.folder / "override.yml"),
            "--env-file", os.devnull, *arguments,
        ]
        # fmt: on
        return _run(command, seconds, is_checked, {**os.environ, **self.variables})

    def up(self, *services: str) -> None:
        """Start these and what they depend on, and wait until all is well."""
        self.compose("up", "--detach", "--wait", *services, seconds=300)

    def scale(self, **services: int) -> None:
        """So many containers of each of these; wait until all is well."""
        scales = [f"--scale={service}={number}" for service, number in services.items()]
        self.compose("up", "--detach", "--wait", "--no-recreate", "--no-deps", *scales, *services, seconds=300)

    def execute(self, service: str, *command: str, is_checked: bool = True) -> str:
        """Run a command in a service's container: what it wrote to standard output."""
        return self.compose("exec", "--no-TTY", service, *command, is_checked=is_checked)

    def containers(self, service: str) -> list[str]:
        """The ids of a service's containers, those that have ended too."""
        return self.compose("ps", "--all", "--quiet", "--no-trunc", service).split()

    def container(self, service: str) -> str:
        """The id of a service's only container."""
        (found,) = self.containers(service)
        return found

    def crash(self, container: str) -> None:
        """SIGKILL, as the kernel's when memory is out; after `docker kill` Docker would not start it again."""
        pid = look(container)["State"]["Pid"]
        assert pid > 1, "it does not run"
        docker("run", "--rm", "--pid=host", "--network=none", "--entrypoint=sh", IMAGES[0], "-c", f"kill -9 {pid}")

    def redis(self, *command: str) -> str:
        """What redis-cli answers."""
        asked = 'REDISCLI_AUTH="$REDIS_PASSWORD" exec redis-cli "$@"'
        return self.execute("redis", "sh", "-c", asked, "redis-cli", *command).strip()

    def down(self) -> None:
        """Nothing of the project stays but the file of its logs."""
        (self.folder / "containers.log").write_text(self.compose("logs", "--no-color", is_checked=False))
        self.compose("kill", is_checked=False)
        self.compose("down", "--volumes", "--remove-orphans", "--timeout=1", is_checked=False)


@contextlib.contextmanager
def taken_down(stack: Stack) -> Iterator[Stack]:
    """A stack for a test, of which nothing stays; the test is left out where the machine lacks something."""
    if missing_for_containers():
        pytest.skip(f"needs {missing_for_containers()}")
    try:
        yield stack
    finally:
        stack.down()


def docker(*arguments: str, seconds: float = 60) -> str:
    """`docker …`: what it wrote to standard output."""
    return _run(["docker", *arguments], seconds)


def look(container: str) -> dict[str, Any]:
    """What Docker tells of a container."""
    told: dict[str, Any] = json.loads(docker("inspect", container))[0]
    return told


def health(container: str) -> str:
    """What its health check says: starting, healthy or unhealthy."""
    return str(look(container)["State"]["Health"]["Status"])


def _run(
    command: list[str], seconds: float, is_checked: bool = True, environment: Mapping[str, str] | None = None
) -> str:
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds, env=environment)
    assert not is_checked or ran.returncode == 0, f"{' '.join(command)}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout
