"""What the service tells of itself: logs, metrics, whether it is ready."""
