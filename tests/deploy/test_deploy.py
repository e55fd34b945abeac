"""What is shipped for running rungbell holds to what rungbell really has, and to what a confined daemon should be.

Programs that are not installed (promtool, amtool, kubectl, kubernetes-validate, systemd-analyze, hadolint) skip their
test; none is asked to reach a network.
"""

import configparser
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from rungbell.app import SHUTDOWN_SECONDS, is_loopback, require_credentials
from rungbell.cli.healthcheck import healthcheck
from rungbell.cli.serve import parse_address, serve
from rungbell.config import Settings, load
from rungbell.notifiers import registry
from rungbell.telemetry import Metrics
from tests.harness.programs import find_program

TOP = Path(__file__).parents[2]
DEPLOY = TOP / "deploy"
PROMETHEUS = DEPLOY / "prometheus"
KUBERNETES = DEPLOY / "kubernetes"
UNIT = DEPLOY / "systemd" / "rungbell.service"
DOCKERFILE = TOP / "Dockerfile"

Json = dict[str, Any]


def run(*command: str | Path, cwd: Path = TOP) -> str:
    """Run a program and give what it said; fail with it when it is not content."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def find_tool(name: str) -> str:
    """Find a program that pip may have put beside the interpreter, or skip the test."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else find_program(name)


def read(file: Path) -> Any:  # noqa: ANN401 -- YAML
    return yaml.safe_load(file.read_text())


# -- Prometheus -----------------------------------------------------------------------------------------------------


RULES: list[Json] = [rule for group in read(PROMETHEUS / "rules.yml")["groups"] for rule in group["rules"]]
RULE_TESTS: list[Json] = read(PROMETHEUS / "rules_test.yml")["tests"]
RUNBOOKS = (PROMETHEUS / "README.md").read_text()
ALERTS = [rule["alert"] for rule in RULES]

each_rule = pytest.mark.parametrize("rule", RULES, ids=ALERTS)


@pytest.fixture(scope="module")
def exposed() -> set[str]:
    """Every name of a series that rungbell can expose."""
    metrics = Metrics()
    metrics.know(["pager"], ["default"])
    metrics.watch_clock(lambda: False)
    names = set()
    for family in metrics.registry.collect():
        endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum")}.get(family.type, ("",))
        names |= {family.name + ending for ending in endings}
    return names


def named_metrics(text: str) -> set[str]:
    return set(re.findall(r"\brungbell_\w+", text))


def test_prometheus_takes_the_job_and_the_rules() -> None:
    assert "SUCCESS" in run(find_program("promtool"), "check", "config", PROMETHEUS / "scrape.yml")


def test_promtool_finds_nothing_to_complain_of_in_the_rules() -> None:
    run(find_program("promtool"), "check", "rules", "--lint=all", "--lint-fatal", PROMETHEUS / "rules.yml")


def test_every_rule_fires_and_stays_silent_as_its_tests_say() -> None:
    assert "SUCCESS" in run(find_program("promtool"), "test", "rules", "rules_test.yml", cwd=PROMETHEUS)


@pytest.mark.parametrize("file", [PROMETHEUS / "alertmanager.yml", KUBERNETES / "alertmanager.yml"], ids=str)
def test_alertmanager_takes_the_receivers(file: Path) -> None:
    assert "SUCCESS" in run(find_program("amtool"), "check-config", file)


def test_every_metric_in_the_rules_is_one_that_rungbell_exposes(exposed: set[str]) -> None:
    named = set(chain.from_iterable(named_metrics(rule["expr"]) for rule in RULES))
    assert named, "the rules name no metric at all"
    assert named <= exposed


def test_the_rule_tests_make_up_no_metric(exposed: set[str]) -> None:
    series = chain.from_iterable(test["input_series"] for test in RULE_TESTS)
    assert set(chain.from_iterable(named_metrics(one["series"]) for one in series)) <= exposed


@pytest.mark.parametrize("text", [RUNBOOKS, (TOP / "README.md").read_text()], ids=["runbooks", "readme"])
def test_every_metric_that_is_told_of_is_one_that_rungbell_exposes(text: str, exposed: set[str]) -> None:
    families = exposed | {name.rsplit("_", 1)[0] for name in exposed if name.endswith("_bucket")}
    assert named_metrics(text) <= families


@each_rule
def test_a_rule_says_how_bad_it_is_and_what_to_do(rule: Json) -> None:
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["labels"]["component"] == "rungbell"
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}


