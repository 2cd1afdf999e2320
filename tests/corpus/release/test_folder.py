"""The dataset folder: what its papers say is what is in it, by readers that are not ours."""

from __future__ import annotations

import json
import logging
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard

from corpus.cli.main import main
from corpus.curation.bitext import open_bitext
from corpus.curation.filter import filter_corpus
from corpus.curation.rules import parse_rules
from corpus.pair import Pair, Span, columns_of, row
from corpus.readers.bitext import BitextOptions, read_bitext
from corpus.release import folder as folder_module
from corpus.release.checks import Outcome
from corpus.release.folder import name_splits, write_dataset
from corpus.release.verify import verify_corpus
from corpus.writers.base import Origin, RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError, OutputError, UsageError
from translate.files.atomic import open_sink
from translate.marian.catalogue import get_spec

MODEL = get_spec("zh-en-mini")
SIGNATURE = f"model:zh-en-mini|rev:{MODEL.fingerprint[:12]}|engine:ct2|beam:4|norm:1"
META = RunMeta(SIGNATURE, "0.1.0", origin="machine", signals={"length_ratio": 1})


def pairs(n: int = 30, doc: str = "新闻", license_: str | None = "CC-BY-4.0") -> list[Pair]:
    return [
        Pair(
            Span(
                f"{doc}/{i // 5}.txt",
                i,
                0,
                i * 20,
                i * 20 + 15,
                f"第{i}次会议在北京举行，有很多人参加。",
                f"第{i}次会议在北京举行，有很多人参加。",
            ),
            Span.unplaced(f"Meeting no. {i} | was held in Beijing, <b>many</b> came."),
            -i / 8,
            {"length_ratio": i / 4},
            ("cut", "number_lost") if i % 10 == 3 else (),
            license_ if i % 3 else None,
        )
        for i in range(n)
    ]


