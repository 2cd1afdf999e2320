"""Files in, a corpus out, with the engine that only names what it was given: what is left is what is not translated."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from corpus.align.documents import check_texts, chinese_text, english_text
from corpus.align.files import AlignReport, FilePair, align_files, pair_files, read_table
from corpus.align.translations import TranslationStore
from corpus.cli.main import main
from translate import Translator
from translate.errors import InputError, UsageError
from translate.text.paragraphs import split_paragraphs
from translate.text.segment import SegmentOptions

ZH = "第一章\n\n2019年3月5日，他们去了北京。火车走了12个小时。\n他问：“你来吗？”她没有回答。\n车上有士兵。"
EN = (
    "Chapter One\r\n\r\nOn March 5, 2019 they went to Beijing. The train took 12 hours.\r\n"
    '"Are you coming?" he asked. She did not answer.\r\nThere were soldiers on the train.'
)
FAKE = ["--engine", "fake", "--model", "zh-en-mini"]


@pytest.fixture(scope="module")
def translator() -> Translator:
    return Translator.load("zh-en-mini", engine="fake", beam_size=1)


def write(folder: Path, **texts: str) -> list[str]:
    folder.mkdir(exist_ok=True)
    paths = []
    for name, text in texts.items():
        path = folder / name.replace("_", ".")
        path.write_text(text, "utf-8", newline="")
        paths.append(str(path))
    return paths


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def align(pairs: list[FilePair], out: Path, translator: Translator, **options: object) -> AlignReport:
    return align_files(pairs, out, translator=translator, **options)  # type: ignore[arg-type]  # of this test's own


def test_spans_of_both_sides_tile_the_documents(tmp_path: Path, translator: Translator) -> None:
    zh, en = write(tmp_path, a_zh=ZH, a_en=EN)
    pairs, rejected = pair_files(zh, en)
    report = align(pairs, tmp_path / "a.jsonl", translator)
    assert (report.n_documents, report.rejected, rejected) == (1, (), [])
    found = rows(tmp_path / "a.jsonl")
    for text, start, end, raw in ((ZH, "start", "end", "raw"), (EN, "target_start", "target_end", "target_raw")):
        done = 0
        for row in found:
            first, last = row[start], row[end]
            assert isinstance(first, int)
            assert isinstance(last, int)
            assert not text[done:first].strip()
            assert text[first:last].split() == str(row[raw]).split()
            done = max(done, last)
        assert not text[done:].strip()
    assert [(row["source"], row["target"]) for row in found[:3]] == [
        ("第一章", "Chapter One"),
        ("2019年3月5日，他们去了北京。", "On March 5, 2019 they went to Beijing."),
        ("火车走了12个小时。", "The train took 12 hours."),
    ]
    assert len({row["id"] for row in found}) == len(found)


def test_a_second_run_translates_nothing_and_gives_the_same_bytes(tmp_path: Path, translator: Translator) -> None:
    zh, en = write(tmp_path, a_zh=ZH, a_en=EN)
    pairs, _ = pair_files(zh, en)
    told: list[int] = []
    align(pairs, tmp_path / "a.jsonl", translator, on_progress=told.append)
    first = (tmp_path / "a.jsonl").read_bytes()
    assert sum(told) == 6
    align(pairs, tmp_path / "a.jsonl", translator, on_progress=told.append)
    assert sum(told) == 6
    assert (tmp_path / "a.jsonl").read_bytes() == first
    for kept in (tmp_path / "a.jsonl.translations").iterdir():  # what is damaged counts for nothing
        kept.write_bytes(kept.read_bytes()[:-9])
    align(pairs, tmp_path / "a.jsonl", translator, on_progress=told.append)
    assert sum(told) == 12
    assert (tmp_path / "a.jsonl").read_bytes() == first


def test_translations_of_another_model_are_none(tmp_path: Path, translator: Translator) -> None:
    store = TranslationStore(tmp_path / "kept", "one")
    assert store.translate(["好。", "好。"], translator) == ["EN(好。)[2]"] * 2
    told: list[int] = []
    assert TranslationStore(tmp_path / "kept", "one").translate(["好。"], translator, told.append)
    assert told == []
    assert TranslationStore(tmp_path / "kept", "two").translate(["好。"], translator, told.append)
    assert told == [1]


def test_links_are_of_lines_where_lines_are_sentences(tmp_path: Path, translator: Translator) -> None:
    zh, en = write(tmp_path, a_zh="第一章\n\n火车走了12个小时。", a_en="Chapter One\nThe train took 12 hours.")
    pairs, _ = pair_files(zh, en)
    align(pairs, tmp_path / "a.tsv", translator, presplit=True, links=str(tmp_path / "a.links"))
    assert (tmp_path / "a.links").read_text("utf-8") == "[0]:[0]\n[2]:[1]\n"


def test_a_bilingual_file(tmp_path: Path, translator: Translator) -> None:
    (both,) = write(tmp_path, both_txt="第一章\nChapter One\n火车走了12个小时。\nThe train took 12 hours.\n")
    pairs, _ = pair_files(both, None)
    align(pairs, tmp_path / "a.jsonl", translator)
    found = rows(tmp_path / "a.jsonl")
    assert [(row["source"], row["target"]) for row in found] == [
        ("第一章", "Chapter One"),
        ("火车走了12个小时。", "The train took 12 hours."),
    ]
    assert [(row["start"], row["target_start"]) for row in found] == [(0, 4), (16, 27)]


def test_folders_are_paired_by_name(tmp_path: Path) -> None:
    write(tmp_path / "zh", **{"1.zh_txt": ZH, "2_txt": ZH, "3_txt": ZH})
    write(tmp_path / "en", **{"1.en_txt": EN, "2_txt": EN, "4_txt": EN})
    pairs, rejected = pair_files(str(tmp_path / "zh"), str(tmp_path / "en"))
    assert [(pair.source.doc_id, pair.target.doc_id) for pair in pairs] == [
        ("1.zh.txt", "1.en.txt"),
        ("2.txt", "2.txt"),
    ]
    assert [(Path(item.origin).name, item.reason) for item in rejected] == [
        ("3.txt", "no English file of that name; pair it with --table"),
        ("4.txt", "no Chinese file of that name; pair it with --table"),
    ]
    with pytest.raises(UsageError, match="one is a folder and one is not"):
        pair_files(str(tmp_path / "zh"), str(tmp_path / "en" / "2.txt"))


def test_a_table_of_pairs(tmp_path: Path) -> None:
    write(tmp_path, a_txt=ZH, b_txt=EN, table_tsv="a.txt\tb.txt\n")
    (pair,) = read_table(str(tmp_path / "table.tsv"))
    assert (Path(pair.source.origin).name, Path(pair.target.origin).name) == ("a.txt", "b.txt")
    (bad,) = write(tmp_path, bad_tsv="a.txt b.txt\n")
    with pytest.raises(InputError, match=r"bad\.tsv:1: expected a Chinese file, a tab and an English file"):
        read_table(bad)
    (missing,) = write(tmp_path, missing_tsv="a.txt\tb.txt\na.txt\tc.txt\n")
    with pytest.raises(InputError, match=r"missing\.tsv:2: .*c\.txt: no such file"):
        read_table(missing)


def test_files_of_one_name_in_a_table_are_documents_of_their_own(tmp_path: Path) -> None:
    for name in ("novel", "play"):
        write(tmp_path / name, zh_txt=ZH, en_txt=EN)
    (table,) = write(tmp_path, t_tsv="novel/zh.txt\tnovel/en.txt\nplay/zh.txt\tplay/en.txt\n")
    out = tmp_path / "out.jsonl"
    assert main(["align", "--no-translation", "--table", table, "-o", str(out)]) == 0
    found = rows(out)
    assert len({row["id"] for row in found}) == len(found)
    assert {row["doc"] for row in found} == {str(tmp_path / name / "zh.txt") for name in ("novel", "play")}
    assert {row["target_doc"] for row in found} == {str(tmp_path / name / "en.txt") for name in ("novel", "play")}


def test_a_pair_that_a_table_names_twice_is_taken_once(tmp_path: Path) -> None:
    (*_, table) = write(tmp_path, a_txt=ZH, b_txt=EN, t_tsv="a.txt\tb.txt\n./a.txt\tb.txt\n")
    (pair,) = read_table(table)
    assert pair.source.doc_id == "a.txt"


@pytest.mark.parametrize("option", ["--links", "-o"])
@pytest.mark.parametrize("name", ["a.jsonl", "b.txt", "t.tsv"])
def test_no_input_is_written_over(option: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, a_jsonl=json.dumps({"text": ZH}), b_txt=EN, t_tsv="a.jsonl\tb.txt\n")
    before = (tmp_path / name).read_bytes()
    outputs = {"-o": str(tmp_path / "out.tsv"), option: str(tmp_path / name), "--format": "tsv"}
    asked = ["align", "--no-translation", "--table", str(tmp_path / "t.tsv")]
    assert main([*asked, *(word for both in outputs.items() for word in both)]) == 2
    assert f"{name} is both an input and the output" in capsys.readouterr().err
    assert (tmp_path / name).read_bytes() == before


@pytest.mark.parametrize("command", ["align", "words"])
def test_links_go_to_a_file_of_their_own(command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    inputs = write(tmp_path, a_zh=ZH, a_en=EN)
    out = str(tmp_path / "out.tsv")
    asked = ["align", "--no-translation", *inputs] if command == "align" else ["words", "--no-attention", inputs[0]]
    assert main([*asked, "-o", out, "--links", f"{tmp_path}/./out.tsv"]) == 2
    assert "is named for two outputs; write one of them to another file" in capsys.readouterr().err


def test_two_translations_of_one_text_are_not_of_one_corpus(tmp_path: Path) -> None:
    """The id of a row is a place in the Chinese, and is unique."""
    (*_, table) = write(tmp_path, a_txt=ZH, b_txt=EN, c_txt=EN, t_tsv="a.txt\tb.txt\na.txt\tc.txt\n")
    with pytest.raises(InputError, match=r"t\.tsv:2: .*a\.txt has another translation in this table"):
        read_table(table)


def test_of_several_files_none_is_left_out_without_a_word(tmp_path: Path) -> None:
    """A folder or a pattern was taken for the first file in it."""
    for side, text in (("zh", ZH), ("en", EN)):
        write(tmp_path / side, **{"1_txt": text, "2_txt": text})
    (table,) = write(tmp_path, t_tsv="zh\ten\n")
    with pytest.raises(InputError, match=r"t\.tsv:1: .*zh: 2 files; expected one a side"):
        read_table(table)
    pairs, rejected = pair_files(str(tmp_path / "zh" / "*.txt"), str(tmp_path / "en" / "*.txt"))
    assert [(pair.source.doc_id, pair.target.doc_id) for pair in pairs] == [("1.txt", "1.txt"), ("2.txt", "2.txt")]
    pairs, rejected = pair_files(str(tmp_path / "zh" / "*.txt"), str(tmp_path / "en" / "1.txt"))
    assert [item.reason for item in rejected] == ["no English file of that name; pair it with --table"]


def test_patterns_pair_the_files_of_one_folder(tmp_path: Path) -> None:
    write(tmp_path, **{"1.zh_txt": ZH, "1.en_txt": EN, "2.zh_txt": ZH, "2.en_txt": EN})
    pairs, rejected = pair_files(str(tmp_path / "*.zh.txt"), str(tmp_path / "*.en.txt"))
    assert [(pair.source.doc_id, pair.target.doc_id) for pair in pairs] == [
        ("1.zh.txt", "1.en.txt"),
        ("2.zh.txt", "2.en.txt"),
    ]
    assert not rejected


def test_english_with_markup_is_refused_by_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Of files with markup only what is Chinese is read; the message named an option that align does not have."""
    paths = write(tmp_path, a_txt=ZH, b_html=f"<p>{EN}</p>", c_md=f"{ZH}\n\n{EN}\n")
    for inputs in (paths[:2], paths[2:]):
        assert main(["align", "--no-translation", *inputs, "-o", str(tmp_path / "out.tsv")]) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.endswith("of a file with markup only the Chinese is read; give the English as .txt")


