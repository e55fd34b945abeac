"""Who is told of incidents: what must hold between ``clients``, ``communication`` and the rest, and the plan they make.

Rules
-----
* Every client can be told: by a channel of its own or by those of all clients, with the contact that it needs.
* A room is known by its name: no two channels have one of the same.
* Executives are told by mail or chat, never by what pages them: a channel that is all by which a tier of theirs is
  rung is refused (A37).

May import: ``domain``, ``findings``, ``mistakes``, ``model``, ``references``, ``settings`` and
the standard library.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path as FilePath

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path
from rungbell.config.model.communication import RESTRICTED, ClientSection, CommunicationSection
from rungbell.config.model.file import FileSection
from rungbell.config.references import people_of, refer
from rungbell.domain.communication.audience import Audience
from rungbell.domain.communication.plan import Client, CommunicationPlan, Room
from rungbell.domain.matchers import parse_matchers
from rungbell.domain.policy import Through
from rungbell.domain.roster import Roster
from rungbell.domain.severity import Severity

HERE: Path = ("communication",)


def check_communication(file: FileSection, findings: Findings) -> None:
    """Hold clients, rooms and executives against the people and the channels."""
    section = file.communication
    for path, channel in _channels(file):
        refer(path, channel, getattr(file, "channels", {}), "channel", findings)
    for name, client in file.clients.items():
        if not _through(client, section):
            text = "no channel tells it anything"
            findings.wrong(("clients", name), text, "give it `through`, or all of them `communication.clients.through`")
    _check_rooms(section, findings)
    if (executives := section.executives) is None:
        return
    known = [*people_of(file), *file.schedules]
    for index, name in enumerate(getattr(executives, "tell", ())):
        refer((*HERE, "executives", "tell", index), name, known, "person or schedule", findings)
    for index, channel in enumerate(getattr(executives, "through", ())):
        for tier, plan in getattr(file, "tiers", {}).items():
            rings = {getattr(way, "channel", None) for way in getattr(plan, "through", ())}
            if rings == {channel} and set(getattr(plan, "reach", ())) & set(getattr(executives, "tell", ())):
                text = f"`{channel}` is all that rings {tier}: a note would be taken for a page"
                findings.wrong((*HERE, "executives", "through", index), text, "name a channel for mail or chat")


def _check_rooms(section: CommunicationSection, findings: Findings) -> None:
    """Let no two rooms share a name: what is meant for one must not be read in the other."""
    channels: dict[str, str] = {}
    for severity, room in section.internal.items():
        channel = getattr(room, "through", None)
        name = getattr(room, "room", None) or channel
        if name is not None and channel is not None and channels.setdefault(name, channel) != channel:
            text = f"`{name}` is a room of `{channels[name]}` already"
            findings.wrong((*HERE, "internal", severity), text, "give one of them another name")


def _channels(file: FileSection) -> Iterator[tuple[Path, str]]:
    section = file.communication
    for name, client in file.clients.items():
        yield from _each(("clients", name, "through"), getattr(client, "through", None))
    yield from _each((*HERE, "clients", "through"), getattr(section.clients, "through", None))
    yield from _each((*HERE, "executives", "through"), getattr(section.executives, "through", None))
    for severity, room in section.internal.items():
        if (channel := getattr(room, "through", None)) is not None:
            yield (*HERE, "internal", severity, "through"), channel


def _each(path: Path, names: Iterable[str] | None) -> Iterator[tuple[Path, str]]:
    for index, name in enumerate(names or ()):
        yield (*path, index), name


def _through(client: ClientSection, section: CommunicationSection) -> tuple[str, ...]:
    own = getattr(client, "through", None)
    return own or getattr(section.clients, "through", None) or ()


def build_communication(file: FileSection, roster: Roster, findings: Findings) -> CommunicationPlan:
    """Build the plan of a sound file; clients and executives whom no channel reaches are mistakes."""
    section = file.communication
    clients = {name: _client(name, client, section) for name, client in file.clients.items()}
    for name, client in clients.items():
        _check_contacts(("clients", name), client.contacts, client.through, roster, findings)
    executives = section.executives
    if executives is not None:
        _warn_unreachable(executives.tell, executives.through, roster, findings)
    rooms = {name: Room(room.through, room.room or "") for name, room in section.internal.items()}
    return CommunicationPlan(
        product=section.product or "",
        support_email=section.support.email or "",
        support_phone=section.support.phone or "",
        sign_off=section.sign_off or "",
        clients=clients,
        rooms={Severity(name): room for name, room in rooms.items() if name != RESTRICTED},
        restricted_room=rooms.get("restricted"),
        executives=executives.tell if executives else (),
        executives_through=executives.through if executives else (),
        engineers=section.engineers or "",
        automatic=frozenset(Audience(audience) for audience in section.automatic),
    )


def _client(name: str, section: ClientSection, all_of_them: CommunicationSection) -> Client:
    contacts = {**({"email": section.email} if section.email else {}), **section.contacts}
    return Client(
        id=name,
        name=section.name or name,
        contacts=contacts,
        through=_through(section, all_of_them),
        match=parse_matchers(section.match),
        technicians=section.technicians,
    )


def _check_contacts(
    path: Path, contacts: Mapping[str, str], through: Iterable[str], roster: Roster, findings: Findings
) -> None:
    for channel in through:
        needed = roster.channels[channel].needs
        if needed is not None and not contacts.get(needed):
            hint = f"write `{needed}:`" if needed == "email" else f"write it among the `contacts`, as `{needed}`"
            findings.wrong(path, f"`{channel}` needs its {needed}", hint)


def _warn_unreachable(names: Iterable[str], through: tuple[str, ...], roster: Roster, findings: Findings) -> None:
    for index, name in enumerate(names):
        schedule = roster.schedules.get(name)
        for person in schedule.members if schedule else (name,):
            if not roster.ways(person, tuple(Through(channel) for channel in through)):
                needed = " or ".join(sorted({roster.channels[channel].needs or "" for channel in through}))
                path: Path = (*HERE, "executives", "tell", index)
                text = f"no channel of theirs reaches {person}"
                findings.warn("person-not-told", path, text, f"people.{person} has no {needed}")


def find_templates(file: FileSection, folder: FilePath, findings: Findings) -> FilePath | None:
    """Give the folder of the user's own templates, if the file names one."""
    if file.communication.templates is None:
        return None
    found = folder / file.communication.templates
    if not found.is_dir():
        findings.wrong((*HERE, "templates"), f"there is no folder {file.communication.templates[:64]!r}")
    return found
