"""The alerts: their metrics are the service's, and promtool finds that they ring when they should."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from service.telemetry.metrics import Metrics

FOLDER = Path(__file__).parents[2] / "deploy" / "prometheus"
RULES = yaml.safe_load((FOLDER / "cluneal-rules.yaml").read_text(encoding="utf-8"))["groups"][0]["rules"]
MISSING = "no promtool here (apt-get install prometheus): THE ALERTS WERE NOT PLAYED"


def test_every_metric_of_an_alert_is_one_of_the_service() -> None:
    """Under the very name that is scraped; a metric that was renamed would leave an alert that never rings."""
    metrics = Metrics(version="1", knowledge="1")
    metrics.watch_servers(list)
    told = set(re.findall(r"^# TYPE (\w+)", metrics.exposition().decode(), re.MULTILINE))
    of_histograms = {f"{name}_bucket" for name in told}

    for rule in RULES:
        wanted = set(re.findall(r"\b((?:cluneal|process)_\w+)", rule["expr"]))
        assert wanted <= told | of_histograms, rule["alert"]


def test_every_alert_says_what_to_look_at_first() -> None:
    """What happened, how urgent it is, and the first thing to do."""
    assert len(RULES) == len({rule["alert"] for rule in RULES}) >= 10
    for rule in RULES:
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["first"]


@pytest.mark.long
def test_promtool_plays_the_alerts() -> None:
    """The rules are sound, and ring in the made-up series when they should and not before."""
    if shutil.which("promtool") is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    for words in (("check", "rules", "cluneal-rules.yaml"), ("test", "rules", "cluneal-rules-test.yaml")):
        done = subprocess.run(["promtool", *words], cwd=FOLDER, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
