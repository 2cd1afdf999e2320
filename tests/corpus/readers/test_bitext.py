"""Bitext, ours and anyone's: pairs come back, and a bad row costs one row."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.pair import Pair, Span, columns_of, row
from corpus.readers import lines
from corpus.readers.base import Rejected
from corpus.readers.bitext import BitextOptions, read_bitext, read_pairs
from corpus.writers.base import ORIGINS, Origin, RunMeta
from corpus.writers.writer import open_writer
from translate.errors import InputError, UsageError

# What every format can hold: no line breaks, no tabs, nothing that XML refuses.
PLAIN_TEXT = st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp", "Cn"], exclude_characters="\x85"), max_size=9
)
NAMES = st.text(st.sampled_from("ab中/.&<"), min_size=1, max_size=5)
NUMBERS = st.integers(0, 99)


def span(name: str, paragraph: int, index: int, start: int | None, text: str, n: int) -> Span:
    text = text if n else ""
    return Span(name, paragraph, index, start, None if start is None else start + len(text), text, text, n)


SPANS = st.builds(span, NAMES, NUMBERS, NUMBERS, st.none() | NUMBERS, PLAIN_TEXT, st.integers(0, 3))
PAIRS = st.lists(
    st.builds(
        Pair,
        SPANS,
        SPANS | st.builds(Span.unplaced, PLAIN_TEXT),
        st.none() | st.floats(-20, 0).map(lambda score: round(score, 4) + 0.0),
        st.dictionaries(st.sampled_from(["length", "loops"]), st.integers(-9, 9).map(float)),
        st.lists(st.sampled_from(["cut", "loop"]), unique=True).map(lambda flags: tuple(sorted(flags))),
        st.none() | st.sampled_from(["CC-BY-4.0", "政府开放数据 & <x>"]),
    ),
    max_size=4,
)


def texts(path: Path, options: BitextOptions | None = None) -> list[tuple[str, str]]:
    found = list(read_bitext(path, options or BitextOptions()))
    assert all(isinstance(item, Pair) for item in found), [str(item) for item in found if isinstance(item, Rejected)]
    return [(item.source.text, item.target.text) for item in found if isinstance(item, Pair)]


@given(
    PAIRS,
    st.sampled_from(ORIGINS),
    st.sampled_from(["c.tsv", "c.jsonl", "c.tmx", "c.xlf", "c.xliff", "c.xces", "c.tsv.gz", "c.tmx.zst", "c.parquet"]),
)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_our_writers_write_comes_back(tmp_path: Path, pairs: list[Pair], origin: Origin, name: str) -> None:
    fmt = "xliff21" if name == "c.xliff" else None
    with open_writer(tmp_path / name, fmt, RunMeta("s", "0", origin=origin), columns_of(pairs)) as writer:
        writer.write_all(pairs)
    found = list(read_bitext(tmp_path / name))
    assert all(isinstance(item, Pair) for item in found)
    if not name.endswith((".jsonl", ".parquet")):  # of what has a place the raw text is not known any more
        pairs = [replace(p, source=without_raw(p.source), target=without_raw(p.target)) for p in pairs]
    assert [row(item) for item in found if isinstance(item, Pair)] == [row(pair) for pair in pairs]


def without_raw(span: Span) -> Span:
    return replace(span, raw="") if span.is_placed else span


@given(PAIRS, st.sampled_from(["", ".gz"]))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_moses_keeps_ids_and_scores(tmp_path: Path, pairs: list[Pair], packing: str) -> None:
    with open_writer(tmp_path / f"n{packing}", "moses", RunMeta("s", "0"), columns_of(pairs)) as writer:
        writer.write_all(pairs)
    found = [item for item in read_bitext(tmp_path / f"n.zh{packing}") if isinstance(item, Pair)]

    def kept(span: Span) -> object:
        return span.doc_id, span.n_sentences, span.text, (span.paragraph, span.index) if span.n_sentences else None

    assert [(kept(p.source), kept(p.target), p.score) for p in found] == [
        (kept(p.source), kept(p.target), p.score) for p in pairs
    ]


def test_moses_of_opus(tmp_path: Path) -> None:
    for end, text in {
        "zh": "一。\n二。\n三。\n",
        "en": "One.\nTwo.\nThree.\n",
        "ids": "en/1.xml.gz\tzh/1.xml.gz\t1\t3 4\t0.9\nnone of ours\nen/1.xml\tzh/1.xml\ts2.1\tx\n",
        "scores": "1.5\nnan\n\n",
    }.items():
        (tmp_path / f"a.en-zh.{end}").write_text(text, "utf-8")
    first, *others = (item for item in read_bitext(tmp_path / "a.en-zh.en") if isinstance(item, Pair))
    source = Span("zh/1.xml.gz", 0, 3, None, None, "一。", "一。", 2)
    assert first == Pair(source, Span("en/1.xml.gz", 0, 1, None, None, "One.", "One."), 1.5)
    assert [(pair.id, pair.score) for pair in others] == [("a.en-zh:1:0", None), ("a.en-zh:2:0", None)]
    (tmp_path / "a.en-zh.ids").write_text("\n", "utf-8")
    with pytest.raises(InputError, match=r"a\.en-zh\.ids ends after 1 lines and .*a\.en-zh\.zh goes on"):
        list(read_bitext(tmp_path / "a.en-zh.en"))


def test_moses_comes_back(tmp_path: Path) -> None:
    (tmp_path / "news.zh.gz").write_bytes(gzip.compress("你好。\n\n再\r见\r\n".encode()))
    (tmp_path / "news.en.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfHello.\nnothing\nBye"))
    for name in ("news.zh.gz", "news.en.gz"):
        found = [item for item in read_bitext(tmp_path / name) if isinstance(item, Pair)]
        assert [(pair.source.text, pair.target.text) for pair in found] == [
            ("你好。", "Hello."),
            ("", "nothing"),
            ("再\r见", "Bye"),
        ]
        assert [pair.id for pair in found] == ["news:0:0", "news:1:0", "news:2:0"]
    assert not found[0].source.is_placed


def test_moses_files_of_other_languages_and_unlike_lengths(tmp_path: Path) -> None:
    (tmp_path / "a.zh_cn").write_text("一\n二\n", "utf-8")
    (tmp_path / "a.en").write_text("one\n", "utf-8")
    options = BitextOptions(languages=("zh_cn", "en"))
    with pytest.raises(InputError, match=r"a\.en ends after 1 lines and .*a\.zh_cn goes on; they are not one bitext"):
        list(read_bitext(tmp_path / "a.en", options))
    with pytest.raises(InputError, match=r"a\.zh: no such file"):
        list(read_bitext(tmp_path / "a.en"))


def test_anyones_tsv(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_bytes("\ufeffid\tzh\ten\tscore\r\n7\t你好\tHello\t0.9\r\n8\t\t\t\r\n9\t坏\n".encode())
    first, empty, bad = read_bitext(path, BitextOptions("zh", "en"))
    assert first == Pair(Span("t.tsv", 0, 0, None, None, "你好", "你好"), Span.unplaced("Hello"))
    assert isinstance(empty, Pair)
    assert (empty.source.text, empty.id) == ("", "t.tsv:1:0")
    assert str(bad) == f"{path}:4: 2 columns, expected 4 as in the header"
    with pytest.raises(InputError, match=r"t\.tsv:1: no column 'source' in the header, which has 'id', 'zh', 'en'"):
        list(read_bitext(path))


def test_a_tsv_without_a_header(tmp_path: Path) -> None:
    path = tmp_path / "t.tsv"
    path.write_text("Hello\t你好\nalone\n", "utf-8")
    good, bad = read_bitext(path, BitextOptions("2", "1"))
    assert isinstance(good, Pair)
    assert (good.source.text, good.target.text) == ("你好", "Hello")
    assert str(bad) == f"{path}:2: 1 columns, expected columns 2 and 1, counted from 1"


def test_anyones_jsonl(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    rows = [{"translation": {"zh": "你好", "en": "Hello"}}, {"translation": {"zh": "坏"}}, {"a.b": "x"}, [1]]
    path.write_text("\n\n".join(json.dumps(value) for value in rows) + "\n{\n", "utf-8")
    good, *bad = read_bitext(path, BitextOptions("translation.zh", "translation.en"))
    assert isinstance(good, Pair)
    assert (good.source.text, good.target.text, good.id) == ("你好", "Hello", "t.jsonl:0:0")
    assert [str(item).removeprefix(f"{path}:") for item in bad] == [
        "3: no field 'translation.en', expected a text; its fields: 'translation'; name the two",
        "5: no field 'translation.zh', expected a text; its fields: 'a.b'; name the two",
        "7: expected a JSON object, found a list",
        "8: no JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
    ]
    path.write_text('{"a.b": "你好", "en": "\\ud800"}\n', "utf-8")
    assert texts(path, BitextOptions("a.b", "en")) == [("你好", "\ufffd")]


@pytest.mark.parametrize(
    ("name", "value"),
    [("start", "3"), ("start", -1), ("paragraph", None), ("flags", "cut"), ("score", "x"), ("signals", {"a": "b"})],
)
def test_a_row_of_ours_that_was_edited_badly_is_rejected(tmp_path: Path, name: str, value: object) -> None:
    fields = row(Pair(Span("d", 0, 0, 0, 1, "好", "好"), Span.unplaced("good")))
    (tmp_path / "c.jsonl").write_text(json.dumps({**fields, name: value}) + "\n" + json.dumps(fields), "utf-8")
    bad, good = read_bitext(tmp_path / "c.jsonl")
    assert str(bad).endswith(f"c.jsonl:1: field {name!r} is not as duizhao writes it")
    assert isinstance(good, Pair)


def test_bytes_that_are_no_utf8_cost_their_line(tmp_path: Path) -> None:
    (tmp_path / "a.zh").write_bytes("好\n".encode() + b"\xc4\xe3\n")
    (tmp_path / "a.en").write_bytes(b"good\nyou\n")
    good, bad = read_bitext(tmp_path / "a.zh")
    assert isinstance(good, Pair)
    assert "a.zh:2: not UTF-8 (byte 0xc4); `iconv -f GB18030" in str(bad)
    with pytest.raises(InputError, match=r"a\.zh:2: not UTF-8"):
        list(read_pairs(tmp_path / "a.zh"))


def test_a_line_too_long_to_hold_costs_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "_MOST_BYTES", 300_000)
    path = tmp_path / "a.tsv"
    path.write_bytes(b"source\ttarget\n" + b"a\t" + b"b" * 900_000 + b"\nc\td\n" + b"e" * 900_000)
    found = [str(item) if isinstance(item, Rejected) else item.target.text for item in read_bitext(path)]
    assert found == [
        f"{path}:2: longer than 16,777,216 characters",
        "d",
        f"{path}:4: longer than 16,777,216 characters",
    ]


def test_a_suffix_that_is_no_bitext(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"a\.txt: expected a bitext, \.tsv, \.jsonl, .*, or \.zh beside \.en"):
        list(read_bitext(tmp_path / "a.txt"))


# -- TMX -----------------------------------------------------------------------------------------------------------

TMX = """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE tmx SYSTEM "http://nowhere.invalid/tmx14.dtd">
<tmx version="1.4"><header srclang="en" segtype="sentence"><prop type="x">zh</prop></header><body>
<tu><prop type="note">no</prop>
 <tuv xml:lang="en-GB"><prop type="y">no</prop>
  <seg>Press <bpt i="1">&lt;b&gt;</bpt>OK<ept i="1">&lt;/b&gt;</ept> &amp; <hi>go</hi><ph>{0}<sub>x</sub></ph>.</seg>
 </tuv>
 <tuv xml:lang="ZH_tw"><seg>按 OK。</seg></tuv>
 <tuv xml:lang="zh-CN"><seg>second</seg></tuv>
