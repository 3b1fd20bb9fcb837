"""The table of processes, and who descends from whom."""

import os
import subprocess
import sys

from servers import wait_until

from services.cli.process_tree import Kinship, descendants, everyone, kill_until_none


def row(pid: int, parent: int, is_zombie: bool = False) -> Kinship:
    return Kinship(pid, parent, pid, pid, is_zombie)


def test_this_process_is_in_the_table_with_its_relations():
    me = everyone()[os.getpid()]
    assert (me.parent, me.group, me.session) == (os.getppid(), os.getpgrp(), os.getsid(0))


def test_descendants_are_found_through_every_generation_without_the_dead():
    known = {one.pid: one for one in (row(1, 0), row(2, 1), row(3, 2), row(4, 3, is_zombie=True), row(5, 9))}
    assert sorted(descendants(1, known)) == [2, 3]


def test_children_of_a_dead_parent_are_still_found():
    known = {one.pid: one for one in (row(1, 0), row(2, 1, is_zombie=True), row(3, 2))}
    assert descendants(1, known) == [3]


def test_a_name_with_brackets_and_blanks_does_not_shift_the_columns(tmp_path):
    odd = tmp_path / "a) (b S 1 1"
    odd.symlink_to(sys.executable)
    process = subprocess.Popen([str(odd), "-I", "-S", "-c", "input()"], stdin=subprocess.PIPE)
    try:
        wait_until(lambda: process.pid in everyone() and everyone()[process.pid].parent == os.getpid())
    finally:
        process.communicate(b"\n")


def test_killing_goes_on_until_nobody_is_found():
    rounds = iter([["first"], ["first", "second"], []])
    killed: list[int] = []
    processes = {name: subprocess.Popen(["sleep", "600"]) for name in ("first", "second")}

    def find() -> list[int]:
        pids = [processes[name].pid for name in next(rounds)]
        killed.extend(pids)
        return pids

    kill_until_none(find)
    assert [process.wait(10) for process in processes.values()] == [-9, -9]
    assert len(killed) == 3
