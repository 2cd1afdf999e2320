"""A build can be killed, continued, extended and written out again, and the bytes are the same."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partialmethod
from pathlib import Path

import pytest

from corpus.build import shards
from corpus.build.build import build_corpus, parts_folder, prepare
from corpus.build.environment import environment
from corpus.cli.main import main
from corpus.curation.score import score_corpus
from corpus.pair import FIELDS, SIGNAL, Pair, columns_of
from corpus.readers.base import Rejected, Skipped
from corpus.readers.bitext import read_bitext
from corpus.signals import flags
from corpus.signals.across import ACROSS
from corpus.signals.table import SIGNALS
from corpus.writers import formats
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan
from translate.errors import InputError, OutputError, UsageError
from translate.marian.catalogue import get_spec
from translate.marian.find import locate
from translate.marian.languages import LanguagePair
from translate.marian.model import LocalModel
from translate.marian.shortlist import Shortlist
from translate.marian.vocabulary import MarianVocabulary
from translate.pipeline import translator as translator_module
from translate.pipeline.batching import Scheduler
from translate.pipeline.translator import Translator
from translate.text.flags import Flag

ROOT = Path(__file__).parents[3]

UNOPENED = LocalModel(get_spec("zh-en-mini"), Path())
"""The fake engine reads none of its files, and hashing them takes a tenth of a second each time."""


def translator(plan: FakePlan | None = None) -> Translator:
    return Translator(FakeEngine(plan=plan), UNOPENED, DecodeOptions(beam_size=1))


def n_decoded(used: Translator) -> int:
    assert isinstance(used.engine, FakeEngine)
    return sum(len(batch) for batch in used.engine.batches)


def document(folder: Path, name: str, n_lines: int = 3) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text("".join(f"{name}第{i}行。还有一句。\n" for i in range(n_lines)), encoding="utf-8")
    return path


@pytest.fixture
def small_shards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "SHARD_SENTENCES", 10)


def test_a_corpus_and_its_report(tmp_path: Path) -> None:
    document(tmp_path / "in", "a.txt")
    with translator() as used:
        report = build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used)
    rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()]
    assert rows[0] == [*FIELDS, *(SIGNAL + name for name in (*SIGNALS, *ACROSS))]
    assert rows[1][1:9] == ["a.txt", "0", "0", "0", "9", "a.txt第0行。", "EN(a.txt第0行。)[9]", "-0.5"]
    assert len(rows) == 7
    assert (report.n_documents, report.n_pairs, report.n_decoded) == (1, 6, 6)
    assert report.flags == {"han_in_target": 6, "number_mismatch": 6, "duplicate": 2}
    assert report.signature == used.signature


@pytest.mark.parametrize("name", ["out.tsv", "out.jsonl", "out.tmx"])
def test_a_build_has_the_signals_that_scoring_adds_later(name: str, tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    (tmp_path / "plain").mkdir()
    with translator() as used:
        build_corpus([path], tmp_path / name, translator=used)
        build_corpus([path], tmp_path / "plain" / name, translator=used, signals=False)
    columns = columns_of(pair for pair in read_bitext(tmp_path / "plain" / name) if isinstance(pair, Pair))
    assert columns.signals == ()
    score_corpus(tmp_path / "plain" / name, tmp_path / f"later-{name}")
    assert (tmp_path / f"later-{name}").read_bytes() == (tmp_path / name).read_bytes()
    sidecars = [json.loads((tmp_path / f"{out}.meta.json").read_text("utf-8")) for out in (name, f"later-{name}")]
    assert sidecars[0]["signals"] == sidecars[1]["signals"]
    assert sidecars[0]["environment"] == sidecars[1]["environment"]


def test_a_second_format_costs_no_decoding(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    with translator() as used:
        build_corpus([path], tmp_path / "news.tsv", translator=used)
        before = n_decoded(used)
        report = build_corpus([path], tmp_path / "news.jsonl.gz", translator=used)
        build_corpus([path], tmp_path / "news", translator=used, format="moses")
        assert n_decoded(used) == before
    assert report.n_decoded == 0
    assert (tmp_path / "news.en").read_text(encoding="utf-8").count("\n") == 6


@pytest.mark.usefixtures("small_shards")
@pytest.mark.parametrize("name", ["0first.txt", "bmiddle.txt", "zlast.txt"])
def test_adding_a_document_decodes_that_document_only(tmp_path: Path, name: str) -> None:
    for other in ("a.txt", "b.txt", "c.txt", "d.txt"):
        document(tmp_path / "in", other, 7)
    with translator() as used:
        build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used)
    document(tmp_path / "in", name, 4)
    with translator() as used:
        report = build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used)
        assert isinstance(used.engine, FakeEngine)
        fresh = [text for batch in used.engine.batches for text in batch]
        assert {text for text in fresh if name in text} == {f"{name}第{i}行。" for i in range(4)}
        assert set(fresh) - {text for text in fresh if name in text} == {"还有一句。"}
    assert report.n_decoded == 8
    with translator() as used:
        build_corpus([tmp_path / "in"], tmp_path / "fresh.tsv", translator=used)
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "fresh.tsv").read_bytes()


def test_another_signature_is_decoded_anew(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    with translator() as used:
        build_corpus([path], tmp_path / "out.tsv", translator=used)
    other = Translator(FakeEngine(), UNOPENED, DecodeOptions(beam_size=2))
    with other:
        assert build_corpus([path], tmp_path / "out.tsv", translator=other).n_decoded == 6


def test_a_failing_engine_keeps_finished_parts_and_the_old_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_SENTENCES", 4)
    path = document(tmp_path / "in", "a.txt", 9)
    out = tmp_path / "out.tsv"
    out.write_text("what was there\n", encoding="utf-8")
    with translator(FakePlan(fail=lambda source: "第6" in source)) as used, pytest.raises(Exception, match="told to"):
        build_corpus([path], out, translator=used)
    assert out.read_text(encoding="utf-8") == "what was there\n"
    assert list(parts_folder(out).glob("*.jsonl"))
    with translator() as used:
        report = build_corpus([path], out, translator=used)
    assert 0 < report.n_decoded < report.n_pairs == 18


def test_bad_inputs_are_named_and_the_others_go_on(tmp_path: Path) -> None:
    good = document(tmp_path / "in", "a.txt")
    (tmp_path / "in" / "bad.txt").write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    told: list[Rejected] = []
    with translator() as used:
        report = build_corpus(
            [tmp_path / "in", tmp_path / "missing.txt"], tmp_path / "out.tsv", translator=used, on_reject=told.append
        )
    assert good.name == "a.txt"
    assert report.n_pairs == 6
    assert sorted(Path(item.origin).name for item in told) == ["bad.txt", "missing.txt"]
    assert tuple(told) == report.rejected


@pytest.mark.parametrize("name", ["corpus.tsv", "corpus.jsonl"])
def test_a_folder_that_holds_the_corpus_is_built_from_its_documents_alone(tmp_path: Path, name: str) -> None:
    document(tmp_path, "a.txt")
    with translator() as used:
        build_corpus([tmp_path], tmp_path / "earlier.jsonl", translator=used)
        first = build_corpus([tmp_path], tmp_path / name, translator=used)
        before = (tmp_path / name).read_bytes()
        again = build_corpus([tmp_path], tmp_path / name, translator=used)
    assert (first.n_pairs, again.n_pairs, again.n_decoded) == (6, 6, 0)
    assert again.rejected == ()
    assert (tmp_path / name).read_bytes() == before


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    path = document(tmp_path, "a.jsonl")
    with translator() as used, pytest.raises(UsageError, match="both an input and the output"):
        build_corpus([path], path, translator=used)
    assert path.read_text(encoding="utf-8").startswith("a.jsonl第0行")


def test_one_input_needs_no_list(tmp_path: Path) -> None:
    path = document(tmp_path, "a.txt")
    with translator() as used:
        assert build_corpus(str(path), tmp_path / "o.tsv", translator=used).n_documents == 1


def test_a_renamed_or_changed_document_costs_only_what_is_new(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt", 3000)
    with translator() as used:
        build_corpus([path], tmp_path / "out.tsv", translator=used)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    (tmp_path / "in" / "b.txt").write_text("".join([*lines[:1500], "新的。\n", *lines[1500:]]), encoding="utf-8")
    path.unlink()
    with translator() as used:
        report = build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used)
    assert report.n_pairs == 6001
    assert 0 < report.n_decoded < 2500
    rows = (tmp_path / "out.tsv").read_text(encoding="utf-8").splitlines()[1:]
    assert [row.split("\t")[0] for row in rows[:2]] == ["b.txt:0:0", "b.txt:0:1"]


def test_a_second_run_with_the_same_output_is_told_at_once(tmp_path: Path) -> None:
    path = document(tmp_path, "a.txt")
    out = tmp_path / "o.tsv"
    with open_writer(out, None, RunMeta("sig", "0")), translator() as used:
        with pytest.raises(OutputError, match="another run"):
            build_corpus([path], out, translator=used)
        assert n_decoded(used) == 0


def test_strict_stops_at_a_bad_input(tmp_path: Path) -> None:
    document(tmp_path / "in", "z.txt")
    (tmp_path / "in" / "bad.txt").write_bytes(b"%PDF-1.7\n\x00\x01\x02")
    with translator() as used, pytest.raises(InputError, match=r"bad\.txt.*--strict"):
        build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used, strict=True)
    assert not (tmp_path / "out.tsv").exists()


@pytest.mark.parametrize("make", [lambda path: path.touch(), lambda path: path.write_bytes(b" \n\t\n"), Path.mkdir])
def test_nothing_to_read_is_one_clear_error(tmp_path: Path, make: Callable[[Path], None]) -> None:
    make(tmp_path / "nothing.txt")
    with translator() as used, pytest.raises(InputError, match=r"nothing\.txt"):
        build_corpus([tmp_path / "nothing.txt"], tmp_path / "out.tsv", translator=used)
    assert not (tmp_path / "out.tsv").exists()


def test_a_format_or_folder_that_cannot_be_is_told_before_any_work(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    with translator() as used:
        with pytest.raises(UsageError, match="tsv"):
            build_corpus([path], tmp_path / "out.docx", translator=used)
        with pytest.raises(OutputError, match="nowhere"):
            build_corpus([path], tmp_path / "nowhere" / "out.tsv", translator=used)
        assert n_decoded(used) == 0


@pytest.mark.parametrize("name", ["news.tsv", "news.tsv.gz", "news.tmx", "news.jsonl.zst", "news"])
def test_every_format_of_a_corpus_shares_its_parts(name: str) -> None:
    assert parts_folder(Path("x") / name) == Path("x/news.parts")


@pytest.mark.parametrize("name", ["news", "news.zh", "news.en.gz", "news.tsv"])
def test_either_file_of_moses_names_the_parts_that_the_other_formats_have(name: str) -> None:
    assert parts_folder(Path("x") / name, "moses") == Path("x/news.parts")


def test_a_new_suffix_of_a_format_is_no_part_of_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(formats.SUFFIXES, ".xlf", "tsv")
    assert parts_folder(Path("news.XLF")) == Path("news.parts")


def test_what_is_left_out_is_told_and_in_the_report(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    told: list[Skipped] = []
    with translator() as used:
        build_corpus(path, tmp_path / "in" / "old.jsonl", translator=used)
        report = build_corpus(tmp_path / "in", tmp_path / "c.tsv", translator=used, on_skip=told.append)
    assert [item.origin for item in told] == [str(tmp_path / "in" / "old.jsonl")]
    assert report.skipped == tuple(told)


@pytest.mark.parametrize(("pair", "said"), [(("cmn_Hant", "eng"), ["zh", "en"]), (("ja", "de-AT"), ["ja", "de"])])
def test_the_sidecar_has_the_languages_of_the_model(tmp_path: Path, pair: tuple[str, str], said: list[str]) -> None:
    spec = replace(get_spec("zh-en-mini"), languages=LanguagePair(*pair))
    path = document(tmp_path / "in", "a.txt")
    with Translator(FakeEngine(), LocalModel(spec, Path()), DecodeOptions(beam_size=1)) as used:
        build_corpus(path, tmp_path / "c.tsv", translator=used)
        build_corpus(path, tmp_path / "news", translator=used, format="moses")
    meta = json.loads((tmp_path / "c.tsv.meta.json").read_text())
    assert (meta["languages"], meta["target_origin"]) == (said, "machine")
    assert (tmp_path / f"news.{said[0]}").exists()


def test_progress_moves_with_the_batches_and_ends_with_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Scheduler, "__init__", partialmethod(Scheduler.__init__, max_sentences=1))
    path = document(tmp_path / "in", "a.txt")
    seen: list[tuple[int, int, int]] = []
    with translator() as used:
        build_corpus([path], tmp_path / "o.tsv", translator=used, on_progress=lambda *numbers: seen.append(numbers))
    n_chars = len("a.txt第0行。还有一句。") * 3
    assert seen[-1] == (6, n_chars, n_chars)
    assert len(seen) > 3
    assert [done for _, done, _ in seen] == sorted(done for _, done, _ in seen)


@pytest.mark.usefixtures("small_shards")
def test_a_damaged_header_and_an_edit_elsewhere_leave_every_other_row_in_its_place(tmp_path: Path) -> None:
    """The counts of pieces say where their rows stand, so a wrong one would give a document its neighbour's rows."""
    for name in ("a.txt", "b.txt", "c.txt"):
        document(tmp_path / "in", name, 2)
    with translator() as used:
        build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used)
    for part in (tmp_path / "out.parts").glob("*.jsonl"):
        head, header, rest = part.read_bytes().split(b"\n", 2)
        part.write_bytes(b"\n".join([head, header.replace(b",4]", b",5]", 1), rest]))
    document(tmp_path / "in", "a.txt", 3)
    with translator() as used:
        report = build_corpus([tmp_path / "in"], tmp_path / "out.tsv", translator=used)
        build_corpus([tmp_path / "in"], tmp_path / "fresh.tsv", translator=used)
    assert report.n_decoded == report.n_pairs == 14
    assert (tmp_path / "out.tsv").read_bytes() == (tmp_path / "fresh.tsv").read_bytes()


