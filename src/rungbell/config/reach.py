"""Whether the links in pages lead anywhere for whom they are sent to.

Rules
-----
* A channel that reaches people elsewhere needs an external URL that leads here from elsewhere: a link to loopback would
  open, at three in the morning, on the telephone of whoever was paged.
* A channel stays here where its settings say so with a true ``stays_here``; of all others the worst is assumed.

May import: ``findings``, ``hosts``, ``settings``.
"""

from collections.abc import Mapping

from rungbell.config.findings import Findings
from rungbell.config.hosts import stays_here
from rungbell.config.settings import ChannelSettings


def check_links(channels: Mapping[str, ChannelSettings], external_url: str, findings: Findings) -> None:
    """Note every sound channel whose pages would carry links that lead nowhere."""
    if not stays_here(external_url):
        return
    broken = tuple(mistake.field for mistake in findings.mistakes)
    for name, channel in channels.items():
        field = f"channels.{name}"
        if any(one == field or one.startswith(f"{field}.") for one in broken):
            continue
        if not getattr(channel.settings, "stays_here", False):
            findings.wrong(
                ("channels", name),
                f"reaches people elsewhere, but the links in its pages would lead to {external_url}",
                "--web.external-url=https://…, to `serve` and to `check config`, says how people reach rungbell",
            )
