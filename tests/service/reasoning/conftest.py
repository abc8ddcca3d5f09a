"""A copy of the knowledge, for tests that spoil it."""

import shutil

import pytest

from service.knowledge.load import FOLDER


@pytest.fixture
def folder(tmp_path):
    """A copy of the knowledge to spoil."""
    return shutil.copytree(FOLDER, tmp_path / "knowledge", ignore=shutil.ignore_patterns("*.py", "__pycache__", "README.md"))
