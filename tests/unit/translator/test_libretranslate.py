"""LibreTranslate's engine against a server on loopback."""

from datetime import UTC, datetime, timedelta

import pytest
import structlog
from libretranslate_server import LibreTranslateServer

from services.translator import json_client
from services.translator.engines import libretranslate
from services.translator.engines.libretranslate import BATCH_CHARACTERS, BATCH_SEGMENTS, Engine
from shared.errors import Postponed, Retryable, SettingError, Unprocessable


@pytest.fixture
def server():
    made = LibreTranslateServer()
    yield made
    made.close()


@pytest.fixture
def open_engine(set_settings):
    """Make an engine for a server; closed at the end."""
    engines = []

    def make(server, **more):
        set_settings(libretranslate_url=f"{server.url}/", **more)
        engines.append(Engine())
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(open_engine, server):
    return open_engine(server)


def test_it_serves_the_pairs_that_the_server_names(engine, server):
    assert engine.serves("fr", "ar")
    assert engine.serves("es", "en")
    assert not engine.serves("es", "ar")
    assert not engine.serves("fr", "fr")
    assert len(server.asked("/languages")) == 1
    assert engine.version == "1.9.6"


def test_it_is_asked_again_when_its_word_is_old(engine, server, monkeypatch):
    monkeypatch.setattr(libretranslate, "PAIRS_GOOD_S", 0.0)
    engine.serves("fr", "ar")
    server.broken.add("/languages")
    assert not engine.serves("fr", "ar")
    assert len(server.asked("/languages")) == 2


def test_a_server_that_is_away_serves_nothing_and_is_told_of_once(open_engine):
    gone = LibreTranslateServer()
    gone.close()
    engine = open_engine(gone)
    with structlog.testing.capture_logs() as logs:
        assert not engine.serves("fr", "ar")
        assert not engine.serves("fr", "en")
    assert [line["event"] for line in logs] == ["libretranslate.unavailable"]
    assert gone.url in logs[0]["detail"]


def test_a_server_that_comes_back_serves_again(engine, server, monkeypatch):
    monkeypatch.setattr(libretranslate, "PAIRS_AGAIN_S", 0.0)
    server.broken.add("/languages")
    assert not engine.serves("fr", "ar")
    server.broken.clear()
    assert engine.serves("fr", "ar")


def test_a_version_that_is_not_told_is_unknown(engine, server):
    server.broken.add("/spec")
    assert engine.serves("fr", "ar")
    assert engine.version == "unknown"


def test_without_an_address_it_is_off():
    engine = Engine()
    assert not engine.serves("fr", "en")
    with pytest.raises(Unprocessable, match="KIOSQUE_LIBRETRANSLATE_URL is not set"):
        engine.translate(["a"], "fr", "en")
    engine.close()


@pytest.mark.parametrize("url", ["translate.example", "ftp://translate.example", "http://", "http://[::1", "x y"])
def test_an_address_that_is_none_is_refused_at_once(set_settings, url):
    set_settings(libretranslate_url=url)
    with pytest.raises(SettingError, match=r"KIOSQUE_LIBRETRANSLATE_URL=.* is not an address, as in http"):
        Engine()


def test_sentences_go_in_a_list_with_their_language(engine, server):
    assert engine.translate(["un", "deux"], "fr", "ar") == ["ar:un", "ar:deux"]
    assert server.asked() == [{"q": ["un", "deux"], "source": "fr", "target": "ar", "format": "text"}]