@each_rule
def test_the_runbook_of_an_alert_is_where_its_link_leads(rule: Json) -> None:
    file, _, anchor = rule["annotations"]["runbook_url"].partition("#")
    headings = re.findall(r"^## (\w+)$", (TOP / file).read_text(), re.MULTILINE)
    assert anchor == rule["alert"].lower()
    assert rule["alert"] in headings


@each_rule
def test_a_runbook_says_what_it_means_where_to_look_and_how_to_mend(rule: Json) -> None:
    section = RUNBOOKS.split(f"\n## {rule['alert']}\n")[1].split("\n## ")[0]
    assert "**At 3 a.m.**" in section or rule["labels"]["severity"] == "info"
    assert "**Look**" in section
    assert "**Mend**" in section


def test_no_runbook_is_left_over_from_an_alert_that_is_gone() -> None:
    assert re.findall(r"^## (Rungbell\w+)$", RUNBOOKS, re.MULTILINE) == ALERTS


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_test_where_it_fires_and_one_where_it_does_not(alert: str) -> None:
    expected = [
        bool(check["exp_alerts"])
        for test in RULE_TESTS
        for check in test["alert_rule_test"]
        if check["alertname"] == alert
    ]
    assert set(expected) == {True, False}


def test_alerts_about_rungbell_take_a_way_around_rungbell() -> None:
    config = read(KUBERNETES / "alertmanager.yml")
    first = config["route"]["routes"][0]
    assert first["matchers"] == ['component="rungbell"']
    (receiver,) = [one for one in config["receivers"] if one["name"] == first["receiver"]]
    assert "11911" not in str(receiver)


def test_the_job_has_the_name_that_the_rules_look_for() -> None:
    (job,) = read(PROMETHEUS / "scrape.yml")["scrape_configs"]
    (relabelling,) = manifest("PodMonitor")["spec"]["podMetricsEndpoints"][0]["relabelings"]
    assert job["job_name"] == relabelling["replacement"] == "rungbell"
    assert relabelling["targetLabel"] == "job"


# -- Kubernetes -----------------------------------------------------------------------------------------------------


KUSTOMIZATION: Json = read(KUBERNETES / "kustomization.yaml")
MANIFESTS: list[Json] = [
    one for file in KUSTOMIZATION["resources"] for one in yaml.safe_load_all((KUBERNETES / file).read_text())
]


def manifest(kind: str) -> Json:
    (found,) = [one for one in MANIFESTS if one["kind"] == kind]
    return found


POD: Json = manifest("StatefulSet")["spec"]["template"]
CONTAINERS: list[Json] = [*POD["spec"]["initContainers"], *POD["spec"]["containers"]]
SIDECAR: Json = POD["spec"]["initContainers"][0]

each_container = pytest.mark.parametrize("container", CONTAINERS, ids=lambda container: container["name"])


def sidecar_flag(name: str) -> str:
    (value,) = [str(arg).split("=", 1)[1] for arg in SIDECAR["args"] if arg.startswith(f"{name}=")]
    return value


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """The configuration of the ConfigMap, read as in the pod: with the Secret's files beside it."""
    projected = {volume["name"]: volume for volume in POD["spec"]["volumes"]}["rungbell-config"]["projected"]
    items = [item for source in projected["sources"] if "secret" in source for item in source["secret"]["items"]]
    shutil.copy(KUBERNETES / "rungbell.yml", tmp_path)
    for item in items:
        secret = tmp_path / item["path"]
        secret.parent.mkdir(exist_ok=True)
        secret.write_text(f"secret-of-{item['key']}")
        secret.chmod(projected["defaultMode"])
    return load(tmp_path / "rungbell.yml", registry())


@pytest.fixture(scope="module")
def built() -> str:
    """What `kubectl apply -k` would send."""
    kubectl = find_program("kubectl")
    version = re.search(r"Kustomize Version: v(\d+)", run(kubectl, "version", "--client"))
    if version is None or int(version[1]) < 5:
        pytest.skip("this kubectl is too old: it needs the kustomize 5 of kubectl 1.27")
    return run(kubectl, "kustomize", KUBERNETES)


def test_kustomize_puts_everything_together(built: str) -> None:
    kinds = {one["kind"] for one in yaml.safe_load_all(built)}
    assert kinds == {one["kind"] for one in MANIFESTS} | {"ConfigMap"}