@pytest.mark.usefixtures("small_shards")
def test_a_part_that_is_damaged_while_others_are_decoded_is_named(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt", 30)
    parts = tmp_path / "out.parts"

    def damage(*numbers: int) -> None:
        if numbers[0] > 50:
            sorted(parts.glob("*.jsonl"))[0].write_bytes(b"")

    with translator() as used, pytest.raises(OutputError, match="gone or damaged; run the same command"):
        build_corpus([path], tmp_path / "out.tsv", translator=used, on_progress=damage)
    assert not (tmp_path / "out.tsv").exists()
    with translator() as used:
        report = build_corpus([path], tmp_path / "out.tsv", translator=used)
    assert 0 < report.n_decoded < report.n_pairs == 60


def test_a_new_version_of_duizhao_decodes_nothing_again_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = document(tmp_path / "in", "a.txt")
    with translator() as used:
        before = build_corpus([path], tmp_path / "out.tsv", translator=used)
    monkeypatch.setattr(translator_module, "__version__", "99.0")
    with translator() as used:
        after = build_corpus([path], tmp_path / "out.tsv", translator=used)
    assert (after.n_pairs, after.n_decoded) == (6, 0)
    assert after.signature.endswith("|duizhao:99.0")
    assert before.signature.rpartition("|")[0] == after.signature.rpartition("|")[0]


def test_a_better_flag_decodes_nothing_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = document(tmp_path / "in", "a.txt")
    with translator() as used:
        before = build_corpus([path], tmp_path / "out.tsv", translator=used, signals=False)
        monkeypatch.setattr(flags, "_OF_TEXTS", {Flag.NUMBER_LOST: lambda source, target: True})
        after = build_corpus([path], tmp_path / "out.tsv", translator=used, signals=False)
    assert before.flags == {"han_in_target": 6}
    assert after.flags == {"number_lost": 6}
    assert after.n_decoded == 0


def test_a_listener_of_the_callers_hears_of_the_build_and_stays(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    heard: list[str] = []
    with translator() as used:
        used.on_batch = heard.extend
        build_corpus([path], tmp_path / "out.tsv", translator=used, on_progress=lambda *numbers: None)
        assert len(heard) == 4  # the distinct ones
        used.translate_sentences(["你好"])
    assert heard[4:] == ["你好"]


CHANGES: dict[str, Callable[[Path], object]] = {
    "grows": lambda path: path.write_text(path.read_text(encoding="utf-8") + "又一行。\n", encoding="utf-8"),
    "shrinks": lambda path: os.truncate(path, 30_000),
    "is rewritten": lambda path: path.write_text("又换了。\n" * 50_000, encoding="utf-8"),
    "vanishes": lambda path: path.unlink(),
}


@pytest.mark.parametrize("how", CHANGES)
@pytest.mark.parametrize("suffix", ["txt", "jsonl"])
def test_an_input_that_changes_while_it_is_read_is_one_rejected_input(
    tmp_path: Path, how: str, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "SHARD_SENTENCES", 50)
    for name in ("a", "c"):
        document(tmp_path / "in", f"{name}.txt")
    path = tmp_path / "in" / f"b.{suffix}"
    line = '{{"text":"第{}行。"}}' if suffix == "jsonl" else "第{}行。"
    padding = " " * 800 + "\n"  # the file is more than is read at once
    path.write_text("".join(line.format(i) + padding for i in range(800)), encoding="utf-8")
    changed = []

    def change(*numbers: int) -> None:
        if not changed and numbers[0] > 100:
            changed.append(CHANGES[how](path))

    told: list[Rejected] = []
    out = tmp_path / "out.tsv"
    with translator() as used:
        report = build_corpus([tmp_path / "in"], out, translator=used, on_reject=told.append, on_progress=change)
    assert changed
    assert [Path(item.origin).name for item in told] == [path.name]
    assert "read" in told[0].reason
    assert report.rejected == tuple(told)
    assert (report.n_documents, report.n_pairs) == (2, 12)
    rows = [row.split("\t") for row in out.read_text(encoding="utf-8").splitlines()[1:]]
    assert [row[1] for row in rows] == ["a.txt"] * 6 + ["c.txt"] * 6
    meta = json.loads((tmp_path / "out.tsv.meta.json").read_text(encoding="utf-8"))
    assert [Path(each["origin"]).name for each in meta["inputs"]] == ["a.txt", "c.txt"]


def test_where_the_only_input_changes_there_is_no_corpus(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt", 30_000)

    def change(*numbers: int) -> None:
        path.write_text("换了。\n", encoding="utf-8")

    with translator() as used, pytest.raises(InputError, match=r"a\.txt.*changed"):
        build_corpus([path], tmp_path / "out.tsv", translator=used, on_progress=change)
    assert not (tmp_path / "out.tsv").exists()


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda folder: (folder / "out.tsv.meta.json").mkdir(), r"out\.tsv\.meta\.json"),
        (lambda folder: (folder / "out.parts").touch(), r"out\.parts"),
        (lambda folder: (folder / "out.parts").symlink_to("nowhere"), r"out\.parts"),
    ],
)
def test_what_would_fail_in_the_end_is_told_before_the_work(
    tmp_path: Path, make: Callable[[Path], object], what: str
) -> None:
    path = document(tmp_path / "in", "a.txt")
    make(tmp_path)
    with pytest.raises(OutputError, match=what):
        prepare([path], tmp_path / "out.tsv")