@pytest.mark.parametrize(
    ("texts", "sizes"),
    [
        (["a"] * (BATCH_SEGMENTS * 2 + 1), [BATCH_SEGMENTS, BATCH_SEGMENTS, 1]),
        (["a" * (BATCH_CHARACTERS // 2)] * 3, [2, 1]),
        (["a" * (BATCH_CHARACTERS + 1), "b"], [1, 1]),
        ([], []),
    ],
)
def test_a_long_text_goes_in_batches(engine, server, texts, sizes):
    assert engine.translate(texts, "fr", "ar") == [f"ar:{text}" for text in texts]
    assert [len(asked["q"]) for asked in server.asked()] == sizes


@pytest.mark.parametrize("limit", ["batch_limit", "character_limit"])
def test_a_batch_over_the_servers_own_limit_is_halved(engine, server, limit):
    setattr(server, limit, 3)
    assert engine.translate(list("abcdefgh"), "fr", "ar") == [f"ar:{text}" for text in "abcdefgh"]
    assert [len(asked["q"]) for asked in server.asked()] == [8, 4, 2, 2, 4, 2, 2]


def test_one_sentence_over_the_servers_limit_is_refused_in_its_words(engine, server):
    server.character_limit = 3
    with pytest.raises(Unprocessable, match=r"engine_refused: .*HTTP 400 .*\(4\) exceeds text limit \(3\)"):
        engine.translate(["abcd"], "fr", "ar")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "fr is not supported"),
        (400, "Please contact the server operator to get an API key"),
        (403, "Too many request limits violations"),
        (404, "Not found"),
    ],
)
def test_a_refusal_is_set_aside_in_the_servers_words_and_not_tried_in_halves(engine, server, status, words):
    server.answer = (status, {"error": words}, {})
    with pytest.raises(Unprocessable) as never:
        engine.translate(["un", "deux"], "fr", "ar")
    assert never.value.reason == "engine_refused"
    assert f"HTTP {status} {words}" in never.value.detail
    assert len(server.asked()) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "delay_s"),
    [
        ((500, {"error": "Cannot translate text"}, {}), "server_error", None),
        ((502, "<html>", {}), "server_error", None),
        ((408, "", {}), "server_error", None),
        ((200, "<html>", {}), "bad_answer", None),
        ((200, {"translatedText": "one text"}, {}), "bad_answer", None),
        ((200, {"translatedText": ["one"]}, {}), "bad_answer", None),
        ((200, {"translatedText": ["one", None]}, {}), "bad_answer", None),
        ((200, ["one", "two"], {}), "bad_answer", None),
        ((200, {}, {}), "bad_answer", None),
    ],
)
def test_a_server_that_fails_or_babbles_is_tried_later(engine, server, answer, reason, delay_s):
    server.answer = answer
    with pytest.raises(Retryable) as later:
        engine.translate(["un", "deux"], "fr", "ar")
    assert (later.value.reason, later.value.delay_s) == (reason, delay_s)


@pytest.mark.parametrize(
    ("answer", "reason", "seconds"),
    [
        ((429, {"error": "Slowdown: 10 per 1 minute"}, {}), "rate_limited", json_client.BUSY_S),
        ((429, "", {"Retry-After": "7"}), "rate_limited", 7.0),
        ((429, "", {"Retry-After": "9999999"}), "rate_limited", json_client.BUSY_MOST_S),
        ((429, "", {"Retry-After": "soon"}), "rate_limited", json_client.BUSY_S),
        ((503, "<html>", {}), "engine_busy", json_client.BUSY_S),
        ((503, "", {"Retry-After": "90"}), "engine_busy", 90.0),
        ((503, "", {"Retry-After": "Mon, 01 Jan 2001 00:00:00 GMT"}), "engine_busy", json_client.BUSY_LEAST_S),
        ((503, "", {"Retry-After": "0"}), "engine_busy", json_client.BUSY_LEAST_S),
        ((503, "", {"Retry-After": "Fri, 01 Jan 2999 00:00:00 GMT"}), "engine_busy", json_client.BUSY_MOST_S),
    ],
)
def test_a_busy_server_postpones_as_long_as_it_says(engine, server, answer, reason, seconds):
    server.answer = answer
    before = datetime.now(UTC)
    with pytest.raises(Postponed) as busy:
        engine.translate(["un", "deux"], "fr", "ar")
    after = datetime.now(UTC)
    assert busy.value.reason == reason
    assert f"HTTP {answer[0]}" in busy.value.detail
    assert before + timedelta(seconds=seconds) <= busy.value.until <= after + timedelta(seconds=seconds)


