"""XLIFF 1.2 and 2.1: valid by their schemas, and what is in them found by the rules of the standard."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from corpus.pair import Pair, Span, columns_of
from corpus.writers.base import Origin, RunMeta
from corpus.writers.writer import open_writer
from corpus.writers.xml import legal

HERE = Path(__file__).parent
# Where Debian's php-symfony-translation puts the schemas that OASIS publishes.
PUBLISHED = Path("/usr/share/php/Symfony/Component/Translation/Resources/schemas")
V12, V21 = "{urn:oasis:names:tc:xliff:document:1.2}", "{urn:oasis:names:tc:xliff:document:2.0}"
MTC = "{urn:oasis:names:tc:xliff:matches:2.0}"
META = RunMeta("model:x|beam:4", "0.1.0", origin="machine")
WILD = st.text(st.one_of(st.sampled_from("\t\n\r\0\x0b\x85\ufffe\"'\\&<>] 中a"), st.characters()), max_size=9)
SPANS = st.builds(
    Span,
    WILD,
    st.integers(0, 9),
    st.integers(0, 9),
    st.none() | st.integers(0, 9),
    st.none() | st.integers(0, 9),
    WILD,
    WILD,
    st.integers(0, 3),
)
PAIRS = st.lists(
    st.builds(
        Pair,
        SPANS,
        SPANS | st.builds(Span.unplaced, WILD),
        st.none() | st.floats(-20, 0),
        st.dictionaries(st.sampled_from(["length", "loops"]), st.floats(-9, 9)),
        st.lists(st.sampled_from(["cut", "loop"]), unique=True).map(lambda flags: tuple(sorted(flags))),
    ),
    max_size=4,
)
ORIGINS = st.sampled_from(["machine", "human", "unknown"])


def written(folder: Path, pairs: list[Pair], fmt: str, meta: RunMeta = META) -> etree._ElementTree:
    out = folder / "c.xlf"
    with open_writer(out, fmt, meta, columns_of(pairs)) as writer:
        writer.write_all(pairs)
    return etree.parse(out)


@cache
def schema(name: str, folder: Path = HERE) -> etree.XMLSchema:
    tree = etree.parse(folder / name)
    for element in tree.iter("{*}import"):
        place = element.get("schemaLocation", "")
        element.set("schemaLocation", (folder / place.rpartition("/")[2]).as_uri())  # nothing from the network
    return etree.XMLSchema(tree)


@given(PAIRS, ORIGINS, st.sampled_from(["xliff12", "xliff21"]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_valid_and_holds_every_text(tmp_path: Path, pairs: list[Pair], origin: Origin, fmt: str) -> None:
    tree = written(tmp_path, pairs, fmt, replace(META, origin=origin))
    found = schema(f"{fmt}.xsd")
    assert found.validate(tree), found.error_log
    units, space = ("trans-unit", V12) if fmt == "xliff12" else ("segment", V21)
    texts = [
        (unit.findtext(f"{space}source"), unit.findtext(f"{space}target")) for unit in tree.iter(f"{space}{units}")
    ]
    assert texts == [(legal(pair.source.text), legal(pair.target.text)) for pair in pairs]


@pytest.mark.skipif(not PUBLISHED.exists(), reason="apt-get install php-symfony-translation brings OASIS's schemas")
@pytest.mark.parametrize(("fmt", "name"), [("xliff12", "xliff-core-1.2-strict.xsd"), ("xliff21", "xliff-core-2.0.xsd")])
@given(PAIRS, ORIGINS)
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_is_valid_by_the_published_schema(
    tmp_path: Path, fmt: str, name: str, pairs: list[Pair], origin: Origin
) -> None:
    tree = written(tmp_path, pairs, fmt, replace(META, origin=origin))
    found = schema(name, PUBLISHED)
    assert found.validate(tree), found.error_log


def two() -> list[Pair]:
    """A pair, and one of two sentences whose translation is missing."""
    first = Pair(Span("a b.txt", 0, 1, 2, 5, "好。", "好。"), Span.unplaced("Good."), -0.5, {"loops": 0.25}, ("cut",))
    return [first, Pair(Span("c.txt", 3, 0, 9, 12, "一。二。", "一。二。", 2), Span.unplaced(""))]


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("machine", {"state": "needs-review-translation", "state-qualifier": "mt-suggestion"}),
        ("human", {"state": "translated"}),
        ("unknown", {}),
    ],
)
def test_xliff_12(tmp_path: Path, origin: Origin, said: dict[str, str]) -> None:
    tree = written(tmp_path, two(), "xliff12", replace(META, origin=origin))
    files = tree.findall(f"{V12}file")
    assert [file.get("original") for file in files] == ["a b.txt", "c.txt"]
    assert tree.findtext(f".//{V12}header/{V12}note") == META.signature
    good, empty = tree.iter(f"{V12}trans-unit")
    assert (good.get("resname"), empty.get("resname")) == ("a b.txt:0:1", "c.txt:3:0+2")
    assert dict(good.find(f"{V12}target").attrib) == said
    assert dict(empty.find(f"{V12}target").attrib) == {"state": "needs-translation"}
    contexts = {context.get("context-type"): context.text for context in good.iter(f"{V12}context")}
    assert contexts["x-start"] == "2"
    assert contexts["x-score"] == "-0.5"
    assert contexts["x-signal-loops"] == "0.25"
    assert good.findtext(f"{V12}note") == "cut"


@pytest.mark.parametrize(
    ("origin", "said", "matches"),
    [
        ("machine", {"state": "translated", "subState": "duizhao:mt-suggestion"}, ["mt"]),
        ("human", {"state": "translated"}, []),
        ("unknown", {}, []),
    ],
)
def test_xliff_21(tmp_path: Path, origin: Origin, said: dict[str, str], matches: list[str]) -> None:
    tree = written(tmp_path, two(), "xliff21", replace(META, origin=origin))
    assert (tree.getroot().get("srcLang"), tree.getroot().get("trgLang")) == ("zh", "en")
    assert [file.get("original") for file in tree.findall(f"{V21}file")] == ["a b.txt", "c.txt"]
    good, empty = tree.iter(f"{V21}unit")
    assert (good.get("name"), empty.get("name")) == ("a b.txt:0:1", "c.txt:3:0+2")
    assert dict(good.find(f"{V21}segment").attrib) == {"id": "s", **said}
    assert dict(empty.find(f"{V21}segment").attrib) == {"id": "s", "state": "initial"}
    assert [match.get("type") for match in tree.iter(f"{MTC}match")] == matches
    assert good.findtext(f"{V21}notes/{V21}note") == "cut"