FRENCH = "Le train a mis douze heures pour arriver et nous ne savions pas encore que la ville avait brûlé. " * 9
STRANGERS = (
    "火车晚上八点到了北京，车站里人很多。\n" "士兵们把行李搬下来，放在月台上。\n" "母亲在家里等着，一夜没有睡觉。\n"
    "第二年春天，河水涨得很高，淹了村子。\n" "老人说，这样的大水五十年没有见过。\n" "政府派了三条船，送来粮食和衣服。\n"
    "孩子们不能上学，就在山上放羊。\n" "到了秋天，大家又把房子盖起来了。\n" "那座桥却一直没有修好，过河要坐船。\n"
    "后来他去了南方，再也没有回来过。\n",
    "Wash the rice until the water runs clear.\n" "Chop two onions and fry them in butter.\n"
    "Add the garlic, the pepper and a spoonful of sugar.\n" "Pour in the stock and let it simmer.\n"
    "The lid must be kept closed for twenty minutes.\n" "Meanwhile grate the cheese, which should be hard.\n"
    "Do not stir, or the grains will break.\n" "Serve it hot, with parsley on top.\n"
    "A glass of white wine goes well with this dish.\n" "What is left over can be fried the next day.\n",
)  # fmt: skip


def test_texts_that_have_nothing_to_do_with_each_other_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write(tmp_path, zh_txt=STRANGERS[0], en_txt=STRANGERS[1])
    assert main(["align", "--no-translation", *paths, "-o", str(tmp_path / "out.jsonl")]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[-1].endswith(
        "en.txt: 0 of 10 sentences have a likely counterpart; is one the translation of the other?"
    )
    assert all(set(row["flags"]) & {"unaligned", "weak_link"} for row in rows(tmp_path / "out.jsonl"))
    related = write(tmp_path / "related", zh_txt=ZH * 4, en_txt=(EN + "\n") * 4)
    assert main(["align", "--no-translation", *related, "-o", str(tmp_path / "out.jsonl")]) == 0
    assert "is one the translation" not in capsys.readouterr().err


def test_a_word_of_japanese_makes_no_english_text_japanese() -> None:
    english = english_text(
        "b",
        "b",
        split_paragraphs(
            "He called it ラーメン, and ordered another bowl of the soup as soon as he was done with the first.", "b"
        ),
    )
    check_texts(chinese_text("a", "a", split_paragraphs("他叫它拉面。", "a"), SegmentOptions()), english)


WRONG = [
    ("", "Good.", "zh.txt: empty file"),
    ("\n \n", "Good.", "zh.txt: empty file"),
    ("好的。", "\n", "en.txt: empty file"),
    (
        "Chapter One. It rained.",
        "第一章。下雨了。",
        "zh.txt is English and .*en.txt is Chinese; give the Chinese first",
    ),
    ("Chapter One. It rained.", "It rained.", "zh.txt: its letters are mostly Latin; expected Chinese"),
    ("雨が降っていました。行きます。", "It rained.", "zh.txt: its letters are mostly kana; expected Chinese"),
    ("下雨了。", "Шёл дождь.", "en.txt: its letters are mostly Cyrillic; expected English"),
    ("下雨了。", FRENCH, "en.txt: does not read as English: 0% of its words"),
    ("……", "...", "zh.txt: no letters in it; expected Chinese"),
]


@pytest.mark.parametrize(("zh", "en", "message"), WRONG)
def test_what_cannot_be_aligned_gets_one_line(
    zh: str, en: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write(tmp_path, zh_txt=zh, en_txt=en)
    assert main(["align", *FAKE, *paths, "-o", str(tmp_path / "out.tsv")]) == 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("duizhao: error: ")
    assert re.search(message, said[0])
    assert not (tmp_path / "out.tsv").exists()


@pytest.mark.parametrize(("text", "said"), [(ZH, "Chinese in every line"), (EN, "no Chinese in any line")])
def test_one_file_that_is_in_one_language_is_told_so(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = write(tmp_path, a_txt=text)
    assert main(["align", "--no-translation", *paths, "-o", str(tmp_path / "out.tsv")]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f"a.txt: {said}; expected lines of Chinese and of English, or a second file")


def test_chinese_with_english_words_in_it_is_chinese() -> None:
    lines = "用 React Native 和 TypeScript 写的 GitHub Desktop。"
    source = chinese_text("a", "a", split_paragraphs(lines, "a"), SegmentOptions())
    target = english_text("b", "b", split_paragraphs("GitHub Desktop is written in TypeScript.", "b"))
    check_texts(source, target)


def test_one_bad_pair_costs_one_pair(tmp_path: Path, translator: Translator) -> None:
    write(tmp_path / "zh", **{"1_txt": ZH, "2_txt": EN})
    write(tmp_path / "en", **{"1_txt": EN, "2_txt": ZH})
    pairs, _ = pair_files(str(tmp_path / "zh"), str(tmp_path / "en"))
    report = align(pairs, tmp_path / "a.tsv", translator)
    assert report.n_documents == 1
    (item,) = report.rejected
    assert item.reason.endswith("is Chinese; give the Chinese first")
    with pytest.raises(UsageError, match="--links takes the links of one pair of files, and there are 2"):
        align(pairs, tmp_path / "a.tsv", translator, links="x")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = write(tmp_path, a_zh=ZH, a_en=EN)
    out = tmp_path / "a.tsv"
    assert main(["align", *FAKE, *paths, "-o", str(out)]) == 0
    head, *_ = out.read_text("utf-8").splitlines()
    assert head.split("\t")[-1] == "signals.alignment"
    assert f"of 1 document in {out}" in capsys.readouterr().err
    meta = json.loads((tmp_path / "a.tsv.meta.json").read_text("utf-8"))
    assert meta["signature"].startswith("align:2|norm:")
    assert meta["target_origin"] == "human"
    assert [Path(item["origin"]).name for item in meta["inputs"]] == ["a.zh", "a.en"]
    assert main(["align", *FAKE, "-o", str(out)]) == 2
    assert "0 inputs; expected the Chinese and the English" in capsys.readouterr().err
    assert main(["align", *FAKE, paths[0], paths[0], "-o", str(out)]) == 2


def test_a_sentence_without_counterpart_stands_at_its_place(tmp_path: Path, translator: Translator) -> None:
    extra = "Nobody in that whole wide country knew anything about whales, oysters and lighthouses. " * 2
    zh, en = write(tmp_path, a_zh=ZH, a_en=EN + "\n\n" + extra)
    pairs, _ = pair_files(zh, en)
    align(pairs, tmp_path / "a.jsonl", translator)
    last = rows(tmp_path / "a.jsonl")[-2:]
    assert [row["flags"] for row in last] == [["unaligned"]] * 2
    assert [(row["start"], row["end"], row["source"], row["source_sentences"]) for row in last] == [
        (len(ZH), len(ZH), "", 0)
    ] * 2
    assert len({row["id"] for row in last}) == 2


def test_without_translation_no_model_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*args: object, **options: object) -> Translator:
        raise AssertionError("a model was loaded")

    monkeypatch.setattr(Translator, "load", load)
    paths = write(tmp_path, a_zh=ZH, a_en=EN)
    out = tmp_path / "a.jsonl"
    assert main(["align", "--no-translation", *paths, "-o", str(out)]) == 0
    assert [row["target"] for row in rows(out)][:3] == [
        "Chapter One",
        "On March 5, 2019 they went to Beijing.",
        "The train took 12 hours.",
    ]
    meta = json.loads((tmp_path / "a.jsonl.meta.json").read_text("utf-8"))
    assert meta["signature"].endswith("|untranslated")
    assert not (tmp_path / "a.jsonl.translations").exists()


def test_an_interrupted_run_without_translations_does_not_say_that_they_are_kept(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*args: object, **options: object) -> AlignReport:
        raise KeyboardInterrupt

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("corpus.align.files.align_files", interrupt)
    monkeypatch.setattr("os._exit", leave)
    paths = write(tmp_path, a_zh=ZH, a_en=EN)
    with pytest.raises(SystemExit, match="130"):
        main(["align", "--no-translation", *paths, "-o", str(tmp_path / "a.jsonl")])
    assert capsys.readouterr().err.endswith("interrupted; nothing is written: the same command begins again\n")


def test_a_file_of_several_documents_is_refused(tmp_path: Path, translator: Translator) -> None:
    lines = '{"text": "好。"}\n{"text": "坏。"}\n'
    zh, en = write(tmp_path, a_jsonl=lines, a_txt=EN)
    pairs, _ = pair_files(zh, en)
    with pytest.raises(InputError, match=r"a\.jsonl: holds several documents; align takes files of one document each"):
        align(pairs, tmp_path / "a.tsv", translator)


def test_the_licence_of_the_chinese_document_is_a_column(tmp_path: Path, translator: Translator) -> None:
    zh, en = write(tmp_path, a_jsonl=json.dumps({"text": ZH, "license": "CC-BY-4.0"}) + "\n", a_en=EN)
    align(pair_files(zh, en)[0], tmp_path / "a.out.jsonl", translator, license="CC0-1.0")
    assert {row["license"] for row in rows(tmp_path / "a.out.jsonl")} == {"CC-BY-4.0"}
    plain, _ = write(tmp_path, b_txt=ZH, b_en=EN)
    align(pair_files(plain, en)[0], tmp_path / "b.out.jsonl", translator, license="CC0-1.0")
    assert {row["license"] for row in rows(tmp_path / "b.out.jsonl")} == {"CC0-1.0"}
    align(pair_files(plain, en)[0], tmp_path / "b.out.jsonl", translator)
    assert not any("license" in row for row in rows(tmp_path / "b.out.jsonl"))
    unnamed = tmp_path / "c.zh"
    unnamed.write_text(json.dumps({"text": ZH, "license": "CC-BY-4.0"}) + "\n", "utf-8")
    with pytest.raises(InputError, match=r"names a licence, 'CC-BY-4.0', which is kept of .jsonl files; name it so"):
        align(pair_files(str(unnamed), en)[0], tmp_path / "c.out.jsonl", translator)
