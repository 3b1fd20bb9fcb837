"""What keeps `kiosque run` from starting is one line that names the remedy."""

import socket

from kiosque_runs import CALM, require_dead

from shared.settings import settings


def refusal(run) -> str:
    assert run.wait() == 2
    assert "Traceback" not in run.said()
    (line,) = run.said().splitlines()
    assert line.startswith("kiosque: ")
    return line


def test_a_second_run_is_refused_while_the_first_goes_on(kiosque_run):
    first = kiosque_run(calm=CALM)
    calm, _ = first.noted("calm", "child")
    line = refusal(kiosque_run(calm=CALM))
    assert f"kill {first.process.pid}" in line
    assert settings().portal_address in line
    assert first.process.poll() is None
    first.process.terminate()
    assert first.wait() == 0
    require_dead(calm)


def test_a_taken_port_is_refused_before_anything_starts(kiosque_run, set_settings):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        set_settings(portal_address=f"127.0.0.1:{port}")
        run = kiosque_run(lines={"portal": "python -m http.server"}, calm=CALM)
        line = refusal(run)
    assert f"127.0.0.1:{port} (portal) is taken" in line
    assert "KIOSQUE_PORTAL_ADDRESS=127.0.0.1:" in line
    assert not list(run.notes.iterdir())


def test_a_folder_that_cannot_be_written_is_refused(kiosque_run, set_settings, tmp_path):
    (tmp_path / "file").touch()
    set_settings(var=tmp_path / "file" / "var")
    assert "KIOSQUE_VAR" in refusal(kiosque_run(calm=CALM))


def test_a_wrong_line_is_refused(kiosque_run):
    assert "no-such-program" in refusal(kiosque_run(lines={"odd": "no-such-program"}))


def test_a_database_that_cannot_be_migrated_ends_the_run_with_its_reason(kiosque_run, set_settings):
    set_settings(database_url="postgresql://nobody@127.0.0.1:1/none")
    run = kiosque_run(calm=CALM)
    assert run.wait() == 2
    assert "kiosque: the database could not be migrated (postgresql://…@127.0.0.1:1/none): " in run.said()
    assert "Traceback" not in run.said()
