"""Whose a resource is: the patient of the call, nobody that it names, or somebody else.

A resource of another patient proves the source wrong and makes the whole chart unusable; so every reference is judged, the whole of it.
Source: threat model row 10.
"""

import re
from enum import Enum

from service.fhir import shapes

_PATIENT = re.compile(r"(?:(https?://[^?#\s]+)/)?Patient/([A-Za-z0-9._-]{1,64})(?:/_history/[A-Za-z0-9._-]{1,64})?")
_OTHER_SUBJECT = re.compile(r"(?:https?://[^?#\s]+/)?(?:Group|Device|Location)/[A-Za-z0-9._-]{1,64}")


class Ownership(Enum):
    """Whose a resource is."""

    OWN = "own"
    UNSAID = "unsaid"
    NOBODY = "nobody"
    FOREIGN = "foreign"


class Owner:
    """The patient of the call, under all the names that references may give them.

    Without a known server the first absolute URL of the patient says which server the chart is from, and all others have to agree.
    """

    def __init__(self, patient: str, server: str):
        self.patient = patient
        self.base = _tidy(server)
        self.own = {f"Patient/{patient}", f"urn:uuid:{patient}"}

    def of(self, found: shapes.OfPatient) -> Ownership:
        """Whose a resource is by its subject and its patient; FOREIGN as soon as one of them is somebody else."""
        if found.subject is not None and found.patient is None and found.subject.reference in self.own:
            return Ownership.OWN
        given = [about.reference for about in (found.subject, found.patient) if about is not None and about.reference]
        if not given:
            return Ownership.UNSAID
        found_out = {self._of_reference(reference) for reference in given}
        for ownership in (Ownership.FOREIGN, Ownership.NOBODY):
            if ownership in found_out:
                return ownership
        return Ownership.OWN

    def _of_reference(self, reference: str) -> Ownership:
        if reference in self.own:
            return Ownership.OWN
        if match := _PATIENT.fullmatch(reference):
            return Ownership.OWN if match[2] == self.patient and self._is_base(match[1]) else Ownership.FOREIGN
        return Ownership.NOBODY if _OTHER_SUBJECT.fullmatch(reference) and "/Patient/" not in reference else Ownership.FOREIGN

    def is_patient(self, identity: str | None, url: str) -> bool:
        """Whether a Patient resource is the patient: by its id, and by the URL of its entry, which becomes a name of theirs."""
        if identity is not None and identity != self.patient:
            return False
        if not url or url in self.own:
            return True
        if url.startswith(("urn:uuid:", "urn:oid:")):
            # A temporary name says nothing by itself: only together with the right id does it become the patient's.
            if identity is not None:
                self.own.add(url)
            return identity is not None
        match = _PATIENT.fullmatch(url)
        return match is not None and match[2] == self.patient and self._is_base(match[1])

    def _is_base(self, base: str | None) -> bool:
        if base is None:
            return True
        self.base = self.base or _tidy(base)
        return _tidy(base) == self.base


def _tidy(base: str) -> str:
    """A server's base URL as it is compared: scheme and host in lower case, no slash at the end."""
    scheme, separator, rest = base.rstrip("/").partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme.lower()}{separator}{host.lower()}{slash}{path}"
