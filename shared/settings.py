"""Settings, read once from the environment; the defaults are the embedded default, which lives under var/.

The only file that reads `os.environ`. Every variable is a row of `Settings`: KIOSQUE_ and the field's name in capitals;
KIOSQUE_SECRET_KEY_FILE names a file that holds the value instead (so for every variable).
"""

import hashlib
import os
import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, get_args, get_origin
from urllib.parse import quote

from shared.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent
#: Linux's sun_path is 108 bytes with the closing NUL; redis adds nothing to the path it is given.
UNIX_SOCKET_PATH_MAX = 107
#: What a URL is cut at, by kombu or by Flower.
_CUT_URLS = frozenset("%#?;")


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator can set. Lists are divided by commas; seconds and bytes are plain numbers."""

    env: str = "embedded"  # or "production", set by compose: start-up then refuses what is unsafe
    var: Path = ROOT / "var"  # everything that the embedded default writes
    database_url: str = ""  # SQLAlchemy's; "" is SQLite under var/
    database_password: str = ""  # for a database_url without one, so that it may stand in a file
    broker_url: str = ""  # Celery's; "" is the private Redis on a unix socket under var/
    broker_password: str = ""  # likewise
    blobs_url: str = ""  # a folder or s3://bucket/prefix; "" is var/blobs
    blobs_endpoint: str = ""  # of a server that speaks as S3 does: http://minio:9000; "" is Amazon's
    secret_key: str = ""  # signs cookies and keys reporters' hashes; "" is made once and kept in var/secret_key
    service: str = ""  # set for a worker: which one it is
    log_format: str = "console"  # or "json"
    log_level: str = "info"

    queue_cap: int = 1000  # messages a queue holds at most; the rest wait as rows
    visibility_timeout_s: int = 900  # the same for every process on the broker: the shortest wins
    soft_shutdown_s: float = 25.0
    deaf_after_s: float = 30.0  # a worker that hears nothing for so long from a broker that answers ends itself
    time_scale: float = 1.0  # for tests of faults: every time-out of ours is shortened alike
    health_file: str = ""  # touched each second while a worker consumes; "" is under var/health/

    user_agent: str = "Kiosque/0.1 (+https://example.org/kiosque; news portal)"
    private_addresses: tuple[str, ...] = ()  # host:port that shared/web may reach although they are not public
    page_max_bytes: int = 10_000_000
    image_max_bytes: int = 10_000_000
    image_max_pixels: int = 40_000_000
    fetch_timeout_s: float = 30.0  # one answer, first byte to last, redirects included

    translator_engines: tuple[str, ...] = ("libretranslate", "apertium")  # a server that was named comes first
    apertium: str = "auto"  # the machine's, else fetched under var/; "installed": never fetch; "off"
    apertium_directions: int = 2  # pipes open at once; each is about ten processes and 160 MB
    libretranslate_url: str = ""  # "" is off
    libretranslate_api_key: str = ""
    tagger_engines: tuple[str, ...] = ("rules",)
    moderator_engines: tuple[str, ...] = ()

    portal_address: str = "127.0.0.1:8000"
    portal_proxies: int = 0  # reverse proxies before the portal, whose X-Forwarded-For, -Proto and -Host are believed
    flower_address: str = "127.0.0.1:5555"
    flower_basic_auth: str = ""  # user:password, also as FLOWER_BASIC_AUTH; "" is made once and kept under var/
    flower_write: bool = False  # whether Flower may publish messages and command workers
    newsstand_address: str = "127.0.0.1:8765"
    metrics_address: str = "127.0.0.1:9808"  # where the scheduler serves /metrics; "" is off
    newsstand: bool = True  # take in the bundled press when the embedded default starts
    reports_to_block: int = 3  # different people; 0: reports only queue for an operator

    # days that something is kept, 0: for ever; what goes then and how: shared/store/retention.py
    keep_pages_days: int = 180
    keep_evidence_days: int = 90
    keep_attempts_days: int = 30
    keep_articles_days: int = 0

    @property
    def database(self) -> str:
        """The database's URL with the default filled in."""
        return _with_password(self.database_url, self.database_password) or f"sqlite:///{self.var / 'kiosque.sqlite3'}"

    @property
    def redis_socket(self) -> Path:
        """Where the embedded Redis listens; under the temporary folder if var/ is too deep or odd for its URL."""
        inside = self.var / "redis" / "redis.sock"
        if len(os.fsencode(inside)) <= UNIX_SOCKET_PATH_MAX and not set(str(inside)) & _CUT_URLS:
            return inside
        digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"kiosque-{os.getuid()}-{digest}" / "redis.sock"

    @property
    def broker(self) -> str:
        """The broker's URL with the default filled in."""
        return _with_password(self.broker_url, self.broker_password) or f"redis+socket://{self.redis_socket}"

    @property
    def blobs(self) -> str:
        """The blob store's URL with the default filled in."""
        return self.blobs_url or str(self.var / "blobs")

    def health(self, name: str) -> Path:
        """The file whose age says that this worker, or the scheduler, does its work."""
        return Path(self.health_file) if self.health_file else self.var / "health" / name

    @property
    def is_embedded_broker(self) -> bool:
        """Whether `kiosque run` has to start a Redis of its own."""
        return not self.broker_url


