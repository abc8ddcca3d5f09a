"""compose.yaml as podman-compose runs it, on an equivalent of PostgreSQL's image; and a Pod of the Kubernetes manifests, by podman."""

import json
import os
import subprocess
import sys
import time
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


class Compose:
    """compose.yaml, started part by part: podman 4 waits for no health, so the conditions of `depends_on` are kept here."""

    def __init__(self, podman: Podman, folder: Path, environ: dict[str, str]) -> None:
        told = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
        for part in told["services"].values():
            part.pop("depends_on", None)
        told["services"]["service"].pop("build")
        (folder / "compose.yaml").write_text(yaml.safe_dump(told))
        self.podman = podman
        self._command = [
            Path(sys.executable).parent / "podman-compose",
            "--project-name",
            "cluneal-check",
            "--file",
            folder / "compose.yaml",
        ]
        self._environ = {**podman.environ, **environ}

    def run(self, *words: str, check: bool = True) -> str:
        """What a command of compose prints."""
        done = subprocess.run([*self._command, *words], env=self._environ, capture_output=True, text=True, check=False, timeout=300)
        assert not check or done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def name(self, part: str) -> str:
        """What podman calls the container of a part."""
        listed = self.podman.run("ps", "--all", "--format", "{{.Names}}").stdout.split()
        return next(each for each in listed if each.startswith("cluneal-check") and f"{part}" in each.removeprefix("cluneal-check"))

    def is_well(self, part: str) -> bool:
        """What the check of its health says."""
        return self.podman.run("healthcheck", "run", self.name(part), check=False).returncode == 0


@pytest.fixture
def composed(podman: Podman, image: str, tmp_path: Path) -> Iterator[tuple[str, Compose]]:
    """The address of the service of compose.yaml, with secrets of its own; all of it is removed again."""
    made = subprocess.run(["deploy/container/base-image.sh", "postgres"], cwd=ROOT, env=podman.environ, capture_output=True, check=False)
    assert made.returncode == 0, made.stderr[-2000:]
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o755)
    for name, content in (("database_password", uuid4().hex), ("pseudonyms.key", "0123456789abcdef" * 4)):
        (secrets / name).write_text(f"{content}\n")
        os.chown(secrets / name, 0, 10001)
        (secrets / name).chmod(0o440)
    compose = Compose(podman, tmp_path, {"CLUNEAL_SECRETS": str(secrets), "CLUNEAL_IMAGE": image, "CLUNEAL_PUBLISH": str(PORT)})
    compose.run("down", "--volumes", check=False)
    try:
        compose.run("up", "--detach", "database")
        for _ in range(120):
            if compose.is_well("database"):
                break
            time.sleep(0.5)
        compose.run("up", "--detach", "migrate")
        podman.wait_until(compose.name("migrate"), "exited")
        assert podman.inspect(compose.name("migrate"))["State"]["ExitCode"] == 0, compose.run("logs", "migrate")
        compose.run("up", "--detach", "service")
        url = f"http://127.0.0.1:{PORT}"
        try:
            wait_for(url)
        except AssertionError:
            pytest.fail(compose.run("logs", check=False)[-3000:])
        yield url, compose
    finally:
        compose.run("down", "--volumes", check=False)


def test_compose_gives_a_service_that_remembers_in_postgresql(composed: tuple[str, Compose], podman: Podman) -> None:
    """The tables are made, the service answers, feedback lies in the database, and the doctor finds nothing wrong."""
    url, compose = composed
    card = str(uuid4())
    told = call(url, "POST", f"{VIEW}/feedback", json.dumps({"feedback": [{"card": card, **ITEM}]}).encode())
    name = compose.name("service")
    exported = podman.run("exec", name, "cluneal-cds", "feedback", "export").stdout
    doctor = podman.run("exec", name, "cluneal-cds", "doctor", "--offline", "--json", check=False)
    again = podman.run("start", "--attach", compose.name("migrate"))

    assert told.status == 200
    assert card in exported
    checks = {each["about"]: each["state"] for each in json.loads(doctor.stdout)["checks"]}
    assert [checks[about] for about in ("database", "durability", "clocks", "key")] == ["well"] * 4
    assert doctor.returncode == 0
    assert "nothing to do" in again.stdout


def _remove(podman: Podman, file: Path) -> None:
    """Take away a Pod, and what podman made for it."""
    podman.run("play", "kube", "--down", str(file), check=False)
    podman.run("volume", "rm", "--force", "cluneal-data", "cluneal-secrets", "cluneal-clients", check=False)
    podman.run("secret", "rm", "cluneal-secrets", check=False)


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
        # podman 4 hands on what stands here as it is; a cluster would decode it.
        "data": {"pseudonyms.key": "0123456789abcdef" * 4},
    }
    file = tmp_path / "pod.yaml"
    running = {"apiVersion": "v1", "kind": "Pod", "metadata": {**pod["metadata"], "name": "cluneal-pod"}, "spec": spec}
    documents = [each for each in manifests if each["kind"] in ("ConfigMap", "PersistentVolumeClaim")] + [secret, running]
    file.write_text(yaml.safe_dump_all(documents))
    _remove(podman, file)
    try:
        podman.run("play", "kube", str(file))
        url = f"http://127.0.0.1:{PORT + 1}"
        wait_for(url)
        answers = {path: call(url, "GET", path).status for path in ("/livez", "/readyz", "/cds-services")}
        name = next(each for each in podman.run("ps", "--format", "{{.Names}}").stdout.split() if each.startswith("cluneal-pod-service"))
        inspected = podman.inspect(name)
        remembered = podman.run("exec", name, "cluneal-cds", "db", "status").stdout
    finally:
        _remove(podman, file)

    assert answers == {"/livez": 200, "/readyz": 200, "/cds-services": 401}
    assert inspected["HostConfig"]["ReadonlyRootfs"]
    assert inspected["Config"]["User"].startswith("10001")
    assert "/data/cluneal.sqlite" in remembered
