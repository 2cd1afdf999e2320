"""Pairs to files: each format read back by another program's rules, each file whole or not at all."""

from __future__ import annotations

import errno
import gzip
import io
import json
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from corpus.pair import FIELDS, PLAIN, Columns, Languages, Pair, Span, columns_of, from_row, row
from corpus.readers.base import Rejected, SourceFile
from corpus.writers.base import Origin, Output, RunMeta
from corpus.writers.formats import FORMATS, check_writable
from corpus.writers.writer import open_writer
from translate.errors import OutputError
from translate.files import atomic
from translate.files.lines import Encoding
from translate.text.records import Sentence

ROOT = Path(__file__).parents[3]
TMX_DTD = ROOT / "tests" / "corpus" / "writers" / "tmx14.dtd"
META = RunMeta(
    signature="model:zh-en-mini|engine:ct2|norm:1",
    version="0.1.0",
    inputs=(SourceFile("in/a.txt", Encoding("gb18030", "detected"), 12, "ab" * 32, "a.txt"),),
    rejected=(Rejected("in/b.txt", "empty file"),),
    environment={"python": "3.11"},
)
FLAGS = st.lists(st.sampled_from(["cut", "empty", "looped", "length"]), unique=True).map(lambda f: tuple(sorted(f)))
WILD = st.text(
    st.one_of(st.sampled_from("\t\n\r\0\x0b\x85\u2028\u2029\ufffe\ud800\"'\\&<> 中a"), st.characters()), max_size=12
)


def pair(
    n: int = 0, target: str = "Hello.", doc: str = "a.txt", source: str = "你好。", raw: str | None = None
) -> Pair:
    sentence = Sentence(doc, 0, n, n * 4, n * 4 + 3, source if raw is None else raw, source)
    return Pair.translated(sentence, target, -0.5)


PAIRS = st.lists(
    st.builds(
        Pair.translated,
        st.builds(
            Sentence, WILD, st.integers(0, 9), st.integers(0, 9), st.integers(0, 99), st.integers(0, 99), WILD, WILD
        ),
        WILD,
        st.none() | st.floats(-20, 0),
        FLAGS,
    ),
    max_size=5,
)
quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(out: Path, pairs: list[Pair], fmt: str | None = None, meta: RunMeta = META, columns: Columns = PLAIN) -> None:
    with open_writer(out, fmt, meta, columns) as writer:
        for one in pairs:
            writer.write(one)


def unpacked(path: Path) -> str:
    data = path.read_bytes()
    if path.suffix == ".gz":
        data = gzip.decompress(data)
    elif path.suffix == ".zst":
        data = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data)).read()
    return data.decode()


