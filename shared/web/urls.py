"""Addresses as text: one strict reading of an http(s) URL, for every request and for every address that is kept."""

import hashlib
import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from urllib.parse import quote, urljoin

import idna

from shared.errors import Unprocessable

#: Twice the sitemap protocol's 2,048: an Arabic headline in a path takes six characters a letter.
URL_MAX_LENGTH = 4096
DEFAULT_PORTS = {"http": 80, "https": 443}

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_REST = re.compile(r"//(?P<authority>[^/?#]*)(?P<path>[^?#]*)(?:\?(?P<query>[^#]*))?(?:#.*)?", re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[(?P<six>[0-9A-Fa-f:.]+)\]|(?P<name>[^:\[\]]+))(?::(?P<port>[0-9]{0,5}))?")
# Underscores are no host name by RFC 1123, but newspapers' image hosts have them and resolvers take them.
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_KEPT_IN_PATH = "/:@!$&'()*+,;=%"
_KEPT_IN_QUERY = _KEPT_IN_PATH + "?"


@dataclass(frozen=True, slots=True)
class WebUrl:
    """An http(s) URL in its parts, all ASCII: the host in punycode or an address without brackets, no fragment."""

    scheme: str
    host: str
    port: int
    path: str
    query: str = ""

    @property
    def origin(self) -> str:
        """Scheme, host and, unless it is the scheme's own, port."""
        return f"{self.scheme}://{self.host_header}"

    @property
    def host_header(self) -> str:
        """The host as the Host header wants it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def target(self) -> str:
        """What the request line asks for."""
        return f"{self.path}?{self.query}" if self.query else self.path

    def __str__(self) -> str:
        return self.origin + self.target


def hash_of(url: str) -> str:
    """A key as long for every address: 64 hex digits."""
    return hashlib.sha256(url.encode()).hexdigest()


def parse_url(text: str) -> WebUrl:
    """Read an absolute http(s) URL; Unprocessable("bad_url") for anything that two readers could read differently.

    Escapes are put in one form (RFC 3986 6.2.2): upper-case, none for unreserved characters, one for every character
    that needs it, so that Arabic, spaces and percent-encoded text all work. Dot segments and the fragment go.
    """
    if len(text) > URL_MAX_LENGTH:
        raise _bad(text, f"longer than {URL_MAX_LENGTH} characters")
    if _CONTROL.search(text):
        raise _bad(text, "has a control character")
    scheme = _SCHEME.match(text)
    if scheme is None or scheme[1].lower() not in DEFAULT_PORTS:
        raise _bad(text, "is not an absolute http or https URL")
    parts = _REST.fullmatch(text, scheme.end())
    if parts is None:
        raise _bad(text, "has no host")
    host, port = _read_authority(text, parts["authority"], scheme[1].lower())
    try:
        path = _remove_dot_segments(_normalise_escapes(parts["path"], _KEPT_IN_PATH)) or "/"
        query = _normalise_escapes(parts["query"] or "", _KEPT_IN_QUERY)
    except UnicodeEncodeError as error:
        raise _bad(text, "has half a surrogate pair") from error
    url = WebUrl(scheme[1].lower(), host, port, path, query)
    if len(str(url)) > URL_MAX_LENGTH:
        raise _bad(text, f"longer than {URL_MAX_LENGTH} characters once escaped")
    return url


def join_url(url: str, reference: str) -> WebUrl:
    """An absolute, protocol-relative or relative reference, resolved against the URL that it was found at."""
    if _CONTROL.search(reference):  # before urljoin, which takes tabs and line ends out in silence
        raise _bad(reference, "has a control character")
    if len(reference) > URL_MAX_LENGTH:
        raise _bad(reference, f"longer than {URL_MAX_LENGTH} characters")
    if _SCHEME.match(reference):
        return parse_url(reference)
    try:
        return parse_url(urljoin(url, reference))
    except ValueError as error:
        raise _bad(reference, str(error)) from error


def _read_authority(text: str, authority: str, scheme: str) -> tuple[str, int]:
    if "@" in authority:
        raise _bad(text, "has a user name or password")
    if "\\" in authority:
        raise _bad(text, "has a backslash where browsers would begin the path")
    parts = _AUTHORITY.fullmatch(authority)
    if parts is None:
        raise _bad(text, "has no readable host")
    port = int(parts["port"]) if parts["port"] else DEFAULT_PORTS[scheme]
    if not 0 < port <= 65535:
        raise _bad(text, f"has port {port}")
    if parts["six"]:
        try:
            return IPv6Address(parts["six"]).compressed, port
        except ValueError as error:
            raise _bad(text, "has a host in brackets that is no IPv6 address") from error
    return _read_host(text, parts["name"]), port


def _read_host(text: str, name: str) -> str:
    host = name.lower().removesuffix(".")
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii").removesuffix(".")
        except UnicodeError as error:  # idna.IDNAError is one
            raise _bad(text, "has a host name that IDNA does not allow") from error
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in host.split(".")):
        raise _bad(text, "has no readable host")
    return host


def _normalise_escapes(text: str, kept: str) -> str:
    encoded = quote(_STRAY_PERCENT.sub("%25", text), safe=kept)
    return _ESCAPE.sub(_normalise_escape, encoded)


def _normalise_escape(escape: re.Match[str]) -> str:
    character = chr(int(escape[0][1:], 16))
    return character if character in _UNRESERVED else escape[0].upper()


def _remove_dot_segments(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")[1:]
    for segment in segments:
        if segment == ".." and kept:
            kept.pop()
        elif segment not in (".", ".."):
            kept.append(segment)
    if segments and segments[-1] in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)


def _bad(text: str, why: str) -> Unprocessable:
    return Unprocessable("bad_url", f"{text[:200]!r} {why}")
