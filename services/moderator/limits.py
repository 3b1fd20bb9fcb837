"""What decoding a stranger's picture may cost: memory and processor time, without the worker dying of either."""

import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

from shared.errors import Unprocessable

#: Address space that one decoding may take over what the process has (reference: moderation.md section 5, rule 3). The
#: dearest picture under the cap of 40 MP, a transparent WebP, takes 0.61 GB (bench/pictures.py).
MEMORY_MOST = 1 << 30
#: Processor time of one decoding, seconds (same rule). The dearest good picture takes 1 s.
CPU_MOST_S = 10.0

_one_at_a_time = threading.Lock()


def limit_process() -> None:
    """Called once in a worker's child: no core dumps with strangers' bytes in them."""
    with suppress(ValueError, OSError):  # a container may allow less already
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


@contextmanager
def limited_decoding() -> Iterator[None]:
    """MemoryError or Unprocessable("too_slow") inside, where a picture takes more than its share.

    The limit on memory counts from what the process has mapped, and is lifted afterwards: a fixed one for the process
    would be met by its libraries (a model's runtime, 64 MB of address space for each thread's heap).
    """
    with _one_at_a_time, _limited_memory(), _limited_cpu():
        yield


@contextmanager
def _limited_memory() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = _mapped_bytes() + MEMORY_MOST
    lowest = min([wanted, *(limit for limit in (soft, hard) if limit != resource.RLIM_INFINITY)])
    resource.setrlimit(resource.RLIMIT_AS, (lowest, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def _limited_cpu() -> Iterator[None]:
    """By a signal, for RLIMIT_CPU counts from the process's birth and kills it; so in the main thread only."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGPROF, _stop)
    # again each second: a library may take the first exception for its own
    signal.setitimer(signal.ITIMER_PROF, CPU_MOST_S, 1.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise Unprocessable("too_slow", f"decoding takes more than {CPU_MOST_S:g} s of processor time")


def _mapped_bytes() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * resource.getpagesize()