def test_a_busy_server_is_left_alone_until_then(engine, server, monkeypatch):
    server.answer = (429, {"error": "Slowdown"}, {"Retry-After": "600"})
    told = []
    for _ in range(3):
        with pytest.raises(Postponed) as busy:
            engine.translate(["un"], "fr", "ar")
        told.append((busy.value.reason, busy.value.until, busy.value.detail))
    assert len(set(told)) == 1
    assert len(server.asked()) == 1
    assert engine.serves("fr", "ar")
    server.answer = None
    monkeypatch.setattr(engine._busy, "until", datetime.now(UTC))
    assert engine.translate(["un"], "fr", "ar") == ["ar:un"]


def test_a_redirect_is_not_followed(engine, server):
    server.answer = (302, "", {"Location": "http://192.0.2.1/"})
    with pytest.raises(Unprocessable, match="HTTP 302"):
        engine.translate(["un"], "fr", "ar")


@pytest.mark.parametrize(("sent", "words"), [("secret", ""), ("wrong", "Invalid API key"), ("", "to get an API key")])
def test_a_key_that_is_wrong_or_missing_is_told_in_the_servers_words(open_engine, server, sent, words):
    server.api_key = "secret"
    engine = open_engine(server, libretranslate_api_key=sent)
    if not words:
        assert engine.translate(["un"], "fr", "ar") == ["ar:un"]
        return
    with pytest.raises(Unprocessable, match=words):
        engine.translate(["un"], "fr", "ar")


def test_an_answer_without_end_is_cut_off(engine, server, monkeypatch):
    monkeypatch.setattr(json_client, "ANSWER_MAX_BYTES", 1000)
    server.answer = (200, {"translatedText": ["x" * 2000]}, {})
    with pytest.raises(Retryable, match=r"bad_answer: .* over 1,000 bytes"):
        engine.translate(["un"], "fr", "ar")


def test_a_server_that_sends_a_byte_now_and_then_does_not_hold_us(engine, server, monkeypatch):
    monkeypatch.setattr(libretranslate, "ANSWER_S", 0.5)
    server.dawdles = True
    with pytest.raises(Retryable, match=r"timeout: .* no whole answer within 0.5 s"):
        engine.translate(["un"], "fr", "ar")


def test_a_server_that_hangs_up_is_tried_later(engine, server):
    server.hangs_up = True
    with pytest.raises(Retryable, match="bad_answer"):
        engine.translate(["un"], "fr", "ar")


def test_a_server_that_went_away_serves_nothing_from_then_on(open_engine):
    server = LibreTranslateServer()
    engine = open_engine(server)
    assert engine.serves("fr", "ar")
    server.close()
    assert engine.serves("fr", "ar")  # as far as it knows
    with pytest.raises(Retryable, match="connection_failed"):
        engine.translate(["un"], "fr", "ar")
    assert not engine.serves("fr", "ar")


@pytest.mark.parametrize("said", ["<html>", {}, {"error": "x"}, [{"code": "fr"}], [1], 7])
def test_a_server_of_another_kind_serves_nothing(engine, server, said, monkeypatch):
    ask = engine._client.ask
    monkeypatch.setattr(
        engine._client, "ask", lambda method, path, *rest: said if path == "/languages" else ask(method, path, *rest)
    )
    assert not engine.serves("fr", "ar")


def test_no_proxy_stands_between_us_and_the_operators_server(open_engine, server, environment):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        environment.setenv(name, "http://192.0.2.1:9")
    assert open_engine(server).translate(["un"], "fr", "ar") == ["ar:un"]
