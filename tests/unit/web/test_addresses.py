"""Which machines may be reached."""

import ipaddress
import socket

import pytest

from shared.errors import Retryable, SettingError, Unprocessable
from shared.web import addresses


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "10.1.2.3", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.254", "168.63.129.16",
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::8.8.8.8", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8",
        "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:10::1",
        "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1", "2620:4f:8000::1", "3fff::1", "5f00::1",
        "fc00::1", "fd12:3456::1", "fe80::1", "fec0::1", "ff02::1", "ff0e::1", "4000::1", "fe80::1%1",
    ],
)  # fmt: skip
def test_an_address_inside_or_with_another_inside_it_is_not_public(text: str) -> None:
    assert not addresses.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.1", "172.15.0.1", "172.32.0.1", "196.200.131.1",
     "2001:200::1", "2001:4860:4860::8888", "2606:4700::1111", "2a00:1450:4007::200e", "2003::1"],
)  # fmt: skip
def test_an_address_of_the_internet_is_public(text: str) -> None:
    assert addresses.is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("found", [("8.8.8.8", "10.0.0.1"), ("10.0.0.1", "8.8.8.8"), ("2606:4700::1111", "::1")])
def test_one_private_address_among_public_ones_closes_the_host(found: tuple[str, ...]) -> None:
    with pytest.raises(Unprocessable) as caught:
        addresses.check_addresses("news.example", 443, found)
    assert caught.value.reason == "private_address"
    assert "KIOSQUE_PRIVATE_ADDRESSES=news.example:443" in caught.value.detail


@pytest.mark.parametrize(
    ("named", "host", "port", "found", "is_open"),
    [
        ("127.0.0.1:8765", "127.0.0.1", 8765, ("127.0.0.1",), True),
        ("127.0.0.1:8765", "localhost", 8765, ("127.0.0.1",), True),
        ("127.0.0.1:8765", "localhost", 8765, ("127.0.0.1", "::1"), False),
        ("127.0.0.1:8765", "127.0.0.1", 8000, ("127.0.0.1",), False),
        ("127.0.0.1:8765", "127.0.0.2", 8765, ("127.0.0.2",), False),
        ("newsstand:8765", "newsstand", 8765, ("172.18.0.4",), True),
        ("NewsStand:8765", "newsstand", 8765, ("172.18.0.4",), True),
        ("newsstand:8765", "newsstand.example", 8765, ("172.18.0.4",), False),
        ("newsstand:8765", "redis", 8765, ("172.18.0.4",), False),
        ("[::1]:80", "::1", 80, ("::1",), True),
        ("[0:0::1]:80", "::1", 80, ("::1",), True),
        ("", "news.example", 443, ("8.8.8.8",), True),
        ("", "news.example", 8443, ("8.8.8.8",), False),
    ],
)
def test_the_setting_opens_a_host_or_address_at_one_port(
    set_settings, named: str, host: str, port: int, found: tuple[str, ...], is_open: bool
) -> None:
    set_settings(private_addresses=named)
    if is_open:
        addresses.check_addresses(host, port, found)
        return
    with pytest.raises(Unprocessable):
        addresses.check_addresses(host, port, found)


@pytest.mark.parametrize("entry", ["redis", "redis:", ":80", "redis:http"])
def test_an_entry_that_is_not_host_and_port_is_named(set_settings, entry: str) -> None:
    set_settings(private_addresses=entry)
    with pytest.raises(SettingError, match="KIOSQUE_PRIVATE_ADDRESSES") as caught:
        addresses.is_port_open(8080)
    assert repr(entry) in str(caught.value)


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001", "127.0.0.1"])
def test_other_spellings_of_loopback_are_caught_as_addresses(host: str) -> None:
    with pytest.raises(Unprocessable) as caught:
        addresses.check_addresses(host, 80, addresses.resolve(host, 80))
    assert caught.value.reason == "private_address"


@pytest.mark.parametrize("error", [socket.gaierror(socket.EAI_AGAIN, "try again"), UnicodeError("label too long")])
def test_a_host_without_an_address_may_have_one_later(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(Retryable) as caught:
        addresses.resolve("news.example", 80)
    assert caught.value.reason == "dns_failed"
