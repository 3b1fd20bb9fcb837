"""`kiosque messages`: the interface by which work is triggered, as the map has it; docs/messages.md holds its table."""

from typing import Any

import click

from shared.pipeline import MESSAGES_VERSION, STAGES


@click.command()
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the table of docs/messages.md.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def messages(as_markdown: bool, as_json: bool) -> None:
    """Tell every message that may be published: task, queue, argument and effect."""
    from shared.tables import print_json, print_rows

    if as_markdown:
        click.echo(markdown(), nl=False)
    elif as_json:
        print_json({"version": MESSAGES_VERSION, "messages": message_rows()})
    else:
        click.echo(f"messages, version {MESSAGES_VERSION}")
        print_rows(message_rows(), as_json=False)


def message_rows() -> list[dict[str, Any]]:
    """A row a stage, in the map's order."""
    return [
        {
            "stage": stage.name,
            "task": stage.task,
            "queue": stage.service,
            "argument": f"{stage.subject}_id",
            "limit_s": stage.limit_s,
            "tries": stage.tries,
            "effect": stage.effect,
        }
        for stage in STAGES.values()
    ]


def markdown() -> str:
    """The same as a table of Markdown."""
    head = "| stage | task | queue | argument | effect | limit, tries |\n|---|---|---|---|---|---|\n"
    lines = [
        f"| {row['stage']} | `{row['task']}` | `{row['queue']}` | `{row['argument']}` | {row['effect']} "
        f"| {row['limit_s']} s, {row['tries']} |\n"
        for row in message_rows()
    ]
    return head + "".join(lines)


commands: tuple[click.Command, ...] = (messages,)
