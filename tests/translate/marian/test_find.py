"""Where models are looked for, and what is refused."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from translate.errors import ModelDamagedError, ModelUnavailableError, UnknownNameError
from translate.marian import catalogue, find


def test_the_embedded_model_is_verified_and_needs_no_hub():
    code = """
import sys
from translate.marian.find import locate, verify
model = locate("zh-en-mini")
assert verify("zh-en-mini") == model and model.warning is None
print(model.path.name, sorted(set(sys.modules) & {"torch", "transformers", "ctranslate2", "huggingface_hub"}))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "zh-en-mini []\n"


def test_every_file_of_the_embedded_model_that_is_pinned_is_packaged():
    model = find.locate("zh-en-mini")
    for name in model.spec.files:
        assert model.file(name).is_file()
    with pytest.raises(ModelDamagedError, match=r"no file 'README.md'; it has config.json"):
        model.file("README.md")


@pytest.mark.parametrize("name", ["opus-mt-zh-em", "nope"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(UnknownNameError, match="known: auto, opus-mt-zh-en, zh-en-mini"):
        find.locate(name)
    with pytest.raises(UnknownNameError, match="unknown model"):
        catalogue.get_spec(name)


def test_a_missing_folder_is_named():
    with pytest.raises(ModelUnavailableError, match="'no/such/folder' does not exist"):
        find.locate("no/such/folder")


def test_a_folder_gets_a_revision_from_its_files(tiny_marian, tmp_path):
    first = find.locate(str(tiny_marian))
    assert first.spec.name == "tiny"
    assert first.spec.max_tokens == 64
    assert first.spec.beam == 2
    assert set(first.spec.files) == {"config.json", "source.spm", "target.spm", "vocab.json", "pytorch_model.bin"}
    copy = shutil.copytree(tiny_marian, tmp_path / "other")
    assert find.locate(str(copy)).spec.revision == first.spec.revision
    (copy / "generation_config.json").write_text("{}")
    assert find.locate(str(copy)).spec.revision != first.spec.revision


@pytest.mark.parametrize("name", ["source.spm", "pytorch_model.bin"])
def test_a_folder_that_lacks_a_file_is_refused(tiny_marian, tmp_path, name):
    copy = shutil.copytree(tiny_marian, tmp_path / "copy")
    (copy / name).unlink()
    with pytest.raises(ModelDamagedError, match=f"{name} is missing"):
        find.locate(str(copy))


def test_a_folder_with_another_kind_of_config_is_refused(tiny_marian, tmp_path):
    copy = shutil.copytree(tiny_marian, tmp_path / "copy")
    (copy / "config.json").write_text("[]")
    with pytest.raises(ModelDamagedError, match=r"config\.json is no JSON object"):
        find.locate(str(copy))


@pytest.fixture
def packaged_copy(tmp_path, monkeypatch) -> Path:
    """A copy of the package's folder, so that its model can be damaged."""
    shutil.copytree(find.locate("zh-en-mini").path, tmp_path / "models" / "zh-en-mini")
    shutil.copy(catalogue._models_file(), tmp_path / "models.yaml")
    monkeypatch.setattr(find, "package_folder", lambda: tmp_path)
    return tmp_path / "models" / "zh-en-mini"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), r"it has [\d,]+ bytes, not [\d,]+"),
        (lambda path: path.write_bytes(b"x" + path.read_bytes()[1:]), r"its SHA-256 is [0-9a-f]{64}, not [0-9a-f]{64}"),
        (lambda path: path.unlink(), "it is missing"),
    ],
)
def test_a_damaged_file_is_named_with_what_was_seen_and_expected(packaged_copy, damage, message):
    damage(packaged_copy / "vocab.json")
    for seek in (find.locate, find.verify, find.pull):
        with pytest.raises(ModelDamagedError, match=rf"'zh-en-mini' is damaged: vocab.json: {message}.*reinstall"):
            seek("zh-en-mini")


def test_auto_falls_back_with_a_warning_when_offline():
    model = find.locate("auto")
    assert model.spec.name == "zh-en-mini"
    assert model.warning is not None
    assert model.warning.startswith("using the embedded model zh-en-mini, as good as opus-mt-zh-en on news")
    assert "\n" not in model.warning


def test_the_cache_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path))
    assert find.cache_folder() == tmp_path
    monkeypatch.delenv("DUIZHAO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    monkeypatch.setattr(sys, "platform", "linux")
    assert find.cache_folder() == Path("/x/duizhao")