def test_kustomize_puts_the_named_images_in(built: str) -> None:
    (pod,) = [one["spec"]["template"]["spec"] for one in yaml.safe_load_all(built) if one["kind"] == "StatefulSet"]
    images = {container["image"] for container in [*pod["initContainers"], *pod["containers"]]}
    assert images == {f"{image['newName']}:{image['newTag']}" for image in KUSTOMIZATION["images"]}


def test_kubernetes_knows_every_key_of_the_manifests(built: str, tmp_path: Path) -> None:
    validate = find_tool("kubernetes-validate")
    (tmp_path / "built.yaml").write_text(built)
    run(validate, "--strict", "--quiet", "--no-warn", tmp_path / "built.yaml")


def test_no_file_of_the_folder_is_forgotten() -> None:
    generated = {file for one in KUSTOMIZATION["configMapGenerator"] for file in one["files"]}
    named = {*KUSTOMIZATION["resources"], *generated, "kustomization.yaml"}
    assert {file.name for file in KUBERNETES.glob("*.y*ml")} == named


@each_container
def test_a_container_is_confined(container: Json) -> None:
    context = container["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context["readOnlyRootFilesystem"] is True
    assert context["runAsNonRoot"] is True
    assert context["runAsUser"] > 0
    assert context["runAsGroup"] > 0
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}


@each_container
def test_a_container_says_what_it_needs_and_how_it_is_asked(container: Json) -> None:
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
    assert "memory" in container["resources"]["limits"]
    assert {"cpu", "memory"} <= set(container["resources"]["requests"])


@each_container
def test_a_container_mounts_only_volumes_that_exist(container: Json) -> None:
    claims = {one["metadata"]["name"] for one in manifest("StatefulSet")["spec"]["volumeClaimTemplates"]}
    volumes = {one["name"] for one in POD["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} <= claims | volumes


def test_the_pod_holds_no_token_of_kubernetes_and_does_not_run_as_root() -> None:
    spec = POD["spec"]
    assert spec["automountServiceAccountToken"] is False
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec)


def test_the_namespace_takes_only_confined_pods() -> None:
    assert manifest("Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_rungbell_is_a_native_sidecar_of_one_pod_only() -> None:
    assert SIDECAR["name"] == "rungbell"
    assert SIDECAR["restartPolicy"] == "Always"
    assert manifest("StatefulSet")["spec"]["replicas"] == 1


def test_the_pod_waits_longer_for_its_end_than_rungbell_takes() -> None:
    assert POD["spec"]["terminationGracePeriodSeconds"] > SHUTDOWN_SECONDS
    assert int(unit()["Service"]["TimeoutStopSec"].removesuffix("s")) > SHUTDOWN_SECONDS


def test_the_store_lies_on_a_disk_of_its_own() -> None:
    (mount,) = [one for one in SIDECAR["volumeMounts"] if sidecar_flag("--storage.path").startswith(one["mountPath"])]
    templates = manifest("StatefulSet")["spec"]["volumeClaimTemplates"]
    (claim,) = [one for one in templates if one["metadata"]["name"] == mount["name"]]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_a_node_with_the_pod_can_be_drained() -> None:
    spec = manifest("PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec


def test_the_policy_lets_in_nobody_without_a_name_and_only_to_known_ports() -> None:
    spec = manifest("NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress"]
    assert all(rule["from"] for rule in spec["ingress"])
    assert {port["port"] for rule in spec["ingress"] for port in rule["ports"]} == {9093, 11911}


def test_everything_selects_the_pod_by_labels_it_has() -> None:
    labels = POD["metadata"]["labels"].items()
    selectors = [
        manifest("StatefulSet")["spec"]["selector"]["matchLabels"],
        manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        manifest("NetworkPolicy")["spec"]["podSelector"]["matchLabels"],
        manifest("PodMonitor")["spec"]["selector"]["matchLabels"],
        *(one["spec"]["selector"] for one in MANIFESTS if one["kind"] == "Service"),
    ]
    assert all(selector and selector.items() <= labels for selector in selectors)


def test_everything_carries_the_recommended_labels() -> None:
    common: Mapping[str, str] = KUSTOMIZATION["labels"][0]["pairs"]
    wanted = {f"app.kubernetes.io/{name}" for name in ("name", "instance", "component", "part-of", "managed-by")}
    for one in MANIFESTS:
        if one["kind"] != "Namespace":
            assert wanted <= set(one["metadata"]["labels"]) | set(common), one["kind"]


def test_the_configuration_in_the_pod_has_no_mistake_and_no_warning(settings: Settings) -> None:
    assert settings.warnings == ()


def test_the_sidecar_may_listen_where_it_is_told_to(settings: Settings) -> None:
    host, port = parse_address(sidecar_flag("--web.listen-address"))
    assert not is_loopback(host)
    require_credentials(settings, host)
    assert {"name": "rungbell", "containerPort": port} in SIDECAR["ports"]


def test_alertmanager_holds_the_credentials_that_rungbell_expects_and_no_others() -> None:
    volumes = {volume["name"]: volume for volume in POD["spec"]["volumes"]}
    (secret,) = [
        source["secret"] for source in volumes["alertmanager-config"]["projected"]["sources"] if "secret" in source
    ]
    assert [item["key"] for item in secret["items"]] == ["alertmanager"]
    sent_with = read(KUBERNETES / "alertmanager.yml")["receivers"][0]["webhook_configs"][0]["http_config"]
    assert sent_with["authorization"]["credentials_file"] == "/etc/alertmanager/" + secret["items"][0]["path"]


# -- flags ----------------------------------------------------------------------------------------------------------


def known_flags(command: click.Command) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts}


def flags_in(words: list[str]) -> set[str]:
    return {word.split("=", 1)[0] for word in words if word.startswith("--")}


def unit() -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys of systemd tell capitals apart
    parser.read(UNIT)
    return parser


def dockerfile_words(instruction: str) -> list[str]:
    (line,) = re.findall(rf"^{instruction}\b.*?(\[.*\])$", DOCKERFILE.read_text(), re.MULTILINE)
    words: list[str] = yaml.safe_load(line)
    return words


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(SIDECAR["args"], id="sidecar"),
        pytest.param(dockerfile_words("CMD"), id="image"),
        pytest.param(unit()["Service"]["ExecStart"].split()[1:], id="unit"),
    ],
)
def test_the_daemon_is_started_with_flags_it_has(words: list[str]) -> None:
    assert words[0] == "serve"
    assert flags_in(words) <= known_flags(serve)


