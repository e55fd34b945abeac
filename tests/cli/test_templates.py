"""``rungbell templates`` and ``rungbell incidents draft``: what is told, seen before it is told."""

import json
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from rungbell.cli.kinds_of_texts import KINDS
from rungbell.domain.communication.facts import ABOUT
from rungbell.domain.communication.kinds import CommunicationKind
from tests.cli.conftest import Type
from tests.web.running import POLICY, Running, running


def test_the_kinds_that_are_typed_are_those_that_there_are() -> None:
    assert list(KINDS) == list(CommunicationKind)


async def test_the_list_says_whom_each_kind_is_for_and_which_are_ones_own(tmp_path: Path, typed: Type) -> None:
    (tmp_path / "all_clear.txt").write_text("Subject: over\n\nIt is over.\n")
    done = await typed("templates", "list", str(tmp_path))
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["KIND", *KINDS]
    found = json.loads((await typed("templates", "list", str(tmp_path), "-o", "json")).stdout)
    assert {one["kind"]: one["template"] for one in found} == dict.fromkeys(KINDS, "built-in") | {
        "all_clear": str(tmp_path / "all_clear.txt")
    }


@pytest.mark.parametrize("kind", KINDS)
async def test_a_built_in_template_is_shown_so_that_it_can_be_ones_own(kind: str, tmp_path: Path, typed: Type) -> None:
    shown = await typed("templates", "show", kind)
    assert shown.stdout.startswith("Subject: ")
    (tmp_path / f"{kind}.txt").write_text(shown.stdout)
    checked = await typed("templates", "check", str(tmp_path))
    assert (checked.exit_code, f"1 of 7 templates are your own: {kind}" in checked.stdout) == (0, True)
    words = [(await typed("templates", "show", kind, *where, "--sample")).stdout for where in ((), (str(tmp_path),))]
    assert words[0] == words[1]
    assert "{" not in words[0]


async def test_the_facts_are_listed_with_what_they_mean(typed: Type) -> None:
    assert (await typed("templates", "facts", "-o", "name")).stdout.split() == list(ABOUT)
    assert "what clients may see of its course" in (await typed("templates", "facts")).stdout


async def test_what_is_wrong_is_told_with_file_line_and_hint_and_exit_code_1(tmp_path: Path, typed: Type) -> None:
    (tmp_path / "client_notice.txt").write_text("Subject: {{ titel }}\n\n{% for i in range(10**9) %}x{% endfor %}\n")
    (tmp_path / "cleint_update.txt").write_text("Subject: x\n\nx\n")
    done = await typed("templates", "check", str(tmp_path))
    assert done.exit_code == 1
    assert f"{tmp_path}/client_notice.txt:1: there is no fact `titel` [template-does-not-render]" in done.stdout
    assert "hint: did you mean `title`?" in done.stdout
    assert f"{tmp_path}/client_notice.txt:3: loops over something else than a list of facts" in done.stdout
    assert f"{tmp_path}/cleint_update.txt: no text is written by it" in done.stdout
    found = json.loads((await typed("templates", "check", str(tmp_path), "-o", "json")).stdout)
    assert (found["valid"], found["own"], {one["line"] for one in found["mistakes"]}) == (
        False, ["client_notice"], {0, 1, 3},
    )  # fmt: skip


async def test_a_folder_that_is_not_there_and_a_kind_that_is_none_are_usage(typed: Type) -> None:
    assert (await typed("templates", "check", "/nowhere")).exit_code == 2
    done = await typed("templates", "show", "client_letter")
    assert (done.exit_code, "client_notice" in done.stderr) == (2, True)


@pytest.mark.requirement("48")
async def test_a_draft_is_printed_as_it_would_be_sent_and_what_is_missing_beside_it(
    daemon: Running, typed: Type
) -> None:
    number = str(await daemon.opened("PhonesDown", severity="critical"))
    done = await typed("incidents", "draft", number, "client-notice", "--url", daemon.url)
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Subject: Service Impact Notice - PhonesDown")
    assert "Dear client," in done.stdout
    assert "not stated yet: functionality, what does not work" in done.stderr
    found = json.loads(
        (await typed("incidents", "draft", number, "all_clear", "--url", daemon.url, "-o", "json")).stdout
    )
    assert (found["kind"], found["audience"], found["mistakes"]) == ("all_clear", "clients", [])


async def test_a_draft_for_a_client_that_nobody_knows_is_refused(daemon: Running, typed: Type) -> None:
    number = str(await daemon.opened("PhonesDown"))
    done = await typed("incidents", "draft", number, "client_notice", "--client", "acme", "--url", daemon.url)
    assert (done.exit_code, "'acme' is no client" in done.stderr) == (1, True)


def configured(folder: Path, template: str) -> str:
    (folder / "texts").mkdir()
    (folder / "texts" / "client_notice.txt").write_text(template)
    file = folder / "rungbell.yml"
    file.write_text(f"{POLICY}communication: {{product: Example Cloud, templates: texts}}\n")
    return str(file)


async def test_check_config_tries_templates_of_ones_own(tmp_path: Path, typed: Type) -> None:
    file = configured(tmp_path, "Subject: x\n\n{{ nobody }}\n")
    done = await typed("check", "config", "--lint", file)
    assert done.exit_code == 1
    assert "client_notice.txt:3: there is no fact `nobody` [template-does-not-render]" in done.stdout
    assert "at 3 a.m.: clients get a bare list of facts" in done.stdout
    (tmp_path / "texts" / "client_notice.txt").write_text("Subject: x\n\n{{ title }}\n")
    found = json.loads((await typed("check", "config", "-o", "json", file)).stdout)["files"][0]
    assert (found["valid"], found["found"]["templates"]) == (True, ["client_notice"])


async def test_a_template_that_fails_is_told_of_at_the_start_and_its_facts_go_out(tmp_path: Path, typed: Type) -> None:
    configured(tmp_path, "Subject: x\n\n{{ nobody }}\n")
    (tmp_path / "daemon").mkdir()
    config = f"{POLICY}communication: {{product: Example Cloud, templates: {tmp_path}/texts}}\n"
    with capture_logs() as logs:
        async with running(tmp_path / "daemon", config) as daemon:
            number = str(await daemon.opened("PhonesDown", severity="critical"))
            done = await typed("incidents", "draft", number, "client_notice", "--url", daemon.url)
            assert "[Example Cloud] Service Impact Notice - PhonesDown" in done.stdout
            assert "Severity: P1 (High)" in done.stdout
            assert "template: " in done.stderr
            assert "client_notice.txt:3: there is no fact `nobody`" in done.stderr
            (tmp_path / "texts" / "client_notice.txt").write_text("Subject: {{ product }}\n\nmended\n")
            assert (await daemon.ask("POST", "/-/reload")).status == 200
            again = await typed("incidents", "draft", number, "client_notice", "--url", daemon.url)
            assert (again.stdout, "template: " in again.stderr) == ("Subject: Example Cloud\n\nmended\n", False)
    assert [one for one in logs if "template does not render" in one["event"] and ":3: " in one["why"]]
