"""Who asks: about which patient and visit, in which call."""

from dataclasses import dataclass, field

from service.local_codes import LocalCodes
from service.speech import Speech


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, about which patient and visit; what the suggested resources and the ids of the cards are made from.

    instance   the hookInstance: the same one gets the same uuids;  user: "Practitioner/1";  encounter: an id, "" when there is none
    speech     how the client that asks is spoken to;  local: the codes of its site, None when it has no code map
    """

    patient: str
    instance: str = ""
    user: str = ""
    encounter: str = ""
    hook: str = "patient-view"
    speech: Speech = field(default_factory=Speech)
    local: LocalCodes | None = None

    @property
    def is_clinician(self) -> bool:
        """Whether the reader is a clinician: neither the patient nor a relative."""
        return self.user.split("/")[0] not in ("Patient", "RelatedPerson")
