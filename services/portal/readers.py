"""Who reports a picture: a reader known by a signed cookie only, and the token that ties a form to that reader."""

import secrets

from itsdangerous import BadData, URLSafeTimedSerializer

from shared.settings import secret_key

COOKIE = "kiosque_reader"
#: A reader who comes back within the year is the same person; browsers keep no cookie for longer than 400 days.
COOKIE_AGE_S = 365 * 24 * 3600
#: A page may lie open overnight before its button is pressed.
TOKEN_AGE_S = 2 * 24 * 3600


def new_reader() -> str:
    """A random id: 128 bits, so that nobody guesses another's."""
    return secrets.token_urlsafe(16)


def sign_reader(reader: str) -> str:
    """The cookie's value for a reader."""
    return str(_signer("reader").dumps(reader))


def read_reader(cookie: str | None) -> str | None:
    """The reader that a cookie names; None if we did not sign it, or too long ago."""
    return _read("reader", cookie, COOKIE_AGE_S)


def make_token(reader: str) -> str:
    """What a form carries, so that no other site can send it in the reader's name."""
    return str(_signer("form").dumps(reader))


def is_token_of(token: str | None, reader: str) -> bool:
    """Whether a form's token was made for this reader, not too long ago."""
    return _read("form", token, TOKEN_AGE_S) == reader


def _read(purpose: str, signed: str | None, age_s: int) -> str | None:
    try:
        value = _signer(purpose).loads(signed or "", max_age=age_s)
    except (BadData, UnicodeEncodeError):  # the latter: half a surrogate pair
        return None
    return value if isinstance(value, str) else None


def _signer(purpose: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key(), salt=f"kiosque.portal.{purpose}")
