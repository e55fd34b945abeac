"""``rungbell templates``: the texts to the team, clients and executives, and templates of one's own for them.

Rules
-----
* No daemon is asked: FOLDER is what `communication.templates` of a configuration names; without it these are the
  built-in ones.

May import: ``colours``, ``exit_codes``, ``kinds_of_texts``, ``output``, ``verbs``, the standard library, click;
``texts`` and ``domain`` lazily.
"""

import sys
from dataclasses import asdict
from pathlib import Path

import click

from rungbell.cli.colours import no_color_option, styled
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.kinds_of_texts import KIND, KINDS
from rungbell.cli.output import output_option, printable, show_table, write_json
from rungbell.cli.verbs import VerbGroup

FOLDER = click.argument(
    "folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path), metavar="[FOLDER]"
)
BUILT_IN = "built-in"


@click.group(cls=VerbGroup)
def templates() -> None:
    """See and try the templates of what is told, and replace them.

    To replace one: `rungbell templates show client_notice > FOLDER/client_notice.txt`, change it, let
    `communication.templates: FOLDER` stand in the configuration, and try it with `rungbell templates check FOLDER`.
    """


@templates.command("list")
@FOLDER
@output_option
def list_(folder: Path | None, output: str) -> None:
    """List the kinds of texts, whom each is for, and where its template stands."""
    from rungbell.texts import Texts

    found = [
        {"kind": kind.value, "for": KINDS[kind], "template": source.file if source.own else BUILT_IN}
        for kind, source in Texts(folder).sources.items()
    ]
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        click.echo("\n".join(one["kind"] for one in found))
    else:
        show_table(["KIND", "FOR", "TEMPLATE"], [[one["kind"], one["for"], one["template"]] for one in found])


@templates.command()
@KIND
@FOLDER
@click.option("--sample", is_flag=True, help="Print what it writes about an incident that never was.")
def show(kind: str, folder: Path | None, *, sample: bool) -> None:
    """Print a template, as a start for one of your own."""
    from rungbell.domain.communication.kinds import CommunicationKind
    from rungbell.texts import Texts

    texts, asked = Texts(folder), CommunicationKind(kind)
    source = texts.sources[asked]
    if source.problem:
        raise click.ClickException(f"{source.file}: {source.problem}")
    if not sample:
        click.echo(source.text, nl=False)
        return
    from rungbell.texts.samples import STATED, sample_facts

    worded = texts.worded(asked, sample_facts(asked, STATED))
    click.echo(f"Subject: {printable(worded.text.subject)}\n\n{printable(worded.text.body)}", nl=False)
    for mistake in worded.mistakes:
        click.echo(printable(str(mistake)), err=True)
    if worded.mistakes:
        sys.exit(NEGATIVE)


@templates.command()
@output_option
def facts(output: str) -> None:
    """List what a template may name, with what each means."""
    from rungbell.domain.communication.facts import ABOUT, LISTS

    found = [{"fact": name, "list": name in LISTS, "about": about} for name, about in ABOUT.items()]
    if output in {"json", "jsonl"}:
        write_json(found, output)
    elif output == "name":
        click.echo("\n".join(ABOUT))
    else:
        rows = [[name, "lines" if name in LISTS else "text", about] for name, about in ABOUT.items()]
        show_table(["FACT", "IS", "ABOUT"], rows)


@templates.command()
@FOLDER
@no_color_option
@click.option(
    "-o", "--output", type=click.Choice(["text", "json"]), default="text", help="How to print what was found."
)
def check(folder: Path | None, output: str) -> None:
    """Write every kind of text about incidents that never were, and say which templates fail, where and why."""
    from rungbell.texts import Texts
    from rungbell.texts.checking import tried

    texts = Texts(folder)
    mistakes = tried(texts)
    own = [kind.value for kind, source in texts.sources.items() if source.own]
    if output == "json":
        write_json({"own": own, "valid": not mistakes, "mistakes": [asdict(one) for one in mistakes]}, output)
    else:
        verdict = styled("FAILED", fg="red", bold=True) if mistakes else styled("SUCCESS", fg="green", bold=True)
        click.echo(f"Checking {folder or 'the built-in templates'} … {verdict}")
        for one in mistakes:
            click.echo(f"  {printable(one.text)} [{one.id}]")
            if one.hint:
                click.echo(f"      hint: {printable(one.hint)}")
        click.echo(
            f"  {len(own)} of {len(texts.sources)} templates are your own" + (f": {', '.join(own)}" if own else "")
        )
    if mistakes:
        sys.exit(NEGATIVE)
