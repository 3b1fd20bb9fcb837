"""Sets punctuation as the target language prints it, after an engine that copies the source's."""

import re

_BLANK = "\u00a0"  # a French sign must not begin a line
_BEFORE_SIGN = re.compile(r"(?<=\S)[ \u00a0\u202f]+(?=[;:!?](?:\s|[»”\"')]|$))")
_NO_BLANK = re.compile(r"(?<=[\w)»”%])(?=[;:!?]+(?:\s|[»”\"')]|$))")
_QUOTED = re.compile(r"[«“][ \u00a0\u202f]*(\S(?:[^«»“”]*\S)?)[ \u00a0\u202f]*[»”]")
_ASKED = re.compile(r"^([\s«“\"'‘(—–-]*)([^¿?]*\?[\s»”\"'’)]*)$")
_CALLED = re.compile(r"^([\s«“\"'‘(—–-]*)([^¡!]*![\s»”\"'’)]*)$")


def set_punctuation(sentence: str, target: str) -> str:
    """The sentence with the target's quotation marks, and the blanks and signs that go with them."""
    return _SETTERS[target](sentence) if target in _SETTERS else sentence


def _set_french(sentence: str) -> str:
    sentence = _NO_BLANK.sub(_BLANK, _BEFORE_SIGN.sub(_BLANK, sentence))
    return _QUOTED.sub(rf"«{_BLANK}\1{_BLANK}»", sentence)


def _set_spanish(sentence: str) -> str:
    sentence = _QUOTED.sub(r"«\1»", _BEFORE_SIGN.sub("", sentence))
    return _CALLED.sub(r"\1¡\2", _ASKED.sub(r"\1¿\2", sentence))


def _set_english(sentence: str) -> str:
    return _QUOTED.sub(r"“\1”", _BEFORE_SIGN.sub("", sentence))


_SETTERS = {"fr": _set_french, "es": _set_spanish, "en": _set_english}
