"""The server: where it listens, whom it believes, and what it says when it cannot start."""

import os
import socket
import subprocess
import sys

import pytest
from servers import free_port

from services.portal import serve
from shared.errors import SettingError
from shared.settings import settings


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_it_listens_where_the_settings_say(host):
    port = free_port()
    with serve.listen_on(f"{host}:{port}") as listening:
        assert listening.getsockname()[1] == port
        socket.create_connection((host.strip("[]"), port)).close()


def test_without_a_reverse_proxy_nobodys_forwarding_is_believed():
    assert "trusted_proxy" not in serve.server_options(settings())


def test_behind_proxies_as_many_are_believed_as_there_are(set_settings):
    set_settings(portal_proxies=2)
    options = serve.server_options(settings())
    assert options["trusted_proxy_count"] == 2
    assert "x-forwarded-for" in options["trusted_proxy_headers"]


def test_a_taken_port_is_named_with_its_remedy(set_settings):
    with serve.listen_on("127.0.0.1:0") as taken:
        set_settings(portal_address=f"127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(SettingError, match=r"KIOSQUE_PORTAL_ADDRESS=127\.0\.0\.1:.*set another"):
            serve.main()


def test_a_missing_secret_key_is_said_at_the_start(set_settings, monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "listen_on", lambda address: pytest.fail(f"listens on {address}"))
    stores = {"broker_url": "redis://127.0.0.1:1/0", "database_url": "sqlite://", "blobs_url": tmp_path}
    set_settings(env="production", **stores)
    with pytest.raises(SettingError, match="KIOSQUE_SECRET_KEY is not set"):
        serve.main()


@pytest.mark.parametrize("address", ["127.0.0.1:65536", "192.0.2.1:80"])  # 192.0.2.0/24 is nobody's (RFC 5737)
def test_an_address_that_there_is_not_is_refused_by_name(address):
    with pytest.raises(SettingError, match="KIOSQUE_PORTAL_ADDRESS"):
        serve.listen_on(address)


@pytest.mark.parametrize(
    ("module", "variable"), [("portal", "KIOSQUE_PORTAL_ADDRESS"), ("newsstand", "KIOSQUE_NEWSSTAND_ADDRESS")]
)
def test_a_bad_setting_is_one_line_that_names_it(module, variable):
    command = [sys.executable, "-m", f"services.{module}"]
    said = subprocess.run(command, env=os.environ | {variable: "8000"}, capture_output=True, text=True, check=False)
    (line,) = said.stderr.splitlines()
    assert said.returncode != 0
    assert variable in line
