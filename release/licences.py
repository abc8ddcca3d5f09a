"""docs/licences.md: the licence of each library that is installed with the service. `python -m release.licences` writes it anew."""

from release.locked import ROOT, Library, libraries

PAGE = ROOT / "docs" / "licences.md"
_HEAD = """# Licences

The service is under Apache-2.0 ([LICENSE](../LICENSE); [NOTICE](../NOTICE) has the terms of the code systems). Installed with it, none
of it copied into this repository and none of it changed, are these libraries, each under the licence that its own metadata names.
`make licences` makes this page from the lock; a test holds them together. Versions and hashes stand in `requirements.lock` and in the
bill of materials (`make sbom`).

"""
_FOOT = """
What to know of some of them:

- **psycopg** and **psycopg-binary** (the driver of PostgreSQL) are under LGPL-3.0-only. They are used as they are published, as
  libraries of their own that are loaded when a PostgreSQL is used, and can be replaced by another version. Who hands on an image hands
  on that licence with it, and the way to their source. `psycopg-binary` carries libpq and what libpq needs, under licences of their own.
- **certifi** (the certificates of Mozilla) is under MPL-2.0, and unchanged.
- **fhir-resources**, **fhir-core** and **jinja2** name "BSD License" without saying which; the file in the package does.
"""


def page(locked: tuple[Library, ...]) -> str:
    """The page about these libraries."""
    rows = "".join(f"| {one.name} | {one.licence} |\n" for one in locked)
    return f"{_HEAD}| library | licence |\n|---|---|\n{rows}{_FOOT}"


if __name__ == "__main__":
    PAGE.write_text(page(libraries()), encoding="utf-8")
