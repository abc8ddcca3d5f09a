"""What `make bench` runs: the service's speed, tolerance and footprint, measured here and now and held against its targets."""
