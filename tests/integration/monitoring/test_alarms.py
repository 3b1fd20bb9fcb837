"""The alarms by themselves: promtool's tests, a test and a runbook for each, and Alertmanager's start."""

import os
import re
import subprocess

import pytest
import yaml
from monitoring import PROMETHEUS, RULES, START, alert_rules, needs_prometheus

from shared.settings import ROOT

TESTS = PROMETHEUS / "tests" / "kiosque.yml"


def promtool(*arguments: str) -> None:
    ran = subprocess.run(["promtool", *arguments], check=False, capture_output=True, text=True, cwd=TESTS.parent)
    assert ran.returncode == 0, ran.stdout + ran.stderr


@needs_prometheus
def test_promtool_takes_the_rules_and_the_configuration():
    promtool("check", "rules", str(RULES))
    promtool("check", "config", str(PROMETHEUS / "prometheus.yml"))


@needs_prometheus
def test_each_alarm_fires_where_it_must_and_only_there():
    promtool("test", "rules", TESTS.name)


def test_every_alarm_has_a_test_in_which_it_fires_and_one_in_which_not():
    asked = [
        (one["alertname"], bool(one["exp_alerts"]))
        for test in yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"]
        for one in test["alert_rule_test"]
    ]
    assert set(asked) == {(name, fires) for name in alert_rules() for fires in (True, False)}


def test_every_alarm_names_a_place_in_operate_md_that_is_there():
    places = set(re.findall(r'<a id="([^"]+)">', (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")))
    named = {rule["annotations"]["runbook"].removeprefix("docs/operate.md#") for rule in alert_rules().values()}
    assert named == {place for place in places if place.startswith("alarm-")}


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"ALERT_EMAIL_TO": "a@b.example"}, "ALERT_SMTP_HOST is not: name the mail server"),
        ({"ALERT_EMAIL_TO": "a@b.example", "ALERT_SMTP_HOST": "m:25"}, "ALERT_EMAIL_FROM is not"),
        ({"ALERT_SMTP_HOST": "m:25"}, "ALERT_EMAIL_TO is not set"),
        ({"ALERT_EMAIL_TO": "a@b", "ALERT_EMAIL_FROM": "c@d", "ALERT_SMTP_HOST": "m"}, "write m:587"),
        (
            {"ALERT_WEBHOOK_URL": "hooks.example/key"},
            "ALERT_WEBHOOK_URL is no address: it begins with http:// or https://",
        ),
        ({"ALERT_WEBHOOK_URL_FILE": "/nowhere"}, "ALERT_WEBHOOK_URL_FILE names /nowhere, which cannot be read"),
        ({"ALERT_WEBHOOK_URL": "http://a\nb: c"}, "ALERT_WEBHOOK_URL has several lines"),
        ({"ALERT_SMTP_TLS": "yes"}, "ALERT_SMTP_TLS=yes is not a yes or no"),
    ],
)
def test_half_a_setting_refuses_with_its_remedy(tmp_path, environment, said):
    started = start(tmp_path, **environment)
    assert started.returncode == 2
    assert said in started.stderr
    assert not (tmp_path / "alertmanager.yml").exists()


@needs_prometheus
def test_no_receiver_is_said_at_start(tmp_path):
    started = start(tmp_path)
    assert started.returncode == 0
    assert "no receiver is set" in started.stderr


@needs_prometheus
def test_odd_characters_come_whole_into_a_configuration_that_only_its_owner_reads(tmp_path):
    (tmp_path / "password").write_text('it\'s "$x" # : \\n\n', encoding="utf-8")
    environment = {"ALERT_EMAIL_TO": "a@b.example", "ALERT_EMAIL_FROM": "k@b.example", "ALERT_SMTP_HOST": "m:25"}
    password = {"ALERT_SMTP_USER": "o'neill", "ALERT_SMTP_PASSWORD_FILE": str(tmp_path / "password")}
    started = start(tmp_path, **environment, **password, ALERT_WEBHOOK_URL="https://hooks.example/?a='b'&c=d")
    assert started.returncode == 0, started.stderr
    configuration = tmp_path / "alertmanager.yml"
    checked = subprocess.run(["amtool", "check-config", configuration], check=False, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (receiver,) = yaml.safe_load(configuration.read_text(encoding="utf-8"))["receivers"]
    assert receiver["webhook_configs"][0]["url"] == "https://hooks.example/?a='b'&c=d"
    (mail,) = receiver["email_configs"]
    assert (mail["auth_username"], mail["auth_password"]) == ("o'neill", 'it\'s "$x" # : \\n')
    assert mail["require_tls"] is True
    assert configuration.stat().st_mode & 0o077 == 0


def start(folder, **environment: str) -> subprocess.CompletedProcess[str]:
    """start.sh, and of Alertmanager only its version."""
    variables = {"PATH": os.environ["PATH"], "ALERT_CONFIGURATION": str(folder / "alertmanager.yml"), **environment}
    return subprocess.run(
        ["sh", START, "--version"], check=False, capture_output=True, text=True, env=variables, timeout=20
    )
