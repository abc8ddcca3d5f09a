"""What a site decided: its settings, as far as the knowledge allows them, and how they differ from the knowledge as it is shipped."""

from collections.abc import Mapping

from service.knowledge.load import load_knowledge
from service.knowledge.model import Knowledge
from service.knowledge.thresholds import Adjustments, adjusted
from service.settings import Settings, Thresholds, read_settings


def settings_of(environ: Mapping[str, str]) -> Settings:
    """The settings that `environ` describes, where the knowledge allows them. Raises InvalidSettings with every problem of both."""

    def refused(thresholds: Thresholds) -> list[str]:
        return adjusted(load_knowledge().thresholds, Adjustments(numbers=thresholds))[1]

    return read_settings(environ, refused=refused)


def adjustments_of(settings: Settings) -> Adjustments:
    """What the settings decide differently from the knowledge as it is shipped."""
    return Adjustments(settings.policy, settings.thresholds)


def decided_here(knowledge: Knowledge, shipped: Knowledge) -> str:
    """What a site decided differently from the knowledge as it is shipped, in words; empty where it did not."""
    policy, before = knowledge.adjustments.policy, shipped.adjustments.policy
    moved = [
        f"{name} {value:g} {shipped.thresholds[name].unit} (as shipped {shipped.thresholds[name].value:g})"
        for name, value in knowledge.adjustments.numbers
    ]
    return ", ".join(([f"policy {policy} (as shipped {before})"] if policy != before else []) + moved)
