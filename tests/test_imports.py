"""Imports go downward: which room may know which, and no circle between modules anywhere."""

import ast
import re
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Each room may import what stands in a line above its own. CONTRIBUTING.md says why.
LAYERS = (
    ("translate.version", "translate.errors"),
    ("translate.text",),
    ("translate.files",),
    ("translate.marian",),
    ("translate.engines",),
    ("translate.pipeline",),
    ("translate",),  # the package's own __init__: names for users
    ("translate.cli",),
    ("corpus.lexicon",),
    ("corpus.words",),
    ("corpus.pair", "corpus.signals"),
    ("corpus.readers",),
    ("corpus.writers",),
    ("corpus.curation",),
    ("corpus.align",),
    ("corpus.documents",),
    ("corpus.build",),
    ("corpus.report", "corpus.release"),
    ("corpus.serve",),
    ("corpus",),
    ("corpus.cli",),
)
# What a room may not know although it stands above: a corpus is made without a command line.
FORBIDDEN = {(room, "translate.cli") for room in ("corpus.pair", "corpus.signals", "corpus.readers", "corpus.writers")}
FORBIDDEN |= {
    (room, "translate.cli")
    for room in ("corpus.align", "corpus.build", "corpus.curation", "corpus.report", "corpus.release", "corpus.serve")
}
# Signals are functions of two strings and a table, or of what the decoder said: no files, no model.
FORBIDDEN |= {
    ("corpus.signals", room)
    for room in ("translate.files", "translate.marian", "translate.engines", "translate.pipeline", "translate")
}
ALLOWED = {("corpus.signals", "translate.pipeline.translation")}  # the record of what the decoder said


def modules() -> dict[str, Path]:
    paths = [path for package in ("translate", "corpus") for path in sorted((ROOT / package).rglob("*.py"))]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


MODULES = modules()


def room_of(module: str) -> str:
    return ".".join(module.split(".")[:2])


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(tree: ast.AST, *, types: bool) -> Iterator[str]:
    """The modules of ours that are imported, inside functions too; with ``types`` those for type checkers as well."""
    if is_for_types(tree) and not types:
        return
    if isinstance(tree, ast.ImportFrom) and tree.module and not tree.level:
        for alias in tree.names:
            name = f"{tree.module}.{alias.name}"
            yield name if name in MODULES else tree.module
    elif isinstance(tree, ast.Import):
        yield from (alias.name for alias in tree.names)
    for child in ast.iter_child_nodes(tree):
        yield from imported(child, types=types)


def graph(*, types: bool) -> dict[str, set[str]]:
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
    return {name: {other for other in imported(tree, types=types) if other in MODULES} for name, tree in trees.items()}


LEVEL = {room: level for level, rooms in enumerate(LAYERS) for room in rooms}


def faults(edges: dict[str, set[str]]) -> list[str]:
    found = []
    for module, others in edges.items():
        for other in others:
            above, below = room_of(module), room_of(other)
            if above == below or (above, other) in ALLOWED:
                continue
            if LEVEL[below] >= LEVEL[above] or (above, below) in FORBIDDEN:
                found.append(f"{module} imports {other}")
    return sorted(found)


def test_every_room_has_a_layer():
    assert {room_of(module) for module in MODULES} <= set(LEVEL)


def test_imports_go_downward():
    assert faults(graph(types=True)) == []


def test_no_module_imports_itself_round_a_circle():
    try:
        TopologicalSorter(graph(types=True)).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_two_classes_have_one_name():
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
    homes: dict[str, list[str]] = {}
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(name)
    assert {name: found for name, found in homes.items() if len(found) > 1} == {}


def test_there_is_one_range_of_han():
    found = [name for name, path in MODULES.items() if re.search("(?i)4e00-", path.read_text("utf-8"))]
    assert found == ["translate.text.marks"]


@pytest.mark.parametrize(
    ("pattern", "home"),
    [
        (r"\\x1f\\x8b|\\x28\\xb5\\x2f\\xfd", ["translate.files.packing"]),
        (r"\\xef\\xbb\\xbf|\\xff\\xfe|\\xfe\\xff", []),  # the names of the codecs module, in BYTE_ORDER_MARKS
    ],
)
def test_packings_and_byte_order_marks_are_written_down_once(pattern: str, home: list[str]):
    assert [name for name, path in MODULES.items() if re.search(pattern, path.read_text("utf-8"))] == home


def test_the_test_sees_a_wrong_import():
    assert faults({"translate.text.split": {"translate.files.lines"}}) == [
        "translate.text.split imports translate.files.lines"
    ]
    assert faults({"corpus.signals.quality": {"translate.marian.weights"}})
    assert list(imported(ast.parse("def f():\n    from translate.marian import weights"), types=False)) == [
        "translate.marian.weights"
    ]