@cache
def settings() -> Settings:
    """The process's settings, read from the environment at the first call."""
    return read_settings(os.environ)


def scaled(seconds: float) -> float:
    """A time-out of ours, as long as KIOSQUE_TIME_SCALE makes it."""
    return seconds * settings().time_scale


@cache
def secret_key() -> bytes:
    """The key for signatures and keyed hashes; in the embedded default made once, kept under var/."""
    if settings().secret_key:
        return settings().secret_key.encode()
    if settings().env == "production":
        raise SettingError("KIOSQUE_SECRET_KEY is not set: put a long random text into it (openssl rand -hex 32)")
    return _kept_secret(settings().var / "secret_key")


@cache
def flower_login() -> str:
    """The user and password that Flower asks for, as user:password; in the embedded default made once."""
    login = settings().flower_basic_auth
    if not login and settings().env == "production":
        raise SettingError(
            "FLOWER_BASIC_AUTH is not set: put user:password into it, as in operator:$(openssl rand -hex 16)"
        )
    if not login:
        return f"kiosque:{_kept_secret(settings().var / 'flower_password', 12).decode()}"
    user, _, password = login.partition(":")
    if not (user and password and login.isascii() and login.isprintable()):
        raise SettingError("FLOWER_BASIC_AUTH is not user:password, in ASCII: as in operator:$(openssl rand -hex 16)")
    return login


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a process that we start: this one's with `changes`."""
    return {**os.environ, **changes}


