# ruff: noqa: E501 -- the rows hold messages as they are
"""``clients`` and ``communication``: what a sound file amounts to, and what is said of one that is not."""

from pathlib import Path

import pytest

from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.plan import Room
from rungbell.domain.severity import Severity
from tests.config.sample import SOUND, mistakes, read

PLAN = """\
clients:
  contoso: {name: Contoso Care, email: ops@contoso.example.com, technicians: 35, match: ['tenant="contoso"']}
  fabrikam: {email: noc@fabrikam.example.com, through: [chat]}
communication:
  product: AI Agents
  support: {email: support@example.com, phone: "+44 20 7946 0100"}
  sign_off: The team
  clients: {through: [chat, pager]}
  internal: {P0: {through: chat, room: "#p0"}, P1: pager, restricted: {through: chat, room: "#security"}}
  executives: {tell: [alice, support], through: chat}
  automatic: internal
"""


def plan(old: str = "", new: str = "") -> str:
    assert not old or PLAN.count(old) == 1
    return SOUND + (PLAN.replace(old, new) if old else PLAN)


def test_who_is_told_is_what_the_file_says(tmp_path: Path) -> None:
    found = read(tmp_path, plan()).book.communication
    contoso, fabrikam = found.clients["contoso"], found.clients["fabrikam"]
    assert (contoso.name, contoso.contacts, contoso.technicians) == (
        "Contoso Care",
        {"email": "ops@contoso.example.com"},
        35,
    )
    assert (contoso.through, fabrikam.through, fabrikam.name) == (("chat", "pager"), ("chat",), "fabrikam")
    assert [str(matcher) for matcher in contoso.match] == ['tenant="contoso"']
    assert found.rooms == {Severity.P0: Room("chat", "#p0"), Severity.P1: Room("pager")}
    assert found.restricted_room == Room("chat", "#security")
    assert (found.executives, found.executives_through) == (("alice", "support"), ("chat",))
    assert (found.product, found.support_email, found.support_phone) == (
        "AI Agents",
        "support@example.com",
        "+44 20 7946 0100",
    )
    assert found.automatic == {Audience.INTERNAL}


def test_without_a_word_of_it_nobody_is_told(tmp_path: Path) -> None:
    found = read(tmp_path, SOUND).book.communication
    assert (dict(found.clients), dict(found.rooms), found.executives) == ({}, {}, ())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("through: [chat]}", "through: [chatt]}", "clients.fabrikam.through[0]: there is no channel `chatt`; hint: did you mean `chat`?"),
        ("clients: {through: [chat, pager]}", "engineers: all", "clients.contoso: no channel tells it anything; hint: give it `through`, or all of them `communication.clients.through`"),
        ("P1: pager", "P1: pagr", "communication.internal.P1.through: there is no channel `pagr`; hint: did you mean `pager`?"),
        ("P1: pager", 'P1: {through: pager, room: "#security"}', "communication.internal.restricted: `#security` is a room of `pager` already; hint: give one of them another name"),
        ("P1: pager", "P9: pager", "communication.internal.P9: 'P9' is not one of P0, P1, P2, P3, restricted"),
        ("tell: [alice, support]", "tell: [alise]", "communication.executives.tell[0]: there is no person or schedule `alise`; hint: did you mean `alice`?"),
        ("tell: [alice, support], through: chat", "tell: bob, through: [chat, pager]", "communication.executives.through[1]: `pager` is all that rings L2: a note would be taken for a page; hint: name a channel for mail or chat"),
        ("automatic: internal", "automatic: [clients]", "communication.automatic: clients are never told without a review; hint: leave `clients` out"),
        ("technicians: 35", "technicians: 0", "clients.contoso.technicians: should be greater than or equal to 1"),
        ("email: noc@fabrikam.example.com", "contacts: {email: noc}", "clients.fabrikam: `email` stands among the contacts; hint: write `email:` beside `name:`"),
        ("product: AI Agents", "templates: nowhere", "communication.templates: there is no folder 'nowhere'"),
        ("product: AI Agents", "prodct: AI Agents", "communication.prodct: unknown key; hint: did you mean `product`?"),
    ],
)  # fmt: skip
@pytest.mark.requirement("A37")
def test_what_is_wrong_is_said_with_its_place_and_how_to_mend_it(tmp_path: Path, old: str, new: str, says: str) -> None:
    found = [str(one).partition(": ")[2] for one in mistakes(tmp_path, plan(old, new))]
    assert says in found


def test_a_client_without_the_contact_that_its_channel_needs_is_a_mistake(tmp_path: Path) -> None:
    text = plan("{email: noc@fabrikam.example.com, through: [chat]}", "{name: Fabrikam}").replace(
        "chat: {type: console}", "chat: {type: mail}"
    )
    found = [str(one) for one in mistakes(tmp_path, text)]
    assert any("clients.fabrikam: `chat` needs its email; hint: write `email:`" in one for one in found)
