"""A server on loopback that speaks LibreTranslate's HTTP, and can be told to refuse, fail, dawdle and babble."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PAIRS = {"fr": ["en", "fr", "ar"], "en": ["ar", "en", "es", "fr"], "ar": ["ar", "en", "fr"], "es": ["en", "es"]}
SAID = {
    "/languages": [{"code": code, "name": code, "targets": targets} for code, targets in PAIRS.items()],
    "/spec": {"info": {"version": "1.9.6"}},
}


class Handler(BaseHTTPRequestHandler):
    """One request, answered as the server that it belongs to has been told to."""

    protocol_version = "HTTP/1.1"
    told: "LibreTranslateServer"

    def do_GET(self) -> None:
        self.told.requests.append((self.path, {}))
        if self.path in self.told.broken:
            self.say(500, {"error": "internal"})
        else:
            self.say(200, SAID[self.path])

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.told.requests.append((self.path, asked))
        if self.told.hangs_up:
            self.close_connection = True
        elif self.told.dawdles:
            self.dawdle()
        else:
            self.say(*self.told.decide(asked))

    def say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def dawdle(self) -> None:
        """Promise much and send a byte now and then."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        while not self.told.stopping.wait(0.05):
            self.wfile.write(b" ")

    def handle(self) -> None:
        try:
            super().handle()
        except OSError:
            self.close_connection = True  # the client has had enough

    def log_message(self, *_: Any) -> None:
        pass


class LibreTranslateServer:
    """Translates "x" into French as "fr:x"; `answer` says what it does instead."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, Any]]] = []  # path and body
        self.answer: tuple[int, Any, dict[str, str]] | None = None  # status, body (text or JSON), headers
        self.broken: set[str] = set()  # paths that answer 500
        self.batch_limit = self.character_limit = 10**6
        self.api_key = ""
        self.dawdles = self.hangs_up = False
        self.stopping = threading.Event()
        handler = type("Told", (Handler,), {"told": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def decide(self, asked: dict[str, Any]) -> tuple[int, Any, dict[str, str]]:
        """What the real one says, by its source."""
        texts = asked["q"]
        if self.answer is not None:
            return self.answer
        if self.api_key and "api_key" not in asked:
            return 400, {"error": "Please contact the server operator to get an API key"}, {}
        if self.api_key and asked["api_key"] != self.api_key:
            return 403, {"error": "Invalid API key"}, {}
        for size, limit in ((len(texts), self.batch_limit), (sum(map(len, texts)), self.character_limit)):
            if size > limit:
                return 400, {"error": f"Invalid request: request ({size}) exceeds text limit ({limit})"}, {}
        return 200, {"translatedText": [f"{asked['target']}:{text}" for text in texts]}, {}

    def asked(self, path: str = "/translate") -> list[dict[str, Any]]:
        """The bodies that came for a path."""
        return [body for asked, body in self.requests if asked == path]

    def close(self) -> None:
        """Stop, and let nobody in."""
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
