"""The kinds of texts as they are typed, with what each is for.

May import: the standard library, click.
"""

from collections.abc import Mapping

import click

KINDS: Mapping[str, str] = {
    "internal_declaration": "the team, when it is declared",
    "internal_update": "the team, while it is worked on",
    "client_notice": "each client, first of all",
    "client_update": "each client, while it is worked on",
    "all_clear": "each client who was told, at the end",
    "executive_note": "executives, first of all",
    "executive_update": "executives, while it is worked on",
}
"""Whom each is for, and when; the same as ``CommunicationKind``."""


class KindChoice(click.Choice[str]):
    """A kind of text; people also type ``client-notice``."""

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Give the kind as the API writes it."""
        return str(super().convert(str(value).replace("-", "_").lower(), param, ctx))


KIND = click.argument("kind", type=KindChoice(list(KINDS)))
