"""Mending: one odd element costs itself, never the resource, and is always named."""
