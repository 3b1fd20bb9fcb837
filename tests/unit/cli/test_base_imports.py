"""The command line in a slim image: what operators ask of any container needs the base dependencies alone."""

import os
import re
import subprocess
import sys
from importlib.metadata import distribution, packages_distributions

import pytest

#: Refuses to import what is named in the first argument, then runs the command line on the rest.
BARE = """
import sys
left_out = set(sys.argv[1].split(","))
class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in left_out:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Missing())
sys.argv[1:] = sys.argv[2:]
from services.cli.__main__ import main
main()
"""
COMMANDS = ("status", "why 1", "retry --all", "backup", "sources list", "articles list", "sources load morocco")


def base_distributions() -> set[str]:
    """Everything that installing kiosque without an extra brings, by its folded name."""
    found: set[str] = set()
    waiting = ["kiosque"]
    while waiting:
        name = waiting.pop()
        for line in distribution(name).requires or []:
            needed = re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0]
            if "extra ==" not in line and fold(needed) not in found and is_installed(needed):
                found.add(fold(needed))
                waiting.append(needed)
        # what psycopg[binary] names is an extra's
    return found | {"psycopg-binary", "kiosque"}


def is_installed(name: str) -> bool:
    try:
        distribution(name)
    except ModuleNotFoundError:
        return False
    return True


def fold(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("command", COMMANDS)
def test_it_answers_with_the_base_dependencies_alone(sqlite, command: str) -> None:
    base = base_distributions()
    left_out = [
        module for module, names in packages_distributions().items() if not {fold(name) for name in names} & base
    ]
    assert {"httpx", "flask", "lxml"} <= set(left_out)
    assert "sqlalchemy" not in left_out
    # standard library names that a distribution claims too would break everything
    wanted = [module for module in left_out if module not in sys.stdlib_module_names and module.isidentifier()]
    done = subprocess.run(
        [sys.executable, "-c", BARE, ",".join(wanted), *command.split()],
        capture_output=True, text=True, timeout=60, env=os.environ, check=False,
    )  # fmt: skip
    assert "No module named" not in done.stderr
    expected = 2 if command == "why 1" else 0
    assert done.returncode == expected, done.stderr
