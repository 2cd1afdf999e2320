"""No test is left out in silence."""

from fnmatch import fnmatch
from pathlib import Path

import pytest

TESTS = Path(__file__).parent


def test_every_folder_of_tests_is_looked_into(pytestconfig: pytest.Config) -> None:
    # pytest passes over folders of some names, one of which is "build".
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {part for path in TESTS.rglob("test_*.py") for part in path.relative_to(TESTS).parts[:-1]}
    assert {"build", "engines"} <= folders
    assert not [name for name in folders for pattern in passed_over if fnmatch(name, pattern)]