def test_a_name_that_leaves_no_room_for_the_sidecars_is_told_before_the_work(tmp_path: Path) -> None:
    path = document(tmp_path / "in", "a.txt")
    with pytest.raises(OutputError, match=r"meta\.json.*too long"):
        prepare([path], tmp_path / f"{'x' * 245}.tsv")


def test_every_input_is_looked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    document(tmp_path / "in", "a.txt")
    walked: list[object] = []
    walk = os.walk
    monkeypatch.setattr(os, "walk", lambda *args, **kwargs: walked.append(args) or walk(*args, **kwargs))
    assert main(["-q", "build", str(tmp_path / "in"), "-o", str(tmp_path / "o.tsv"), "--engine", "fake"]) == 0
    assert len(walked) == 1


# A build whose every batch takes a while, so that there is time to stop it in the middle; with a dot in OUT.batches for
# each batch that was decoded.
SLOW = """
import sys, time
import corpus.build.shards
from translate.pipeline.batching import Job, Scheduler
seconds, corpus.build.shards.SHARD_SENTENCES, batches = float(sys.argv[1]), int(sys.argv[2]), open(sys.argv[3], "a")
collect = Scheduler._collect
def slowly(self):
    time.sleep(seconds)
    n_flying = len(self._flying)
    collect(self)
    batches.write("." * (n_flying - len(self._flying)))
    batches.flush()
Scheduler._collect = slowly
from corpus.cli.main import main
sys.exit(main(["-q", "build", *sys.argv[4:], "--model", "zh-en-mini"]))
"""


