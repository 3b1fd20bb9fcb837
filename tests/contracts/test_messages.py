"""The interface of messages: its document says what the map says, and version 1 is kept."""

import re
import subprocess

from click.testing import CliRunner

from services.cli.__main__ import kiosque
from services.cli.messages import markdown
from shared.broker.consumer import fault_of
from shared.pipeline import MESSAGES_VERSION, STAGES
from shared.settings import ROOT

DOCUMENT = ROOT / "docs" / "messages.md"

#: What publishers of version 1 count on: task, queue and what its one argument names. Rows are added, never changed.
VERSION_1 = {
    "scraper.poll_source": ("scraper", "source"),
    "scraper.fetch_article": ("scraper", "article"),
    "parser.parse_article": ("parser", "article"),
    "translator.translate_article": ("translator", "article"),
    "tagger.tag_article": ("tagger", "article"),
    "moderator.moderate_article": ("moderator", "article"),
}


def test_the_document_s_table_is_the_map_s():
    text = DOCUMENT.read_text(encoding="utf-8")
    inside = text.partition("<!-- kiosque messages --markdown -->\n")[2].partition("<!-- end -->")[0]
    assert inside == markdown(), "write the output of `kiosque messages --markdown` between the markers"
    printed = CliRunner().invoke(kiosque, ["messages", "--markdown"]).stdout
    assert printed == inside


def test_the_document_names_the_version_of_the_map():
    assert f"# Messages, version {MESSAGES_VERSION}\n" in DOCUMENT.read_text(encoding="utf-8")


def test_every_stage_says_what_its_message_does():
    assert [stage.name for stage in STAGES.values() if not stage.effect] == []


def test_version_1_is_kept():
    assert MESSAGES_VERSION == 1, "a new version: keep this table, and write down the new one beside it"
    now = {stage.task: (stage.service, stage.subject.value) for stage in STAGES.values()}
    assert {task: now.get(task) for task in VERSION_1} == VERSION_1


def test_the_smallest_message_of_the_document_is_one_that_a_worker_takes(broker, environment):
    environment.setenv("SERVICE", "parser")
    text = DOCUMENT.read_text(encoding="utf-8")
    (smallest,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    from shared.app import make_app

    with make_app().connection() as connection:
        broker.lpush("kiosque:parser", smallest)
        queue = connection.SimpleQueue("parser")
        message = queue.get(timeout=5)
        assert fault_of(message) is None
        assert message.payload[0] == [1234]
        message.ack()


def test_the_examples_are_those_of_the_document():
    text = DOCUMENT.read_text(encoding="utf-8")
    for path in sorted((ROOT / "docs" / "examples").iterdir()):
        assert f"(examples/{path.name})" in text, path.name
    ran = subprocess.run(["sh", "-n", "docs/examples/publish.sh"], cwd=ROOT, check=False)
    assert ran.returncode == 0
