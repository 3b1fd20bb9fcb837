"""`kiosque images`: what an operator sees, and what a decision answers."""

import json

import pytest
from click.testing import CliRunner
from press import add_article, add_source
from stored_pictures import HASH, add_image, audits_of, flip, state_of

from services.moderator.commands import commands
from shared import blobs
from shared.db import write_session
from shared.errors import UnknownSubject
from shared.store.reports import report_image

pytestmark = pytest.mark.usefixtures("sqlite")
[images] = commands


def run(*arguments: str, ends_with: int = 0):
    done = CliRunner().invoke(images, list(arguments))
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == ends_with, done.output
    return done.output


def run_json(*arguments: str):
    return json.loads(run(*arguments, "--json"))


def test_the_list_has_what_waits_for_an_operator_the_most_reported_first():
    add_image()
    add_image("blocked")
    held, reported = add_image("held"), add_image("auto_blocked", reports=4)
    assert [row["id"] for row in run_json("list")] == [reported, held]
    assert set(run_json("list")[0]) == {"id", "state", "reports", "matched_id", "first_seen_at", "decided_at"}


def test_the_list_can_be_of_one_state_or_of_all_and_is_limited():
    ids = [add_image(state) for state in ("visible", "held", "blocked", "cleared")]
    assert [row["state"] for row in run_json("list", "--state", "blocked")] == ["blocked"]
    assert sorted(row["id"] for row in run_json("list", "--state", "all")) == ids
    assert len(run_json("list", "--state", "all", "--limit", "2")) == 2


def test_an_empty_list_says_so():
    assert run("list") == "no pictures\n"
    assert run_json("list") == []


def test_show_tells_uses_reports_and_history():
    article_id = add_article(add_source())
    image_id = add_image(articles=(article_id,))
    for number in range(3):
        with write_session() as session:
            report_image(session, image_id, reporter=f"reader {number}", network="net", article_id=article_id)
    told = run_json("show", str(image_id))
    assert (told["id"], told["state"], told["reports"], told["size"]) == (image_id, "auto_blocked", 3, "1200 x 800")
    assert [use["article_id"] for use in told["uses"]] == [article_id]
    assert [row["reporter"] for row in told["reported"]] == ["reader 0", "reader 1", "reader 2"]
    assert [row["evidence"]["reports_to_block"] for row in told["history"]] == [3]
    plain = run("show", str(image_id))
    assert "state: auto_blocked" in plain
    assert "image.auto_blocked" in plain


def test_show_writes_the_copy_to_a_file(tmp_path):
    key = blobs.put(b"the copy")
    image_id = add_image(thumbnail_hash=key)
    run("show", str(image_id), "--save", str(tmp_path / "copy.webp"))
    assert (tmp_path / "copy.webp").read_bytes() == b"the copy"


def test_block_and_clear_answer_with_every_picture_that_changed():
    image_id, copy = add_image(pdq=HASH), add_image(pdq=flip(4))
    blocked = run_json("block", str(image_id), "--reason", "asked for", "--by", "amina")
    assert [(row["id"], row["before"], row["state"]) for row in blocked] == [
        (image_id, "visible", "blocked"), (copy, "visible", "blocked"),
    ]  # fmt: skip
    assert [(audit.actor, audit.reason) for audit in audits_of(image_id)] == [("amina", "asked for")]
    cleared = run("clear", str(image_id), "--reason", "a mistake")
    assert f"like {image_id}" in cleared
    assert [state_of(image_id), state_of(copy)] == ["cleared", "visible"]


@pytest.mark.parametrize("command", ["block", "clear"])
def test_a_decision_needs_a_reason(command):
    assert "--reason" in run(command, str(add_image()), ends_with=2)


@pytest.mark.parametrize(
    "arguments", [("show", "77"), ("block", "77", "--reason", "x"), ("clear", "77", "--reason", "x")]
)
def test_an_unknown_picture_is_named(arguments):
    with pytest.raises(UnknownSubject, match="no image 77"):
        run(*arguments)


@pytest.mark.parametrize("number", ["0", "-1", "nine", str(2**63)])
def test_what_is_no_id_is_refused(number):
    run("show", "--", number, ends_with=2)


@pytest.mark.parametrize("command", [(), ("list",), ("show",), ("block",), ("clear",)])
def test_every_command_explains_itself(command):
    assert "--help" in run(*command, "--help")
