"""Telephone and SMS through Twilio: two channel types over one account.

Rules
-----
* Only a key that is pressed or a code that is sent answers a page: a voicemail that picks up does not.
* A number is called only if its country is on the list of the channel, and never our own.
* What a page costs is limited by the hour, each person's and all; the first page of a P0 always leaves.
* Twilio folds no repeats. So a callback that names the page proves that Twilio had taken it, and nothing is sent again.
* No number stands in an error or a log, save by its last digits.

May import: see each module.
"""
