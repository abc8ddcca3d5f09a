"""The CDS Hooks protocol, from the side of a CDS Service: one module per chapter of the specification.

Knows no clinical content, no database, no clock and no environment; `router.py` alone knows the web framework.
`cds_hooks/README.md` shows a service built on it.
"""
