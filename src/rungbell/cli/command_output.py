"""How the command of an incident is printed: roles, checklists, recipes, and what the harm is.

May import: ``output``, the standard library, click.
"""

from typing import Any

import click

from rungbell.cli.output import clock, printable, show_table, write_json

INDENT = "    "


def spoken(name: str) -> str:
    """Give a name of the API as people say it."""
    return name.replace("_", " ")


def command_lines(one: dict[str, Any]) -> list[str]:
    """Tell of one incident who leads, where they meet, and what was said of the harm, in a line each."""
    command = one["command"]
    lines = [_declared(command), _roles(command), _place(command), _harm(command["impact"])]
    if command["recipes"]:
        names = ", ".join(recipe["name"] for recipe in command["recipes"])
        lines.append(f"recipes: {names} (rungbell incidents recipes {one['number']})")
    return [line for line in lines if line]


def _declared(command: dict[str, Any]) -> str:
    at = command["declared_at"]
    return f"declared by {command['declared_by']} at {clock(at)} UTC" if at else ""


def _roles(command: dict[str, Any]) -> str:
    held = [f"{spoken(one['role'])} {one['person']}" for one in command["roles"] if one["person"]]
    free = [spoken(one["role"]) for one in command["roles"] if not one["person"]]
    nobody = f"nobody is {', '.join(free)}" if free and command["declared_at"] else ""
    return "; ".join(part for part in (", ".join(held), nobody) if part)


def _place(command: dict[str, Any]) -> str:
    return ", ".join(place for place in (command["war_room"], command["bridge_url"]) if place)


def _harm(impact: dict[str, Any]) -> str:
    said = [f"{spoken(name)}: {_said(name, value)}" for name, value in impact.items() if _stated(value)]
    if impact["client_impacting"] is False:
        said.append("clients do not feel it")
    return f"impact: {'; '.join(said)}" if said else ""


def _stated(value: object) -> bool:
    return value not in ("", [], None, False)


def _said(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return f"{clock(str(value))} UTC" if name.endswith("_at") and value else str(value or "")


def show_roles(one: dict[str, Any], output: str) -> None:
    """Print who holds which role; by name, the people."""
    command = one["command"]
    if output in {"json", "jsonl"}:
        write_json(command["roles"], output)
    elif output == "name":
        for role in command["roles"]:
            if role["person"]:
                click.echo(role["person"])
    else:
        rows = [
            [
                spoken(role["role"]),
                role["person"] or "nobody",
                role["tier"] or "",
                clock(role["since"]),
                clock(role["shift_ends_at"]),
            ]
            for role in command["roles"]
        ]
        show_table(["ROLE", "PERSON", "TIER", "SINCE (UTC)", "SHIFT ENDS (UTC)"], rows)
        if not command["declared_at"]:
            owner = f"; {command['owner']} answers for it" if command["owner"] else ""
            click.echo(printable(f"It is not declared{owner}."), err=True)


def show_checklists(found: list[dict[str, Any]], output: str) -> None:
    """Print checklists; by name, the lines that are still open."""
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        for one in found:
            for line in one["lines"]:
                if not line["ticked_by"]:
                    click.echo(line["id"])
    else:
        for index, one in enumerate(found):
            _show_checklist(one, last=index + 1 == len(found))


def _show_checklist(one: dict[str, Any], *, last: bool) -> None:
    click.echo(one["title"])
    show_table(["", "LINE", "BY", "AT (UTC)", "WHAT"], [_line(line) for line in one["lines"]])
    if one["otherwise"]:
        click.echo(f"No to all of them: {one['otherwise']}.")
    if not last:
        click.echo()


def _line(line: dict[str, Any]) -> list[str]:
    what = f"{line['text']} Yes: {line['then']}" if line["then"] else line["text"]
    return ["x" if line["ticked_by"] else "-", line["id"], line["ticked_by"] or "", clock(line["ticked_at"]), what]


def show_recipes(found: dict[str, Any], output: str) -> None:
    """Print what has helped before; by name, what the recipes are called."""
    if output in {"json", "jsonl"}:
        write_json(found, output)
        return
    if output == "name":
        for one in found["containment"]:
            click.echo(printable(one["name"]))
        return
    if not found["containment"]:
        click.echo("No recipe fits its alerts.", err=True)
    for one in found["containment"]:
        click.echo(printable(f"{one['name']}: {one['text']}"))
        for command in one["commands"]:
            click.echo(printable(f"{INDENT}{command}"))
    if found["eradication"]:
        click.echo()
        rows = [[one["cause"], one["fix"], one["validation"]] for one in found["eradication"]]
        show_table(["CAUSE", "FIX", "HOW TO SEE THAT IT WORKS"], rows)


def show_impact(one: dict[str, Any], output: str) -> None:
    """Print what was said of the harm; by name, the fields that are stated."""
    impact = one["command"]["impact"]
    if output in {"json", "jsonl"}:
        write_json(impact, output)
    elif output == "name":
        for name, value in impact.items():
            if _stated(value):
                click.echo(name)
    else:
        rows = [[name, _said(name, value)] for name, value in impact.items()]
        show_table(["FIELD", "WHAT IS SAID"], rows)
