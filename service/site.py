"""What a site decided: its settings, as far as the knowledge allows them, and how they differ from the knowledge as it is shipped."""

from collections.abc import Mapping

from service.knowledge.load import load_knowledge
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
