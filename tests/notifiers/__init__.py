"""The contract of a notifier, held by the ones that come with rungbell and open to those that others write."""
