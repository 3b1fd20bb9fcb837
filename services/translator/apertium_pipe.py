"""One direction of Apertium as a standing row of processes: texts go in and come out divided by NUL (null-flush)."""

import contextlib
import os
import re
import select
import subprocess
import time
from collections import deque
from collections.abc import Mapping, Sequence

from services.translator.processes import start
from shared.errors import KiosqueError

#: A sentence takes 4 ms, p95 12 ms (reference: language.md 3.1): a row that is silent this long hangs.
ANSWER_S = 10.0
#: The first one waits for the dictionaries: 0.5 s, several on a cold disk with busy cores.
FIRST_ANSWER_S = 30.0
#: Texts handed in before their answers are there, so that the processes of the row work at the same time.
UNDER_WAY_BYTES = 16_384
#: No sentence becomes longer: a process gone wild is stopped before it has filled the memory.
ANSWER_MAX_BYTES = 1_000_000

#: What has a meaning in Apertium's stream format.
_RESERVED = re.compile(r"[\^$/<>{}\\@\[\]]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ENDED = re.compile(r"[.!?…]\s*$")
_BLANK = b"[]"


class PipeBrokenError(KiosqueError):
    """The row died or hangs; `answers` are those that came before, so the text after them is the suspect."""

    def __init__(self, why: str, answers: Sequence[str]) -> None:
        super().__init__(why)
        self.answers = list(answers)


class Pipe:
    """Not for two threads, nor to be taken through a fork; broken once, it stays broken: make another."""

    def __init__(
        self,
        commands: Sequence[Sequence[str]],
        environment: Mapping[str, str],
        *,
        answer_s: float | None = None,
        first_answer_s: float | None = None,
    ) -> None:
        self.processes: list[subprocess.Popen[bytes]] = []
        self._is_talking = False  # stays so when something, a signal for one, ends a talk before its time
        self._answer_s, self._patience_s = answer_s or ANSWER_S, first_answer_s or FIRST_ANSWER_S
        for command in commands:
            self._add(command, environment)
        entrance, way_out = self.processes[0].stdin, self.processes[-1].stdout
        assert entrance is not None
        assert way_out is not None
        self._entrance, self._way_out = entrance, way_out
        os.set_blocking(self._entrance.fileno(), False)

    def ask(self, texts: Sequence[str]) -> list[str]:
        """Every text in the other language; PipeBrokenError when the row dies, falls silent or runs wild."""
        talk = _Talk(texts)
        # else an answer would be taken for the next text's
        if self._is_talking or self._is_readable(0):
            raise PipeBrokenError(self._obituary("an answer without a question"), ())
        self._is_talking = True
        silent_until = time.monotonic() + self._patience_s
        while len(talk.answers) < len(texts):
            answered = len(talk.answers)
            self._step(talk, silent_until)
            if len(talk.answers) > answered:
                self._patience_s = self._answer_s
                silent_until = time.monotonic() + self._patience_s
        self._is_talking = False
        return talk.answers

    def close(self) -> None:
        """End every process of the row."""
        self._kill()

    def _add(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        before = self.processes[-1].stdout if self.processes else None
        try:
            process = start(command, environment=environment, stdin=before or subprocess.PIPE)
        except OSError as error:
            self._kill()
            raise PipeBrokenError(f"{command[0]} cannot be started: {error.strerror}", ()) from error
        if before is not None:
            before.close()  # it is the next process's now: a copy here would hide the end of the row from it
        self.processes.append(process)

    def _kill(self) -> None:
        for process in self.processes:
            process.kill()
        for process in self.processes:
            process.wait()
            for end in (process.stdin, process.stdout):
                if end is not None:
                    end.close()

    def _is_readable(self, wait_ms: int) -> bool:
        poll = select.poll()
        poll.register(self._way_out.fileno(), select.POLLIN)
        return bool(poll.poll(wait_ms))

    def _step(self, talk: "_Talk", silent_until: float) -> None:
        talk.hand_in()
        poll = select.poll()
        poll.register(self._way_out.fileno(), select.POLLIN)
        if talk.outgoing:
            poll.register(self._entrance.fileno(), select.POLLOUT)
        ready = dict(poll.poll(max(0.0, silent_until - time.monotonic()) * 1000))
        if not ready:
            raise PipeBrokenError(f"no answer within {self._patience_s:g} s", talk.answers)
        if self._entrance.fileno() in ready:
            self._send(talk)
        if self._way_out.fileno() in ready:
            received = os.read(self._way_out.fileno(), 65_536)
            if not received:
                raise PipeBrokenError(self._obituary(), talk.answers)
            talk.take(received)

    def _send(self, talk: "_Talk") -> None:
        try:
            with contextlib.suppress(BlockingIOError):
                del talk.outgoing[: os.write(self._entrance.fileno(), talk.outgoing)]
        except BrokenPipeError:
            raise PipeBrokenError(self._obituary(), talk.answers) from None

    def _obituary(self, otherwise: str = "a process closed its end") -> str:
        """Who died: the last that failed, as those before it then fail for want of a reader."""
        for _ in range(50):  # an end is seen in the pipe a moment before the process can be waited for
            failed = [process for process in self.processes if process.poll()]
            if failed:
                return f"{_program(failed[-1])} ended with {failed[-1].returncode}"
            time.sleep(0.01)
        return otherwise


def _program(process: subprocess.Popen[bytes]) -> str:
    words = [str(word) for word in process.args] if isinstance(process.args, list) else [str(process.args)]
    return words[words.index("--") + 1] if "--" in words else words[0]


class _Talk:
    """What goes into the row and comes out of it for one list of texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.answers: list[str] = []
        self.outgoing = bytearray()
        self._texts = texts
        self._framed = deque(_frame(text) for text in texts)
        self._under_way: deque[int] = deque()  # sizes
        self._incoming = bytearray()

    def hand_in(self) -> None:
        """Put the next texts in line for sending, as long as not too much is under way; one at least."""
        while self._framed and (not self._under_way or sum(self._under_way) + len(self._framed[0]) <= UNDER_WAY_BYTES):
            framed = self._framed.popleft()
            self._under_way.append(len(framed))
            self.outgoing += framed

    def take(self, received: bytes) -> None:
        """Read the answers that are whole."""
        self._incoming += received
        *whole, rest = bytes(self._incoming).split(b"\0")
        for answer in whole:
            if not self._under_way:
                raise PipeBrokenError("an answer without a question", self.answers)
            if not answer.endswith(_BLANK):  # what it had in hand, at the end of a row that dies
                raise PipeBrokenError("half an answer", self.answers)
            self._under_way.popleft()
            self.answers.append(_unframe(answer.decode(errors="replace"), self._texts[len(self.answers)]))
        self._incoming = bytearray(rest)
        if len(self._incoming) > ANSWER_MAX_BYTES:
            raise PipeBrokenError(f"an answer of over {ANSWER_MAX_BYTES:,} bytes", self.answers)


def _frame(text: str) -> bytes:
    """Escaped, and with an end that is flushed.

    lttoolbox 3.7.1: `lt-proc -z -b` and `-z -g` keep a word that the NUL follows directly, and the reader waits for
    ever. So a blank ("[]") comes last, and a full stop before it where there is none, as apertium-destxt does.
    """
    escaped = _RESERVED.sub(r"\\\g<0>", text.replace("\0", " "))
    return f"{escaped}{_ending(text)}\0".encode(errors="replace")


def _unframe(answer: str, text: str) -> str:
    answer = answer.removesuffix("[]")
    if _ending(text) == ".[]":
        answer = answer.removesuffix(".")
    return _ESCAPED.sub(r"\1", answer)


def _ending(text: str) -> str:
    return "[]" if _ENDED.search(text) else ".[]"
