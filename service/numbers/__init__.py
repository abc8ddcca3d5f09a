"""Numbers for the committee that decides whether the service may speak."""
