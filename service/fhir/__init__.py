"""FHIR at the edges: reading charts into a patient record, and writing the resources that cards suggest."""
