"""Dataset folders, as they are cloned from the hub."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from corpus.curation.bitext import open_bitext
from corpus.curation.score import score_corpus
from corpus.pair import Pair
from corpus.readers.bitext import BitextOptions, read_bitext
from corpus.readers.hub import find_shards
from translate.errors import InputError, UnknownNameError, UsageError


def put(folder: Path, *names: str) -> Path:
    """A folder of files of one pair each, whose texts are the file's name."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pq.write_table(pa.table({"source": [name], "target": [name]}), path)
        elif path.suffix == ".jsonl":
            path.write_text(json.dumps({"source": name, "target": name}) + "\n", "utf-8")
        else:
            path.write_text(f"source\ttarget\n{name}\t{name}\n", "utf-8")
    return folder


def card(folder: Path, yaml: str) -> Path:
    (folder / "README.md").write_text(f"---\n{yaml}\n---\n\n# A card\n", "utf-8")
    return folder


def read(folder: Path, split: str | None = None) -> list[str]:
    found = list(read_bitext(folder, BitextOptions(split=split)))
    assert all(isinstance(item, Pair) for item in found)
    return [item.source.text for item in found if isinstance(item, Pair)]


def test_shards_in_data_train_first(tmp_path: Path) -> None:
    names = [
        "data/test-00000-of-00001.parquet",
        "data/train-00000-of-00002.parquet",
        "data/train-00001-of-00002.parquet",
        "data/validation-00000-of-00001.parquet",
        "data/extra-00000-of-00001.parquet",
    ]
    put(tmp_path, *names, "other.parquet")
    assert read(tmp_path) == [names[1], names[2], names[3], names[0], names[4]]
    assert read(tmp_path, "train") == names[1:3]
    assert read(tmp_path, "extra") == names[4:]
    assert read(tmp_path, "dev") == [names[3]]
    with pytest.raises(UnknownNameError, match=r"unknown split 'trian'; known: extra, test, train, validation"):
        read(tmp_path, "trian")


def test_names_without_shards(tmp_path: Path) -> None:
    put(tmp_path, "train.jsonl", "my-dev.jsonl", "test/part.jsonl", ".hidden.jsonl", "contest.jsonl")
    assert read(tmp_path) == ["contest.jsonl", "train.jsonl", "my-dev.jsonl", "test/part.jsonl"]


@pytest.mark.parametrize(
    "data_files",
    [
        "[{split: train, path: a/*.tsv}, {split: test, path: [b.tsv]}]",
        "{train: 'a/*.tsv', test: b.tsv}",
    ],
)
def test_the_card_says_which_files(tmp_path: Path, data_files: str) -> None:
    card(put(tmp_path, "a/2.tsv", "a/1.tsv", "b.tsv", "train.parquet"), f"configs: [{{data_files: {data_files}}}]")
    assert read(tmp_path) == ["a/1.tsv", "a/2.tsv", "b.tsv"]
    assert read(tmp_path, "test") == ["b.tsv"]


def test_other_ways_of_the_card(tmp_path: Path) -> None:
    put(tmp_path, "a/1.tsv", "b/train.tsv", "b/test.tsv")
    assert read(card(tmp_path, "configs: [{config_name: x, data_files: a/1.tsv}]")) == ["a/1.tsv"]
    assert read(card(tmp_path, "configs: [{config_name: x, data_dir: b}]"), "test") == ["b/test.tsv"]
    two = "{{config_name: x, data_files: a/1.tsv}}, {{config_name: y, data_dir: b{}}}"
    assert len(read(card(tmp_path, f"configs: [{two.format(', default: true')}]"))) == 2
    with pytest.raises(InputError, match=r"several configurations \(x, y\); give the folder or a file of one"):
        read(card(tmp_path, f"configs: [{two.format('')}]"))


def test_what_is_not_clear_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no .parquet, .jsonl, .tsv in this folder"):
        read(tmp_path)
    put(tmp_path, "a.tsv", "b.jsonl")
    with pytest.raises(InputError, match=r"holds .jsonl and .tsv, which may be the same pairs; name one file"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"names '../x.tsv', which is not in the folder"):
        read(card(tmp_path, "configs: [{data_files: ../x.tsv}]"))
    with pytest.raises(InputError, match=r"names 'x.tsv', and there is no such file; fetch it first"):
        read(card(tmp_path, "configs: [{data_files: x.tsv}]"))
    with pytest.raises(InputError, match=r"README.md: its YAML cannot be read"):
        read(card(tmp_path, "configs: ["))
    with pytest.raises(UsageError, match="a file has no splits; name the folder of a dataset, or leave out --split"):
        read(tmp_path / "a.tsv", "train")


def test_a_folder_is_a_bitext_to_every_pass(tmp_path: Path) -> None:
    folder = put(tmp_path / "d", "data/train-00000-of-00001.parquet", "data/test-00000-of-00001.parquet")
    bitext = open_bitext(folder)
    assert bitext.n_pairs == 2
    assert bitext.files == find_shards(folder)
    assert [file.origin for file in bitext.meta().inputs] == [str(path) for path in find_shards(folder)]
    report = score_corpus(folder, tmp_path / "scored.tsv", options=BitextOptions(split="test"))
    assert report.n_pairs == 1
