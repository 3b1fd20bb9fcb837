"""Bytes into text: byte order mark, then UTF-8 if it is, then what header and page declare, then what it looks like."""

import codecs
import re

from charset_normalizer import from_bytes

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: The WHATWG's Encoding Standard reads these labels so, as browsers do and pages rely on.
_AS_BROWSERS_READ = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
}
#: Accents of Latin script stand alone, letters of any other script side by side. Single accents are those of Western
#: Europe, where Windows-1252 is the one old encoding; detectors take them for Polish or Baltic ones.
_IN_WORDS = 0.3
_FOREIGN_WORD = re.compile(rb"[\x80-\xff]{3,}")
_NOT_ASCII_BYTE = re.compile(rb"[\x80-\xff]")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]")
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_DECLARED = re.compile(
    rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]+)|<\?xml[^>]{0,100}encoding=[\"']([\w.:-]+)", re.I
)
#: Where browsers look for a declaration (HTML standard: 1,024 bytes), with room for what editors put before it.
_HEAD_LENGTH = 4096
_SAMPLE_LENGTH = 20_000
#: Unreadable bytes for each readable non-ASCII character: a page with some pasted bytes stays under it, one in another
#: encoding than tried never does.
_BROKEN_SHARE = 0.2


def decode(content: bytes, content_type: str) -> str:
    """The text of a page, whatever its bytes; what cannot be read becomes U+FFFD."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if wide := _guess_wide(content):
        return content.decode(wide, errors="replace")
    try:
        # Text in another encoding is never UTF-8 by chance, so this is surer than any declaration. Half surrogates,
        # which strict UTF-8 has not, come from careless programs and are stripped with the controls.
        return content.decode("utf-8", errors="surrogatepass")
    except UnicodeDecodeError:
        return _decode_as_declared(content, content_type)


def _decode_as_declared(content: bytes, content_type: str) -> str:
    best, fewest = "", len(content) + 1
    for label in (*_declared_labels(content, content_type), *_guess(content), "cp1252"):
        encoding = _codec_of(label)
        if encoding is None:
            continue
        text = content.decode(encoding, errors="replace")
        broken = text.count("\ufffd")
        if broken <= _BROKEN_SHARE * (len(_NOT_ASCII.findall(text)) - broken):
            return text
        if broken < fewest:
            best, fewest = text, broken
    return best


def _declared_labels(content: bytes, content_type: str) -> list[str]:
    in_header = _CHARSET.search(content_type)
    in_page = _DECLARED.search(content, 0, _HEAD_LENGTH)
    labels = [
        in_header[1] if in_header else "",
        (in_page[1] or in_page[2]).decode("ascii", "replace") if in_page else "",
    ]
    return [label for label in labels if label]


def _guess(content: bytes) -> list[str]:
    middle = len(content) // 2
    sample = content[: _SAMPLE_LENGTH // 2] + content[middle : middle + _SAMPLE_LENGTH // 2]
    in_words = sum(map(len, _FOREIGN_WORD.findall(sample)))
    if in_words < _IN_WORDS * len(_NOT_ASCII_BYTE.findall(sample)):
        return ["utf-8", "cp1252"]
    guess = from_bytes(sample, steps=5, chunk_size=1024).best()
    return ["utf-8", guess.encoding] if guess else ["utf-8"]


def _guess_wide(content: bytes) -> str | None:
    """UTF-16 without a mark: markup is ASCII, so that every other byte of its beginning is zero."""
    head = content[:400]
    if len(head) < 40:
        return None
    if head[1::2].count(0) > len(head) * 0.4 and not head[::2].count(0):
        return "utf-16-le"
    if head[::2].count(0) > len(head) * 0.4 and not head[1::2].count(0):
        return "utf-16-be"
    return None


def _codec_of(label: str) -> str | None:
    try:
        name = codecs.lookup(label).name
    except LookupError:
        return None
    if name.startswith(("utf-16", "utf-32", "utf-7")):
        return None  # a page that says so in ASCII is not; as browsers have it
    return _AS_BROWSERS_READ.get(name, name)
