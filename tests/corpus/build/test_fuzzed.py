"""Whatever a document holds, it is accounted for: in the corpus with every character, or rejected by name."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from pathlib import Path

import pytest

from corpus.build.build import build_corpus
from corpus.cli.main import main
from corpus.readers.base import Rejected
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

UNOPENED = LocalModel(get_spec("zh-en-mini"), Path())
PIECES = [
    *("海南。", "“他说：走吧！”", "&#8212;", "&amp;", "\u200b", "\ufeff", "\r", "\n", "\r\n", "\u2028", "\x85", "\x00"),
    *(
        "\x1b[31m",
        " ",
        "　",
        "3.5万",
        "Ａ",
        "ﷺ",
        "👩‍👩‍👧",
        "\U00020000",
        "\ud800",
        "\udfff",
        "\ue000",
        "\uffff",
        "\u202e",
    ),
    *(
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "../../etc/passwd",
        "锟斤拷",
        "ã\x80\x82",
        "ไทย",
        "かな",
        "한글",
    ),
    *("\t", "|", "\\n", '"', "a" * 300, "啊" * 400, "。" * 50, "(" * 40, "e\u0301", "{", "[["),
]
IDS = [
    "a",
    "../x",
    "/etc/passwd",
    "..\\x",
    "C:\\x",
    "a/../../b",
    "",
    "\x00",
    "a\nb",
    "=1+1",
    "<b>",
    "a" * 400,
    ".",
    "..",
    "~root",
]


def fuzzed(n: int) -> list[str]:
    """Lines of a .jsonl: documents, and what is none."""
    draw = random.Random(7)
    lines = []
    for i in range(n):
        text = "".join(draw.choices(PIECES, k=draw.randrange(8)))
        line = json.dumps({"id": draw.choice(IDS), "text": text}, ensure_ascii=draw.random() < 0.5)
        kind = draw.randrange(12)
        if kind == 0:
            line = line[: draw.randrange(len(line))]
        elif kind == 1:
            line = draw.choice(
                ["[]", "null", "1e999", '{"text": 3}', '{"text": null}', "{}", '{"id": {}, "text": "好。"}', "[" * 5000]
            )
        elif kind == 2:
            line = json.dumps({"text": text, "id": i, "more": {"deep": [[[text]]]}})
        lines.append(line.replace("\n", " ").replace("\r", " "))
    return lines


def visible(text: str) -> int:
    return sum(not char.isspace() for char in text)


@pytest.mark.parametrize("n", [400, pytest.param(10_000, marks=pytest.mark.slow)])
def test_every_fuzzed_document_is_in_the_corpus_or_rejected(tmp_path: Path, n: int) -> None:
    source, folder = tmp_path / "in.jsonl", tmp_path / "out"
    folder.mkdir()
    lines = fuzzed(n)
    source.write_bytes("\n".join(lines).encode("utf-8", "replace") + b"\n")
    told: list[Rejected] = []
    with Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=1)) as used:
        report = build_corpus(source, folder / "c.jsonl", translator=used, on_reject=told.append, signals=False)
    rows = [json.loads(line) for line in (folder / "c.jsonl").read_text("utf-8").splitlines()]
    assert len({row["id"] for row in rows}) == len(rows) == report.n_pairs
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        assert len(row["raw"]) == row["end"] - row["start"]
        found[row["doc"]] += visible(row["raw"])
    rejected = {int(item.origin.rpartition(":")[2]) for item in told}
    read = [
        json.loads(line)
        for number, line in enumerate(source.read_bytes().decode().split("\n"), 1)
        if line.strip() and number not in rejected
    ]
    expected = sorted(visible(each["text"]) for each in read if visible(each["text"]))
    assert sorted(n for n in found.values() if n) == expected
    assert rejected
    assert len(read) + len(rejected) + sum(not line.strip() for line in lines) == n
    # No id leads out of the folder.
    files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert files - {path.name for path in folder.glob("c.parts/*")} == {"in.jsonl", "c.jsonl", "c.jsonl.meta.json"}
    assert len(rows) > n


@pytest.mark.parametrize("n", [60, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_file_of_noise_is_read_or_rejected(tmp_path: Path, n: int, capsys: pytest.CaptureFixture[str]) -> None:
    draw = random.Random(3)
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(n):
        text = "".join(draw.choices(PIECES, k=12)).encode(draw.choice(["utf-8", "gb18030", "utf-16", "big5"]), "ignore")
        noise = bytes(draw.randrange(256) for _ in range(draw.choice([0, 0, 1, 40])))
        (folder / f"{i}{draw.choice(['.txt', '.txt', '.jsonl', '.txt.gz'])}").write_bytes(text + noise)
    run, model = str(tmp_path / "run"), ["--engine", "fake", "--model", "zh-en-mini"]
    assert main(["-q", "plan", str(folder), "-o", run, *model]) in (0, 3)
    assert main(["-q", "work", run]) == 0
    assert main(["-q", "assemble", run, "-o", str(tmp_path / "c.tsv"), "--no-signals"]) in (0, 3)
    assert main(["-q", "build", str(folder), "-o", str(tmp_path / "b.tsv"), "--no-signals", *model]) in (0, 3)
    assert (tmp_path / "c.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()
    meta = json.loads((tmp_path / "b.tsv.meta.json").read_text("utf-8"))
    whole = {Path(item["origin"]).name for item in meta["inputs"]} | {
        Path(item["origin"]).name for item in meta["rejected"] if ":" not in Path(item["origin"]).name
    }
    lines = {Path(item["origin"]).name.split(":")[0] for item in meta["rejected"]}
    assert whole | lines == {path.name for path in folder.iterdir()}
