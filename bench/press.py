"""A folder of real pages as a paper on loopback: feeds of our own, addresses rewritten to itself, pictures drawn."""

import gzip
import hashlib
import io
import json
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote
from xml.sax.saxutils import escape

from PIL import Image, ImageDraw

#: Pages a feed names: fewer than the scraper reads of one.
PAGES_A_FEED = 400
# Names of vocabularies, not addresses: a page that loses them loses its metadata.
_KEPT_HOSTS = ("schema.org", "www.schema.org", "www.w3.org", "ogp.me", "purl.org", "data-vocabulary.org")
# With a scheme, or without one ("//host/…") where a value begins; JSON escapes its slashes.
_ADDRESS = re.compile(
    rb"(?:https?:|(?<=[\"'(,\s=]))(\\?/)(?:\\?/)([\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?::\d+)?)(?=[\\/\"'?\s<)])",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class SavedPage:
    """One page of a folder: its name there, its language if the folder's truth.json says it, its bytes."""

    key: str
    language: str
    content: bytes


def read_folder(folder: Path, languages: Sequence[str] = ()) -> list[SavedPage]:
    """The pages of a folder with html/*.html.gz and truth.json; only those in `languages` if any are named."""
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    pages = []
    for path in sorted((folder / "html").glob("*.html.gz")):
        key = path.name.removesuffix(".html.gz")
        language = str(truth.get(key, {}).get("lang", ""))
        if not languages or language in languages:
            pages.append(SavedPage(f"{folder.name}/{key}", language, gzip.decompress(path.read_bytes())))
    return pages


class Press:
    """A paper: pages at /page/<number>, feeds at /feed/<number>.xml, a drawn picture wherever one is wanted."""

    def __init__(self, pages: Sequence[SavedPage], port: int = 0) -> None:
        self.pages = list(pages)
        self._server = ThreadingHTTPServer(("127.0.0.1", port), _handler_of(self))
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        self.url = f"http://{self.address}"

    @property
    def feeds(self) -> list[str]:
        """The addresses of its feeds."""
        count = -(-len(self.pages) // PAGES_A_FEED)
        return [f"{self.url}/feed/{number}.xml" for number in range(count)]

    @contextmanager
    def served(self) -> Iterator["Press"]:
        """Answer requests while the block runs."""
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._server.shutdown()
            self._server.server_close()

    def page(self, number: int) -> bytes:
        """A page with every absolute address led to this server: nothing of a bench leaves the machine."""
        ours = f"http://{self.address}".encode()

        def lead_here(match: re.Match[bytes]) -> bytes:
            host = match[2].decode("ascii", "replace").lower()
            if host in _KEPT_HOSTS:
                return match[0]
            slash = match[1]
            return ours.replace(b"/", slash) + slash + b"at" + slash + match[2]

        return _ADDRESS.sub(lead_here, self.pages[number].content)

    def feed(self, number: int) -> bytes:
        """An RSS feed of the pages, without a word of theirs: what is known of an article must come from its page."""
        first = number * PAGES_A_FEED
        rows = "".join(
            f"<item><title>{escape(page.key)}</title><link>{self.url}/page/{first + at}/{quote(page.key)}</link></item>"
            for at, page in enumerate(self.pages[first : first + PAGES_A_FEED])
        )
        head = f"<title>bench</title><link>{self.url}/</link><description>real pages</description>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{rows}</channel></rss>'.encode()


@lru_cache(maxsize=512)
def draw(path: str) -> bytes:
    """A picture for an address: always the same for the same, another for another."""
    digest = hashlib.sha256(path.encode()).digest()
    picture = Image.new("RGB", (640, 360), tuple(digest[:3]))
    brush = ImageDraw.Draw(picture)
    for at in range(3, 27, 6):
        left, top = digest[at] * 2, digest[at + 1]
        colour = (digest[at + 2], digest[at + 3], digest[at + 4])
        brush.ellipse((left, top, left + 60 + digest[at + 5], top + 90), fill=colour)
    written = io.BytesIO()
    picture.save(written, "JPEG", quality=80)
    return written.getvalue()


def _handler_of(press: Press) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, media_type, content = _answer(press, self.path, self.headers.get("Accept", ""))
            self.send_response(status)
            self.send_header("Content-Type", media_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            pass

    return Handler


def _answer(press: Press, path: str, accept: str) -> tuple[int, str, bytes]:
    if accept.startswith("image/"):
        return 200, "image/jpeg", draw(path)
    kind, _, rest = path.lstrip("/").partition("/")
    number = re.match(r"\d+", rest)
    if kind == "page" and number and int(number[0]) < len(press.pages):
        return 200, "text/html", press.page(int(number[0]))
    if kind == "feed" and number and int(number[0]) < len(press.feeds):
        return 200, "application/rss+xml", press.feed(int(number[0]))
    return 404, "text/plain", b"not here"
