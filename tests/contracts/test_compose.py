"""The compose file and the Dockerfile, read without Docker: who has which secret, what a build is sent."""

import os
import re
import shlex
import subprocess
from pathlib import Path

import pytest
import yaml
from containers import IMAGES, missing_for_containers

from shared.pipeline import SERVICES
from shared.settings import ROOT, Settings

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
BOTH = {"postgres_password", "redis_password"}
SECRETS = {
    **dict.fromkeys(("scraper", "parser", "moderator", "scheduler"), BOTH | {"aws_credentials"}),
    "tagger": BOTH,
    "translator": BOTH | {"libretranslate_api_key"},
    "portal": BOTH | {"aws_credentials", "secret_key"},
    "flower": {"redis_password", "flower_basic_auth"},
    "migrate": {"postgres_password"},
    "redis": {"redis_password"},
    "postgres": {"postgres_password"},
    "alertmanager": {"alert_webhook_url", "alert_smtp_password"},
}


def compose() -> dict:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))["services"]


def test_a_service_has_the_secrets_that_it_needs_and_no_other():
    for name, service in compose().items():
        assert set(service.get("secrets", ())) == SECRETS.get(name, set()), name
        keeps_blobs = "aws_credentials" in SECRETS.get(name, set())
        assert ("blobs:/var/lib/kiosque/blobs" in service.get("volumes", ())) is keeps_blobs, name
        assert ("AWS_SECRET_ACCESS_KEY" in service.get("environment", {})) is keeps_blobs, name
        given = " ".join(str(value) for value in service.get("environment", {}).values())
        for secret in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "KIOSQUE_SECRET_KEY", "FLOWER_BASIC_AUTH"):
            if secret.lower().removeprefix("kiosque_") not in SECRETS.get(name, set()):
                assert secret not in given, (name, secret)


def start_redis(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Its command in the compose file, with a server that says what it was told."""
    server = folder / "redis-server"
    server.write_text("#!/bin/sh\nexec cat\n")
    server.chmod(0o755)
    command = [part.replace("$$", "$") for part in compose()["redis"]["command"]]
    unset = {"REDIS_PASSWORD": "", "REDIS_PASSWORD_FILE": "", "PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(command, env={**unset, **environment}, check=False, capture_output=True, text=True)


@pytest.mark.parametrize("password", ["plain", 'a"quote', "back\\slash", "a $HOME `id` & more"])
def test_redis_is_told_any_password_as_it_is(tmp_path, password):
    (tmp_path / "password").write_text(f"{password}\n", encoding="utf-8")
    for given in ({"REDIS_PASSWORD": password}, {"REDIS_PASSWORD_FILE": str(tmp_path / "password")}):
        told = start_redis(tmp_path, **given).stdout.splitlines()[-1]
        assert shlex.split(told) == ["requirepass", password]


def test_redis_refuses_an_empty_password_and_two(tmp_path):
    (tmp_path / "password").touch()
    empty = start_redis(tmp_path, REDIS_PASSWORD_FILE=str(tmp_path / "password"))
    assert (empty.returncode, "empty file" in empty.stderr) == (1, True)
    two = start_redis(tmp_path, REDIS_PASSWORD="one", REDIS_PASSWORD_FILE=str(tmp_path / "password"))
    assert (two.returncode, "both set" in two.stderr) == (1, True)


def test_a_build_is_sent_what_the_dockerfile_reads_and_nothing_that_lies_beside_it():
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    patterns = [line for line in lines if not line.startswith("#")]
    read = re.findall(r"^COPY ([^\n]+) \S+$|type=bind,source=(\S+?),", DOCKERFILE.read_text("utf-8"), re.MULTILINE)
    names = {name.strip("/").partition("/")[0] for copied, bound in read for name in (copied or bound).split()}
    assert patterns[0] == "*"
    assert {pattern[1:] for pattern in patterns if pattern.startswith("!")} == names


def test_tests_on_containers_ask_for_the_images_that_are_named():
    without_profile = [service for service in compose().values() if "profiles" not in service]
    images = {service["image"] for service in without_profile if not service["image"].startswith("kiosque/")}
    bases = re.findall(r"^FROM (\S+:\S+)", DOCKERFILE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(IMAGES) == images | set(bases)


def test_without_a_registry_one_image_is_asked_for_and_what_is_lacking_said(tmp_path, monkeypatch):
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$1" >> {tmp_path}/asked\ncase $1 in image | pull) exit 1 ;; esac\n')
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert missing_for_containers.__wrapped__() == f"the image {IMAGES[0]}, which cannot be pulled"
    assert (tmp_path / "asked").read_text().split() == ["compose", "info", "image", "pull"]


def test_a_worker_is_as_many_as_the_environment_says_at_each_up():
    for service in SERVICES:
        variable = f"KIOSQUE_{service.upper()}S"
        assert compose()[service]["scale"] == f"${{{variable}:-1}}"
        assert variable in (ROOT / "deploy/env.example").read_text(encoding="utf-8")


def test_who_hands_back_work_is_given_the_time():
    for service in (*SERVICES, "scheduler", "postgres"):
        assert int(compose()[service]["stop_grace_period"].removesuffix("s")) > Settings().soft_shutdown_s + 10, service
