"""Channel ``slack``: pages leave there and answers come back, over Socket Mode or signed HTTP.

``notifier`` posts and edits; ``blocks`` is what is shown; ``web_api`` calls Slack.
"""

from rungbell.notifiers.slack.notifier import SlackNotifier

__all__ = ["SlackNotifier"]
