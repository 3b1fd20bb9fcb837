"""One direction of Apertium as a standing row of processes: texts go in and come out divided by NUL (null-flush)."""

import contextlib
import os
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence

from services.translator.processes import start
from shared.errors import KiosqueError

#: One sentence takes 4 ms, p95 12 ms (docs/decisions.md); a pipe that is silent this long hangs.
ANSWER_S = 10.0
#: The first one loads the dictionaries: 0.5 s, on a cold disk with busy cores several.
FIRST_ANSWER_S = 30.0
#: Under the 64 KiB that a Linux pipe holds, so that what is under way never fills the row.
IN_FLIGHT_BYTES = 16_384
#: No sentence becomes longer: a process gone wild is noticed before it has filled the memory.
ANSWER_MAX_BYTES = 1_000_000

#: What has a meaning in Apertium's stream format.
_RESERVED = re.compile(r"[\^$/<>{}\\@\[\]]")
_ESCAPED = re.compile(r"\\(.)")
_ENDED = re.compile(r"[.!?…]\s*$")


class PipeBrokenError(KiosqueError):
    """The row died or hangs; `answers` is what came before, so the text after them is the suspect."""

    def __init__(self, why: str, answers: Sequence[str]) -> None:
        super().__init__(why)
        self.answers = list(answers)


class Pipe:
    """Not for two threads, nor to be taken through a fork. Broken once, it is broken for good."""

    def __init__(self, commands: Sequence[Sequence[str]], environment: Mapping[str, str]) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        source: int = subprocess.PIPE
        try:
            for command in commands:
                process = start(command, environment=environment, stdin=source)
                if self._processes:
                    os.close(source)  # the process has it now; ours would keep the row from seeing an end
                self._processes.append(process)
                assert process.stdout is not None
                source = os.dup(process.stdout.fileno())
                process.stdout.close()
        except OSError:
            self.close()
            raise
        self._output = source
        entrance = self._processes[0].stdin
        assert entrance is not None
        self._input = entrance.fileno()
        os.set_blocking(self._input, False)
        self._has_answered = False

    @property
    def pids(self) -> list[int]:
        """The processes of the row, in its order."""
        return [process.pid for process in self._processes]

    def ask(self, texts: Sequence[str]) -> list[str]:
        """Every text's translation; PipeBrokenError, with the answers until then, when the row dies or falls silent."""
        raise NotImplementedError
