"""Settings: read once from the environment, a bad value named."""

from pathlib import Path

import pytest
from sqlalchemy.engine import make_url

from shared.errors import SettingError
from shared.settings import flower_login, read_settings, settings


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"KIOSQUE_QUEUE_CAP": "many"}, "KIOSQUE_QUEUE_CAP='many' is not a number"),
        ({"KIOSQUE_QUEUE_CAP": "0"}, "KIOSQUE_QUEUE_CAP=0 must be at least 1"),
        ({"KIOSQUE_NEWSSTAND": "maybe"}, "KIOSQUE_NEWSSTAND='maybe' is not a yes or no"),
        ({"KIOSQUE_APERTIUM": "on"}, "KIOSQUE_APERTIUM='on' is not one of: auto, installed, off"),
        ({"KIOSQUE_PORTAL_ADDRESS": "8000"}, "KIOSQUE_PORTAL_ADDRESS='8000' is not host:port"),
        ({"KIOSQUE_METRICS_ADDRESS": "9808"}, "KIOSQUE_METRICS_ADDRESS='9808' is not host:port"),
        ({"KIOSQUE_SECRET_KEY_FILE": "/nowhere/key"}, "KIOSQUE_SECRET_KEY_FILE names /nowhere/key"),
        (
            {"KIOSQUE_SECRET_KEY_FILE": "/nowhere/key", "KIOSQUE_SECRET_KEY": "plain"},
            "KIOSQUE_SECRET_KEY and KIOSQUE_SECRET_KEY_FILE are both set",
        ),
        ({"KIOSQUE_ENV": "production"}, "KIOSQUE_DATABASE_URL is not set"),
        ({"KIOSQUE_VAR": "/tmp/what?"}, "has a \\? in it"),
        ({"KIOSQUE_BLOBS_URL": "gs://press"}, "KIOSQUE_BLOBS_URL='gs://press' is neither a folder nor s3://bucket"),
        ({"KIOSQUE_BLOBS_URL": "s3:///blobs"}, "KIOSQUE_BLOBS_URL='s3:///blobs' is neither"),
        ({"KIOSQUE_BLOBS_ENDPOINT": "minio:9000"}, "KIOSQUE_BLOBS_ENDPOINT='minio:9000' is no URL"),
    ],
)
def test_a_bad_value_is_refused_with_its_name(environment, named):
    with pytest.raises(SettingError, match=named):
        read_settings(environment)


def test_a_value_may_stand_in_a_file(tmp_path):
    (tmp_path / "key").write_text("long and random\n", encoding="utf-8")
    assert read_settings({"KIOSQUE_SECRET_KEY_FILE": str(tmp_path / "key")}).secret_key == "long and random"


def test_a_file_of_no_name_is_none():
    assert read_settings({"KIOSQUE_SECRET_KEY_FILE": "", "KIOSQUE_SECRET_KEY": "plain"}).secret_key == "plain"


def test_passwords_stand_beside_their_urls(tmp_path):
    (tmp_path / "password").write_text("a/b@c:d\n")
    read = read_settings(
        {
            "KIOSQUE_DATABASE_URL": "postgresql://kiosque@postgres:5432/kiosque",
            "KIOSQUE_DATABASE_PASSWORD_FILE": str(tmp_path / "password"),
            "KIOSQUE_BROKER_URL": "redis://redis:6379/0",
            "KIOSQUE_BROKER_PASSWORD": "plain",
        }
    )
    assert make_url(read.database).password == "a/b@c:d"
    assert read.database.startswith("postgresql://kiosque:a%2Fb%40c%3Ad@postgres:5432/kiosque")
    assert read.broker == "redis://:plain@redis:6379/0"


def test_a_url_with_a_password_keeps_it_and_one_without_needs_none():
    both = {"KIOSQUE_BROKER_URL": "redis://:own@redis/0", "KIOSQUE_BROKER_PASSWORD": "other"}
    assert read_settings(both).broker == "redis://:own@redis/0"
    assert read_settings({"KIOSQUE_BROKER_URL": "redis://redis/0"}).broker == "redis://redis/0"


def test_a_deep_or_odd_folder_puts_the_socket_elsewhere():
    near = read_settings({"KIOSQUE_VAR": "/srv/kiosque/var"})
    assert near.redis_socket == Path("/srv/kiosque/var/redis/redis.sock")
    for odd in ("/srv/" + "d" * 120, "/srv/a#b", "/srv/100%"):
        path = read_settings({"KIOSQUE_VAR": odd}).redis_socket
        assert len(str(path)) < 108
        assert "/srv" not in str(path)


def test_the_embedded_default_may_reach_its_newsstand_and_nothing_else_may():
    assert read_settings({}).private_addresses == ("127.0.0.1:8765",)
    assert read_settings({"KIOSQUE_NEWSSTAND": "0"}).private_addresses == ()
    production = dict.fromkeys(("KIOSQUE_DATABASE_URL", "KIOSQUE_BROKER_URL", "KIOSQUE_BLOBS_URL"), "x")
    assert read_settings({"KIOSQUE_ENV": "production", **production}).private_addresses == ()


def test_flower_s_login_is_made_once_for_the_embedded_default_and_nobody_else_reads_it():
    login = flower_login()
    assert login.startswith("kiosque:")
    path = settings().var / "flower_password"
    assert (len(path.read_text()) >= 20, path.stat().st_mode & 0o777) == (True, 0o600)
    flower_login.cache_clear()
    assert flower_login() == login


def test_flower_s_login_is_flower_s_own_variable_or_ours(environment):
    for name in ("FLOWER_BASIC_AUTH", "KIOSQUE_FLOWER_BASIC_AUTH"):
        environment.setenv(name, f"operator:{name}")
        settings.cache_clear()
        flower_login.cache_clear()
        assert flower_login() == f"operator:{name}"
    assert not (settings().var / "flower_password").exists()


@pytest.mark.parametrize("login", ["operator", "operator:", ":secret", "operator:clé", "operator:a\nb"])
def test_a_login_that_flower_could_not_ask_for_is_refused(set_settings, login):
    set_settings(flower_basic_auth=login)
    flower_login.cache_clear()
    with pytest.raises(SettingError, match="not user:password") as refused:
        flower_login()
    assert "secret" not in str(refused.value)
