"""The command: ``python -m rungbell`` is the same as ``rungbell``.

May import: ``garbage``; ``cli`` when it runs.
"""

from rungbell.garbage import nothing_collected


def main() -> None:
    """Run the command line; nothing of what it is made of is garbage, so that none is looked for while it is read."""
    with nothing_collected():
        from rungbell.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
