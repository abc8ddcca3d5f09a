"""compose.yaml as podman-compose runs it, on an equivalent of PostgreSQL's image; and a Pod of the Kubernetes manifests, by podman."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import yaml

from tests.blackbox.service import call, wait_for
from tests.container.podman import ROOT, Podman
from tests.deploy.kustomized import one, overlay

pytestmark = pytest.mark.container

PORT = 8456
VIEW = "/cds-services/cluneal-patient-view"
ITEM = {"outcome": "overridden", "outcomeTimestamp": "2026-11-20T10:05:31Z"}


@pytest.fixture
def composed(podman: Podman, image: str, tmp_path: Path) -> Iterator[str]:
    """The address of what `compose up` started, with secrets of its own; all of it is removed again."""
    made = subprocess.run(["deploy/container/base-image.sh", "postgres"], cwd=ROOT, env=podman.environ, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    command = Path(sys.executable).parent / "podman-compose"
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o755)
    for name, content in (("database_password", uuid4().hex), ("pseudonyms.key", "0123456789abcdef" * 4)):
        (secrets / name).write_text(f"{content}\n")
        os.chown(secrets / name, 0, 10001)
        (secrets / name).chmod(0o440)
    given = {"CLUNEAL_SECRETS": str(secrets), "CLUNEAL_IMAGE": image, "CLUNEAL_PUBLISH": str(PORT)}
    base = [command, "--project-name", "cluneal-check", "--file", str(ROOT / "compose.yaml")]
    how = {"env": {**podman.environ, **given}, "cwd": ROOT, "capture_output": True, "text": True, "check": False, "timeout": 300}
    subprocess.run([*base, "down", "--volumes"], **how)  # type: ignore[call-overload]
    up = subprocess.run([*base, "up", "--detach", "--no-build"], **how)  # type: ignore[call-overload]
    try:
        url = f"http://127.0.0.1:{PORT}"
        try:
            wait_for(url, seconds=120)
        except AssertionError:
            logs = subprocess.run([*base, "logs"], **how)  # type: ignore[call-overload]
            pytest.fail(f"{up.stdout}{up.stderr}{logs.stdout}{logs.stderr}")
        yield url
    finally:
        subprocess.run([*base, "down", "--volumes"], **how)  # type: ignore[call-overload]


def test_compose_gives_a_service_that_remembers_in_postgresql(composed: str, podman: Podman) -> None:
    """One command: the tables are made, the service answers, feedback lies in the database, and the doctor finds nothing wrong."""
    card = str(uuid4())
    told = call(composed, "POST", f"{VIEW}/feedback", json.dumps({"feedback": [{"card": card, **ITEM}]}).encode())
    names = podman.run("ps", "--format", "{{.Names}}").stdout.split()
    (name,) = (each for each in names if "cluneal-check" in each and "service" in each)
    exported = podman.run("exec", name, "cluneal-cds", "feedback", "export").stdout
    doctor = podman.run("exec", name, "cluneal-cds", "doctor", "--offline", "--json", check=False)

    assert told.status == 200
    assert card in exported
    checks = {one_["about"]: one_["state"] for one_ in json.loads(doctor.stdout)["checks"]}
    assert (checks["database"], checks["durability"], checks["clocks"], checks["key"]) == ("well", "well", "well", "well")
    assert doctor.returncode == 0


def test_a_pod_of_the_manifests_runs(podman: Podman, image: str, tmp_path: Path) -> None:
    """The Deployment of one replica with its ConfigMaps and its Secret: read-only, ready, for signed clients, with its volume."""
    manifests = overlay("one-replica-sqlite")
    deployment = one(manifests, "Deployment")
    pod = deployment["spec"]["template"]
    spec = pod["spec"]
    container = spec["containers"][0]
    container["image"] = image
    container["ports"] = [{"containerPort": 8000, "hostPort": PORT + 1, "hostIP": "127.0.0.1"}]
    # What podman makes of probes calls a program that the image does not have; they are asked for below.
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        container.pop(probe)
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "cluneal-secrets"},
        "stringData": {"pseudonyms.key": "0123456789abcdef" * 4},
    }
    file = tmp_path / "pod.yaml"
    running = {"apiVersion": "v1", "kind": "Pod", "metadata": {**pod["metadata"], "name": "cluneal-pod"}, "spec": spec}
    documents = [each for each in manifests if each["kind"] in ("ConfigMap", "PersistentVolumeClaim")] + [secret, running]
    file.write_text(yaml.safe_dump_all(documents))
    podman.run("play", "kube", "--down", str(file), check=False)
    podman.run("volume", "rm", "--force", "cluneal-data", check=False)
    try:
        podman.run("play", "kube", str(file))
        url = f"http://127.0.0.1:{PORT + 1}"
        wait_for(url)
        answers = {path: call(url, "GET", path).status for path in ("/livez", "/readyz", "/cds-services")}
        name = next(each for each in podman.run("ps", "--format", "{{.Names}}").stdout.split() if each.startswith("cluneal-pod-service"))
        inspected = podman.inspect(name)
        remembered = podman.run("exec", name, "cluneal-cds", "db", "status").stdout
    finally:
        podman.run("play", "kube", "--down", str(file), check=False)
        podman.run("volume", "rm", "--force", "cluneal-data", check=False)

    assert answers == {"/livez": 200, "/readyz": 200, "/cds-services": 401}
    assert inspected["HostConfig"]["ReadonlyRootfs"]
    assert inspected["Config"]["User"].startswith("10001")
    assert "/data/cluneal.sqlite" in remembered
