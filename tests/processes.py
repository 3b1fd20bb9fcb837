"""What pytest-celery takes for a container and is a process of this machine: its nodes ask no more of it than this."""

import contextlib
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pytest_celery import CeleryTestContainer
from servers import wait_until


class ProcessContainer(CeleryTestContainer):
    """Started at once; killed, restarted and read like a container."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        log: Path,
        prompt: str,
        config: Mapping[str, str] | None = None,
        **environment: str,
    ) -> None:
        self._command, self._log, self._prompt = [*command], log, prompt
        self._config, self._environment = {**(config or {})}, {**os.environ, **environment}
        self._id = uuid.uuid4().hex
        self._start()

    def _start(self) -> None:
        self._begins_at = self._log.stat().st_size if self._log.exists() else 0
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdout=output, stderr=output, start_new_session=True
            )

    @property
    def id(self) -> str:
        return self._id

    @property
    def name(self) -> str:
        return f"process-{self._process.pid}"

    @property
    def status(self) -> str:
        return "running" if self._process.poll() is None else "exited"

    @property
    def celeryconfig(self) -> dict[str, Any]:
        return {**self._config}

    def logs(self, **_: Any) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def ready(self) -> bool:
        wait_until(
            lambda: self._prompt in self.logs()[self._begins_at :], 60, what=f"{self._prompt!r} of {self._command}"
        )
        return True

    def kill(self, signal: str | int = "SIGKILL") -> None:
        self._send(signal)
        self._process.wait(60)

    def restart(self, timeout: int = 10) -> None:
        self.teardown(timeout)
        self._start()
        self.ready()

    def reload(self) -> None:
        """There is nothing to ask anew."""

    def teardown(self, timeout: int = 10) -> None:
        if self.status == "running":
            self._send("SIGTERM")
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _send(self, number: str | int) -> None:
        wanted = signal.Signals[number] if isinstance(number, str) else signal.Signals(number)
        if wanted is signal.SIGKILL:
            os.killpg(self._process.pid, wanted)
        else:
            self._process.send_signal(wanted)