def start(seconds: float, source: Path, out: Path, *options: str, shard: int = 20) -> subprocess.Popen[str]:
    options = options or ("--engine", "fake")
    arguments = [str(seconds), str(shard), f"{out}.batches", str(source), "-o", str(out), *options]
    return subprocess.Popen([sys.executable, "-c", SLOW, *arguments], cwd=ROOT, stderr=subprocess.PIPE, text=True)


def n_batches(out: Path) -> int:
    path = Path(f"{out}.batches")
    return path.stat().st_size if path.exists() else 0


def wait_for_batches(out: Path, n: int) -> None:
    deadline = time.monotonic() + 60
    while n_batches(out) < n:
        assert time.monotonic() < deadline, "the build decodes nothing"
        time.sleep(0.01)


def wait_for_parts(out: Path, n_parts: int) -> None:
    deadline = time.monotonic() + 60
    while len(list(parts_folder(out).glob("*.jsonl"))) < n_parts:
        assert time.monotonic() < deadline, "the build makes no parts"
        time.sleep(0.01)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_build_that_is_stopped_goes_on_to_the_same_bytes(tmp_path: Path, how: signal.Signals) -> None:
    source = document(tmp_path / "in", "a.txt", 200)
    out, whole = tmp_path / "out.tsv", tmp_path / "whole.tsv"
    first = start(0.05, source, out)
    wait_for_parts(out, 2)
    first.send_signal(how)
    _, said = first.communicate(timeout=60)
    assert first.returncode == (130 if how == signal.SIGINT else -signal.SIGKILL)
    if how == signal.SIGINT:
        assert said.strip() == "duizhao: interrupted; what is done is kept: the same command goes on from here"
    assert not out.exists()
    kept = {path: path.stat().st_mtime_ns for path in parts_folder(out).glob("*.jsonl")}
    assert 2 <= len(kept) < 20
    for name in (out, whole):
        with start(0, source, name) as again:
            assert again.wait(timeout=60) == 0
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert out.read_bytes() == whole.read_bytes()
    assert not [path for path in tmp_path.rglob("*.tmp") if path.parent == tmp_path]