@pytest.mark.parametrize(
    "words",
    [
        *(
            pytest.param(SIDECAR[probe]["exec"]["command"], id=probe)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
        ),
        pytest.param(dockerfile_words("HEALTHCHECK"), id="image"),
    ],
)
def test_health_is_asked_for_with_flags_that_healthcheck_has(words: list[str]) -> None:
    assert words[:2] == ["rungbell", "healthcheck"]
    assert flags_in(words) <= known_flags(healthcheck)


def test_liveness_does_not_depend_on_the_store_and_readiness_does() -> None:
    assert "--live" in SIDECAR["livenessProbe"]["exec"]["command"]
    assert "--live" not in SIDECAR["readinessProbe"]["exec"]["command"]


# -- systemd and the image ------------------------------------------------------------------------------------------


@pytest.fixture
def installed_unit(tmp_path: Path) -> Path:
    """The unit as if rungbell were installed: systemd looks for the program."""
    text = UNIT.read_text().replace("/opt/rungbell/bin/rungbell", sys.executable)
    (tmp_path / UNIT.name).write_text(text)
    return tmp_path / UNIT.name


def test_systemd_takes_the_unit(installed_unit: Path) -> None:
    run(find_program("systemd-analyze"), "verify", "--man=no", installed_unit)


def test_systemd_thinks_the_unit_is_confined(installed_unit: Path) -> None:
    analyze = find_program("systemd-analyze")
    if int(run(analyze, "--version").split()[1]) < 250:
        pytest.skip("this systemd is too old: it judges units that are not installed from 250 on")
    run(analyze, "security", "--offline=true", "--threshold=20", "--no-pager", installed_unit)


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("DynamicUser", "yes"),
        ("StateDirectory", "rungbell"),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("Restart", "always"),
    ],
)
def test_the_unit_is_confined_and_comes_back(setting: str, value: str) -> None:
    assert unit()["Service"][setting] == value


def test_hadolint_finds_nothing_to_complain_of_in_the_dockerfile() -> None:
    run(find_tool("hadolint"), DOCKERFILE)


def test_the_image_does_not_run_as_root() -> None:
    assert re.findall(r"^USER (.*)$", DOCKERFILE.read_text(), re.MULTILINE) == ["65532:65532"]
    assert SIDECAR["securityContext"]["runAsUser"] == 65532
