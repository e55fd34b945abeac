"""``rungbell init``: a few questions, and a configuration that works: checked, with its secrets beside it.

Rules
-----
* Every question has a flag. On a terminal what no flag says is asked; elsewhere, or with ``--yes``, the defaults count,
  and what has none is said by the name of its flag.
* What is written was read by the very loader that ``serve`` uses. Nothing is overwritten without ``--force``.
* Secrets go into ``secrets/`` beside the file, readable by their owner only, never into the file.

May import: the rest of ``init`` (``writing`` and ``trial`` lazily), ``addresses``, ``exit_codes``, the standard
library, click.
"""

import sys
from importlib.util import find_spec
from pathlib import Path

import click

from rungbell.cli.addresses import DEFAULT_URL
from rungbell.cli.exit_codes import NEGATIVE
from rungbell.cli.init.answers import CHANNELS, Answers, Given
from rungbell.cli.init.questions import ask, offer_test_page


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), default="rungbell.yml")
@click.option("--zone", help="The time zone people live in.  [default: this machine's]")
@click.option(
    "--person", "people", multiple=True, metavar="'NAME <MAIL>'",
    help="Who is on call; repeat it for those who are paged next, five at most. The address may be left out.",
)  # fmt: skip
@click.option(
    "--page-by", type=click.Choice(CHANNELS), help="How people are paged.  [default: what other flags speak of]"
)
@click.option("--webhook-url", help="Where pages are POSTed as JSON.")
@click.option("--webhook-token-file", type=click.Path(path_type=Path), help="Holds the bearer token that it wants.")
@click.option("--mail-host", help="The mail server, with STARTTLS on port 587.")
@click.option(
    "--mail-from", help="The address that mails come from.  [default: rungbell@ the domain of the first person]"
)
@click.option("--mail-user", help="The login there.")
@click.option("--mail-password-file", type=click.Path(path_type=Path), help="Holds its password; copied.")
@click.option("--url", help=f"Where people reach this daemon; links in pages begin with it.  [default: {DEFAULT_URL}]")
@click.option("--test-page/--no-test-page", default=None, help="Send a test page to the first person, or do not.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--force", is_flag=True, help="Overwrite what is there.")
def init(file: Path, *, test_page: bool | None, yes: bool, force: bool, **flags: object) -> None:
    """Answer a few questions and get a configuration in FILE that works."""
    from rungbell.cli.init.writing import place, receiver, refuse_to_overwrite, start_command

    asking = not yes and sys.stdin.isatty()
    if not force:  # before anybody answers questions; which other secrets there will be, they decide
        refuse_to_overwrite(file)
    answers: Answers = ask(Given(**flags), asking=asking)  # type: ignore[arg-type]  # click hands over what Given names
    settings, token = place(file, answers, force=force)
    click.echo(f"Written and checked: {file}; its secrets are in {file.parent / 'secrets'}")
    for warning in settings.warnings:
        click.echo(f"  {warning}", err=True)
    if answers.page_by == "email" and find_spec("aiosmtplib") is None:
        click.echo("Mail needs one library more: pip install 'rungbell[email]'", err=True)
    click.echo(f"\nFor Alertmanager's configuration:\n\n{receiver(answers, token)}")
    click.echo(f"Start it:\n\n  {start_command(file, answers)}\n")
    if not answers.local:
        click.echo(f"Whoever acts from the command line needs `--token-file {file.parent / 'secrets' / 'api-NAME'}`.\n")
    if test_page is None:
        test_page = asking and offer_test_page(answers)
    if test_page:
        from rungbell.cli.init.trial import send_test_page

        taken, told = send_test_page(settings, answers)
        click.echo(told, err=not taken)
        if not taken:
            raise click.exceptions.Exit(NEGATIVE)
