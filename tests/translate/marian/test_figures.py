"""What README and docs say of the embedded model is what was measured: ``figures.json`` beside its weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from translate.marian.catalogue import get_spec

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "translate" / "models" / "zh-en-mini"
README, MODELS, EMBEDDED = ((ROOT / path) for path in ("README.md", "docs/models.md", "docs/embedded-model.md"))

NAMES = {
    "flores-dev": "FLORES dev",
    "flores-devtest": "FLORES devtest",
    "ntrex128": "NTREX-128",
    "wmt20": "WMT20",
    "wmt22": "WMT22",
    "tatoeba": "Tatoeba",
}

Row = Mapping[str, float]


@pytest.fixture(scope="module")
def figures() -> dict[tuple[str, str], Row]:
    rows = json.loads((FOLDER / "figures.json").read_text("utf-8"))["rows"]
    return {(row["set"], row["system"]): row for row in rows}


def scores(row: Row | None) -> str:
    return f"{row['bleu']:.1f} / {row['chrf']:.1f}" if row else "–"


def one_line(path: Path) -> str:
    return " ".join(path.read_text("utf-8").split())


def test_the_table_of_the_docs_is_that_of_the_figures(figures: dict[tuple[str, str], Row]) -> None:
    text = EMBEDDED.read_text("utf-8")
    for name, title in NAMES.items():
        model = figures[name, "model"]
        cells = [title, f"{model['n_sentences']:,}", scores(model), f"{model['numbers']:.1%}".replace("%", " %")]
        cells += [f"{model['looping']:.2%}".replace("%", " %")]
        cells += [scores(figures.get((name, system))) for system in ("opusmt", "argos")]
        assert f"| {' | '.join(cells)} |" in text


@pytest.mark.parametrize(
    ("name", "title"), [("flores-devtest", "FLORES devtest"), ("wmt20", "WMT20"), ("wmt22", "WMT22")]
)
def test_the_readme_has_the_figures_of_both_models(figures: dict[tuple[str, str], Row], name: str, title: str) -> None:
    rows = [line for line in README.read_text("utf-8").splitlines() if line.startswith("| `")]
    for model, system in (("opus-mt-zh-en", "opusmt"), ("zh-en-mini", "model")):
        (row,) = [line for line in rows if line.startswith(f"| `{model}` |")]
        assert f"{title} {scores(figures[name, system])}" in row


def test_what_is_said_of_news_and_of_general_text_holds(figures: dict[tuple[str, str], Row]) -> None:
    for name in ("wmt20", "wmt22"):
        assert figures[name, "model"]["bleu"] > figures[name, "opusmt"]["bleu"]
        assert figures[name, "model"]["chrf"] > figures[name, "opusmt"]["chrf"]
    for name in ("flores-dev", "flores-devtest"):
        assert figures[name, "model"]["bleu"] < figures[name, "opusmt"]["bleu"]


def test_the_card_has_every_row(figures: dict[tuple[str, str], Row]) -> None:
    card = (FOLDER / "README.md").read_text("utf-8")
    for (name, system), row in figures.items():
        assert f"| {name} | {system} | {row['bleu']:.1f} | {row['chrf']:.1f} | " in card


def test_sizes_and_versions_are_those_of_the_entry() -> None:
    spec = get_spec("zh-en-mini")
    megabytes = f"{spec.n_bytes / 1e6:.0f} MB"
    assert f"({megabytes})" in README.read_text("utf-8")
    assert f"| {megabytes} | {spec.licence} |" in MODELS.read_text("utf-8")
    for path in (MODELS, EMBEDDED):
        assert f"`{spec.revision}`" in path.read_text("utf-8")
    assert f"`whole: {spec.whole}`" in one_line(EMBEDDED)