</tu>
<tu><tuv lang="en"><seg>only</seg></tuv><tuv lang="fr"><seg>seul</seg></tuv></tu>
<tu><tuv xml:lang="zh-Hant"><seg>no</seg></tuv><tuv xml:lang="zh"><seg>精确</seg></tuv>
<tuv xml:lang="en"><seg/></tuv></tu>
</body></tmx>
"""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_anyones_tmx(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "m.tmx"
    path.write_bytes(TMX.replace("utf-8", encoding).encode(encoding))
    first, lacking, last = read_bitext(path)
    assert first == Pair(Span("m.tmx", 0, 0, None, None, "按 OK。", "按 OK。"), Span.unplaced("Press OK & go."))
    assert str(lacking) == f"{path}:11: no <tuv> in zh; its languages: en, fr"
    assert isinstance(last, Pair)
    assert (last.source.text, last.target.text, last.id) == ("精确", "", "m.tmx:2:0")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE tmx [<!ENTITY a "b">]><tmx><body>&a;</body></tmx>', "declares the entity 'a', and TMX needs none"),
        ('<!DOCTYPE tmx [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx>&a;</tmx>', "declares the entity 'a'"),
        ('<!DOCTYPE tmx [<!ENTITY % a SYSTEM "http://x.invalid/">%a;]><tmx></tmx>', "declares the entity 'a'"),
        ("<tmx><body><tu>", ":1: no well-formed XML: no element found; expected TMX"),
        ("<tmx><body></tu>", "no well-formed XML: mismatched tag"),
        ("<html></html>", "XML, but no TMX"),
        ("plain", "no well-formed XML"),
        ("<tmx><tu>" + "<a>" * 300, "tags within tags, 256 deep"),
        ("<tmx><tu><tuv><seg>" + "a" * (1 << 23), "a <tu> longer than 4,194,304 bytes"),
        ('<tmx><tu a="' + "a" * (1 << 23), "markup longer than 4,194,304 bytes"),
    ],
)
def test_tmx_that_is_none_or_means_harm(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.tmx"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        list(read_bitext(path))
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))


# -- XLIFF ---------------------------------------------------------------------------------------------------------

XLIFF_12 = """<?xml version="1.0"?>
<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">
<file original="a.html" source-language="en-US" target-language="zh-CN" datatype="html">
<header><note from="pm">no</note></header><body><group><note>no</note>
<trans-unit id="1">
<source>Press <g id="1">OK</g><x id="2"/> <bpt id="3">&lt;b></bpt>now<ept id="3">&lt;/b></ept>.</source>
<seg-source><mrk mtype="seg" mid="0">no</mrk></seg-source>
<target>现在按 <mrk mtype="term">OK</mrk>。</target><note>no</note>
<alt-trans><source>no</source><target>不</target></alt-trans></trans-unit></group>
<trans-unit id="2"><source>new</source></trans-unit></body></file>
<file original="b" source-language="de" target-language="fr" datatype="plaintext"><body>
<trans-unit id="1"><source>nein</source><target>non</target></trans-unit></body></file></xliff>
"""
XLIFF_20 = """<?xml version="1.0"?>
<x:xliff version="2.0" xmlns:x="urn:oasis:names:tc:xliff:document:2.0" xmlns:mtc="urn:m" srcLang="zh-Hans" trgLang="en">
<x:file id="f1"><x:unit id="1">
<mtc:matches><mtc:match ref="#1"><x:source>不</x:source><x:target>no</x:target></mtc:match></mtc:matches>
<x:notes><x:note>no</x:note></x:notes>
<x:segment><x:source>一<x:cp hex="001A"/><x:pc id="1">二</x:pc>。</x:source>
<x:target>One <x:mrk id="m" type="term">two</x:mrk><x:ph id="2"/>.</x:target></x:segment>
<x:ignorable><x:source> </x:source></x:ignorable>
<x:segment><x:source>三。</x:source><x:target>Three.</x:target></x:segment></x:unit></x:file></x:xliff>
"""


def test_anyones_xliff(tmp_path: Path) -> None:
    (tmp_path / "m.xlf").write_text(XLIFF_12, "utf-8")
    first, new, other = read_bitext(tmp_path / "m.xlf")
    assert first == Pair(Span("m.xlf", 0, 0, None, None, "现在按 OK。", "现在按 OK。"), Span.unplaced("Press OK now."))
    assert str(new) == f"{tmp_path}/m.xlf:10: no <target> in it"
    assert str(other) == f"{tmp_path}/m.xlf:12: expected zh and en; its languages: de and fr"
    (tmp_path / "m.xliff").write_text(XLIFF_20, "utf-8")
    assert texts(tmp_path / "m.xliff") == [("一\x1a二。", "One two."), ("三。", "Three.")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY a "b">]><xliff/>', "declares the entity 'a', and XLIFF needs none"),
        ("<html></html>", "XML, but no XLIFF"),
        ("<xliff><file><body><trans-unit>", "no well-formed XML: no element found; expected XLIFF"),
        ("<xliff><unit><segment><source>" + "a" * (1 << 23), "a <unit> longer than 4,194,304 bytes"),
    ],
)
def test_xliff_that_is_none_or_means_harm(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "m.xlf"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as caught:
        list(read_bitext(path))
    assert said in str(caught.value)
    assert str(caught.value).startswith(str(path))


# -- XCES ----------------------------------------------------------------------------------------------------------

OPUS = {
    "en-zh.xml": """<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE cesAlign PUBLIC "-//CES//DTD XML cesAlign//EN" "">
