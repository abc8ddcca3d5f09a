"""What people and programs read over HTTP beside the CDS services."""
