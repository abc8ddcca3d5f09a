"""A chart tried on the service by whoever connects an EHR."""
