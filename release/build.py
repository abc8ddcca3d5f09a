"""A release of what is committed, in dist/VERSION: `python -m release.build [--without-image]`.

    cluneal_cds-VERSION-py3-none-any.whl   built twice, and once more from the source distribution: the same bytes each time
    cluneal_cds-VERSION.tar.gz
    cluneal-cds-VERSION.cdx.json           the bill of materials (CycloneDX)
    cluneal-cds-VERSION.image.tar          the image, for `docker load` and `podman load`
    SHA256SUMS                             `sha256sum --check SHA256SUMS`

The time in all of them is that of the commit. What is not committed is not released.
"""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parent.parent


class NotReleased(Exception):
    """Something has to be mended first; the message says what."""


def release(out: Path, *, root: Path = ROOT, image: bool = True) -> list[Path]:
    """The files of a release of the commit that is checked out in `root`, newly made in `out`. Raises NotReleased."""
    version = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    if changed := _git(root, "status", "--porcelain"):
        raise NotReleased(f"There are changes that are not committed:\n{changed}")
    if not re.search(rf"^## {re.escape(version)}\b", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE):
        raise NotReleased(f"CHANGELOG.md says nothing of version {version}.")
    environ = {**os.environ, "SOURCE_DATE_EPOCH": _git(root, "log", "-1", "--format=%ct")}
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        made = _distributions(root, Path(folder), environ)
        files = [Path(shutil.copy(one, out)) for one in made]
    sbom = out / f"cluneal-cds-{version}.cdx.json"
    _run([sys.executable, "-m", "release.sbom", str(sbom)], root, environ)
    files.append(sbom)
    if image:
        files.append(_image(root, out / f"cluneal-cds-{version}.image.tar", version, environ))
    sums = out / "SHA256SUMS"
    sums.write_text("".join(f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in files), encoding="ascii")
    return [*files, sums]


def _distributions(root: Path, folder: Path, environ: dict[str, str]) -> list[Path]:
    """The wheel and the source distribution, after three ways to the wheel gave the same bytes."""
    archive = folder / "source.tar"
    _run(["git", "archive", "--output", str(archive), "HEAD"], root, environ)
    ways: list[Path] = []
    for name in ("one", "another"):
        _unpack(archive, folder / name)
        ways.append(_built("wheel", folder / name, environ))
    source = _built("sdist", folder / "one", environ)
    _unpack(source, folder / "from-source")
    (unpacked,) = (folder / "from-source").iterdir()
    ways.append(_built("wheel", unpacked, environ))
    if len({one.read_bytes() for one in ways}) != 1:
        raise NotReleased("The wheel is not the same each time it is built.")
    return [ways[0], source]


def _built(what: str, where: Path, environ: dict[str, str]) -> Path:
    _run([sys.executable, "-m", "hatchling", "build", "-t", what], where, environ)
    (made,) = (where / "dist").glob("*.whl" if what == "wheel" else "*.tar.gz")
    return made


def _unpack(archive: Path, where: Path) -> None:
    with tarfile.open(archive) as tar:
        tar.extractall(where, filter="data")


def _image(root: Path, file: Path, version: str, environ: dict[str, str]) -> Path:
    """The image as one file, built by what there is; in the format that keeps the check of its health."""
    tag = f"cluneal-cds:{version}"
    _run(["deploy/container/build.sh", tag], root, environ)
    file.unlink(missing_ok=True)
    saved = ["podman", "save", "--quiet", "--format", "docker-archive", "--output", str(file), tag]
    _run(saved if shutil.which("podman") else ["docker", "save", "--output", str(file), tag], root, environ)
    return file


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def _run(command: Sequence[str], where: Path, environ: dict[str, str]) -> None:
    done = subprocess.run(command, cwd=where, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotReleased(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def main(*words: str) -> int:
    """Make a release and name its files; 1 when something has to be mended first."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    try:
        files = release(ROOT / "dist" / version, image="--without-image" not in words)
    except NotReleased as why:
        sys.stderr.write(f"{why}\n")
        return 1
    sys.stdout.write("".join(f"{one.relative_to(ROOT)}\n" for one in files))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
