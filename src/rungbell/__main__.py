"""The command: ``python -m rungbell`` is the same as ``rungbell``.

May import: the standard library; ``cli`` when it runs.
"""

import gc


def main() -> None:
    """Run the command line; nothing of what it is made of is garbage, so that none is looked for while it is read."""
    gc.disable()
    from rungbell.cli import main as command_line

    gc.freeze()
    gc.enable()
    command_line()


if __name__ == "__main__":
    main()
