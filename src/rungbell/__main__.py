"""``python -m rungbell`` is the same as ``rungbell``."""

from rungbell.cli import main

if __name__ == "__main__":
    main()
