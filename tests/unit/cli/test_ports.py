"""A port that cannot be used is named, with who has it and what can be done."""

import socket
import sys

import pytest

from services.cli import ports
from services.cli.ports import PortUnusableError, is_listening, require_free, split_address


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def complaint(**addresses: str) -> str:
    with pytest.raises(PortUnusableError) as refused:
        require_free(addresses)
    return str(refused.value)


def test_a_free_port_is_no_complaint():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    require_free({"portal": f"127.0.0.1:{port}"})


def test_a_taken_port_is_named_with_its_holder_and_a_free_one(taken):
    said = complaint(portal=f"127.0.0.1:{taken}")
    assert f"127.0.0.1:{taken} (portal) is taken by process" in said
    assert "pytest" in said or sys.executable in said
    remedy = said.rpartition("KIOSQUE_PORTAL_ADDRESS=")[2]
    assert remedy.endswith(" make run")
    require_free({"portal": remedy.removesuffix(" make run")})


def test_every_taken_port_has_its_own_line(taken):
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = complaint(portal=f"127.0.0.1:{taken}", flower=f"127.0.0.1:{other.getsockname()[1]}")
    assert [line.partition(" is ")[0].rpartition(" ")[2] for line in said.splitlines()] == ["(portal)", "(flower)"]


def test_one_address_for_two_servers_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as another:
        address, other = (f"127.0.0.1:{one.getsockname()[1]}" for one in (server, another))
    said = complaint(portal=address, newsstand=other, flower=address)
    assert said.startswith(f"{address} is the address of both portal and flower")
    assert "KIOSQUE_PORTAL_ADDRESS" in said


def test_a_listener_on_every_address_takes_the_port_of_loopback():
    with socket.create_server(("", 0)) as server:
        assert "is taken" in complaint(flower=f"127.0.0.1:{server.getsockname()[1]}")


def test_a_connection_that_lingers_from_an_earlier_run_takes_no_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        client = socket.create_connection(("127.0.0.1", port))
        accepted, _ = server.accept()
        accepted.close()  # the side that closes first keeps TIME_WAIT
        client.close()
    require_free({"portal": f"127.0.0.1:{port}"})


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("no-such-host.invalid:8000", "there is no host 'no-such-host.invalid'"),
        ("192.0.2.7:8000", "cannot assign requested address"),
        ("127.0.0.1:70000", "there is no port 70000"),
    ],
)
def test_an_address_that_is_not_ours_is_named_with_its_variable(address, told):
    said = complaint(portal=address)
    assert told in said
    assert said.startswith(f"KIOSQUE_PORTAL_ADDRESS={address}: ")


def test_a_port_of_root_s_is_explained(monkeypatch):
    def refuse(host: str, port: int) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(ports, "_listen_once", refuse)
    assert "KIOSQUE_PORTAL_ADDRESS=127.0.0.1:8000" in complaint(portal="127.0.0.1:80")


@pytest.mark.parametrize(("address", "parts"), [("127.0.0.1:8000", ("127.0.0.1", 8000)), ("[::1]:8000", ("::1", 8000))])
def test_an_address_is_split_into_host_and_port(address, parts):
    assert split_address(address) == parts


def test_listening_is_seen(taken):
    assert is_listening(f"127.0.0.1:{taken}")
    assert is_listening(f"0.0.0.0:{taken}")


def test_nobody_listening_is_seen():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert not is_listening(f"127.0.0.1:{port}")
