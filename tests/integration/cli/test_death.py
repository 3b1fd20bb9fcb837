"""However `kiosque run` ends, nothing that it started outlives it."""

import os
import signal
import subprocess
import sys

import pytest
from kiosque_runs import CALM, STUBBORN, noted, require_dead, write_procfile
from servers import wait_until

#: Ends when asked, noting whether Redis still answered then.
LAST = """\
import os, pathlib, signal, sys, time
from services.cli.redis_server import answers
from shared.settings import settings

def note_and_end(*_):
    (notes / "redis-answered").write_text(str(answers(settings().redis_socket)))
    sys.exit()

notes = pathlib.Path(sys.argv[1])
signal.signal(signal.SIGTERM, note_and_end)
(notes / "last").write_text(str(os.getpid()))
while True:
    time.sleep(1)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_process_and_is_no_failure(kiosque_run, number):
    run = kiosque_run(calm=CALM)
    pids = [*run.noted("calm", "child"), run.supervisor()]
    run.process.send_signal(number)
    assert run.wait() == 0
    require_dead(*pids)
    assert run.said().endswith("stopped; the next run goes on from here\n")
    assert "killed" not in run.said()


def test_a_second_ctrl_c_kills_what_does_not_end_in_any_session(kiosque_run):
    run = kiosque_run(stubborn=STUBBORN, calm=CALM)
    pids = [*run.noted("stubborn", "hidden", "calm", "child"), run.supervisor()]

    def press_ctrl_c() -> bool:
        run.process.send_signal(signal.SIGINT)
        return run.process.poll() is not None

    wait_until(press_ctrl_c, what="an end after Ctrl-C and Ctrl-C")
    require_dead(*pids)
    assert "killed, as still running: stubborn\n" in run.said()


def test_what_does_not_end_within_its_grace_is_killed(tmp_path):
    procfile = write_procfile(tmp_path, {}, {"stubborn": STUBBORN})
    shortened = "from services.cli import supervise, supervisor; supervisor.GRACE_S = 0.2; supervise.main()"
    reading, writing = os.pipe()
    lock = os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT)
    words = [f"--guardian={reading}", f"--lock={lock}", f"--procfile={procfile}"]
    process = subprocess.Popen(
        [sys.executable, "-c", shortened, *words], pass_fds=(reading, lock), text=True, stdout=-1
    )
    stubborn, hidden = noted(tmp_path / "notes", "stubborn", "hidden")
    process.terminate()
    assert "killed, as still running: stubborn\n" in process.communicate(timeout=20)[0]
    assert process.returncode == 0
    require_dead(stubborn, hidden)
    for descriptor in (reading, writing, lock):
        os.close(descriptor)


@pytest.mark.parametrize("victim", ["guardian", "supervisor", "whole group"])
def test_sigkill_leaves_no_orphan_in_any_session(kiosque_run, victim):
    run = kiosque_run(stubborn=STUBBORN, calm=CALM)
    supervisor, guardian = run.supervisor(), run.process.pid
    pids = [*run.noted("stubborn", "hidden", "calm", "child"), supervisor, guardian]
    kill, pid = {
        "supervisor": (os.kill, supervisor),
        "guardian": (os.kill, guardian),
        "whole group": (os.killpg, guardian),
    }[victim]
    kill(pid, signal.SIGKILL)
    run.wait()
    require_dead(*pids)


def test_the_supervisor_s_violent_end_is_told_and_is_a_failure(kiosque_run):
    run = kiosque_run(calm=CALM)
    run.noted("calm")
    os.kill(run.supervisor(), signal.SIGKILL)
    assert run.wait() == 1
    assert run.said().endswith("kiosque: the supervisor was killed (SIGKILL); all that it ran is ended\n")


def test_sigkill_of_both_at_once_takes_the_processes_themselves(kiosque_run):
    run = kiosque_run(stubborn=STUBBORN)
    stubborn, _ = run.noted("stubborn", "hidden")
    both = (run.supervisor(), run.process.pid)
    for number in (signal.SIGSTOP, signal.SIGKILL):  # stopped first, so that neither can act on the other's death
        for pid in both:
            os.kill(pid, number)
    require_dead(stubborn)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_start_stops_in_order_and_leaves_nobody(kiosque_run, number):
    run = kiosque_run(calm=CALM)
    supervisor = run.supervisor()  # it has just been forked, and still imports
    run.process.send_signal(number)
    assert run.wait() == 0
    assert "Traceback" not in run.said()
    assert run.said().endswith("stopped; the next run goes on from here\n")
    require_dead(supervisor, *(int(note.read_text()) for note in run.notes.iterdir() if note.read_text()))


def test_the_death_of_make_is_a_reason_to_stop(tmp_path):
    procfile = write_procfile(tmp_path, {}, {"calm": CALM})
    make = "import subprocess, sys; subprocess.Popen([sys.executable, *sys.argv[1:]]).wait()"
    words = ["-m", "services.cli", "run", f"--procfile={procfile}", "--with-parent"]
    process = subprocess.Popen([sys.executable, "-c", make, *words], stdout=subprocess.DEVNULL)
    calm, child = noted(tmp_path / "notes", "calm", "child")
    process.kill()
    process.wait()
    require_dead(calm, child)


def test_redis_ends_after_those_who_need_it(kiosque_run, tmp_path):
    script = tmp_path / "last.py"
    script.write_text(LAST, encoding="utf-8")
    notes = tmp_path / "notes"
    run = kiosque_run(lines={"redis": "python -m services.cli.redis_server", "last": f"python {script} {notes}"})
    run.noted("last")
    run.process.terminate()
    assert run.wait() == 0
    assert (notes / "redis-answered").read_text() == "True"
