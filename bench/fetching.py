"""What a polite request costs: `python -m bench.fetching [--requests 300]`.

CPU ms a request to loopback, the database's included and the answering server's not: the bare client, with robots.txt
looked up (a pace of 0), and with a turn taken too, on both databases; then how near four threads come to a pace.
"""

import argparse
import multiprocessing
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.connection import Connection

from bench.house import DATABASES, House, running_house, set_environment
from shared.web import client
from shared.web.polite import polite_get

PAGE = b"<!doctype html><title>Une page</title>" + b"<p>Un paragraphe de la longueur habituelle d'un article.</p>" * 800
#: So narrow that a turn is always free: what it costs, not what it waits.
NARROW_S = 0.0001
ROUNDS = 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    requests = parser.parse_args().requests
    with serving() as address:
        for database in DATABASES:
            with running_house(database, services=(), scheduler=False) as house:
                set_environment(house, KIOSQUE_PRIVATE_ADDRESSES=address)
                measure(house, f"http://{address}/a", requests)


def measure(house: House, url: str, requests: int) -> None:
    """One database's two lines."""
    bare = cpu_ms(house, requests, partial(client.send, client.Request(url, 1_000_000)))
    looked_up = cpu_ms(house, requests, partial(polite_get, url, pace_s=0))
    in_turn = cpu_ms(house, requests, partial(polite_get, url, pace_s=NARROW_S))
    print(
        f"{house.database}: client {bare:.1f} ms, robots.txt looked up {looked_up:.1f} ms, turn taken {in_turn:.1f} ms"
    )
    print(f"{house.database}: four threads at a pace of 0.1 s: {seconds_a_request(url, 0.1):.3f} s a request")


def cpu_ms(house: House, requests: int, ask: Callable[[], object]) -> float:
    """CPU of this process and the database for one request, best of some rounds."""
    ask()  # robots.txt, connections, the client
    figures = []
    for _ in range(ROUNDS):
        before = time.process_time() + house.cpu_seconds().get("postgresql", 0.0)
        for _ in range(requests):
            ask()
        figures.append(time.process_time() + house.cpu_seconds().get("postgresql", 0.0) - before)
    return min(figures) / requests * 1000


def seconds_a_request(url: str, pace_s: float, threads: int = 4, each: int = 10) -> float:
    """Wall seconds a request when some threads ask one host as fast as they may."""

    def work() -> None:
        for _ in range(each):
            polite_get(url, pace_s=pace_s)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return (time.monotonic() - began) / (threads * each)


class Handler(BaseHTTPRequestHandler):
    """One page at every address, no robots.txt."""

    def do_GET(self) -> None:
        is_page = self.path != "/robots.txt"
        self.send_response(200 if is_page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(PAGE) if is_page else 0))
        self.end_headers()
        self.wfile.write(PAGE if is_page else b"")

    def log_message(self, *_: object) -> None:
        """Quietly."""


@contextmanager
def serving() -> Iterator[str]:
    """A server in a process of its own; yields its host:port."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    yield ours.recv()
    process.terminate()
    process.join()


def _serve(told: Connection) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.send(f"127.0.0.1:{server.server_address[1]}")
    server.serve_forever()


if __name__ == "__main__":
    main()
