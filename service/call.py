"""Who asks: about which patient and visit, in which call."""

from dataclasses import dataclass, field

from service.speech import Speech


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks, about which patient and visit; what the suggested resources and the ids of the cards are made from.

    instance   the hookInstance: the same one gets the same uuids;  user: "Practitioner/1";  encounter: an id, "" when there is none
    speech     how the client that asks is spoken to
    """

    patient: str
    instance: str = ""
    user: str = ""
    encounter: str = ""
    hook: str = "patient-view"
    speech: Speech = field(default_factory=Speech)

    @property
    def is_clinician(self) -> bool:
        """Whether the reader is a clinician: neither the patient nor a relative."""
        return self.user.split("/")[0] not in ("Patient", "RelatedPerson")
