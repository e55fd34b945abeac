"""``rungbell postmortem``: what is owed after an incident, its draft, and what is to be done.

May import: ``client``, ``connection``, ``one_incident``, ``output``, ``verbs``, the standard library, click.
"""

from typing import Any

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_person, connection, pass_client
from rungbell.cli.one_incident import ONE, SEVERITY, act_on, path_of
from rungbell.cli.output import output_option, printable, show_table, write_json
from rungbell.cli.verbs import VerbGroup

STATUSES = ("not-started", "scheduled", "in-progress", "done")
STATES = ("draft", "in-review", "published")
_DUE = click.option("--due", metavar="TIME", help="Day or time (2026-12-04, or with a time and Z).")


@click.group(cls=VerbGroup)
@connection
def postmortem() -> None:
    """Say what is owed after an incident, draft it, and follow what is to be done."""


@postmortem.command("list")
@click.option("--overdue", is_flag=True, help="Only those with something overdue.")
@click.option("--limit", type=click.IntRange(1, 200), default=50, show_default=True)
@output_option
@connection
@pass_client
def list_(client: Client, limit: int, output: str, *, overdue: bool) -> None:
    """List what is owed, newest first."""
    found = client.get(f"/api/v1/postmortems?limit={limit}")["postmortems"]
    found = [one for one in found if one["overdue"] or not overdue]
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            click.echo(str(one["incident"]["number"]))
    elif not found:
        click.echo("Nothing is owed.", err=True)
    else:
        show_table(["#", "OWED", "STATE", "OWNER", "DUE", "ITEMS", "OVERDUE", "TITLE"], [_row(one) for one in found])


def _row(one: dict[str, Any]) -> list[str]:
    left = sum(item["status"] != "done" for item in one["items"])
    return [
        str(one["incident"]["number"]),
        one["owed"],
        _word(one["state"]),
        one["owner"] or "",
        (_next_due(one) or "")[:10],
        f"{left}/{len(one['items'])} open" if one["items"] else "",
        ", ".join(map(_word, one["overdue"])),
        one["incident"]["title"],
    ]


def _next_due(one: dict[str, Any]) -> str | None:
    dues = {"none": one["draft_due"], "draft": one["review_due"], "in_review": one["publication_due"]}
    return dues.get(one["state"])


def _word(name: str) -> str:
    return name.replace("_", " ")


@postmortem.command()
@ONE
@output_option
@connection
@pass_client
def show(client: Client, incident: str, output: str) -> None:
    """Show how one stands: why it is owed, what is due when, its action items."""
    one = client.get(path_of(incident, "postmortem"))
    if output in {"json", "jsonl"}:
        write_json(one, output)
        return
    if output == "name":
        click.echo(str(one["incident"]["number"]))
        return
    owner = f", owned by {one['owner']}" if one["owner"] else ""
    click.echo(printable(f"#{one['incident']['number']} {one['incident']['title']}"))
    click.echo(printable(f"{one['owed']}: {one['because']}"))
    click.echo(printable(f"document: {_word(one['state'])}{owner} {one['url']}".rstrip()))
    for name in ("draft", "review", "publication"):
        if due := one[f"{name}_due"]:
            click.echo(f"{name} due {due[:16].replace('T', ' ')} UTC")
    if one["overdue"]:
        click.echo(f"overdue: {', '.join(map(_word, one['overdue']))}")
    if one["review"]:
        click.echo(printable(f"reviewed {one['review']['at'][:10]}: {one['review']['outcome']}"))
    if one["repeats"]:
        click.echo(f"the same before: {', '.join(one['repeats'])}")
    if one["items"]:
        click.echo()
        show_table(["ITEM", "PRIO", "STATUS", "DUE", "OWNER", "ACTION"], [_item(item) for item in one["items"]])


def _item(item: dict[str, Any]) -> list[str]:
    due = item["due"][:10] + (" overdue" if item["overdue"] else "")
    return [str(item["number"]), item["priority"], _word(item["status"]), due, item["owner"], item["text"]]


@postmortem.command()
@ONE
@output_option
@connection
@pass_client
def draft(client: Client, incident: str, output: str) -> None:
    """Print the draft in Markdown, worded from what is known now."""
    answer = client.get(path_of(incident, "postmortem/draft"))
    if output in {"json", "jsonl"}:
        write_json(answer, output)
    else:
        click.echo(answer["markdown"])


def _given(**values: Any) -> dict[str, Any]:  # noqa: ANN401 -- JSON
    return {name: value for name, value in values.items() if value is not None}


def _when(value: str | None) -> str | None:
    """Give a day as its end in UTC; whatever else is written as it is, for the API says what is wrong with it."""
    return f"{value}T23:59:59Z" if value is not None and len(value) == len("2026-12-04") else value


@postmortem.command()
@ONE
@click.argument("person", shell_complete=complete_person)
@output_option
@connection
@pass_client
def own(client: Client, incident: str, person: str, output: str) -> None:
    """Give it to PERSON."""
    act_on(client, (incident,), "postmortem", {"owner": person}, output, yes=True)


@postmortem.command()
@ONE
@click.argument("state", type=click.Choice(STATES))
@click.option("--link", help="Where the document is kept.")
@output_option
@connection
@pass_client
def state(client: Client, incident: str, state: str, link: str | None, output: str) -> None:
    """Say how far the document is."""
    body = _given(state=state.replace("-", "_"), url=link)
    act_on(client, (incident,), "postmortem", body, output, yes=True)


@postmortem.command()
@ONE
@click.option("--with", "attendees", multiple=True, metavar="WHO", help="Who was there; repeatable.")
@click.option("--outcome", required=True, help="What came of it, in a sentence.")
@click.option("--at", metavar="TIME", help="When it was held; default: now.")
@output_option
@connection
@pass_client
def review(
    client: Client, incident: str, attendees: tuple[str, ...], outcome: str, at: str | None, output: str
) -> None:
    """Write down the meeting about it."""
    body = _given(attendees=list(attendees), outcome=outcome, at=at)
    act_on(client, (incident,), "postmortem/review", body, output, yes=True)


@postmortem.command("add-item")
@ONE
@click.argument("text")
@click.option("--owner", required=True, help="A person's id, or a team.", shell_complete=complete_person)
@click.option("--priority", type=SEVERITY, default="P1", show_default=True)
@_DUE
@output_option
@connection
@pass_client
def add_item(client: Client, incident: str, text: str, owner: str, priority: str, due: str | None, output: str) -> None:
    """Make an action item, also while the incident lasts."""
    body = _given(text=text, owner=owner, priority=priority, due=_when(due))
    act_on(client, (incident,), "items", body, output, yes=True)


@postmortem.command("set-item")
@ONE
@click.argument("number", type=click.IntRange(1))
@click.option("--status", type=click.Choice(STATUSES))
@click.option("--owner", help="A person's id, or a team.", shell_complete=complete_person)
@_DUE
@output_option
@connection
@pass_client
def set_item(
    client: Client, incident: str, number: int, status: str | None, owner: str | None, due: str | None, output: str
) -> None:
    """Take action item NUMBER further, give it to somebody else, or move its day."""
    body = _given(number=number, status=status and status.replace("-", "_"), owner=owner, due=_when(due))
    act_on(client, (incident,), "items/change", body, output, yes=True)


@postmortem.command()
@ONE
@output_option
@connection
@pass_client
def reviewed(client: Client, incident: str, output: str) -> None:
    """Say that the action items were gone through; with none open, that the whole was once more."""
    act_on(client, (incident,), "items/review", {}, output, yes=True)
