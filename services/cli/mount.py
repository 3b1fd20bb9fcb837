"""The commands of every service, found by listing its folder, and imported only when they are called."""

import ast
import importlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import click

from shared.settings import ROOT

SERVICES = ROOT / "services"


@dataclass(frozen=True, slots=True)
class Mounted:
    """A command as its source shows it, before anything is imported."""

    name: str
    module: str
    summary: str


class LazyCommands(click.Group):
    """Commands of `services/*/commands.py`, beside those that are added as usual.

    Importing them all takes a second (SQLAlchemy, Celery), which `--help` and a wrong word should not cost: names and
    summaries are read from the source, and a module is imported when a command of it is run.
    """

    folder: Path = SERVICES

    @cached_property
    def mounted(self) -> dict[str, Mounted]:
        """Every command of the services, by name."""
        found = [one for path in sorted(self.folder.glob("*/commands.py")) for one in read_commands(path)]
        return {one.name: one for one in found}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *self.mounted})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        mounted = self.mounted.get(cmd_name)
        if mounted is None:
            return super().get_command(ctx, cmd_name)
        module = importlib.import_module(mounted.module)
        return next((command for command in module.commands if command.name == cmd_name), None)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = {name: command.get_short_help_str(limit=100) for name, command in self.commands.items()}
        rows = {**own, **{one.name: one.summary for one in self.mounted.values()}}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(rows.items()))


def read_commands(path: Path) -> list[Mounted]:
    """The click commands that a module's `commands` tuple names."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    module = f"services.{path.parent.name}.commands"
    return [
        Mounted(_command_name(functions[name]), module, _summary(functions[name]))
        for name in _tuple_of_commands(tree)
        if name in functions
    ]


def _tuple_of_commands(tree: ast.Module) -> list[str]:
    for node in tree.body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
        )
        is_it = any(isinstance(target, ast.Name) and target.id == "commands" for target in targets)
        if is_it and isinstance(value := getattr(node, "value", None), ast.Tuple):
            return [element.id for element in value.elts if isinstance(element, ast.Name)]
    return []


def _command_name(function: ast.FunctionDef) -> str:
    """The name that the decorator gives, else the function's, as click has it."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and isinstance(decorator.func, ast.Attribute):
            is_naming = decorator.func.attr in ("command", "group")
            given = [*decorator.args, *(word.value for word in decorator.keywords if word.arg == "name")]
            if is_naming and given and isinstance(given[0], ast.Constant):
                return str(given[0].value)
    return function.name.rstrip("_").replace("_", "-")


def _summary(function: ast.FunctionDef) -> str:
    return (ast.get_docstring(function) or "").partition("\n\n")[0].replace("\n", " ").rstrip(".")
