"""Every query and alarm against a real Prometheus that scraped the running house; one alarm goes all the way out."""

import json
import math
import re

import pytest
import redis
from monitoring import alert_rules, alertmanager, mail_server, needs_prometheus, prometheus, webhook
from newsstand_house import newsstand_house
from servers import free_port, wait_until

from shared.settings import ROOT

pytestmark = [needs_prometheus, pytest.mark.slow, pytest.mark.timeout(400)]

DASHBOARDS = ROOT / "deploy" / "grafana" / "dashboards"
#: A series of ours, or of Prometheus's own, with its labels and its range.
SELECTOR = re.compile(r"\b((?:kiosque_\w+|up|scrape_duration_seconds)(?:\{[^}]*\})?)(\[\w+\])?")


@pytest.fixture(scope="module")
def watched(redis_url, tmp_path_factory):
    """A Prometheus that has watched the house take the newsstand in, and where alarms go."""
    folder = tmp_path_factory.mktemp("watched")
    scheduler, alarms = f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}"
    with (
        webhook() as (url, posted),
        mail_server() as (mail_host, mails),
        alertmanager(
            folder / "alertmanager", alarms, ALERT_WEBHOOK_URL=url, ALERT_EMAIL_TO="desk@press.example",
            ALERT_EMAIL_FROM="kiosque@press.example", ALERT_SMTP_HOST=mail_host, ALERT_SMTP_TLS="0",
        ),
        prometheus(folder / "prometheus", scheduler, alarms) as watching,
        newsstand_house(folder, redis_url, KIOSQUE_METRICS_ADDRESS=scheduler),
    ):  # fmt: skip
        settled = "max by (source) (kiosque_source_settled_total{outcome='set_aside'}) > 0"
        wait_until(lambda: watching.values(settled), what="the last attempts counted and scraped")
        yield watching, posted, mails


@pytest.fixture(autouse=True)
def environment():
    """The house's settings stay as they are."""


def queries() -> list[tuple[str, str]]:
    """Every panel's title and expression, its variables filled in; and those of the dashboards' variables."""
    found = []
    for path in sorted(DASHBOARDS.glob("*.json")):
        dashboard = json.loads(path.read_text(encoding="utf-8"))
        for panel in _panels(dashboard["panels"]):
            for target in panel["targets"]:
                filled = target["expr"].replace("$__rate_interval", "5m").replace("$source", ".*")
                found.append((f"{path.stem}: {panel['title']}", filled))
    return found


def _panels(panels):
    for panel in panels:
        yield from _panels(panel.get("panels") or [])
        if panel["type"] != "row":
            yield panel


def test_every_query_of_the_dashboards_returns_data(watched):
    watching, *_ = watched
    asked = queries()
    assert len(asked) > 25
    empty = [one for one in asked if not [value for value in watching.values(one[1]) if not math.isnan(value)]]
    assert empty == []


def test_a_dashboards_choice_of_sources_has_all_papers(watched):
    watching, *_ = watched
    labels = watching.ask("label/source/values", **{"match[]": "kiosque_source_settled_total"})
    assert labels == ["courrier-du-littoral", "el-faro-del-estrecho", "maghreb-ledger", "sahifat-al-atlas"]


def test_every_alarm_asks_for_series_that_are_there(watched):
    watching, *_ = watched
    missing = []
    for name, rule in alert_rules().items():
        selectors = SELECTOR.findall(rule["expr"])
        assert selectors, name
        for series, range_ in selectors:
            if not watching.values(f"last_over_time({series}{range_})" if range_ else series):
                missing.append((name, series))
        watching.values(rule["expr"])  # a fault in it would be HTTP's 400
    assert missing == []


def test_every_rule_is_evaluated_and_a_healthy_house_has_no_alarm(watched):
    watching, *_ = watched
    rules = [rule for group in watching.ask("rules")["groups"] for rule in group["rules"]]
    assert {rule["name"] for rule in rules} == set(alert_rules())
    assert {rule["name"]: rule["lastError"] for rule in rules if rule.get("lastError")} == {}
    assert watching.firing() == set()


def test_a_bad_message_is_an_alarm_by_webhook_and_by_mail(watched, redis_url):
    watching, posted, mails = watched
    with redis.Redis(unix_socket_path=redis_url.removeprefix("redis+socket://")) as client:
        client.lpush("kiosque:parser", b"no message")
    wait_until(lambda: "BadMessages" in watching.firing(), 60, what="the alarm")
    wait_until(lambda: posted and mails, 60, what="its webhook and its mail")
    (alarm,) = posted[0]["alerts"]
    assert (alarm["status"], alarm["labels"]["alertname"], alarm["labels"]["queue"]) == (
        "firing", "BadMessages", "parser",
    )  # fmt: skip
    assert alarm["annotations"]["runbook"] == "docs/operate.md#alarm-bad-messages"
    assert "desk@press.example" in mails[0]
    assert "BadMessages" in mails[0]