def test_a_kill_in_the_middle_of_a_shard_costs_a_batch_or_two(tmp_path: Path) -> None:
    source = document(tmp_path / "in", "a.txt", 900)
    out, whole = tmp_path / "out.tsv", tmp_path / "whole.tsv"
    with start(0, source, whole, shard=2000) as undisturbed:
        assert undisturbed.wait(timeout=60) == 0
    n_in_all = n_batches(whole)
    for how, n in ((signal.SIGKILL, 3), (signal.SIGINT, 6), (signal.SIGKILL, 9)):
        with start(0.1, source, out, shard=2000) as stopped:
            wait_for_batches(out, n)
            stopped.send_signal(how)
        assert n <= n_batches(out) < n_in_all
        assert not list(parts_folder(out).glob("*.jsonl"))
        assert not out.exists()
    with start(0, source, out, shard=2000) as again:
        assert again.wait(timeout=60) == 0
    assert out.read_bytes() == whole.read_bytes()
    # One may have been decoded and not noted at each kill.
    assert n_in_all <= n_batches(out) <= n_in_all + 3
    assert [path.suffix for path in parts_folder(out).iterdir()] == [".jsonl"]


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["native", "ct2", "torch"])
def test_a_kill_in_the_middle_of_a_shard_leaves_no_trace_in_the_corpus(tmp_path: Path, engine: str) -> None:
    source = tmp_path / "a.txt"
    source.write_bytes((ROOT / "tests" / "translate" / "engines" / "sentences.txt").read_bytes() * 3)
    out, whole = tmp_path / "out.tsv", tmp_path / "whole.tsv"
    options = ("--engine", engine, "--beam-size", "2")
    with start(0, source, whole, *options, shard=2000) as undisturbed:
        assert undisturbed.wait(timeout=300) == 0
    with start(0, source, out, *options, shard=2000) as stopped:
        wait_for_batches(out, n_batches(whole) // 2)
        stopped.kill()
    n_before = n_batches(out)
    with start(0, source, out, *options, shard=2000) as again:
        assert again.wait(timeout=300) == 0
    assert out.read_bytes() == whole.read_bytes()
    assert n_batches(out) - n_before < n_batches(whole)


@pytest.mark.slow
def test_a_stopped_build_with_ct2_and_a_shortlist_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    """A translation may depend on its neighbours there, so the neighbours must be the same."""
    lines = (ROOT / "tests" / "translate" / "engines" / "sentences.txt").read_text("utf-8").splitlines()
    source, shortlist = tmp_path / "a.txt", tmp_path / "short.txt"
    source.write_text("\n".join(lines * 3), "utf-8")
    vocabulary = MarianVocabulary(locate("zh-en-mini"))
    draw, tokens = random.Random(1), range(len(vocabulary.target))
    targets = {token: draw.sample(tokens, 4) for token in range(len(vocabulary.source) - 1)}
    Shortlist.of(targets, draw.sample(tokens, 40), vocabulary).write(shortlist)

    options = ("--engine", "ct2", "--beam-size", "1", "--shortlist", str(shortlist))
    out, whole = tmp_path / "out.tsv", tmp_path / "whole.tsv"
    first = start(0.1, source, out, *options)
    wait_for_parts(out, 2)
    first.kill()
    first.communicate(timeout=60)
    assert not out.exists()
    for name in (out, whole):
        with start(0, source, name, *options) as again:
            assert again.wait(timeout=120) == 0
    assert out.read_bytes() == whole.read_bytes()


def test_environment_is_noted(tmp_path: Path) -> None:
    assert {"python", "torch", "ctranslate2"} <= set(environment())


def test_the_licence_of_each_document_is_a_column_and_no_part_of_a_part(tmp_path: Path) -> None:
    lines = [{"id": "a", "text": "甲。乙。", "license": "CC-BY-4.0"}, {"id": "b", "text": "丙。"}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    with translator() as used:
        build_corpus(tmp_path / "in.jsonl", tmp_path / "out.jsonl", translator=used)
        parts = {path.name: path.read_bytes() for path in (tmp_path / "out.parts").glob("*.jsonl")}
        report = build_corpus(tmp_path / "in.jsonl", tmp_path / "out.tsv", translator=used, license="CC0-1.0")
    found = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(row["doc"], row["license"]) for row in found] == [("a", "CC-BY-4.0"), ("a", "CC-BY-4.0"), ("b", None)]
    header, *rows = [line.split("\t") for line in (tmp_path / "out.tsv").read_text("utf-8").splitlines()]
    assert header[: len(FIELDS) + 1] == [*FIELDS, "license"]
    assert [row[len(FIELDS)] for row in rows] == ["CC-BY-4.0", "CC-BY-4.0", "CC0-1.0"]
    assert report.n_decoded == 0
    assert {path.name: path.read_bytes() for path in (tmp_path / "out.parts").glob("*.jsonl")} == parts
