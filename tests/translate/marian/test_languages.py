"""Pairs of languages: what is supported, and what a model says of itself."""

from __future__ import annotations

import json
import shutil

import pytest

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.errors import ModelError
from translate.marian.catalogue import known
from translate.marian.find import locate
from translate.marian.languages import CHINESE_ENGLISH, LanguagePair


@pytest.mark.parametrize("source", ["zh", "zho", "cmn", "zh-Hant", "zh_TW", "ZH", "cmn_Hans"])
@pytest.mark.parametrize("target", ["en", "eng", "en-GB"])
def test_chinese_to_english_is_supported_however_it_is_written(source, target):
    assert LanguagePair(source, target).is_supported


@pytest.mark.parametrize(("source", "target"), [("en", "zh"), ("zh", "de"), ("ja", "en"), ("zha", "en"), ("en", "en")])
def test_other_languages_are_refused_in_one_line(source, target):
    with pytest.raises(ModelError, match=f"model 'x' translates {source} to {target}; .* use one from zh to en$"):
        LanguagePair(source, target).check("x")


@pytest.mark.parametrize("tag", ["", "z", "zh en", ">>eng<<", "中文", 3, None])
def test_what_is_no_language_is_refused(tag):
    with pytest.raises(ValueError, match="is no language tag"):
        LanguagePair(tag, "en")


def test_a_pair_is_source_and_target():
    assert [*LanguagePair("zh-Hant", "en")] == ["zh-Hant", "en"]
    assert str(CHINESE_ENGLISH) == "zh-en"
    assert {spec.languages for spec in known().values()} == {CHINESE_ENGLISH}


def refusal(folder) -> str:
    with pytest.raises(ModelError) as caught:
        load_engine("fake", locate(str(folder)), DecodeOptions())
    return str(caught.value)


@pytest.mark.parametrize(
    "name", ["opus-mt-en-zh", "opus-mt-tc-big-en-zh", "opus-mt-tc-bible-big-en-zh", "opus-mt-ja-en", "opus-mt-zh-de"]
)
def test_a_folder_whose_name_says_otherwise_is_refused(tiny_marian, tmp_path, name):
    source, target = name.split("-")[-2:]
    assert f"translates {source} to {target}" in refusal(shutil.copytree(tiny_marian, tmp_path / name))
    folder = shutil.copytree(tiny_marian, tmp_path / "mine")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | {"_name_or_path": f"Helsinki-NLP/{name}"}), "utf-8")
    assert f"model 'mine' translates {source} to {target}" in refusal(folder)


def test_a_folder_whose_tokenizer_says_otherwise_is_refused(tiny_marian, tmp_path):
    folder = shutil.copytree(tiny_marian, tmp_path / "opus-mt-zh-en")
    (folder / "tokenizer_config.json").write_text('{"source_lang": "eng", "target_lang": "zho"}')
    assert "translates eng to zho" in refusal(folder)
    (folder / "tokenizer_config.json").write_text('{"source_lang": "zho", "target_lang": "eng"}')
    assert locate(str(folder)).spec.languages == LanguagePair("zho", "eng")
    for nothing in ("{}", '{"source_lang": 3}', '{"source_lang": "", "target_lang": null}'):
        (folder / "tokenizer_config.json").write_text(nothing)
        assert locate(str(folder)).spec.languages == CHINESE_ENGLISH


def test_a_folder_that_says_nothing_is_taken_for_chinese_to_english(tiny_marian):
    assert locate(str(tiny_marian)).spec.languages == CHINESE_ENGLISH
