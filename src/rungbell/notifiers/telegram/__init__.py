"""Channel ``telegram``: a bot writes the page to the person, whose buttons answer.

Rules
-----
* Somebody is known by the contact ``telegram``: the id of their user, which is also that of the chat with the bot. They
  must have written to the bot once, or it may not write to them.
* Answers are asked for (long polling), so nothing must be reachable from outside; with ``webhook_secret`` Telegram
  calls ``/answers/<channel>`` instead. Either way an update counts once, by its id.
* Only ``ok: true`` is acceptance. Markup that Telegram cannot read is sent again as plain text: a page must not stay
  here for its looks. What is classified is the code; texts of errors change (reliability 13).
* What becomes of the incident is written into the messages that told of it, and the buttons go with its end.
* The token stands in the address: no error and no log tells an address.
"""

from rungbell.notifiers.telegram.notifier import TelegramNotifier, TelegramSettings

__all__ = ["TelegramNotifier", "TelegramSettings"]
