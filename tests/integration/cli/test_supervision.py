"""What `kiosque run` does while it runs: restarts, logs, words."""

import json
import os
import signal
import stat
import subprocess
import sys

import pytest
from kiosque_runs import CALM, Run, require_dead
from servers import free_port, wait_until

from services.cli.redis_server import answers
from shared.settings import settings

#: Counts its starts in a file, leaves a child behind, and fails.
FAILING = """\
echo start >> "$NOTES/starts.txt"
sleep 600 &
echo $! > "$NOTES/left"
echo 'cannot find the paper' >&2
exit 3
"""
REDIS = {"redis": "python -m services.cli.redis_server"}


def starts(run: Run) -> int:
    path = run.notes / "starts.txt"
    return len(path.read_text().splitlines()) if path.exists() else 0


def test_a_process_that_fails_is_told_in_one_line_and_started_again_later_each_time(kiosque_run):
    run = kiosque_run(failing=FAILING)
    wait_until(lambda: starts(run) == 3, what="a third start")
    told = [line for line in run.said().splitlines() if line.startswith("failing")]
    log = settings().var / "log" / "failing.log"
    assert told[:2] == [
        f"failing failed (exit code 3), starts again in {seconds} s (cannot find the paper): see {log}"
        for seconds in (1, 2)
    ]


def test_what_a_failed_process_left_behind_is_ended_before_it_starts_again(kiosque_run):
    run = kiosque_run(failing=FAILING)
    (left,) = run.noted("left")
    require_dead(left)


def test_a_process_that_is_killed_is_told_and_started_again(kiosque_run):
    run = kiosque_run(calm=CALM)
    (first,) = run.noted("calm")
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: run.noted("calm") != [first], what="another start")
    assert "calm was killed (SIGKILL), starts again in 1 s" in run.said()


def test_the_words_of_processes_go_to_their_logs_only(kiosque_run):
    run = kiosque_run(chatty="echo 'hello from a child'; exec sleep 600")
    log = settings().var / "log" / "chatty.log"
    wait_until(lambda: log.exists() and "hello from a child" in log.read_text(), what="a log")
    wait_until(lambda: "articles found" in run.said(), what="progress")
    assert "hello" not in run.said()


def test_progress_is_one_quiet_line(kiosque_run):
    run = kiosque_run(calm=CALM)
    wait_until(lambda: "articles found" in run.said(), what="progress")
    run.process.terminate()
    run.wait()
    assert run.said().splitlines() == [
        f"starting 1 processes (logs in {settings().var / 'log'}, Ctrl-C stops)",
        "0 articles found · 0 on the portal · 0 waiting · 0 set aside",
        "stopping (Ctrl-C once more kills)",
        "stopped; the next run goes on from here",
    ]


def test_a_program_reads_events(kiosque_run):
    run = kiosque_run("--json", failing=FAILING)
    wait_until(lambda: starts(run) == 2, what="a second start")
    run.process.terminate()
    run.wait()
    events = [json.loads(line) for line in run.said().splitlines()]
    assert {"event": "progress", "found": 0, "on_portal": 0, "waiting": 0, "set_aside": 0, "due": 0} in events
    ended = next(event for event in events if event["event"] == "process.ended")
    assert (ended["process"], ended["exit_code"]) == ("failing", 3)
    assert events[-1]["event"] == "run.stopped"


def test_the_address_of_a_server_is_told_once_it_can_be_opened(kiosque_run, set_settings):
    port = free_port()
    set_settings(portal_address=f"127.0.0.1:{port}")
    run = kiosque_run(lines={"portal": f"python -m http.server --bind 127.0.0.1 {port}"})
    wait_until(lambda: f"http://127.0.0.1:{port}/  portal\n" in run.said(), what="the portal's address")


def test_nobody_reading_stops_nothing(kiosque_run):
    reading, writing = os.pipe()
    run = kiosque_run(output=writing, failing=FAILING, calm=CALM)
    os.close(writing)
    wait_until(lambda: starts(run) == 1, what="a first start")
    os.close(reading)
    wait_until(lambda: starts(run) == 3, what="a third start")
    run.process.terminate()
    assert run.wait() == 0


def test_redis_is_for_this_user_only_and_ready_for_workers(kiosque_run):
    kiosque_run(lines=REDIS, calm=CALM).noted("calm")  # started once Redis answers
    path = settings().redis_socket
    assert answers(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o700


def test_a_redis_that_outlived_its_supervisor_is_replaced(kiosque_run, tmp_path):
    leftover = subprocess.Popen([sys.executable, "-m", "services.cli.redis_server"], stdout=subprocess.DEVNULL)
    wait_until(lambda: answers(settings().redis_socket), what="the first Redis")
    run = kiosque_run(lines=REDIS, calm=CALM)
    run.noted("calm")
    assert leftover.wait(20) == 0
    assert answers(settings().redis_socket)
    assert "failed" not in run.said()


def test_the_socket_of_a_redis_that_was_killed_is_in_nobody_s_way(kiosque_run):
    first = kiosque_run(lines=REDIS, calm=CALM)
    first.noted("calm")
    os.kill(first.supervisor(), signal.SIGKILL)
    first.wait()
    assert settings().redis_socket.exists()
    (first.notes / "calm").unlink()
    kiosque_run(lines=REDIS, calm=CALM).noted("calm")
    assert answers(settings().redis_socket)


@pytest.mark.parametrize("folder", ["a folder é صحيفة", "d" * 120])
def test_any_folder_will_do_for_redis(kiosque_run, set_settings, tmp_path, folder):
    set_settings(var=tmp_path / folder / "var")
    run = kiosque_run(lines=REDIS, calm=CALM)
    run.noted("calm")
    assert answers(settings().redis_socket)
    run.process.terminate()
    assert run.wait() == 0
    assert not settings().redis_socket.exists()
