"""Bytes into text, whatever header and page say of them."""

import codecs

import pytest

from services.parser.encoding import decode

FRENCH = "<p>L'été dernier, la forêt brûla à côté du château : « c'était terrible », répète un témoin âgé.</p>" * 3
ARABIC = "<p>قال سكان القرية إن أمطار هذا الأسبوع ملأت السد الذي ظل فارغا طيلة الصيف الماضي بسبب الجفاف.</p>" * 3


@pytest.mark.parametrize(
    ("content", "content_type", "wanted"),
    [
        (FRENCH.encode(), "text/html", FRENCH),
        (FRENCH.encode(), "text/html; charset=iso-8859-1", FRENCH),
        (b'<meta charset="iso-8859-1">' + FRENCH.encode(), "text/html", '<meta charset="iso-8859-1">' + FRENCH),
        (codecs.BOM_UTF8 + FRENCH.encode(), "text/html; charset=cp1252", FRENCH),
        (FRENCH.encode("cp1252"), "text/html; charset=ISO-8859-1", FRENCH),
        (FRENCH.encode("cp1252"), "text/html; charset=utf-8", FRENCH),
        (FRENCH.encode("cp1252"), "text/html", FRENCH),
        (ARABIC.encode("cp1256"), "text/html; charset=windows-1256", ARABIC),
        (ARABIC.encode("cp1256"), "text/html; charset=utf-8", ARABIC),
        (ARABIC.encode("iso-8859-6"), "text/html; charset=iso-8859-6", ARABIC),
        (FRENCH.encode("utf-16"), "text/html", FRENCH),
        (FRENCH.encode("utf-16-le"), "text/html; charset=utf-8", FRENCH),
        (FRENCH.encode("utf-16-be"), "text/html", FRENCH),
        (FRENCH.encode("utf-32"), "text/html", FRENCH),
        (FRENCH.encode(), "text/html; charset=no-such-thing", FRENCH),
        (FRENCH.encode(), 'text/html; charset="', FRENCH),
    ],
)
def test_text_is_read_as_it_was_meant(content, content_type, wanted):
    assert decode(content, content_type) == wanted


def test_the_page_decides_where_the_header_says_nothing():
    head = "<meta http-equiv='Content-Type' content='text/html; charset=windows-1256'>"
    assert decode((head + ARABIC).encode("cp1256"), "text/html") == head + ARABIC


def test_a_few_broken_bytes_do_not_change_the_encoding():
    content = FRENCH.encode().replace(b"<p>", b"<p>\xff", 1)
    assert decode(content, "text/html; charset=utf-8") == FRENCH.replace("<p>", "<p>\ufffd", 1)


def test_a_charset_that_ascii_bytes_cannot_be_in_is_not_believed():
    assert decode(b"<p>+ACI-texte</p>\xe9", "text/html; charset=utf-7") == "<p>+ACI-texte</p>é"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"\x00", b"\xff\xfe\x00\x00", bytes(range(256)) * 3])
def test_no_bytes_are_too_odd(content):
    assert isinstance(decode(content, ""), str)
