"""Faults: how they are described, which request meets which, when they are used up."""

import pytest

from services.newsstand.faults import BadFaultError, Fault, Faults, read_fault


def test_a_fault_is_met_as_often_as_it_says():
    faults = Faults()
    faults.add("/x", "503", times=2, retry_after=5)
    assert [faults.take("/x") is not None for _ in range(3)] == [True, True, False]


def test_a_fault_without_a_number_lasts_until_it_is_cleared():
    faults = Faults()
    faults.add("/x", "404")
    assert all(faults.take("/x") for _ in range(50))
    faults.clear("/x")
    assert faults.take("/x") is None


def test_clearing_one_path_leaves_the_others():
    faults = Faults()
    faults.add("/x", "404")
    faults.add("/y", "404")
    faults.clear("/x")
    assert (faults.take("/x"), faults.take("/y").kind) == (None, "404")
    faults.clear()
    assert faults.rows() == []


def test_the_later_of_two_faults_wins_and_the_earlier_comes_back_after_it():
    faults = Faults()
    faults.add("/x", "404")
    faults.add("/x", "slow", times=1)
    assert [faults.take("/x").kind for _ in range(2)] == ["slow", "404"]


@pytest.mark.parametrize(
    ("pattern", "path", "is_met"),
    [
        ("/a/*", "/a/b/c.html", True),
        ("/a/*", "/b/a/", False),
        ("*.jpg", "/a/images/x.jpg", True),
        ("/x", "/x/", False),
        ("/%D8%B7%D9%82%D8%B3/*", "/طقس/thalj/", True),
        ("/طقس/*", "/طقس/thalj/", True),
    ],
)
def test_a_path_may_be_a_pattern_escaped_or_not(pattern, path, is_met):
    faults = Faults()
    faults.add(pattern, "404")
    assert (faults.take(path) is not None) == is_met


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        (None, "a fault is an object"),
        ([], "a fault is an object"),
        ({}, "needs a path and a kind"),
        ({"kind": "404"}, "needs a path and a kind"),
        ({"path": "/x"}, "kind '' is neither"),
        ({"path": "/x", "kind": "200"}, "kind '200' is neither"),
        ({"path": "/x", "kind": "302"}, "kind '302' is neither"),
        ({"path": "/x", "kind": "rude"}, "kind 'rude' is neither"),
        ({"path": "x", "kind": "404"}, "path 'x' does not begin"),
        ({"path": 7, "kind": "404"}, "path 7 does not begin"),
        ({"path": "/x", "kind": "404", "times": 0}, "times = 0 must be a whole number, 1 or more"),
        ({"path": "/x", "kind": "404", "times": True}, "times = True"),
        ({"path": "/x", "kind": "503", "retry_after": -1}, "retry_after = -1"),
        ({"path": "/x", "kind": "slow", "seconds": "3"}, "seconds = '3' must be a number"),
        ({"path": "/x", "kind": "slow", "seconds": None}, "seconds = None must be a number"),
        ({"path": "/x", "kind": "slow", "mood": 1}, "a fault has no mood"),
    ],
)
def test_a_bad_description_is_refused_with_what_is_wrong(row, complaint):
    with pytest.raises(BadFaultError, match=complaint):
        read_fault(row)


def test_a_status_may_be_a_number():
    assert read_fault({"path": "/x", "kind": 503}) == Fault("/x", "503")
