"""How channel types are found: the entry points that come with rungbell, and those of others."""

import importlib
import re
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import aiohttp
import pytest

from rungbell.config import InvalidConfigError, load
from rungbell.domain.errors import ConfigError
from rungbell.notifiers import GROUP, OURS, registry
from rungbell.notifiers.console import ConsoleNotifier
from rungbell.notifiers.webhook import WebhookNotifier
from rungbell.testing import message

Install = Callable[..., None]
PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

PIGEON = dedent(
    '''
    """A channel type somebody else wrote, in one small file."""

    from pydantic import BaseModel, ConfigDict, SecretStr

    FLOWN = []


    class PigeonSettings(BaseModel):
        model_config = ConfigDict(extra="forbid")
        loft: str
        ring: SecretStr


    class PigeonNotifier:
        settings = PigeonSettings
        needs = "rooftop"

        def __init__(self, settings, session):
            self._settings = settings

        async def send(self, message):
            FLOWN.append((self._settings.loft, message.text))
            return f"pigeon {len(FLOWN)}"
    '''
)
CONFIGURATION = """\
zone: UTC
people:
  alice: {name: Alice, contacts: {rooftop: north}}
channels:
  birds: {type: carrier_pigeon, loft: north, ring_file: ring}
tiers:
  L1: {role: Support, reach: alice, through: [birds]}
severities:
  P0: &plan {page: [L1], acknowledge_within: 5m, climb_to: L1, acknowledgement_lasts: 1h, stable_for: 0s, \
resolves: window}
  P1: *plan
  P2: *plan
  P3: *plan
"""


@pytest.fixture(autouse=True)
def fresh_registry() -> Iterator[None]:
    """What is installed is looked up anew, before the test and after it."""
    registry.cache_clear()
    yield
    registry.cache_clear()


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution of somebody else: a module, and metadata that registers a channel type."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    before = set(sys.modules)

    def installing(name: str, target: str, **modules: str) -> None:
        info = site / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {target}\n")
        for module, text in modules.items():
            (site / f"{module}.py").write_text(text)
        importlib.invalidate_caches()

    yield installing
    for name in set(sys.modules) - before:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(str(site)):
            del sys.modules[name]


def test_the_channel_types_of_rungbell_are_those_that_it_announces() -> None:
    announced = tomllib.loads(PYPROJECT.read_text())["project"]["entry-points"][GROUP]
    assert announced == OURS
    assert (registry()["console"], registry()["webhook"]) == (ConsoleNotifier, WebhookNotifier)
    assert all(registry()[name].settings for name in OURS)


def test_a_name_of_rungbells_own_is_not_to_be_had_by_another(install: Install) -> None:
    install("console", "pigeons:PigeonNotifier", pigeons=PIGEON)
    assert registry()["console"] is ConsoleNotifier
    assert list(registry()).count("console") == 1


async def test_a_channel_type_of_somebody_else_is_found_configured_and_used(tmp_path: Path, install: Install) -> None:
    install("carrier_pigeon", "pigeons:PigeonNotifier", pigeons=PIGEON)
    (tmp_path / "ring").write_text("secret-of-the-ring\n")
    (tmp_path / "ring").chmod(0o600)
    path = tmp_path / "rungbell.yml"
    path.write_text(CONFIGURATION)

    settings = load(path, registry())
    channel = settings.channels["birds"]
    async with aiohttp.ClientSession() as session:
        notifier = registry()[channel.type](channel.settings, session)
        reference = await notifier.send(message("P1 #7 DiskFull"))

    assert reference == "pigeon 1"
    assert sys.modules["pigeons"].FLOWN == [("north", "P1 #7 DiskFull")]
    assert settings.book.roster.channels["birds"].needs == "rooftop"
    assert "secret-of-the-ring" not in repr(channel)


def test_the_settings_of_somebody_elses_type_are_checked_like_all_others(tmp_path: Path, install: Install) -> None:
    install("carrier_pigeon", "pigeons:PigeonNotifier", pigeons=PIGEON)
    path = tmp_path / "rungbell.yml"
    path.write_text(CONFIGURATION.replace("ring_file: ring", "ring: a-ring, colour: red"))

    with pytest.raises(InvalidConfigError, match=r"channels\.birds\.colour"):
        load(path, registry())


def test_a_type_that_is_not_installed_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    path = tmp_path / "rungbell.yml"
    path.write_text(CONFIGURATION)

    with pytest.raises(InvalidConfigError, match="unknown type 'carrier_pigeon'"):
        load(path, registry())


@pytest.mark.parametrize(
    ("target", "module", "why"),
    [
        ("lofts:Pigeon", "import no_such_library_of_pigeons\n", "no_such_library_of_pigeons"),
        ("lofts:Pigeon", "raise RuntimeError('the loft is locked')\n", "the loft is locked"),
        ("lofts:Pigeon", "def broken(:\n", "invalid syntax"),
        ("lofts:Pigeon", "Dove = 1\n", "Pigeon"),
        ("no_such_module_of_pigeons:Pigeon", "", "no_such_module_of_pigeons"),
    ],
    ids=["library missing", "raises", "no Python", "no such name", "no such module"],
)
def test_a_channel_type_that_cannot_be_imported_is_named(install: Install, target: str, module: str, why: str) -> None:
    install("broken_pigeon", target, lofts=module)

    with pytest.raises(ConfigError, match="broken_pigeon") as caught:
        registry()["broken_pigeon"]

    assert target in str(caught.value)
    assert why in str(caught.value)


def test_a_broken_type_is_a_mistake_where_it_is_named_and_nobody_elses_trouble(
    tmp_path: Path, install: Install
) -> None:
    install("carrier_pigeon", "lofts:Pigeon", lofts="raise RuntimeError('the loft is locked')\n")
    path = tmp_path / "rungbell.yml"
    path.write_text(CONFIGURATION)
    with pytest.raises(InvalidConfigError, match=r"rungbell\.yml:[0-9]+: channels\.birds\.type: .*the loft is locked"):
        load(path, registry())

    path.write_text(re.sub(r"birds: \{.*\}", "birds: {type: console}", CONFIGURATION))
    assert load(path, registry()).channels["birds"].type == "console"


def test_only_the_types_that_a_file_names_are_imported(tmp_path: Path, install: Install) -> None:
    install("carrier_pigeon", "pigeons:PigeonNotifier", pigeons=PIGEON)
    path = tmp_path / "rungbell.yml"
    path.write_text(re.sub(r"birds: \{.*\}", "birds: {type: console}", CONFIGURATION))
    load(path, registry())
    assert "pigeons" not in sys.modules
    assert "carrier_pigeon" in registry()
    assert len(registry()) == len(list(registry()))


def test_something_that_is_no_channel_type_is_named(install: Install) -> None:
    install("broken_pigeon", "lofts:Pigeon", lofts="class Pigeon:\n    pass\n")

    with pytest.raises(ConfigError, match="broken_pigeon"):
        registry()["broken_pigeon"]
