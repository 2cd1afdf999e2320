from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sacrebleu")

from recipes.zh_en_mini.evaluate import judge, read_set, signatures, table, translate_all, translate_delivered
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator


def test_a_set_is_read_with_its_recorded_outputs(data: Path) -> None:
    test = read_set("flores-dev", data / "tests")
    assert test is not None
    assert len(test.sources) == len(test.references) == 8
    assert set(test.recorded) == {"other"}
    assert read_set("wmt20", data / "tests") is None


def test_figures_tell_a_reference_from_a_loop(data: Path) -> None:
    test = read_set("flores-dev", data / "tests")
    assert test is not None
    good, bad = judge(test, "reference", test.references), judge(test, "other", test.recorded["other"])
    assert (round(good.bleu), round(good.chrf), good.empty, good.looping, good.numbers) == (100, 100, 0, 0, 1)
    assert bad.looping == 1
    assert bad.numbers == 0
    silent = judge(test, "silent", [""] * 8)
    assert silent.empty == 1
    assert "reference" in table([good])
    assert "nrefs:1" in signatures()["bleu"]


def test_a_set_of_uneven_files_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "flores-zh-en"
    folder.mkdir()
    (folder / "dev.zh").write_text("一\n二\n", encoding="utf-8")
    (folder / "dev.en").write_text("one\n", encoding="utf-8")
    with pytest.raises(ValueError, match="has 1 lines"):
        read_set("flores-dev", tmp_path)


def test_outputs_come_back_in_order(data: Path) -> None:
    del data

    engine = FakeEngine(LocalModel(get_spec("zh-en-mini"), Path()), DecodeOptions(1))
    sentences = [f"第{index}句" + "长" * (index * 7 % 13) for index in range(40)]
    one_by_one = [engine.submit([each]).result()[0].text for each in sentences]
    assert translate_all(engine, sentences, n_tokens=64) == one_by_one


def test_what_is_delivered_is_a_line_for_each_source() -> None:
    with Translator(FakeEngine(), LocalModel(get_spec("zh-en-mini"), Path()), DecodeOptions(1)) as translator:
        outputs = translate_delivered(translator, ["你好。再见。", "", "上\n下"])
    assert outputs == ["EN(你好。)[3] EN(再见。)[3]", "", "EN(上)[1] EN(下)[1]"]
