"""A small sound configuration to spoil, and stand-ins for the notifiers it names."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr

from rungbell.config import ConfigMistake, InvalidConfigError, Settings, load


class ConsoleSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    stays_here: ClassVar[bool] = True


class WebhookSettings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: HttpUrl
    secret: SecretStr | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    verify: bool = True
    calls: bool = False

    @property
    def stays_here(self) -> bool:
        return self.url.host == "127.0.0.1"


class Login(BaseModel):
    user: str
    password: SecretStr


class MailSettings(BaseModel):
    """Forgets to forbid unknown keys, and holds its secret one level down."""

    port: int = 25
    login: Login | None = None


class VoiceSettings(MailSettings):
    """A telephone, of one country if it says which."""

    country: str = ""

    def refuses(self, contact: str) -> str:
        return "" if contact.startswith(self.country) else "numbers of that country are not called"


class TalkSettings(BaseModel):
    """A channel that hears answers where it is told to."""

    model_config = ConfigDict(extra="forbid")
    hears: bool = False

    @property
    def deaf(self) -> tuple[str, str] | None:
        return None if self.hears else ("nobody can answer here", "hears: true")


@dataclass(frozen=True)
class Stand:
    settings: type[BaseModel]
    needs: str | None = None


NOTIFIERS = {
    "console": Stand(ConsoleSettings),
    "webhook": Stand(WebhookSettings),
    "talk": Stand(TalkSettings),
    "mail": Stand(MailSettings, "email"),
    "voice": Stand(VoiceSettings, "phone"),
}

SOUND = """\
zone: Europe/London
people:
  alice: {name: Alice Ng, email: alice@example.com}
  bob: {phone: "+44 20 7946 0001"}
schedules:
  support: {rotation: {people: [alice, bob], starts: 2026-01-05}}
channels:
  chat: {type: console}
  pager: {type: webhook, url: "http://127.0.0.1:9911/page"}
tiers:
  L1: {role: Support, reach: support, through: [chat, {pager: 2m}]}
  L2: {role: Senior, reach: [bob], through: [pager]}
  L3: {role: Engineering, reach: bob, through: [pager]}
  L4: {role: Executive, reach: bob, through: [pager], only: [P0]}
severities:
  P0: {page: [L1, L2], acknowledge_within: 5m, climb_to: L4, while_unresolved: {L4: 1h}, engineering_within: 15m, \
acknowledgement_lasts: 1h, stable_for: 30m, resolves: person}
  P1: {page: [L1], acknowledge_within: 5m, climb_to: L3, acknowledgement_lasts: 2h, stable_for: 30m, resolves: person}
  P2: {page: [L1], acknowledge_within: 15m, climb_to: L2, acknowledgement_lasts: 4h, stable_for: 15m, resolves: window}
  P3: {page: L1, acknowledge_within: 1h, climb_to: L1, hours: business, acknowledgement_lasts: next_business_day, \
stable_for: 0s, resolves: window}
rules:
  - {severity: P0, match: ['severity="critical"', 'scope="platform"']}
  - {severity: P3, match: ['alertname=~".*Flapping"']}
policies:
  - {name: database, match: ['team="dba"'], severities: {P1: {acknowledge_within: 1m}}}
operator: default
sources:
  cluster-a: {bearer_token: sample-token-1, scheme: sev0, watchdog_within: 15m}
api_tokens:
  alice: {token: sample-token-2}
"""
"""Line numbers matter: tests name them."""


def write(folder: Path, text: str | bytes) -> Path:
    """Write a configuration that only its owner may read."""
    path = folder / "rungbell.yml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


def read(folder: Path, text: str | bytes) -> Settings:
    """Write and load."""
    return load(write(folder, text), NOTIFIERS)


def mistakes(folder: Path, text: str | bytes) -> tuple[ConfigMistake, ...]:
    """What is wrong with a text; empty where nothing is."""
    try:
        read(folder, text)
    except InvalidConfigError as error:
        return error.mistakes
    return ()


def spoiled(old: str, new: str) -> str:
    """Give the sound configuration with one place changed."""
    if SOUND.count(old) != 1:
        raise LookupError(f"{old!r} stands {SOUND.count(old)} times in the sample")
    return SOUND.replace(old, new)
