"""The pages for people that a service may show, by their names in CLUNEAL_PAGES."""

from typing import Literal, TypeAlias, get_args

Page: TypeAlias = Literal["ehr", "why", "knowledge", "numbers", "integrator"]
PAGES: tuple[Page, ...] = get_args(Page)
# What is for clinicians at every site; the others are for trying the service, or about the whole site.
FOR_ALL: tuple[Page, ...] = ("why", "knowledge")


def read_pages(text: str) -> tuple[str, ...]:
    """The names in a list, in the order of the links; "all" and "none" stand alone. What is no name of ours comes last."""
    names = {part.strip() for part in text.split(",") if part.strip()}
    whole: tuple[str, ...] | None = {"all": PAGES, "none": ()}.get(text)
    return whole if whole is not None else (*(page for page in PAGES if page in names), *sorted(names - {*PAGES}))