def search_path() -> str:
    """Where programs are looked for (PATH)."""
    return os.environ.get("PATH", os.defpath)


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Settings from an environment; SettingError names the variable that is wrong."""
    known = {field_.name: field_ for field_ in fields(Settings)}
    values: dict[str, Any] = {}
    for name, row in known.items():
        variable = f"KIOSQUE_{name.upper()}"
        text = _text_of(variable, environment)
        if text is not None:
            values[name] = _convert(variable, text, row.type)
    values.setdefault("service", environment.get("SERVICE", ""))
    values.setdefault("flower_basic_auth", _text_of("FLOWER_BASIC_AUTH", environment) or "")  # Flower's own name for it
    read = Settings(**values)
    _check(read)
    if read.env == "embedded" and read.newsstand:  # any worker of the embedded default reaches the bundled press
        reachable = dict.fromkeys((*read.private_addresses, read.newsstand_address))
        read = replace(read, private_addresses=tuple(reachable))
    return read


def _text_of(variable: str, environment: Mapping[str, str]) -> str | None:
    path = environment.get(f"{variable}_FILE")
    if not path:  # docker-compose.yml sets it to nothing where no file is named
        return environment.get(variable)
    if environment.get(variable):  # which of two passwords is meant, nobody can know
        raise SettingError(f"{variable} and {variable}_FILE are both set: leave one of them empty")
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingError(f"{variable}_FILE names {path}, which cannot be read: {error.strerror}") from error


def _with_password(url: str, password: str) -> str:
    """user@host becomes user:password@host; what has a password keeps its own."""
    scheme, _, rest = url.partition("://")
    place, slash, path = rest.partition("/")
    user, _, host = place.rpartition("@")
    if not password or not host or ":" in user:
        return url
    return f"{scheme}://{user}:{quote(password, safe='')}@{host}{slash}{path}"


def _convert(variable: str, text: str, wanted: Any) -> Any:
    if wanted is bool:
        if text.lower() not in _BOOLEANS:
            raise SettingError(f"{variable}={text!r} is not a yes or no: use 1 or 0")
        return _BOOLEANS[text.lower()]
    if get_origin(wanted) is tuple and get_args(wanted)[0] is str:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if wanted is Path:
        return Path(text).expanduser().resolve()
    try:
        return wanted(text)
    except ValueError as error:
        raise SettingError(f"{variable}={text!r} is not a number") from error


def _check(read: Settings) -> None:
    for name, allowed in _CHOICES.items():
        if getattr(read, name) not in allowed:
            raise SettingError(f"KIOSQUE_{name.upper()}={getattr(read, name)!r} is not one of: {', '.join(allowed)}")
    if "?" in str(read.var) and not read.database_url:
        raise SettingError(f"{read.var} has a ? in it, which no SQLite URL can hold: move it, or set KIOSQUE_VAR")
    for name, least in _LEAST.items():
        if getattr(read, name) < least:
            raise SettingError(f"KIOSQUE_{name.upper()}={getattr(read, name)} must be at least {least}")
    for name in ("portal_address", "flower_address", "newsstand_address", "metrics_address"):
        if name == "metrics_address" and not read.metrics_address:
            continue
        host, _, port = getattr(read, name).rpartition(":")
        if not host or not port.isdigit():
            raise SettingError(f"KIOSQUE_{name.upper()}={getattr(read, name)!r} is not host:port, as in 127.0.0.1:8000")
    _check_blobs(read)
    if read.env == "production":
        _check_production(read)


def _check_blobs(read: Settings) -> None:
    scheme, mark, rest = read.blobs_url.partition("://")
    if mark and (scheme != "s3" or not rest.partition("/")[0]):
        raise SettingError(f"KIOSQUE_BLOBS_URL={read.blobs_url!r} is neither a folder nor s3://bucket/prefix")
    if read.blobs_endpoint and not read.blobs_endpoint.startswith(("http://", "https://")):
        raise SettingError(
            f"KIOSQUE_BLOBS_ENDPOINT={read.blobs_endpoint!r} is no URL, as in https://minio.example:9000"
        )


def _check_production(read: Settings) -> None:
    for name in ("database_url", "broker_url", "blobs_url"):
        if not getattr(read, name):
            raise SettingError(f"KIOSQUE_{name.upper()} is not set; KIOSQUE_ENV=production has no default for it")
    if read.time_scale != 1.0:
        raise SettingError("KIOSQUE_TIME_SCALE is for tests: with KIOSQUE_ENV=production leave it unset")


def _kept_secret(path: Path, length: int = 32) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{os.getpid()}")
    beside.touch(mode=0o600)
    beside.write_text(secrets.token_hex(length), encoding="ascii")
    try:
        os.link(beside, path)  # whole or not at all, and the first process wins
    except FileExistsError:
        pass
    finally:
        beside.unlink()
    return path.read_bytes()


_BOOLEANS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_CHOICES = {
    "env": ("embedded", "production"),
    "log_format": ("console", "json"),
    "log_level": ("debug", "info", "warning", "error"),
    "apertium": ("auto", "installed", "off"),
}
_LEAST = {
    "queue_cap": 1,
    "apertium_directions": 1,
    "page_max_bytes": 1,
    "image_max_bytes": 1,
    "image_max_pixels": 1,
    "portal_proxies": 0,
    "reports_to_block": 0,  # 0: never block
    "keep_pages_days": 0,  # 0: for ever, and so below
    "keep_evidence_days": 0,
    "keep_attempts_days": 0,
    "keep_articles_days": 0,
}