def write(path: Path, found: list[Pair], origin: Origin = "machine", meta: RunMeta = META) -> Path:
    with open_writer(path, None, replace(meta, origin=origin), columns_of(found)) as writer:
        writer.write_all(found)
    return path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two splits, of two shards and of one."""
    place = tmp_path_factory.mktemp("made")
    corpora = [write(place / "news.train.jsonl", pairs(30)), write(place / "news.dev.jsonl", pairs(6, "dev", None))]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folder_module, "_SHARD_BYTES", 4000)
        write_dataset(corpora, place / "news-zh-en", name="News")
    return place / "news-zh-en"


def card(folder: Path) -> str:
    return (folder / "README.md").read_text("utf-8")


def head(folder: Path) -> dict[str, Any]:
    found = yaml.safe_load(card(folder).split("---\n")[1])
    assert isinstance(found, dict)
    return found


def rows(found: list[Pair], folder: Path) -> list[dict[str, Any]]:
    """What a reader should see of pairs, in the columns of the folder."""
    columns = open_bitext(folder).columns
    made = []
    for pair in found:
        fields = row(pair, columns)
        signals = fields.pop("signals", {})
        made.append(fields | {f"signals.{name}": signals.get(name) for name in columns.signals})
    return made


# -- other programs ------------------------------------------------------------------------------------------------


def test_datasets_loads_it_offline(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    from datasets import Features, disable_progress_bars, load_dataset
    from datasets.config import HF_DATASETS_OFFLINE  # noqa: F401  (it reads the environment when it is imported)

    disable_progress_bars()
    found = load_dataset(str(dataset), cache_dir=str(tmp_path / "cache"))
    assert set(found) == {"train", "validation"}
    assert list(found["train"]) == rows(pairs(30), dataset)
    assert list(found["validation"]) == rows(pairs(6, "dev", None), dataset)
    # The card says of the features and sizes what the library finds without it.
    files = {"train": str(dataset / "data/train-*"), "validation": str(dataset / "data/validation-*")}
    bare = load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "bare"))
    said = head(dataset)["dataset_info"]
    assert Features._from_yaml_list(said["features"]) == bare["train"].features == found["train"].features
    sizes = {name: one.info.splits[name] for name, one in bare.items()}
    assert {one["name"]: one["num_examples"] for one in said["splits"]} == {
        name: size.num_examples for name, size in sizes.items()
    }
    for one in said["splits"]:
        assert one["num_bytes"] == pytest.approx(sizes[one["name"]].num_bytes, rel=0.02)
    assert said["dataset_size"] == sum(one["num_bytes"] for one in said["splits"])
    assert said["download_size"] == sum(path.stat().st_size for path in (dataset / "data").iterdir())


# The library and rdflib under it use what newer versions of Python and of pandas call deprecated.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_croissant_is_valid_and_its_records_are_our_rows(dataset: Path, caplog: pytest.LogCaptureFixture) -> None:
    import mlcroissant

    with caplog.at_level(logging.WARNING):
        found = mlcroissant.Dataset(dataset / "croissant.json")
    issues = found.metadata.ctx.issues
    assert not issues.errors
    # A date would change the bytes; there is no paper to cite, and nobody has said which version it is.
    assert {str(warning).rpartition('Property "')[2].partition('"')[0] for warning in issues.warnings} == {
        "http://mlcommons.org/croissant/citeAs",
        "https://schema.org/datePublished",
        "https://schema.org/version",
    }
    for split, expected in (("train", pairs(30)), ("validation", pairs(6, "dev", None))):
        seen = [
            {name.removeprefix(f"{split}/"): plain(value) for name, value in record.items()}
            for record in found.records(split)
        ]
        assert seen == rows(expected, dataset)
    described = json.loads((dataset / "croissant.json").read_text("utf-8"))
    sums = {line[66:]: line[:64] for line in (dataset / "SHA256SUMS").read_text("utf-8").splitlines()}
    files = [item for item in described["distribution"] if item["@type"] == "cr:FileObject"]
    assert {item["contentUrl"]: item["sha256"] for item in files} == {
        name: digest for name, digest in sums.items() if name.startswith("data/")
    }
    assert described["inLanguage"] == ["zh-Hans", "en"]
    assert described["license"] == ["https://spdx.org/licenses/CC-BY-4.0.html", "unknown"]


def plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [plain(one) for one in value]
    return None if value is None or value != value else value


def test_the_hub_client_reads_the_card(dataset: Path) -> None:
    found = DatasetCard.load(dataset / "README.md")
    assert (
        found.data.to_dict().items()
        >= {
            "pretty_name": "News",
            "language": ["zh", "en"],
            "license": ["unknown", "cc-by-4.0"],
            "multilinguality": ["translation"],
            "language_creators": ["found", "machine-generated"],
            "annotations_creators": ["machine-generated"],
            "task_categories": ["translation"],
            "size_categories": ["n<1K"],
            "source_datasets": ["original"],
            "tags": ["parallel-corpus", "sentence-aligned", "machine-translated"],
        }.items()
    )
    assert found.text.lstrip().startswith("# News")


def test_sha256sum_checks_every_file(dataset: Path) -> None:
    command = ["sha256sum", "-c", "--strict", "SHA256SUMS"]
    done = subprocess.run(command, cwd=dataset, capture_output=True, text=True, check=True)
    assert sorted(line.split(": ")[0] for line in done.stdout.splitlines()) == sorted(
        path.relative_to(dataset).as_posix()
        for path in dataset.rglob("*")
        if path.is_file() and path.name != "SHA256SUMS"
    )


# -- ourselves -----------------------------------------------------------------------------------------------------


def test_it_is_a_bitext_again(dataset: Path) -> None:
    assert list(read_bitext(dataset)) == pairs(30) + pairs(6, "dev", None)
    assert list(read_bitext(dataset, BitextOptions(split="dev"))) == pairs(6, "dev", None)
    meta = open_bitext(dataset).meta()
    assert (meta.signature, meta.origin) == (META.signature, "machine")


def test_shards_are_of_like_size_and_keep_the_order(dataset: Path) -> None:
    names = sorted(path.name for path in (dataset / "data").iterdir())
    assert names == [
        "train-00000-of-00002.parquet",
        "train-00001-of-00002.parquet",
        "validation-00000-of-00001.parquet",
    ]
    counts = [open_bitext(dataset / "data" / name).n_pairs for name in names]
    assert counts == [15, 15, 6]


def test_the_same_corpora_give_the_same_bytes(tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.tsv", pairs())
    made = []
    for place in ("one", "two"):
        (tmp_path / place).mkdir()
        report = write_dataset([corpus], tmp_path / place / "d")
        made.append({name: (tmp_path / place / "d" / name).read_bytes() for name in report.files})
    assert made[0] == made[1]
    assert sorted(made[0]) == ["README.md", "SHA256SUMS", "croissant.json", "data/train-00000-of-00001.parquet"]


@pytest.mark.parametrize(
    ("corpora", "splits"),
    [
        (["a.tsv"], {"train": "a.tsv"}),
        (["a.test.tsv"], {"test": "a.test.tsv"}),
        (["a.test.tsv.gz", "a.dev.tsv.gz", "a.train.tsv.gz"], {"train": 2, "validation": 1, "test": 0}),
        (["d/train.parquet", "d/valid.parquet"], {"train": 0, "validation": 1}),
        (["news.train.zh", "news.test.zh"], {"train": 0, "test": 1}),
        (["train=a.tsv", "medical=b=c.tsv"], {"train": "a.tsv", "medical": "b=c.tsv"}),
    ],
)
def test_which_corpus_is_which_split(corpora: list[str], splits: dict[str, str | int]) -> None:
    expected = {name: Path(corpora[given] if isinstance(given, int) else given) for name, given in splits.items()}
    assert list(name_splits(corpora).items()) == list(expected.items())


def test_splits_that_are_not_clear_are_refused() -> None:
    with pytest.raises(UsageError, match=r"b.tsv: which split is it\? Say so: train=b.tsv"):
        name_splits(["a.train.tsv", "b.tsv"])
    with pytest.raises(UsageError, match=r"x.dev.tsv: validation is val.tsv already; name another split: extra=x.dev"):
        name_splits(["validation=val.tsv", "x.dev.tsv"])


def test_what_others_wrote_in_the_folder_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, out = write(tmp_path / "a.tsv", pairs()), tmp_path / "d"
    (out / ".git").mkdir(parents=True)
    (out / "LICENSE").write_text("mine")
    monkeypatch.setattr(folder_module, "_SHARD_BYTES", 1000)
    many = write_dataset([corpus], out)
    assert len(many.files) > 5
    monkeypatch.undo()
    one = write_dataset([corpus], out)
    left = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert left == {*one.files, "LICENSE"}
    assert (out / ".git").is_dir()
    (out / "README.md").write_text(card(out) + "My own words.\n")
    with pytest.raises(OutputError, match=r"README.md: was written or changed by somebody else, and would be replaced"):
        write_dataset([corpus], out)
    assert card(out).endswith("My own words.\n")


def test_links_of_words_and_terms_are_in_it_and_in_the_card(tmp_path: Path) -> None:
    found = [replace(pair, words="0-0", terms="北京=Beijing" if i else None) for i, pair in enumerate(pairs(5))]
    out = tmp_path / "d"
    write_dataset([write(tmp_path / "a.train.jsonl", found), write(tmp_path / "a.dev.jsonl", pairs(5, "dev"))], out)
    assert list(read_bitext(out, BitextOptions(split="train"))) == found
    card = (out / "README.md").read_text("utf-8")
    assert "| `words` | string | links" in card
    assert "| `terms` | string | what a glossary" in card


def test_verify_checks_the_sums_of_a_folder(tmp_path: Path) -> None:
    out = tmp_path / "d"
    write_dataset([write(tmp_path / "a.tsv", pairs())], out)
    first = next(verify_corpus(out))
    assert str(first) == "checksums: passed: 3 files are as SHA256SUMS says"
    (out / "README.md").write_text("changed")
    assert "README.md has SHA-256" in next(verify_corpus(out)).detail
    (out / "SHA256SUMS").unlink()
    assert next(verify_corpus(out)).outcome == Outcome.NOT_CHECKED


def test_one_run_at_a_time_and_what_a_killed_one_left_goes(tmp_path: Path) -> None:
    corpus, out = write(tmp_path / "a.tsv", pairs()), tmp_path / "d"
    left = out / ".abc.duizhao-tmp" / "data"
    left.mkdir(parents=True)
    (left / "train-00000-of-00001.parquet").write_text("half")
    other = open_sink(out / "SHA256SUMS")
    with pytest.raises(OutputError, match=r"SHA256SUMS: another run is writing it"):
        write_dataset([corpus], out)
    assert left.is_dir()
    other.discard()
    report = write_dataset([corpus], out)
    assert {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()} == set(report.files)
    assert not left.exists()


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.tsv", pairs())
    bad = tmp_path / "b.waterfall.json"
    bad.write_text('{"total": 3}')
    with pytest.raises(InputError, match=r"b.waterfall.json: expected the counts of duizhao filter"):
        write_dataset([corpus], tmp_path / "d", waterfall=bad)
    with pytest.raises(UsageError, match=r"lies in .*, which is to be written"):
        write_dataset([corpus], tmp_path)
    with pytest.raises(OutputError, match="is a file; a dataset is a folder"):
        write_dataset([corpus], corpus)
    with pytest.raises(OutputError, match="does not exist; make it first"):
        write_dataset([corpus], tmp_path / "no" / "d")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tsv", "a.tsv.meta.json", "b.waterfall.json"]


# -- what the card says --------------------------------------------------------------------------------------------


def test_the_card_of_a_machine_s_corpus(dataset: Path) -> None:
    text = card(dataset)
    assert "36 Chinese–English sentence pairs from 8 documents. The English was made by a machine" in text
    assert "**The splits are not apart:** " in text  # 第3次 and 第4次 are near copies to anybody's eye
    assert "| train | 30 | 6 | 450 |" in text
    assert "| validation | 6 | 2 | 90 |" in text
    assert f"```text\n{META.signature}\n```" in text
    assert "under CC-BY-SA-4.0; that is apart from the licences of the sources." in text
    assert "| CC-BY-4.0 | " in text
    assert "**The licence of 16 pairs is not known.**" in text
    assert "Pairs with at least one: 4 of 36." in text
    assert "| `cut` | 4 | 11.1% | translated in pieces |" in text
    assert "| `signals.length_ratio` | 1 | 36 | 0 | " in text
    assert "No signals were computed" not in text
    assert "did not look for lines of public test sets" in text
    # Texts of the corpus do not become markup.
    assert r"Meeting no. 0 \| was held in Beijing, \<b>many\</b> came." in text


def test_test_sets_are_named_where_every_split_was_held_against_them(tmp_path: Path) -> None:
    corpora = []
    for split, sets in (("train", "flores wmt20"), ("test", "wmt20")):
        meta = replace(META, environment={"benchmarks": sets})
        corpora.append(write(tmp_path / f"a.{split}.tsv", pairs(), meta=meta))
    write_dataset(corpora, tmp_path / "d")
    assert "- Lines of these test sets were looked for, and of no others: wmt20.\n" in card(tmp_path / "d")


def test_splits_that_share_something_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    apart = [("甲乙丙丁戊己庚辛。", "Heaven and earth."), ("子丑寅卯辰巳午未。", "A quite different sentence.")]
    for name, rows_ in (("train", apart[:1]), ("test", apart[1:]), ("dev", [(apart[0][0], "Something else again.")])):
        lines = "".join(f"{source}\t{target}\n" for source, target in rows_)
        (tmp_path / f"{name}.tsv").write_text(f"source\ttarget\n{lines}", "utf-8")
    sets = [str(tmp_path / f"{name}.tsv") for name in ("train", "test")]
    assert main(["release", *sets, "-o", str(tmp_path / "d"), "--source-license", "MIT"]) == 0
    assert "NOT APART" not in capsys.readouterr().err
    assert "No two splits share anything: no source, no target, and no near copy of one." in card(tmp_path / "d")
    assert (
        main(["release", *sets, str(tmp_path / "dev.tsv"), "-o", str(tmp_path / "d"), "--source-license", "MIT"]) == 0
    )
    assert "SPLITS NOT APART: they share 1 source; duizhao split-sets --check lists it" in capsys.readouterr().err
    assert "**The splits are not apart:** 1 shared source." in card(tmp_path / "d")


def test_a_document_in_three_splits_is_one_shared_document(tmp_path: Path) -> None:
    texts = [
        ("甲乙丙丁戊己庚辛。", "Heaven and earth."),
        ("子丑寅卯辰巳午未。", "A quite different sentence."),
        ("金木水火土日月年。", "Something else again."),
    ]
    corpora = []
    for split, (source, target) in zip(("train", "dev", "test"), texts, strict=True):
        pair = Pair(Span("a.txt", 0, 0, 0, len(source), source, source), Span.unplaced(target))
        corpora.append(write(tmp_path / f"a.{split}.jsonl", [pair]))
    assert write_dataset(corpora, tmp_path / "d").leaks == {"document": 1}
    assert "**The splits are not apart:** 1 shared document." in card(tmp_path / "d")


def test_of_a_model_with_other_files_nothing_is_claimed(tmp_path: Path) -> None:
    other = replace(META, signature=SIGNATURE.replace(MODEL.fingerprint[:12], "000000000000"))
    write_dataset([write(tmp_path / "a.tsv", pairs(), meta=other)], tmp_path / "d")
    assert "The licence of the model that translated is not known." in card(tmp_path / "d")
    assert MODEL.notes not in card(tmp_path / "d")


@pytest.mark.parametrize(
    ("origin", "sentence", "creators", "source"),
    [
        ("human", "existing translations were aligned by a program", ["found"], "original"),
        ("unknown", "Who or what made the English is not recorded.", ["other"], "extended|other"),
    ],
)
def test_the_card_of_other_corpora(
    tmp_path: Path, origin: Origin, sentence: str, creators: list[str], source: str
) -> None:
    corpus = write(tmp_path / "a.tsv", [replace(pair, license="CC0-1.0") for pair in pairs()], origin)
    write_dataset([corpus], tmp_path / "d")
    text, said = card(tmp_path / "d"), head(tmp_path / "d")
    assert sentence in text
    assert said["language_creators"] == creators
    assert said["source_datasets"] == [source]
    assert "machine-translated" not in said["tags"]
    assert "model's errors" not in text
    assert said["license"] == "cc0-1.0"
    assert "licence of" not in text


def test_of_anyones_bitext_nothing_is_claimed(tmp_path: Path) -> None:
    (tmp_path / "a.zh").write_text("龙头园区。\n你好\n", "utf-8")
    (tmp_path / "a.en").write_text("The park.\nHello\n", "utf-8")
    write_dataset([tmp_path / "a.zh"], tmp_path / "d", options=BitextOptions(license="政府开放数据"))
    text, said = card(tmp_path / "d"), head(tmp_path / "d")
    assert "| train | 2 | not recorded | 6 | 3 | 1 |" in text
    assert "How the pairs were made is not recorded" in text
    assert "No pair carries a flag." in text
    assert "No signals were computed" in text
    assert (said["license"], said["license_name"]) == ("other", "政府开放数据")
    assert said["annotations_creators"] == ["no-annotation"]


def test_scripts_are_said_only_where_they_agree(tmp_path: Path) -> None:
    for name, source, expected in (
        ("hans", "龙头园区", ["zh-Hans", "en"]),
        ("hant", "龍頭園區", ["zh-Hant", "en"]),
        ("both", "龙頭", ["zh", "en"]),
        ("none", "你好", ["zh", "en"]),
    ):
        path = tmp_path / f"{name}.tsv"
        path.write_text(f"source\ttarget\n{source}\tx\n", "utf-8")
        write_dataset([path], tmp_path / name)
        assert head(tmp_path / name)["language_details"] == expected


def test_the_waterfall_of_a_filter_is_in_the_card(tmp_path: Path) -> None:
    corpus = write(tmp_path / "a.tsv", pairs())
    rules = parse_rules("numbers: {flag: number_lost}\nlength: {signal: length_ratio, max: 6}\n", "rules")
    filter_corpus(corpus, tmp_path / "clean.tsv", rules)
    write_dataset([tmp_path / "clean.tsv"], tmp_path / "d")
    counts = json.loads((tmp_path / "clean.waterfall.json").read_text("utf-8"))
    text = card(tmp_path / "d")
    assert f"A filter kept {counts['kept']['pairs']} of 30 pairs" in text
    for rule in counts["rules"]:
        numbers = " | ".join(str(rule[how]["pairs"]) for how in ("alone", "in_order", "only"))
        assert f"| `{rule['name']}` | " in text
        assert f" | {numbers} | {rule['only']['words']} |" in text


# -- the command ---------------------------------------------------------------------------------------------------


def test_the_command_says_loudly_what_nobody_knows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corpus = write(tmp_path / "a.tsv", pairs())
    assert main(["release", str(corpus), "-o", str(tmp_path / "d")]) == 0
    error = capsys.readouterr().err
    assert "LICENCE UNKNOWN of 10 of 30 pairs" in error
    assert "4 files in" in error
    assert main(["release", "-q", str(corpus), "-o", str(tmp_path / "d")]) == 0
    assert "LICENCE UNKNOWN" in capsys.readouterr().err
    told = ["--source-license", "MIT", "--name", "Another"]
    assert main(["release", str(corpus), "-o", str(tmp_path / "d"), *told]) == 0
    assert "UNKNOWN" not in capsys.readouterr().err
    assert head(tmp_path / "d")["license"] == ["mit", "cc-by-4.0"]
    assert "# Another\n" in card(tmp_path / "d")
