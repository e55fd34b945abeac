"""The questions of ``rungbell init``: each is asked only where no flag answers it.

May import: ``answers``, ``addresses``, ``config.hosts`` (lazily), the standard library, click.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from rungbell.cli.addresses import DEFAULT_URL, base_url
from rungbell.cli.init.answers import (
    CHANNELS,
    MOST_PEOPLE,
    Answers,
    Check,
    Given,
    Person,
    as_email,
    as_text,
    as_url,
    as_zone,
    person_from,
    person_named,
)

LOCALTIME = Path("/etc/localtime")


def ask(given: Given, *, asking: bool) -> Answers:
    """Put flags, answers and defaults together.

    Raises:
        click.UsageError: something has no default and nobody can be asked.
    """
    zone = _one("--zone", given.zone, "Time zone", as_zone, asking=asking, default=here())
    page_by = given.page_by or _spoken_of(given)
    if asking and page_by is None:
        click.echo("Pages go to a webhook (POSTed as JSON), by e-mail, or only to the console.")
        page_by = click.prompt("How are people paged", type=click.Choice(CHANNELS), default="console")
    page_by = page_by or "console"
    people = _people(given, wants_mail=page_by == "email", asking=asking)
    more: dict[str, str] = {}
    if page_by == "webhook":
        more = _webhook(given, asking=asking)
    elif page_by == "email":
        more = _email(given, people, asking=asking)
    default = DEFAULT_URL if _stays_here(page_by, more) else None
    url = _one("--url", given.url, "Where do people reach this daemon", base_url, asking=asking, default=default)
    return Answers(zone=zone, people=people, page_by=page_by, url=url, **more)


def _stays_here(page_by: str, more: Mapping[str, str]) -> bool:
    """Whether no page goes where a link to this machine itself would lead nowhere."""
    from rungbell.config.hosts import stays_here

    return page_by == "console" or (page_by == "webhook" and stays_here(more["webhook_url"]))


def offer_test_page(answers: Answers) -> bool:
    """Ask whether to try it out."""
    return click.confirm(f"Send a test page to {answers.people[0].name} by {answers.page_by} now?", default=True)


def here() -> str:
    """Give this machine's time zone, or UTC where it does not say."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if not named and LOCALTIME.is_symlink():
        named = str(LOCALTIME.readlink()).partition("zoneinfo/")[2]
    try:
        return as_zone(named)
    except click.BadParameter:
        return "UTC"


def _spoken_of(given: Given) -> str | None:
    if given.webhook_url:
        return "webhook"
    return "email" if given.mail_host else None


def _one(flag: str, value: str | None, question: str, check: Check, *, asking: bool, default: str | None = None) -> str:
    """Give the answer to one question: the flag's, the person's, or the default."""
    if value is not None:
        try:
            return check(value)
        except click.BadParameter as error:
            raise click.BadParameter(error.message, param_hint=flag) from None
    if asking:
        return str(click.prompt(question, value_proc=check, default=default))
    if default is None:
        raise click.UsageError(f"nobody can be asked here; say it with {flag}")
    return default


def _people(given: Given, *, wants_mail: bool, asking: bool) -> tuple[Person, ...]:
    found: list[Person] = []
    for text in given.people:
        try:
            found.append(person_from(text, found))
        except click.BadParameter as error:
            raise click.BadParameter(error.message, param_hint="--person") from None
    if not found and not asking:
        raise click.UsageError(
            "nobody can be asked here; say who is on call with --person 'Alice Ng <alice@example.com>'"
        )
    if not found:
        found = _asked_people(wants_mail=wants_mail)
    if len(found) > MOST_PEOPLE:
        raise click.BadParameter(f"{MOST_PEOPLE} at most, one for each tier", param_hint="--person")
    without = [person.name for person in found if not person.email]
    if wants_mail and without:
        raise click.BadParameter(
            f"{', '.join(without)} cannot be reached without a mail address", param_hint="--person"
        )
    return tuple(found)


def _asked_people(*, wants_mail: bool) -> list[Person]:
    found: list[Person] = []
    while len(found) < MOST_PEOPLE:
        question = "Who is on call" if not found else "Who is paged next, where nobody answers (nothing: nobody)"
        name = click.prompt(question, type=str, default=None if not found else "", show_default=False)
        if not name.strip():
            if found:
                break
            continue
        email = click.prompt(
            "  Mail address" + ("" if wants_mail else " (nothing: none)"),
            value_proc=lambda text: as_email(text) if text or wants_mail else "",
            default=None if wants_mail else "", show_default=False,
        )  # fmt: skip
        try:
            found.append(person_named(name, email, found))
        except click.BadParameter as error:
            click.echo(f"  {error.message}", err=True)
    return found


def _webhook(given: Given, *, asking: bool) -> dict[str, str]:
    url = _one("--webhook-url", given.webhook_url, "Where to POST pages", as_url, asking=asking)
    token = _secret("--webhook-token-file", given.webhook_token_file, "Bearer token it wants", asking=asking)
    return {"webhook_url": url, "webhook_token": token}


def _email(given: Given, people: tuple[Person, ...], *, asking: bool) -> dict[str, str]:
    host = _one("--mail-host", given.mail_host, "Mail server (STARTTLS, port 587)", as_text, asking=asking)
    sender = f"rungbell@{people[0].email.rpartition('@')[2]}"
    sender = _one("--mail-from", given.mail_from, "Mails come from", as_email, asking=asking, default=sender)
    user = given.mail_user
    if user is None and asking:
        user = str(click.prompt("Login there (nothing: none)", default="", show_default=False))
    password = _secret("--mail-password-file", given.mail_password_file, "Password", asking=asking and bool(user))
    if bool(user) != bool(password):
        raise click.UsageError("a login needs both --mail-user and --mail-password-file")
    return {"mail_host": host, "mail_from": sender, "mail_user": user or "", "mail_password": password}


def _secret(flag: str, file: Path | None, question: str, *, asking: bool) -> str:
    """Read a secret from its file, or ask for it without showing it."""
    if file is not None:
        try:
            secret = file.read_text().strip()
        except (OSError, UnicodeDecodeError) as error:
            raise click.BadParameter(
                f"{file}: {getattr(error, 'strerror', None) or 'not text'}", param_hint=flag
            ) from None
        if not secret:
            raise click.BadParameter(f"{file} is empty", param_hint=flag)
        return secret
    if not asking:
        return ""
    given: Any = click.prompt(
        f"{question} (nothing: none; it is not shown)", default="", hide_input=True, show_default=False
    )
    return str(given).strip()
