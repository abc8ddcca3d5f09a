"""compose.yaml and the Kubernetes manifests: valid, and as careful as they say. What they start is tried by `make image-check`."""

import re
import tomllib
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from service.clients.load import read_clients
from service.knowledge.load import load_knowledge
from service.known_clients import concepts_of
from service.settings import Settings, read_settings
from tests.deploy.kustomized import OVERLAYS, Manifest, one, overlay
from tests.doors import called
from tests.service.charts import TODAY

ROOT = Path(__file__).parents[2]
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SETTINGS = {f"CLUNEAL_{name.upper()}" for name in Settings.model_fields}
EACH_OVERLAY = pytest.mark.parametrize("name", OVERLAYS)


def pods(manifests: list[Manifest]) -> list[dict[str, Any]]:
    """What each Deployment and Job starts."""
    return [each["spec"]["template"] for each in manifests if each["kind"] in ("Deployment", "Job")]


def default(word: str) -> str:
    """A value of compose.yaml where no variable is set."""
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", word)


@EACH_OVERLAY
@pytest.mark.parametrize("version", ["1.29", "1.33"])
def test_kubernetes_takes_every_manifest(name: str, version: str) -> None:
    """Each passes the strict schema of two versions of Kubernetes; a key with a slip does not."""
    manifests = overlay(name)
    for each in manifests:
        kubernetes_validate.validate(each, version, strict=True)

    assert len({(each["kind"], each["metadata"]["name"]) for each in manifests}) == len(manifests) >= 7
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**one(manifests, "Service"), "specc": {}}, version, strict=True)


@EACH_OVERLAY
def test_a_pod_has_no_right_that_it_does_not_need(name: str) -> None:
    """Nobody's user, nothing to write but its volume, no capability, no token of the cluster, an end to its memory."""
    for pod in pods(overlay(name)):
        spec = pod["spec"]
        (container,) = spec["containers"]
        context, limits = container["securityContext"], container["resources"]
        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["runAsUser"] >= 10000
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert not spec["automountServiceAccountToken"]
        assert (context["readOnlyRootFilesystem"], context["allowPrivilegeEscalation"]) == (True, False)
        assert context["capabilities"] == {"drop": ["ALL"]}
        assert limits["limits"]["memory"]
        assert container["image"] == f"cluneal-cds:{VERSION}"
        assert all(mount.get("readOnly") for mount in container["volumeMounts"] if mount["mountPath"] != "/data")


