"""Readers: cookies and tokens that only we can make, each for its purpose and its time."""

import itsdangerous.timed
import pytest

from services.portal import readers


@pytest.fixture
def pass_time(monkeypatch):
    """Let signatures made so far be so many seconds old."""
    now = itsdangerous.timed.time.time()

    def pass_(seconds: float) -> None:
        monkeypatch.setattr(itsdangerous.timed.TimestampSigner, "get_timestamp", lambda self: int(now + seconds))

    return pass_


def test_a_cookie_names_the_reader_that_it_was_signed_for():
    reader = readers.new_reader()
    assert readers.read_reader(readers.sign_reader(reader)) == reader


def test_no_two_readers_are_the_same():
    assert len({readers.new_reader() for _ in range(100)}) == 100


@pytest.mark.parametrize("cookie", [None, "", "x", "a.b.c", "ImFiYyI.aaaaaa.bbbbbb", "\ud800", "é" * 5000])
def test_a_forged_cookie_names_nobody(cookie):
    assert readers.read_reader(cookie) is None


def test_a_cookie_whose_reader_was_changed_names_nobody():
    signed = readers.sign_reader("abcdefgh")
    assert readers.read_reader(readers.sign_reader("abcdefgi").split(".")[0] + signed[signed.index(".") :]) is None


def test_a_cookie_signed_with_another_key_names_nobody(set_settings):
    cookie = readers.sign_reader("abc")
    set_settings(secret_key="another")
    assert readers.read_reader(cookie) is None


@pytest.mark.parametrize(("age_s", "reader"), [(readers.COOKIE_AGE_S - 60, "abc"), (readers.COOKIE_AGE_S + 60, None)])
def test_a_cookie_is_good_for_a_year(pass_time, age_s, reader):
    cookie = readers.sign_reader("abc")
    pass_time(age_s)
    assert readers.read_reader(cookie) == reader


@pytest.mark.parametrize(("age_s", "is_good"), [(readers.TOKEN_AGE_S - 60, True), (readers.TOKEN_AGE_S + 60, False)])
def test_a_token_is_good_for_two_days(pass_time, age_s, is_good):
    token = readers.make_token("abc")
    pass_time(age_s)
    assert readers.is_token_of(token, "abc") is is_good


def test_a_token_is_one_readers_only():
    assert readers.is_token_of(readers.make_token("abc"), "abc")
    assert not readers.is_token_of(readers.make_token("abc"), "abd")


def test_a_cookie_is_no_token_and_a_token_no_cookie():
    assert not readers.is_token_of(readers.sign_reader("abc"), "abc")
    assert readers.read_reader(readers.make_token("abc")) is None
