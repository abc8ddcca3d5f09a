"""The knowledge with one thing spoilt, and what its author reads of it."""

from service.errors import InvalidKnowledge
from service.knowledge.load import read_folder
from service.reasoning.review import reviewed

EXCLUSIONS = "rules/exclusions.toml"


def change(folder, file, old, new):
    text = (folder / file).read_text(encoding="utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")


def add_rule(folder, *terms, file=EXCLUSIONS, id_="X-90", effect="silence"):
    """One more rule at the end of a file."""
    row = ["", "[[rule]]", f'id = "{id_}"', 'says = "A rule on trial."', 'strength = "expert"', f'effect = "{effect}"', *terms, ""]
    with (folder / file).open("a", encoding="utf-8") as text:
        text.write("\n".join(row))


def problems(folder):
    """What the author reads, but for the reminder that a changed file takes a new version."""
    try:
        reviewed(read_folder(folder))
    except InvalidKnowledge as refused:
        return [line for line in refused.problems if not line.startswith("version.toml  names other files")]
    return []
