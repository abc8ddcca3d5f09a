"""Trying the service on a FHIR server: what `cluneal-cds probe` does and prints."""
