"""The example of cds_hooks/README.md, run as it stands there."""

import re
from pathlib import Path

import httpx

from cds_hooks.hooks import HOOKS

README = Path(__file__).parents[2] / "cds_hooks" / "README.md"


async def test_the_example_is_a_working_service(question):
    """Whoever copies it has discovery, cards and errors."""
    names = {}
    for example in re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), flags=re.DOTALL):
        exec(example, names)  # noqa: S102 - our own text, and the point of the test

    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=names["app"]), base_url="http://example") as client:
        (service,) = (await client.get("/cds-services")).json()["services"]
        question["prefetch"]["patient"]["active"] = False
        answer = await client.post(f"/cds-services/{service['id']}", json=question)
        refusal = await client.post(f"/cds-services/{service['id']}", json=question | {"prefetch": {}})

    assert [card["summary"] for card in answer.json()["cards"]] == ["This record is marked as no longer in use"]
    assert refusal.status_code == 412
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=names["signed"]), base_url="http://example") as client:
        assert (await client.get("/cds-services")).status_code == 401


def test_the_table_of_chapters_is_complete():
    """Every module of the package has its row."""
    text = README.read_text(encoding="utf-8")
    modules = {path.relative_to(README.parent).as_posix() for path in README.parent.rglob("*.py") if path.name != "__init__.py"}

    assert not {module for module in modules if f"`{module}`" not in text}


def test_the_table_of_chapters_names_the_checks():
    """Every test that it names is there, and every file of tests has its row; those of a hook lie under the name of the hook."""
    table = README.read_text(encoding="utf-8").partition("Imports lead down")[0]
    here = Path(__file__).parent
    files = {path.relative_to(here).as_posix() for path in here.rglob("test_*.py")}
    of_hooks = {f"hooks/test_{name.replace('-', '_')}.py" for name in HOOKS}

    assert set(re.findall(r"`((?:[a-z]+/)?test_[a-z_]+\.py)`", table)) | of_hooks & files | {"test_readme.py"} == files


def test_the_table_of_hooks_is_complete():
    """Every hook that can be served has its row, with the version that is read."""
    rows = re.findall(r"^\| `([a-z-]+)` \| ([0-9.]+)", README.read_text(encoding="utf-8"), flags=re.MULTILINE)

    assert rows == [(name, hook.version) for name, hook in HOOKS.items()]
