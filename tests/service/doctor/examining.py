"""`cluneal-cds doctor` as a test reads it."""

import json
from collections.abc import Mapping

from typer.testing import CliRunner

from service.cli import app

SECRET = "s3cr3t-passw0rd"  # looked for in everything that is printed


def examined(environ: Mapping[str, str] | None = None, *words: str) -> tuple[bool, dict[str, list[dict[str, str]]]]:
    """Whether the deployment is fit, and what was said by what it is about; the exit code says the same."""
    nobody_else: dict[str, str | None] = dict.fromkeys(("PYTHONHASHSEED", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"))
    done = CliRunner().invoke(app, ["doctor", "--json", *words], env={**nobody_else, **(environ or {})})
    told = json.loads(done.output)
    assert SECRET not in done.output
    assert done.exit_code == (0 if told["fit"] else 1)
    found: dict[str, list[dict[str, str]]] = {}
    for check in told["checks"]:
        found.setdefault(check["about"], []).append(check)
    return told["fit"], found
