"""Fault 38: workers added and taken away under load; and that no fault of the list is without a test."""

import re
from contextlib import ExitStack
from pathlib import Path

import pytest
from faults.house import has_measured, scaled
from servers import wait_until
from workers import measured

#: In containers SIGTERM is Celery's soft shutdown.
SOFT = {"REMAP_SIGTERM": "SIGQUIT"}


@pytest.mark.fault(38)
@pytest.mark.slow
def test_workers_scaled_from_one_to_six_and_back_under_load_lose_nothing(house):
    article_ids = house.add(*["count"] * 600)
    with house.scheduler(), house.worker():
        wait_until(has_measured(20), what="one worker at work")
        with ExitStack() as stack:
            # each is ready, and so at work, before the next is started
            added = [stack.enter_context(house.worker(f"worker-{number}.log", **SOFT)) for number in range(2, 7)]
            before = len(measured())
            wait_until(has_measured(min(before + 50, 600)), what="six workers at work")
            for process in added:
                process.terminate()
            for process in added:
                assert process.wait(scaled(45) + 20) == 0
        house.converges(article_ids)
    assert len(measured()) == len(article_ids)
    assert house.nothing_unacked()


def test_every_fault_of_the_list_has_a_test():
    texts = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    numbers = re.findall(r"^@pytest\.mark\.fault\((\d+)\)", texts, re.MULTILINE)
    assert {int(one) for one in numbers} == set(range(1, 39))
