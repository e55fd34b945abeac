"""``rungbell oncall ical``: who is on call, as a calendar, or as a link for the program that shows calendars.

May import: ``client``, ``connection``, the rest of the package, the standard library, click.
"""

from urllib.parse import urlencode

import click

from rungbell.cli.client import Client
from rungbell.cli.connection import complete_person, complete_schedule, connection, pass_client
from rungbell.cli.oncall.looking import ONCALL, asked


@click.command()
@click.option("--schedule", shell_complete=complete_schedule, help="Only this one; default: all of them.")
@click.option("--person", shell_complete=complete_person, help="Only this person's shifts; default: everybody's.")
@click.option("--days", type=click.IntRange(1, 334), default=90, show_default=True, help="How far to look ahead.")
@click.option("--link", is_flag=True, help="Print a link to subscribe to. Whoever has it sees who is on call.")
@connection
@pass_client
def ical(client: Client, schedule: str | None, person: str | None, days: int, *, link: bool) -> None:
    """Print who is on call as a calendar (iCalendar), the last month and the days ahead."""
    if link:
        click.echo(asked(client, "/ical/link", schedule=schedule, person=person, days=days)["url"])
        return
    given = {"schedule": schedule, "person": person, "days": days}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    click.echo(client.fetch(f"{ONCALL}/ical?{query}"), nl=False)
