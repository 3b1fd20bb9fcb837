"""Commands are found in the services' folders, and imported only when they are called."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from services.cli.__main__ import kiosque
from services.cli.mount import SERVICES, read_commands

SOURCE = '''
"""Commands."""
import click
import nothing_of_this_name

@click.command()
def plain_words() -> None:
    """Do it.

    More of it."""

@click.command(name="named")
@click.option("--x")
def other(x) -> None:
    """Do it
    in two lines."""

@click.group("several")
def group() -> None:
    """Do many."""

@click.command()
def left_out() -> None:
    """Not in the tuple."""

commands: tuple[click.Command, ...] = (plain_words, other, group)
'''


def test_names_and_summaries_are_read_without_importing(tmp_path):
    path = tmp_path / "odd" / "commands.py"
    path.parent.mkdir()
    path.write_text(SOURCE, encoding="utf-8")
    found = [(one.name, one.module, one.summary) for one in read_commands(path)]
    assert found == [
        ("plain-words", "services.odd.commands", "Do it"),
        ("named", "services.odd.commands", "Do it in two lines"),
        ("several", "services.odd.commands", "Do many"),
    ]


@pytest.mark.parametrize("path", sorted(SERVICES.glob("*/commands.py")), ids=lambda path: path.parent.name)
def test_what_is_read_is_what_the_module_has(path: Path):
    module = __import__(f"services.{path.parent.name}.commands", fromlist=["commands"])
    assert [one.name for one in read_commands(path)] == [command.name for command in module.commands]


def test_every_command_of_the_issue_is_there():
    context = click.Context(kiosque)
    wanted = {"run", "migrate", "publish", "status", "why", "retry", "sources", "articles"}
    assert wanted <= set(kiosque.list_commands(context))


def leaves(command: click.Command, context: click.Context, words: tuple[str, ...] = ()):
    if not isinstance(command, click.Group):
        yield words, command
        return
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found is not None, name
        yield from leaves(found, context, (*words, name))


def test_every_command_explains_itself_and_can_print_json():
    for words, command in leaves(kiosque, click.Context(kiosque)):
        assert command.get_short_help_str(), words
        assert any("--json" in parameter.opts for parameter in command.params), words


def test_help_imports_nothing_heavy():
    code = "import sys; sys.argv = ['kiosque', '--help']\nfrom services.cli.__main__ import main\n"
    code += "try: main()\nexcept SystemExit: pass\n"
    code += "print('heavy:', *sorted({'sqlalchemy', 'celery', 'alembic', 'kombu', 'flask'} & set(sys.modules)))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "status" in answer
    assert answer.endswith("heavy:\n")
