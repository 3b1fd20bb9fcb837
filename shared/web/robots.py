"""robots.txt: what a site asks of robots, and what its absence means (RFC 9309)."""

from dataclasses import dataclass
from functools import lru_cache

from protego import Protego

from shared.errors import Retryable, Unprocessable
from shared.web import client
from shared.web.urls import parse_url

#: RFC 9309 2.5 asks for 500 KiB at least; what comes after is not read.
ROBOTS_MAX_BYTES = 512 * 1024
#: RFC 9309 2.3.1.2 asks for five hops at least.
ROBOTS_MAX_REDIRECTS = 5
#: A robots.txt is small; the page that it is asked for has a time limit of its own after this one.
ROBOTS_DEADLINE_S = 15.0
#: A longer Crawl-delay is a slip of the pen: it would take weeks to read one paper.
CRAWL_DELAY_MAX_S = 60.0


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """One scheme, host and port's robots.txt; `text` is empty where there is none. May be kept for 24 hours."""

    host: str  # "https://example.org:443": what it may be kept under
    status: int  # HTTP's; 0 if the redirects came to no end
    text: str


def robots_url(url: str) -> str:
    """Where the robots.txt of an address's host is."""
    return f"{parse_url(url).origin}/robots.txt"


def fetch_robots(url: str) -> RobotsFile:
    """Ask an address's host for its robots.txt; Retryable while its rules cannot be known, as all is forbidden then."""
    place = parse_url(url)
    request = client.Request(
        robots_url(url),
        max_bytes=ROBOTS_MAX_BYTES,
        accept="text/plain,*/*;q=0.5",
        deadline_s=ROBOTS_DEADLINE_S,
        max_redirects=ROBOTS_MAX_REDIRECTS,
        truncate=True,
    )
    key = f"{place.scheme}://{place.host}:{place.port}"
    try:
        answer = client.send(request)
    except Retryable as error:
        status = client.status_of(error)
        if status >= 500:  # RFC 9309 2.3.1.4
            raise client.HttpRetryable(status, "robots_unreachable", error.detail, error.delay_s) from error
        raise
    except Unprocessable as error:
        status = client.status_of(error)
        if status >= 500:
            raise client.HttpRetryable(status, "robots_unreachable", error.detail, None) from error
        if status or error.reason == "too_many_redirects":  # RFC 9309 2.3.1.2 and 2.3.1.3: there are no rules
            return RobotsFile(key, status, "")
        raise
    # A page in place of a 404 is common; a database takes no NUL.
    text = answer.content.decode("utf-8-sig", "replace").replace("\0", "")
    return RobotsFile(key, answer.status, "" if text.lstrip()[:1] == "<" else text)


def is_allowed(robots_text: str, url: str, agent: str) -> bool:
    """Whether the rules let this robot (a whole User-Agent or its first word) fetch the address."""
    return not robots_text or bool(rules(robots_text).can_fetch(str(parse_url(url)), product_token(agent)))


def crawl_delay(robots_text: str, agent: str) -> float | None:
    """The seconds between two requests that the site asks this robot for, None if it does not say."""
    if not robots_text:
        return None
    delay_s = rules(robots_text).crawl_delay(product_token(agent))
    return None if delay_s is None else min(float(delay_s), CRAWL_DELAY_MAX_S)


def product_token(agent: str) -> str:
    """The first word of a User-Agent without its version: a group for "news" is not meant for our "news portal"."""
    return agent.split("/", maxsplit=1)[0].split(maxsplit=1)[0] if agent.strip("/ ") else "*"


@lru_cache(maxsize=32)  # up to half a megabyte each
def rules(text: str) -> Protego:
    """The parsed rules; they keep what they have matched, so one copy a text serves many addresses."""
    return Protego.parse(text)