@EACH_OVERLAY
def test_what_belongs_together_finds_each_other(name: str) -> None:
    """Selectors select, ports are named, and what scales or protects aims at the Deployment."""
    manifests = overlay(name)
    deployment = one(manifests, "Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"]: port["containerPort"] for port in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]}

    selectors = [one(manifests, "Service")["spec"]["selector"], deployment["spec"]["selector"]["matchLabels"]]
    selectors += [each["spec"]["selector"]["matchLabels"] for each in manifests if each["kind"] == "PodDisruptionBudget"]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert one(manifests, "Service")["spec"]["ports"][0]["targetPort"] in ports
    for each in manifests:
        if each["kind"] == "HorizontalPodAutoscaler":
            assert each["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
            assert each["spec"]["minReplicas"] == deployment["spec"]["replicas"]
        if each["kind"] == "PodDisruptionBudget":
            assert each["spec"]["minAvailable"] < deployment["spec"]["replicas"]
    # A Service that took the pod of the migration for a replica would send it calls.
    for each in manifests:
        if each["kind"] == "Job":
            assert not selectors[0].items() <= each["spec"]["template"]["metadata"]["labels"].items()


@EACH_OVERLAY
def test_the_settings_are_settings_and_the_times_fit(name: str, tmp_path: Path) -> None:
    """The service takes them as they are; the time that a pod has to end is longer than it needs."""
    manifests = overlay(name)
    given = dict(one(manifests, "ConfigMap", "cluneal-settings")["data"])
    pod = one(manifests, "Deployment")["spec"]["template"]["spec"]
    (tmp_path / "password").write_text("x")
    if "CLUNEAL_DATABASE_PASSWORD_FILE" in given:
        given["CLUNEAL_DATABASE_PASSWORD_FILE"] = str(tmp_path / "password")
    settings = read_settings({"CLUNEAL_HOST": "0.0.0.0", **given})
    ports = {port["name"]: port["containerPort"] for port in pod["containers"][0]["ports"]}

    assert pod["terminationGracePeriodSeconds"] > settings.drain_s + settings.stop_s
    assert (ports["http"], ports["metrics"]) == (settings.port, settings.metrics_port)
    probe = pod["containers"][0]["readinessProbe"]
    assert settings.drain_s > probe["periodSeconds"] * probe["failureThreshold"] + probe["timeoutSeconds"]


@EACH_OVERLAY
def test_the_clients_of_the_example_are_sound(name: str, tmp_path: Path) -> None:
    """What is to be changed for a site starts out right, and in shadow mode."""
    (tmp_path / "clients.toml").write_text(one(overlay(name), "ConfigMap", "cluneal-clients")["data"]["clients.toml"])
    clients = read_clients(tmp_path / "clients.toml", services=(), orders=(), concepts=concepts_of(load_knowledge()))

    assert [known.described.mode for known in clients.known] == ["shadow"]


@EACH_OVERLAY
def test_the_probes_ask_for_what_is_there(name: str) -> None:
    """Each address of a probe is one of the service's."""
    container = one(overlay(name), "Deployment")["spec"]["template"]["spec"]["containers"][0]
    paths = {probe: container[probe]["httpGet"]["path"] for probe in ("startupProbe", "livenessProbe", "readinessProbe")}

    assert {path: called("GET", path, on=TODAY).status_code for path in paths.values()} == {"/livez": 200, "/readyz": 200}


@EACH_OVERLAY
def test_the_network_is_closed_but_for_what_is_listed(name: str) -> None:
    """Both ways are governed; every opening names who or where, and the port; none is the whole internet."""
    policy = one(overlay(name), "NetworkPolicy")["spec"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    for opening, way in [*((each, "from") for each in policy["ingress"]), *((each, "to") for each in policy["egress"])]:
        assert opening[way]
        assert all(port["port"] for port in opening["ports"])
        assert all(int(peer["ipBlock"]["cidr"].split("/")[1]) >= 16 for peer in opening[way] if "ipBlock" in peer)


def test_one_writer_for_a_file_and_tables_before_replicas() -> None:
    """With SQLite the old replica ends first; with PostgreSQL there is a Job for the tables, of the same image."""
    sqlite, postgresql = (overlay(name) for name in OVERLAYS)

    assert (one(sqlite, "Deployment")["spec"]["replicas"], one(sqlite, "Deployment")["spec"]["strategy"]) == (1, {"type": "Recreate"})
    assert one(postgresql, "Deployment")["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
    assert len({pod["spec"]["containers"][0]["image"] for pod in pods(postgresql)}) == 1
    assert one(postgresql, "Job")["spec"]["template"]["spec"]["containers"][0]["args"] == ["db", "upgrade"]


def test_compose_starts_one_after_the_other() -> None:
    """The tables are made when the database is well, the service starts when they are there."""
    services = COMPOSE["services"]

    assert services["database"]["healthcheck"]["test"][0] == "CMD"
    assert services["migrate"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert services["service"]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert services["migrate"]["command"] == ["db", "upgrade"]


def test_compose_has_no_secret_and_no_open_door() -> None:
    """Secrets are files; ports are those of this machine alone; the database has no way out; the service has no right."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")

    assert all("file" in secret for secret in COMPOSE["secrets"].values())
    assert not re.search(r"(?i)password:[ \t]*\S|://\w+:\w+@", text)
    assert [default(port) for port in COMPOSE["services"]["service"]["ports"]] == ["127.0.0.1:8000:8000"]
    assert "ports" not in COMPOSE["services"]["database"]
    assert COMPOSE["networks"]["inside"]["internal"]
    for name in ("migrate", "service"):
        told = COMPOSE["services"][name]
        assert (told["read_only"], told["cap_drop"], told["security_opt"]) == (True, ["ALL"], ["no-new-privileges:true"])


def test_the_settings_of_compose_are_settings(tmp_path: Path) -> None:
    """The service takes them as they are, with the files of the secrets."""
    given = {name: default(value) for name, value in COMPOSE["services"]["service"]["environment"].items()}
    (tmp_path / "password").write_text("x")
    settings = read_settings({**given, "CLUNEAL_HOST": "0.0.0.0", "CLUNEAL_DATABASE_PASSWORD_FILE": str(tmp_path / "password")})

    assert set(given) <= SETTINGS
    assert settings.place is not None
    assert int(COMPOSE["services"]["service"]["stop_grace_period"].rstrip("s")) > settings.drain_s + settings.stop_s


def test_what_compose_starts_is_what_is_made_here() -> None:
    """The database that it names is the one that base-image.sh makes an equivalent of."""
    assert COMPOSE["services"]["database"]["image"] in (ROOT / "deploy" / "container" / "base-image.sh").read_text(encoding="utf-8")
