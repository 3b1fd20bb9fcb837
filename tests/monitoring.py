"""Real Prometheus and Alertmanager of the machine, on free ports of loopback; and what alarms are sent to."""

import contextlib
import http.server
import json
import os
import socketserver
import subprocess
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from servers import free_port, wait_until

from shared.settings import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = PROMETHEUS / "rules" / "kiosque.yml"
START = ROOT / "deploy" / "alertmanager" / "start.sh"

#: Debian's packages prometheus and prometheus-alertmanager.
needs_prometheus = pytest.mark.needs("prometheus", "promtool", "prometheus-alertmanager")


def alert_rules() -> dict[str, dict[str, Any]]:
    """Every alarm, by its name."""
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


class Prometheus:
    """A Prometheus that scrapes one scheduler each second."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ask(self, path: str, **parameters: str) -> Any:
        """The data of an answer of its API."""
        query = urllib.parse.urlencode(parameters)
        with urllib.request.urlopen(f"{self.url}/api/v1/{path}?{query}", timeout=10) as answer:
            return json.load(answer)["data"]

    def values(self, expression: str) -> list[float]:
        """What an expression is now, a number a series."""
        return [float(one["value"][1]) for one in self.ask("query", query=expression)["result"]]

    def firing(self) -> set[str]:
        """The alarms that fire."""
        return {one["labels"]["alertname"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"}


@contextlib.contextmanager
def prometheus(folder: Path, scheduler: str, alertmanager: str) -> Iterator[Prometheus]:
    """One with the shipped configuration, but for the addresses (host:port) and its pace."""
    shipped = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))
    (job,) = shipped["scrape_configs"]
    del job["dns_sd_configs"]
    job["static_configs"] = [{"targets": [scheduler]}]
    shipped["global"] = {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}
    shipped["rule_files"] = [str(PROMETHEUS / one) for one in shipped["rule_files"]]
    shipped["alerting"]["alertmanagers"] = [{"static_configs": [{"targets": [alertmanager]}]}]
    folder.mkdir()
    (folder / "prometheus.yml").write_text(yaml.safe_dump(shipped), encoding="utf-8")
    address = f"127.0.0.1:{free_port()}"
    command = [
        "prometheus", f"--config.file={folder / 'prometheus.yml'}", f"--storage.tsdb.path={folder / 'tsdb'}",
        f"--web.listen-address={address}",
    ]  # fmt: skip
    with _program(command, folder / "log", ready=f"http://{address}/-/ready"):
        yield Prometheus(f"http://{address}")


@contextlib.contextmanager
def alertmanager(folder: Path, address: str, **environment: str) -> Iterator[None]:
    """One as the shipped start.sh starts it."""
    folder.mkdir()
    command = ["sh", str(START), f"--storage.path={folder / 'kept'}", "--cluster.listen-address="]
    command.append(f"--web.listen-address={address}")
    variables = {"ALERT_CONFIGURATION": str(folder / "alertmanager.yml"), "ALERT_GROUP_WAIT": "1s", **environment}
    with _program(command, folder / "log", ready=f"http://{address}/-/ready", **variables):
        yield


@contextlib.contextmanager
def _program(command: list[str], log: Path, ready: str, **environment: str) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=output, stderr=output)
    try:

        def is_ready() -> bool:
            assert process.poll() is None, log.read_text(errors="replace")
            with contextlib.suppress(OSError):
                return bool(urllib.request.urlopen(ready, timeout=2).status == 200)
            return False

        wait_until(is_ready, what=f"{command[0]} ready ({log})")
        yield
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A server that takes alarms: its URL, and what it was sent so far."""
    taken: list[dict[str, Any]] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _served(server):
        yield f"http://127.0.0.1:{server.server_port}/alarms", taken


@contextlib.contextmanager
def mail_server() -> Iterator[tuple[str, list[str]]]:
    """A mail server that keeps what it is given: host:port, and the mails so far."""
    taken: list[str] = []

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 mail.example")
            for line in self.rfile:
                word = line.split()[0].upper() if line.split() else b""
                if word == b"DATA":
                    self.say("354 go on")
                    taken.append(b"".join(iter(self.rfile.readline, b".\r\n")).decode())
                self.say("221 bye" if word == b"QUIT" else "250 mail.example" if word != b"STARTTLS" else "502 no")

        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server, _served(server):
        yield f"127.0.0.1:{server.server_address[1]}", taken


@contextlib.contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join(10)
