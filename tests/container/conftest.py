"""The image, built once for all tests of it, on an equivalent of its base that is made of Debian's packages where it is not there."""

import subprocess

import pytest

from tests.container.podman import IMAGE, ROOT, Podman, environment


@pytest.fixture(scope="session")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Podman:
    """Podman, ready for use."""
    return Podman(environment(tmp_path_factory.mktemp("podman")))


@pytest.fixture(scope="session")
def image(podman: Podman) -> str:
    """The image of this checkout."""
    for script in (["deploy/container/base-image.sh", "python"], ["deploy/container/build.sh", IMAGE]):
        done = subprocess.run(script, cwd=ROOT, env=podman.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(script)}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return IMAGE
