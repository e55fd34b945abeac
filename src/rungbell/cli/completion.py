"""``rungbell completion``: what a shell sources to complete verbs, options, incidents and people.

May import: click, and ``rungbell.cli`` (lazily).
"""

import click
from click.shell_completion import get_completion_class

HOW = {
    "bash": 'eval "$(rungbell completion bash)"            # in ~/.bashrc',
    "zsh": 'eval "$(rungbell completion zsh)"             # in ~/.zshrc, after compinit',
    "fish": "rungbell completion fish > ~/.config/fish/completions/rungbell.fish",
}


@click.command(
    help="Print what SHELL sources to complete commands, options, incident numbers and people.\n\n\b\n"
    + "\n".join(HOW.values())
)
@click.argument("shell", type=click.Choice(list(HOW)))
def completion(shell: str) -> None:
    """Print the script of one shell."""
    from rungbell.cli import main

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(found(main, {}, "rungbell", "_RUNGBELL_COMPLETE").source())
