"""A real Flower for tests, and how it is asked."""

import base64
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from servers import free_port, wait_until
from workers import running

from shared.settings import ROOT

LOGIN = "operator:a password"


class FlowerServer:
    """Where it listens, and its process."""

    def __init__(self, port: int, process) -> None:
        self.url, self.process = f"http://127.0.0.1:{port}", process

    def ask(
        self, path: str, *, method: str = "GET", login: str | None = LOGIN, body=None, **headers: str
    ) -> tuple[int, str]:
        """The status and text of its answer."""
        content = None if method == "GET" else json.dumps(body).encode() if body is not None else b""
        request = urllib.request.Request(f"{self.url}{path}", content, method=method)
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        if login is not None:
            request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read().decode()

    def tasks(self) -> dict[str, dict]:
        """The tasks that it knows, by their message's id."""
        return json.loads(self.ask("/api/tasks")[1])

    def shown(self) -> list[dict]:
        """The rows of its page of tasks."""
        query = "draw=1&start=0&length=50&order[0][column]=0&columns[0][data]=received&order[0][dir]=desc"
        return json.loads(self.ask(f"/tasks/datatable?{query.replace('[', '%5B').replace(']', '%5D')}")[1])["data"]


@contextlib.contextmanager
def flower(log: Path, *, tree: Path = ROOT, **environment: str) -> Iterator[FlowerServer]:
    """Flower with LOGIN, yielded when it answers."""
    port = free_port()
    variables = {"KIOSQUE_FLOWER_ADDRESS": f"127.0.0.1:{port}", "FLOWER_BASIC_AUTH": LOGIN, **environment}
    with running("services.cli.flower", "flower.started", tree=tree, log=log, **variables) as process:
        yield FlowerServer(port, process)


def wait_for_worker(server: FlowerServer, service: str) -> None:
    """Until Flower has heard of a worker, and the worker of Flower."""

    def is_known() -> bool:
        workers = json.loads(server.ask("/workers?json=1")[1])["data"]
        return any(row["hostname"].startswith(f"{service}@") and row["status"] for row in workers)

    wait_until(is_known, what=f"{service} in Flower")
