"""A row of processes that answers, dies, hangs and runs wild."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from apertium_fakes import pids_started
from servers import is_alive, wait_until

from services.translator.apertium_home import find_apertium
from services.translator.apertium_pipe import Pipe, PipeBrokenError

#: Short, for the tests in which nothing comes; long, for those in which everything does.
SOON, PATIENT = 0.5, 60.0


@pytest.fixture
def open_pipe(copy):
    """Start a pipe of the stand-in's fr-es; closed at the end."""
    pipes = []

    def start(answer_s=PATIENT, first_answer_s=PATIENT):
        home = find_apertium()
        [way] = home.route("fr", "es")
        pipes.append(Pipe(way.commands, home.environment, answer_s=answer_s, first_answer_s=first_answer_s))
        return pipes[-1]

    yield start
    for pipe in pipes:
        pipe.close()


def test_texts_come_back_in_their_order(open_pipe):
    pipe = open_pipe()
    assert pipe.ask(["Le roi", "Le Maroc", "roi"]) == ["El rey", "El Marruecos", "rey"]
    assert pipe.ask(["roi"]) == ["rey"]
    assert pipe.ask([]) == []


@pytest.mark.parametrize(
    "text",
    [
        "fin.", "fin", "fin !", "fin…", "« fin. »", "fin. ", "", ".", "a.[]", "[]", "a [b] c",
        "^a$ /b/ <c> {d} \\ @ e\\", "a\tb", "é ç ñ ع 日 🙂", "..", "U.S.",
    ],
)  # fmt: skip
def test_a_text_comes_through_whole_whatever_signs_it_has(open_pipe, text):
    assert open_pipe().ask([text]) == [text]


def test_a_nul_in_a_text_divides_nothing(open_pipe):
    assert open_pipe().ask(["a\0b", "c"]) == ["a b", "c"]


def test_half_a_character_does_not_stop_the_others(open_pipe):
    assert open_pipe().ask(["a\ud83d", "roi"]) == ["a?", "rey"]


def test_more_text_than_pipes_hold_comes_through(open_pipe):
    texts = [f"roi {number} " + "x" * 3000 for number in range(200)] + ["y" * 300_000]
    assert open_pipe().ask(texts) == [text.replace("roi", "rey") for text in texts]


def test_a_row_that_dies_gives_the_answers_until_then_and_says_what_ended(open_pipe):
    pipe = open_pipe()
    with pytest.raises(PipeBrokenError, match=r"lt-fake ended with 3") as broken:
        pipe.ask(["roi", "Maroc", "DIE", "roi"])
    assert broken.value.answers == ["rey", "Marruecos"]


def test_a_row_that_hangs_is_noticed(open_pipe):
    pipe = open_pipe(answer_s=SOON)
    with pytest.raises(PipeBrokenError, match=r"no answer within 0.5 s") as broken:
        pipe.ask(["roi", "HANG", "roi"])
    assert broken.value.answers == ["rey"]


def test_a_row_that_hangs_at_its_first_text_is_noticed(open_pipe):
    with pytest.raises(PipeBrokenError, match=r"no answer within 0.5 s"):
        open_pipe(first_answer_s=SOON).ask(["HANG"])


def test_a_row_that_does_not_read_is_noticed_although_its_pipe_is_full(open_pipe):
    pipe = open_pipe(answer_s=SOON)
    pipe.ask(["roi"])
    for process in pipe.processes:
        process.send_signal(signal.SIGSTOP)
    with pytest.raises(PipeBrokenError, match="no answer"):
        pipe.ask(["x" * 1_000_000])


def test_a_row_that_runs_wild_is_noticed(open_pipe):
    with pytest.raises(PipeBrokenError, match="over 1,000,000 bytes"):
        open_pipe().ask(["WILD"])


def test_an_answer_too_many_is_not_taken_for_the_next_texts(open_pipe):
    pipe = open_pipe()

    def ask_twice():
        assert pipe.ask(["CHATTER"]) == ["more"]  # unless both come at once, and are noticed here
        wait_until(lambda: pipe._is_readable(0), what="the second answer")
        pipe.ask(["roi"])

    with pytest.raises(PipeBrokenError):
        ask_twice()


def test_a_talk_that_was_cut_short_is_not_gone_on_with(open_pipe, monkeypatch):
    pipe = open_pipe()

    def interrupted(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pipe, "_step", interrupted)
        with pytest.raises(KeyboardInterrupt):
            pipe.ask(["roi"])
    with pytest.raises(PipeBrokenError):
        pipe.ask(["Maroc"])


def test_what_a_dying_row_has_in_hand_is_no_answer(open_pipe):
    pipe = open_pipe()
    pipe.ask(["roi"])
    pipe.processes[0].kill()
    with pytest.raises(PipeBrokenError) as broken:
        pipe.ask(["roi"])
    assert broken.value.answers == []


@pytest.mark.parametrize("which", [0, 1])
def test_a_process_that_is_killed_is_noticed(open_pipe, which):
    pipe = open_pipe()
    pipe.ask(["roi"])
    pipe.processes[which].kill()
    with pytest.raises(PipeBrokenError, match=r"ended with -9|half an answer|without a question"):
        pipe.ask(["roi"])


def test_a_program_that_is_not_there_is_named():
    pipe = Pipe([["lt-gone", "-z"]], os.environ)
    with pytest.raises(PipeBrokenError, match="lt-gone ended with 127"):
        pipe.ask(["roi"])
    pipe.close()


def test_closing_ends_every_process_also_one_that_hangs(open_pipe):
    pipe = open_pipe(answer_s=SOON)
    with pytest.raises(PipeBrokenError):
        pipe.ask(["roi", "HANG"])
    pipe.close()
    assert [process.returncode for process in pipe.processes] == [-9, -9]
    assert not any(psutil.pid_exists(process.pid) for process in pipe.processes)


def test_we_hold_the_two_ends_of_a_row_and_nothing_between(open_pipe):
    open_before = psutil.Process().num_fds()
    pipe = open_pipe()
    assert psutil.Process().num_fds() == open_before + 2
    pipe.close()
    assert psutil.Process().num_fds() == open_before


OWNER = """
import pathlib, sys
from services.translator import apertium_home
from services.translator.apertium_pipe import Pipe
apertium_home.MACHINE = pathlib.Path(sys.argv[2])
home = apertium_home.find_apertium()
pipe = Pipe(home.route("fr", "es")[0].commands, home.environment, answer_s=60)
print(*pipe.ask(["roi"]), *(process.pid for process in pipe.processes), flush=True)
pipe.ask([sys.argv[1]])
"""


@pytest.mark.parametrize("text", ["HANG", "roi"], ids=["hanging", "at rest"])
def test_a_row_does_not_outlive_an_owner_that_is_killed(copy, no_machine, text):
    waits = "" if text == "HANG" else "import time; time.sleep(60)"
    command = [sys.executable, "-c", OWNER + waits, text, no_machine]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as owner:
        answer, *pids = owner.stdout.readline().split()
        row = [int(pid) for pid in pids]
        assert all(is_alive(pid) for pid in row)
        owner.kill()
    assert answer == "rey"
    assert len(row) == 2
    wait_until(lambda: not any(is_alive(pid) for pid in row), 10, "the end")


def test_a_break_in_the_terminal_reaches_only_us(open_pipe, copy):
    pipe = open_pipe()
    pipe.ask(["roi"])
    assert {os.getpgid(process.pid) for process in pipe.processes}.isdisjoint({os.getpgid(0)})
    assert len(pids_started(copy, "fr-es")) == 1
