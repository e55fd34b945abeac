"""Alertmanager with rungbell beside it in Kubernetes: what is sent, how it is confined, how its parts fit together."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from rungbell import __version__
from rungbell.app import SHUTDOWN_SECONDS
from rungbell.app.credentials import require_credentials
from rungbell.cli.addresses import parse_address
from rungbell.cli.serve import serve
from rungbell.config import Settings, load
from rungbell.config.hosts import is_loopback
from rungbell.notifiers import registry
from rungbell.web.routes import ROUTES
from rungbell.web.wire.route import OPEN
from tests.deploy.commands import TOP, find_tool, flags_in, known_flags, run
from tests.harness.programs import do_without, find_program

KUBERNETES = TOP / "deploy" / "kubernetes"
OLDEST_KUBERNETES, NEWEST_KUBERNETES = "1.29", "1.37"
"""From the first that has native sidecars without asking for them, to the newest whose schemas are known here."""
MOST_MEMORY = 256
"""What rungbell may hold with ten thousand open incidents, in MiB."""
ALERTMANAGER_SECONDS = 20
"""What Alertmanager is given to end, before rungbell is told to."""

Json = dict[str, Any]


def read(file: Path) -> Any:  # noqa: ANN401 -- YAML
    return yaml.safe_load(file.read_text())


KUSTOMIZATION: Json = read(KUBERNETES / "kustomization.yaml")
MANIFESTS: list[Json] = [
    one for file in KUSTOMIZATION["resources"] for one in yaml.safe_load_all((KUBERNETES / file).read_text())
]


def manifest(kind: str) -> Json:
    (found,) = [one for one in MANIFESTS if one["kind"] == kind]
    return found


POD: Json = manifest("StatefulSet")["spec"]["template"]
ONLY_ONE, SIDECAR = POD["spec"]["initContainers"]
CONTAINERS: list[Json] = [ONLY_ONE, SIDECAR, *POD["spec"]["containers"]]

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
    return load(tmp_path / "rungbell.yml", registry(), sidecar_flag("--web.external-url"))


@pytest.fixture(scope="module")
def built() -> str:
    """What `kubectl apply -k` would send."""
    kubectl = find_program("kubectl")
    version = re.search(r"Kustomize Version: v(\d+)", run(kubectl, "version", "--client"))
    if version is None or int(version[1]) < 5:
        do_without("this kubectl is too old: it needs the kustomize 5 of kubectl 1.27")
    return run(kubectl, "kustomize", KUBERNETES)


def test_kustomize_puts_everything_together(built: str) -> None:
    kinds = {one["kind"] for one in yaml.safe_load_all(built)}
    assert kinds == {one["kind"] for one in MANIFESTS} | {"ConfigMap"}


def test_kustomize_puts_the_named_images_in(built: str) -> None:
    (pod,) = [one["spec"]["template"]["spec"] for one in yaml.safe_load_all(built) if one["kind"] == "StatefulSet"]
    images = {container["image"] for container in [*pod["initContainers"], *pod["containers"]]}
    assert images == {f"{image['newName']}:{image['newTag']}" for image in KUSTOMIZATION["images"]}


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, NEWEST_KUBERNETES])
def test_kubernetes_knows_every_key_of_the_manifests(built: str, version: str, tmp_path: Path) -> None:
    validate = find_tool("kubernetes-validate")
    (tmp_path / "built.yaml").write_text(built)
    said = run(validate, "--strict", "--kubernetes-version", version, tmp_path / "built.yaml")
    assert "passed for resource statefulset/alertmanager" in said
    assert re.findall(r"find schema for kind (\w+)", said) in ([], ["PodMonitor"]), "what else was not looked at?"


def test_kubernetes_is_asked_for_nothing_it_does_not_know(built: str, tmp_path: Path) -> None:
    """The check above would notice: one key is wrong here."""
    validate = find_tool("kubernetes-validate")
    (tmp_path / "wrong.yaml").write_text(built.replace("restartPolicy: Always", "restartPolice: Always"))
    with pytest.raises(AssertionError, match="restartPolice"):
        run(validate, "--strict", "--quiet", "--no-warn", tmp_path / "wrong.yaml")


def test_prometheus_operator_knows_every_key_of_the_pod_monitor() -> None:
    """It has no schema here, so this is its shape by hand."""
    monitor = manifest("PodMonitor")
    assert monitor["apiVersion"] == "monitoring.coreos.com/v1"
    assert set(monitor) == {"apiVersion", "kind", "metadata", "spec"}
    assert set(monitor["spec"]) <= {
        "selector",
        "podMetricsEndpoints",
        "namespaceSelector",
        "jobLabel",
        "podTargetLabels",
    }
    (endpoint,) = monitor["spec"]["podMetricsEndpoints"]
    assert set(endpoint) <= {"port", "path", "scheme", "interval", "scrapeTimeout", "relabelings", "metricRelabelings"}
    assert endpoint["port"] in {port["name"] for port in SIDECAR["ports"]}
    assert re.fullmatch(r"\d+[smh]", endpoint["interval"])
    for relabelling in endpoint["relabelings"]:
        assert set(relabelling) <= {
            "sourceLabels",
            "separator",
            "targetLabel",
            "regex",
            "modulus",
            "replacement",
            "action",
        }


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


def mebibytes(quantity: str) -> int:
    return int(quantity.removesuffix("Mi"))


@each_container
def test_a_container_says_what_it_needs(container: Json) -> None:
    needs = container["resources"]
    assert {"cpu", "memory"} <= set(needs["requests"])
    assert mebibytes(needs["requests"]["memory"]) <= mebibytes(needs["limits"]["memory"])
    assert "cpu" not in needs["limits"], "a throttled pager rings late"


def test_rungbell_is_given_the_memory_it_may_use() -> None:
    needs = SIDECAR["resources"]
    assert mebibytes(needs["requests"]["memory"]) >= MOST_MEMORY
    assert mebibytes(needs["limits"]["memory"]) >= 2 * MOST_MEMORY


@pytest.mark.parametrize("container", CONTAINERS[1:], ids=lambda container: container["name"])
def test_a_container_that_stays_is_asked_how_it_does(container: Json) -> None:
    assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
    slowest = container["livenessProbe"]
    assert slowest.get("periodSeconds", 10) * slowest["failureThreshold"] >= 60, "a busy moment is no reason to end it"


def test_rungbell_is_asked_where_it_answers_and_only_readiness_depends_on_the_store() -> None:
    asked = {probe: SIDECAR[f"{probe}Probe"]["httpGet"] for probe in ("startup", "liveness", "readiness")}
    assert {one["path"] for one in asked.values()} <= {route.path for route in ROUTES if route.scope is OPEN}
    assert {one["port"] for one in asked.values()} == {parse_address(sidecar_flag("--web.listen-address"))[1]}
    assert {probe for probe, one in asked.items() if one["path"] == "/-/ready"} == {"readiness"}


@each_container
def test_a_container_mounts_only_volumes_that_exist(container: Json) -> None:
    claims = {one["metadata"]["name"] for one in manifest("StatefulSet")["spec"]["volumeClaimTemplates"]}
    volumes = {one["name"] for one in POD["spec"]["volumes"]}
    assert {mount["name"] for mount in container.get("volumeMounts", [])} <= claims | volumes


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
    assert not {"replicas", "patches", "components"} & set(KUSTOMIZATION), "they could change the number"


@pytest.mark.parametrize(("pod", "code"), [("alertmanager-0", 0), ("alertmanager-1", 1), ("alertmanager-10", 1)])
def test_a_second_pod_refuses_to_start_for_its_store_would_be_another(pod: str, code: int) -> None:
    done = subprocess.run(ONLY_ONE["command"], env={"HOSTNAME": pod}, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert ("set replicas to 1" in done.stderr) == bool(code)


def test_nothing_but_the_volumes_can_be_written_to() -> None:
    writable = {mount["mountPath"] for mount in SIDECAR["volumeMounts"] if not mount.get("readOnly")}
    assert writable == {"/var/lib/rungbell"}


def test_rungbell_runs_as_the_user_of_its_image_who_may_read_the_secrets() -> None:
    context, pod = SIDECAR["securityContext"], POD["spec"]["securityContext"]
    assert f"{context['runAsUser']}:{context['runAsGroup']}" in (TOP / "Dockerfile").read_text()
    assert pod["fsGroup"] == context["runAsGroup"]
    modes = {volume["projected"]["defaultMode"] for volume in POD["spec"]["volumes"] if "projected" in volume}
    assert modes == {0o440}


def test_the_daemon_is_started_with_flags_it_has() -> None:
    assert SIDECAR["args"][0] == "serve"
    assert flags_in(SIDECAR["args"]) <= known_flags(serve)


def test_the_pod_waits_longer_for_its_end_than_rungbell_takes() -> None:
    assert POD["spec"]["terminationGracePeriodSeconds"] > ALERTMANAGER_SECONDS + SHUTDOWN_SECONDS


def test_the_store_lies_on_a_disk_of_its_own() -> None:
    (mount,) = [one for one in SIDECAR["volumeMounts"] if sidecar_flag("--storage.path").startswith(one["mountPath"])]
    templates = manifest("StatefulSet")["spec"]["volumeClaimTemplates"]
    (claim,) = [one for one in templates if one["metadata"]["name"] == mount["name"]]
    assert claim["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_a_node_with_the_pod_can_be_drained() -> None:
    spec = manifest("PodDisruptionBudget")["spec"]
    assert spec["maxUnavailable"] == 1
    assert "minAvailable" not in spec
    assert spec["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def ports_of(rules: list[Json]) -> set[int]:
    return {port["port"] for rule in rules for port in rule["ports"]}


def test_the_policy_lets_in_nobody_without_a_name_and_only_to_known_ports() -> None:
    spec = manifest("NetworkPolicy")["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert all(rule["from"] for rule in spec["ingress"])
    assert ports_of(spec["ingress"]) == {9093, 11911}


def test_the_policy_lets_pages_out_to_every_channel_and_receiver_of_the_example() -> None:
    channels = read(KUBERNETES / "rungbell.yml")["channels"].values()
    receivers = read(KUBERNETES / "alertmanager.yml")["receivers"]
    urls = [channel["url"] for channel in channels if "url" in channel]
    urls += [
        hook["url"] for receiver in receivers for hook in receiver["webhook_configs"] if "127.0.0.1" not in hook["url"]
    ]
    needed = {urlsplit(url).port or {"https": 443, "http": 80}[urlsplit(url).scheme] for url in urls}
    assert len(urls) > 1
    assert needed | {53} <= ports_of(manifest("NetworkPolicy")["spec"]["egress"])


def test_the_policy_keeps_the_metadata_of_the_cloud_from_the_pod() -> None:
    (everywhere,) = [
        peer["ipBlock"] for rule in manifest("NetworkPolicy")["spec"]["egress"] for peer in rule.get("to", [])
        if peer.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
    ]  # fmt: skip
    assert everywhere["except"] == ["169.254.0.0/16"]


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
    common = KUSTOMIZATION["labels"][0]["pairs"]
    names = ("name", "instance", "version", "component", "part-of", "managed-by")
    for one in MANIFESTS:
        if one["kind"] != "Namespace":
            assert {f"app.kubernetes.io/{name}" for name in names} <= set(one["metadata"]["labels"]) | set(common)


def test_the_versions_in_the_labels_are_those_of_the_images() -> None:
    tags = {image["name"]: image["newTag"].removeprefix("v") for image in KUSTOMIZATION["images"]}
    named = [one["metadata"]["labels"] for one in MANIFESTS if one["kind"] != "Namespace"]
    assert all(labels["app.kubernetes.io/version"] == tags[labels["app.kubernetes.io/name"]] for labels in named)
    assert tags["rungbell"] == __version__


def test_the_configuration_in_the_pod_has_no_mistake_and_no_warning(settings: Settings) -> None:
    assert settings.warnings == ()


def test_the_sidecar_may_listen_where_it_is_told_to(settings: Settings) -> None:
    host, port = parse_address(sidecar_flag("--web.listen-address"))
    assert not is_loopback(host)
    require_credentials(settings, host)
    assert {"name": "rungbell", "containerPort": port} in SIDECAR["ports"]


def test_the_file_is_checked_with_the_url_that_the_sidecar_gets() -> None:
    url = sidecar_flag("--web.external-url")
    assert f"rungbell check config --web.external-url={url} rungbell.yml" in (KUBERNETES / "README.md").read_text()


def test_alertmanager_holds_the_credentials_that_rungbell_expects_and_no_others() -> None:
    volumes = {volume["name"]: volume for volume in POD["spec"]["volumes"]}
    (secret,) = [
        source["secret"] for source in volumes["alertmanager-config"]["projected"]["sources"] if "secret" in source
    ]
    assert [item["key"] for item in secret["items"]] == ["alertmanager"]
    sent_with = read(KUBERNETES / "alertmanager.yml")["receivers"][0]["webhook_configs"][0]["http_config"]
    assert sent_with["authorization"]["credentials_file"] == "/etc/alertmanager/" + secret["items"][0]["path"]


def test_the_job_has_the_name_that_the_rules_look_for() -> None:
    (job,) = read(TOP / "deploy" / "prometheus" / "scrape.yml")["scrape_configs"]
    (relabelling,) = manifest("PodMonitor")["spec"]["podMetricsEndpoints"][0]["relabelings"]
    assert job["job_name"] == relabelling["replacement"] == "rungbell"
    assert relabelling["targetLabel"] == "job"