<cesAlign version="1.0">
<linkGrp targType="s" fromDoc="en/1.xml.gz" toDoc="zh/1.xml.gz">
<link certainty="0.4" xtargets="s1.1 s1.2;1" id="SL1" />
<link xtargets=";2" id="SL2" />
<link xtargets="s2.1;3" id="SL3" />
<link xtargets="s9;3" id="SL4" />
<link xtargets="s9" id="SL5" />
</linkGrp>
<linkGrp targType="s" fromDoc="en/2.xml" toDoc="zh/2.xml"><link xtargets="1;1" /></linkGrp>
</cesAlign>
""",
    "en/1.xml": """<?xml version="1.0"?><document><p id="1"><s id="s1.1"><time id="T1S" value="00" />
<w id="1">Hello</w> <w id="2">,</w></s><s id="s1.2"><w id="3">you</w></s></p><s id="s2.1"><w>Bye</w></s></document>""",
    "zh/1.xml": '<letsmt><s id="1"><w>你好</w> <w>，你</w></s><s id="2">无</s><s id="3"> <w>再见</w></s></letsmt>',
    "en/2.xml": '<text><body><s id="1">One &amp; two.</s></body></text>',
    "zh/2.xml": '<text><body><s id="1">一</s></body></text>',
}


def opus(folder: Path) -> Path:
    for name, text in OPUS.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder / "en-zh.xml"


def test_an_alignment_of_opus(tmp_path: Path) -> None:
    path = opus(tmp_path)
    *good, gone, odd, last = read_bitext(path)
    pairs = [item for item in [*good, last] if isinstance(item, Pair)]
    assert [(pair.source.text, pair.target.text) for pair in pairs] == [
        ("你好，你", "Hello , you"),
        ("无", ""),
        ("再见", "Bye"),
        ("一", "One & two."),
    ]
    assert [pair.source.id for pair in pairs[:3]] == ["zh/1.xml.gz:0:1", "zh/1.xml.gz:0:2", "zh/1.xml.gz:0:3"]
    assert [pair.target.id for pair in pairs] == [
        "en/1.xml.gz:1:1+2",
        "en/1.xml.gz:0:0+0",
        "en/1.xml.gz:2:1",
        "en/2.xml:0:1",
    ]
    assert str(gone) == f"{path}:8: no sentence s9 left in en/1.xml.gz"
    assert str(odd) == f"{path}:9: xtargets 's9', expected sentences, semicolon, sentences"
    (tmp_path / "zh" / "1.xml").unlink()
    with pytest.raises(InputError, match=r"en-zh\.xml: names the document 'zh/1\.xml\.gz', and there is none"):
        list(read_bitext(path))


def test_xml_that_is_no_alignment(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<html></html>", "utf-8")
    with pytest.raises(InputError, match="XML, but no alignment of sentences"):
        list(read_bitext(tmp_path / "a.xml"))


@pytest.mark.parametrize("name", ["a.tsv.zst", "a.jsonl.zst", "a.tmx.zst"])
def test_a_small_packed_bitext_takes_bounded_memory(tmp_path: Path, name: str) -> None:
    """A hundred megabytes of text in some kilobytes."""
    head, item, tail = {
        "a.tsv.zst": (b"source\ttarget\n", b"x\ty\n" + b"z" * 999 + b"\n", b""),
        "a.jsonl.zst": (b"", b'{"source": "x", "target": "y"}\n' + b" " * 999 + b"\n", b""),
        "a.tmx.zst": (b"<tmx><body>", b"<tu/>" + b" " * 999, b"</body></tmx>"),
    }[name]
    packer = zstandard.ZstdCompressor().compressobj()
    with (tmp_path / name).open("wb") as file:
        file.write(packer.compress(head))
        for _ in range(100):
            file.write(packer.compress(item * 1000))
        file.write(packer.compress(tail) + packer.flush())
    code = (
        "import resource, sys\n"
        "from corpus.readers.bitext import read_bitext\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "items = read_bitext(sys.argv[1]); next(items); before = peak()\n"
        "print(sum(1 for _ in items) > 90_000, peak() - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / name)], capture_output=True, text=True, check=True
    )
    many, grown = done.stdout.split()
    assert many == "True"
    assert int(grown) < 100_000


@pytest.mark.parametrize("name", ["c.tsv", "c.jsonl", "c.tmx", "c.parquet"])
def test_a_licence_is_given_to_pairs_that_name_none(tmp_path: Path, name: str) -> None:
    pairs = [
        Pair(span("a", i, 0, None, "x", 1), Span.unplaced("y"), license=said) for i, said in enumerate(["MIT", None])
    ]
    with open_writer(tmp_path / name, None, RunMeta("s", "0"), columns_of(pairs)) as writer:
        writer.write_all(pairs)
    for license_, expected in ((None, ["MIT", None]), ("CC0-1.0", ["MIT", "CC0-1.0"])):
        found = list(read_bitext(tmp_path / name, BitextOptions(license=license_)))
        assert [item.license for item in found if isinstance(item, Pair)] == expected