def legal(text: str) -> str:
    """What UTF-8 can hold."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


# -- formats read back ---------------------------------------------------------------------------------------------


@given(PAIRS, st.sampled_from(["", ".gz", ".zst"]))
@quick
def test_tsv_is_a_line_of_ten_fields_a_pair(tmp_path: Path, pairs: list[Pair], packing: str) -> None:
    out = tmp_path / f"c.tsv{packing}"
    write(out, pairs)
    text = unpacked(out)
    assert text.splitlines() == text.removesuffix("\n").split("\n")
    header, *lines = text.splitlines()
    assert header == "id\tdoc\tparagraph\tsentence\tstart\tend\tsource\ttarget\tscore\tflags"
    assert len(lines) == len(pairs)
    for line, one in zip(lines, pairs, strict=True):
        fields = row(one)
        expected = [
            str(",".join(value) if isinstance(value, list) else "" if value is None else value)
            for value in (fields[name] for name in FIELDS)
        ]
        clean = [re.sub("[\t\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029\0]", " ", legal(value)) for value in expected]
        assert line.split("\t") == clean


@given(PAIRS, st.sampled_from(["", ".gz", ".zst"]))
@quick
def test_jsonl_is_the_row_and_reads_back(tmp_path: Path, pairs: list[Pair], packing: str) -> None:
    out = tmp_path / f"c.jsonl{packing}"
    write(out, pairs)
    lines = unpacked(out).splitlines()
    assert len(lines) == len(pairs)
    for line, one in zip(lines, pairs, strict=True):
        fields = json.loads(line)
        assert list(fields) == [*FIELDS, "raw"]
        assert fields == json.loads(legal(json.dumps(row(one), ensure_ascii=False)))
        assert row(from_row(fields)) == fields


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
ALIGNED = st.lists(
    st.builds(
        Pair,
        SPANS,
        SPANS | st.builds(Span.unplaced, WILD),
        st.none() | st.floats(-20, 0),
        st.dictionaries(st.sampled_from(["length", "loops"]), st.floats(-9, 9) | st.just(float("inf"))),
        FLAGS,
    ),
    max_size=4,
)


@given(ALIGNED)
@quick
def test_what_is_aligned_and_its_signals_come_back(tmp_path: Path, pairs: list[Pair]) -> None:
    columns = columns_of(pairs)
    for suffix in ("tsv", "jsonl", "tmx"):
        write(tmp_path / f"c.{suffix}", pairs, columns=columns)
    expected = [row(one, columns) for one in pairs]
    lines = unpacked(tmp_path / "c.jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [
        json.loads(legal(json.dumps(fields, ensure_ascii=False))) for fields in expected
    ]
    header, *lines = unpacked(tmp_path / "c.tsv").splitlines()
    assert header.split("\t") == list(columns.names)
    for line, fields in zip(lines, expected, strict=True):
        cells = dict(zip(columns.names, line.split("\t"), strict=True))
        for name in ("source_sentences", "target_start", "target_sentences"):
            assert cells.get(name, "") == ("" if fields.get(name) is None else str(fields[name]))
        found = {name: float(cells[f"signals.{name}"]) for name in columns.signals if cells[f"signals.{name}"]}
        assert found == fields.get("signals", {})
    tree = etree.parse(tmp_path / "c.tmx")
    dtd = etree.DTD(TMX_DTD)
    assert dtd.validate(tree), dtd.error_log
    for unit, fields in zip(tree.findall("body/tu"), expected, strict=True):
        props = {prop.get("type"): prop.text or "" for prop in unit.findall("prop")}
        signals = {name[9:]: float(value) for name, value in props.items() if name.startswith("x-signal-")}
        assert signals == fields.get("signals", {})
        places = {prop.get("type"): prop.text or "" for prop in unit.findall("tuv[2]/prop")}
        assert (places == {}) is not columns.aligned
        if columns.aligned:
            assert props["x-sentences"] == str(fields["source_sentences"])
            assert places["x-doc"] == xml_legal(fields["target_doc"])
            assert places["x-end"] == ("" if fields["target_end"] is None else str(fields["target_end"]))


@pytest.mark.parametrize("signals", [{}, {"length": 0.5}])
def test_nothing_is_left_out_in_silence(tmp_path: Path, signals: dict[str, float]) -> None:
    one = Pair(pair().source, pair().source, None, signals)
    with pytest.raises(ValueError, match="pairs need Columns"):
        write(tmp_path / "c.tsv", [one])
    assert names(tmp_path) == []


def test_jsonl_keeps_chinese_readable(tmp_path: Path) -> None:
    write(tmp_path / "c.jsonl", [pair(source="你\u2028好")])
    text = (tmp_path / "c.jsonl").read_text("utf-8")
    assert '"source": "你\\u2028好"' in text
    assert text.endswith('"score": -0.5, "flags": [], "raw": "你\\u2028好"}\n')


def xml_legal(text: str) -> str:
    return re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


@given(PAIRS)
@quick
def test_tmx_is_valid_and_reads_back(tmp_path: Path, pairs: list[Pair]) -> None:
    out = tmp_path / "c.tmx"
    write(out, pairs)
    tree = etree.parse(out)
    dtd = etree.DTD(TMX_DTD)
    assert dtd.validate(tree), dtd.error_log
    header = tree.find("header")
    assert header is not None
    assert header.find("prop[@type='x-signature']").text == META.signature
    units = tree.findall("body/tu")
    assert len(units) == len(pairs)
    for unit, one in zip(units, pairs, strict=True):
        assert not re.search(r"\s", unit.get("tuid"))
        props = {prop.get("type"): prop.text or "" for prop in unit.findall("prop")}
        span = one.source
        texts = {"doc": span.doc_id, "source": span.text, "target": one.target.text}
        replaced = ",".join(name for name, text in texts.items() if xml_legal(text) != text)
        assert props.get("x-replaced", "") == replaced
        assert props["x-doc"] == xml_legal(span.doc_id)
        numbers = (span.paragraph, span.index, span.start, span.end)
        assert tuple(int(props[f"x-{name}"]) for name in ("paragraph", "sentence", "start", "end")) == numbers
        assert props["x-flags"] == ",".join(one.flags)
        assert (float(props["x-score"]) if props["x-score"] else None) == row(one)["score"]
        segments = {
            tuv.get("{http://www.w3.org/XML/1998/namespace}lang"): tuv.findtext("seg") for tuv in unit.findall("tuv")
        }
        assert segments == {"zh": xml_legal(span.text), "en": xml_legal(one.target.text)}


@given(PAIRS, st.sampled_from(["", ".gz"]))
@quick
def test_moses_files_have_the_same_number_of_lines(tmp_path: Path, pairs: list[Pair], packing: str) -> None:
    write(tmp_path / f"news{packing}", pairs, "moses")
    for code in ("zh", "en", "ids", "scores"):
        text = unpacked(tmp_path / f"news.{code}{packing}")
        assert text.count("\n") == len(text.splitlines()) == len(pairs)


def test_moses_keeps_the_line_of_an_empty_target(tmp_path: Path) -> None:
    write(tmp_path / "news", [pair(0), pair(1, ""), pair(2, "Bye.")], "moses")
    assert (tmp_path / "news.en").read_text() == "Hello.\n\nBye.\n"
    assert (tmp_path / "news.ids").read_text() == "a.txt\t\t0.0\t\na.txt\t\t0.1\t\na.txt\t\t0.2\t\n"
    assert (tmp_path / "news.scores").read_text() == "-0.5\n-0.5\n-0.5\n"
    assert names(tmp_path) == ["news.en", "news.ids", "news.meta.json", "news.scores", "news.zh"]


def test_more_pairs_than_are_held_at_once(tmp_path: Path) -> None:
    write(tmp_path / "c.tsv", [pair(n, doc=f"d{n // 1000}") for n in range(3500)])
    assert len((tmp_path / "c.tsv").read_text().splitlines()) == 3501
    assert json.loads((tmp_path / "c.tsv.meta.json").read_text())["counts"]["documents"] == 4


class Shards:
    """A format of several files of bytes, which are not known before the pairs."""

    def __init__(self, output: Output) -> None:
        self._job = output
        self._n = 0

    @staticmethod
    def paths(out: str, languages: Languages) -> tuple[str, ...]:
        return (out,)

    def write(self, pairs: Sequence[Pair]) -> None:
        self._job.open(f"{self._job.paths[0]}.{self._n}").write(bytes([0xFF, len(pairs) % 256]))
        self._n += 1

    def end(self) -> None:
        self._job.open(self._job.paths[0]).write(b"\0%d" % self._n)


def test_a_format_may_write_bytes_and_files_that_were_not_named_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FORMATS, "shards", f"{__name__}:Shards")
    write(tmp_path / "c", [pair(n) for n in range(1030)], "shards")
    assert names(tmp_path) == ["c", "c.0", "c.1", "c.meta.json"]
    assert [(tmp_path / name).read_bytes() for name in ("c", "c.0", "c.1")] == [b"\x002", b"\xff\x00", b"\xff\x06"]
    with pytest.raises(ValueError, match="pairs need"):
        write(tmp_path / "d", [*[pair(n) for n in range(1030)], Pair(pair().source, pair().source)], "shards")
    assert names(tmp_path) == ["c", "c.0", "c.1", "c.meta.json"]


@pytest.mark.parametrize("fmt", list(FORMATS))
def test_a_corpus_of_no_pairs(tmp_path: Path, fmt: str) -> None:
    write(tmp_path / "c", [], fmt)
    (sidecar,) = tmp_path.glob("*.meta.json")
    assert json.loads(sidecar.read_text())["counts"]["pairs"] == 0


def test_the_languages_are_those_of_the_run(tmp_path: Path) -> None:
    meta = replace(META, languages=("ja", "de"))
    write(tmp_path / "c.tmx", [pair()], meta=meta)
    write(tmp_path / "news", [pair()], "moses", meta)
    tree = etree.parse(tmp_path / "c.tmx")
    assert tree.find("header").get("srclang") == "ja"
    lang = "{http://www.w3.org/XML/1998/namespace}lang"
    assert [tuv.get(lang) for tuv in tree.iter("tuv")] == ["ja", "de"]
    assert json.loads((tmp_path / "news.meta.json").read_text())["files"][:2] == ["news.ja", "news.de"]


@pytest.mark.parametrize(("origin", "mark"), [("machine", "MT!"), ("human", None), ("unknown", None)])
def test_what_a_machine_made_is_marked(tmp_path: Path, origin: Origin, mark: str | None) -> None:
    write(tmp_path / "c.tmx", [pair()], meta=replace(META, origin=origin))
    tree = etree.parse(tmp_path / "c.tmx")
    assert etree.DTD(TMX_DTD).validate(tree)
    assert [unit.get("creationid") for unit in tree.iter("tu")] == [mark]
    assert [variant.get("creationid") for variant in tree.iter("tuv")] == [None, mark]
    assert json.loads((tmp_path / "c.tmx.meta.json").read_text())["target_origin"] == origin


# -- what is said of the run ---------------------------------------------------------------------------------------


def test_sidecar(tmp_path: Path) -> None:
    with open_writer(tmp_path / "c.tsv", None, META) as writer:
        writer.write(from_row({**row(pair(0)), "flags": ["cut", "looped"]}))
        writer.write(from_row({**row(pair(0, doc="b")), "flags": ["cut"]}))
    assert json.loads((tmp_path / "c.tsv.meta.json").read_text()) == {
        "format": "tsv",
        "format_version": 1,
        "files": ["c.tsv"],
        "sha256": {"c.tsv": sha256((tmp_path / "c.tsv").read_bytes()).hexdigest()},
        "signature": META.signature,
        "version": "0.1.0",
        "languages": ["zh", "en"],
        "target_origin": "unknown",
        "counts": {"documents": 2, "pairs": 2, "flags": {"cut": 2, "looped": 1}, "signals": {}},
        "fields": list(FIELDS),
        "inputs": [
            {
                "origin": "in/a.txt",
                "name": "a.txt",
                "encoding": "gb18030",
                "encoding_errors": "strict",
                "encoding_found": "detected",
                "bytes": 12,
                "sha256": "ab" * 32,
            }
        ],
        "rejected": [{"origin": "in/b.txt", "reason": "empty file"}],
        "environment": {"python": "3.11"},
        "signals": {},
    }


@pytest.mark.parametrize(
    ("name", "files"), [("c.tmx.gz", ["c.tmx.gz"]), ("c.zh", ["c.zh", "c.en", "c.ids", "c.scores"])]
)
def test_the_sidecar_has_the_hash_of_every_file_as_it_lies_there(tmp_path: Path, name: str, files: list[str]) -> None:
    write(tmp_path / name, [pair(n) for n in range(3)], None if name.endswith(".gz") else "moses")
    (sidecar,) = tmp_path.glob("*.meta.json")
    assert json.loads(sidecar.read_text())["sha256"] == {
        file: sha256((tmp_path / file).read_bytes()).hexdigest() for file in files
    }


@pytest.mark.parametrize("name", ["c.tsv", "c.jsonl.gz", "c.tmx.zst"])
def test_the_same_pairs_give_the_same_bytes(tmp_path: Path, name: str) -> None:
    pairs = [pair(n) for n in range(50)]
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write(tmp_path / folder / name, pairs)
    for suffix in ("", ".meta.json"):
        assert (tmp_path / "one" / f"{name}{suffix}").read_bytes() == (
            tmp_path / "two" / f"{name}{suffix}"
        ).read_bytes()


def test_stdout_has_data_only(capfdbinary: pytest.CaptureFixture[bytes], tmp_path: Path) -> None:
    with open_writer("-", "jsonl", META) as writer:
        writer.write(pair())
    assert json.loads(capfdbinary.readouterr().out) == row(pair())


def test_a_device_is_written_and_not_replaced(tmp_path: Path) -> None:
    write(Path("/dev/null"), [pair()], "tsv")
    assert not Path("/dev/null").is_file()
    assert not Path("/dev/null.meta.json").exists()


# -- whole or not at all -------------------------------------------------------------------------------------------


def test_an_error_leaves_the_previous_output(tmp_path: Path) -> None:
    out = tmp_path / "c.tsv"
    write(out, [pair()])
    before = out.read_bytes()
    many = [pair(n) for n in range(3000)]

    def interrupted() -> None:
        with open_writer(out, None, META) as writer:
            for one in many:
                writer.write(one)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert out.read_bytes() == before
    assert names(tmp_path) == ["c.tsv", "c.tsv.meta.json"]


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.ENOSPC, "disk full; free some space"),
        (errno.EDQUOT, "disk quota exceeded"),
        (errno.EIO, "Input/output error"),
    ],
)
def test_an_error_of_the_last_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str) -> None:
    out = tmp_path / "c.tsv.gz"
    write(out, [pair()])
    before = out.read_bytes()

    def fail(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(atomic.os, "fsync", fail)
    with pytest.raises(OutputError, match=rf"c.tsv.gz: cannot be written: {said}.*; the previous output is kept"):
        write(out, [pair(), pair()])
    assert out.read_bytes() == before
    assert names(tmp_path) == ["c.tsv.gz", "c.tsv.gz.meta.json"]


CHILD = textwrap.dedent(
    """
    import os, resource, signal, sys
    from pathlib import Path
    from corpus.pair import Pair
    from corpus.writers.base import RunMeta
    from corpus.writers.writer import open_writer
    from translate.errors import OutputError
    from translate.text.records import Sentence

    out, how = sys.argv[1:]
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
    if how == "kill":
        Path.replace = lambda self, target: os.kill(os.getpid(), signal.SIGKILL)
    try:
        with open_writer(out, None, RunMeta("s", "0")) as writer:
            for n in range(5000):
                writer.write(Pair.translated(Sentence("d", 0, n, 0, 4, "abcd", "abcd"), "x" * 50, None))
    except OutputError as error:
        sys.exit(str(error))
    """
)


def run_child(out: Path, how: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", "-c", CHILD, str(out), how]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)


@pytest.mark.parametrize("name", ["c.tsv", "c.jsonl"])
def test_a_file_that_may_not_grow(tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    write(out, [pair()])
    before = out.read_bytes()
    done = run_child(out, "limit")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert re.search(r"cannot be written: the file grew beyond .*; the previous output is kept\n$", done.stderr)
    assert out.read_bytes() == before
    assert names(tmp_path) == [name, f"{name}.meta.json"]


@contextmanager
def small_disk(folder: Path, options: str) -> Iterator[None]:
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("a small file system can be mounted only by root on Linux")
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("root may not mount here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(tmp_path: Path) -> None:
    with small_disk(tmp_path, "size=64k"):
        out = tmp_path / "c.tsv"
        write(out, [pair()])
        before = out.read_bytes()
        done = run_child(out, "as it is")
        assert (done.returncode, done.stderr.count("\n")) == (1, 1)
        assert "disk full; free some space and run the same command again; the previous output is kept" in done.stderr
        assert out.read_bytes() == before
        assert names(tmp_path) == ["c.tsv", "c.tsv.meta.json"]


def test_killed_before_the_rename(tmp_path: Path) -> None:
    out = tmp_path / "c.tsv"
    write(out, [pair()])
    before = out.read_bytes()
    assert run_child(out, "kill").returncode == -signal.SIGKILL
    assert out.read_bytes() == before
    assert ".c.tsv.duizhao-tmp" in names(tmp_path)
    write(out, [pair(), pair()])
    assert names(tmp_path) == ["c.tsv", "c.tsv.meta.json"]
    assert len(out.read_text().splitlines()) == 3


def test_two_runs_with_one_output(tmp_path: Path) -> None:
    out = tmp_path / "c.tsv"
    with open_writer(out, None, META) as writer:
        writer.write(pair())
        with pytest.raises(OutputError, match=r"c.tsv: another run is writing it"), open_writer(out, None, META):
            pass
    assert len(out.read_text().splitlines()) == 2


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    link = tmp_path / "c.tsv"
    link.symlink_to(tmp_path / "real" / "c.tsv")
    write(link, [pair()])
    assert link.is_symlink()
    assert (tmp_path / "real" / "c.tsv").is_file()


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.tsv").mkdir()
    for out, said in {
        tmp_path / "missing" / "c.tsv": r"the folder .*missing does not exist; make it first",
        tmp_path / "file" / "c.tsv": "is a file, not a folder",
        tmp_path / "folder.tsv": "is a folder; name a file in it",
        Path("/proc/c.tsv"): "cannot be written",
    }.items():
        with pytest.raises(OutputError, match=said):
            check_writable(out)
        with pytest.raises(OutputError, match=said):
            write(out, [pair()])
    check_writable(tmp_path / "c.tsv")
    assert names(tmp_path) == ["file", "folder.tsv"]


def test_a_read_only_file_system(tmp_path: Path) -> None:
    with small_disk(tmp_path, "ro"), pytest.raises(OutputError, match="read-only file system; choose another folder"):
        check_writable(tmp_path / "c.tsv")


def test_a_read_only_folder(tmp_path: Path) -> None:
    (tmp_path / "c").mkdir(mode=0o500)
    if os.access(tmp_path / "c", os.W_OK):
        pytest.skip("permission bits do not bind root")
    with pytest.raises(OutputError, match="permission denied; choose a folder that you may write to"):
        check_writable(tmp_path / "c" / "c.tsv")
