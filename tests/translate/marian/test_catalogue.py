from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from translate.errors import ModelDamagedError, ModelError, ModelUnavailableError, UnknownNameError
from translate.marian import catalogue as registry


def test_both_models_are_known_and_complete():
    specs = registry.known()
    assert {"opus-mt-zh-en", "zh-en-mini"} <= set(specs)
    opus = specs["opus-mt-zh-en"]
    assert opus.repo == "Helsinki-NLP/opus-mt-zh-en"
    assert opus.revision == "6b02b2132d97136ebed2851703f2b3407ea9cf47"
    assert opus.files["pytorch_model.bin"].n_bytes == 312_087_009
    assert (opus.source, opus.target, opus.max_tokens, opus.beam, opus.licence) == ("zh", "en", 512, 6, "CC-BY-4.0")
    for spec in specs.values():
        assert {"config.json", "source.spm", "target.spm", "vocab.json"} <= set(spec.files)
        assert spec.n_bytes == sum(pin.n_bytes for pin in spec.files.values())


def test_the_embedded_model_is_verified_and_needs_no_hub():
    code = """
import sys
from translate.marian.catalogue import locate, verify
model = locate("zh-en-mini")
assert verify("zh-en-mini") == model and model.warning is None
print(model.path.name, sorted(set(sys.modules) & {"torch", "transformers", "ctranslate2", "huggingface_hub"}))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "zh-en-mini []\n"


def test_every_file_of_the_embedded_model_that_is_pinned_is_packaged():
    model = registry.locate("zh-en-mini")
    for name in model.spec.files:
        assert model.file(name).is_file()
    with pytest.raises(ModelDamagedError, match=r"no file 'README.md'; it has config.json"):
        model.file("README.md")


@pytest.mark.parametrize("name", ["opus-mt-zh-em", "nope"])
def test_an_unknown_name_lists_the_known_ones(name):
    with pytest.raises(UnknownNameError, match="known: auto, opus-mt-zh-en, zh-en-mini"):
        registry.locate(name)
    with pytest.raises(UnknownNameError, match="unknown model"):
        registry.get_spec(name)


def test_a_missing_folder_is_named():
    with pytest.raises(ModelUnavailableError, match="'no/such/folder' does not exist"):
        registry.locate("no/such/folder")


def test_a_folder_gets_a_revision_from_its_files(tiny_marian, tmp_path):
    first = registry.locate(str(tiny_marian))
    assert first.spec.name == "tiny"
    assert first.spec.max_tokens == 64
    assert first.spec.beam == 2
    assert set(first.spec.files) == {"config.json", "source.spm", "target.spm", "vocab.json", "pytorch_model.bin"}
    copy = shutil.copytree(tiny_marian, tmp_path / "other")
    assert registry.locate(str(copy)).spec.revision == first.spec.revision
    (copy / "generation_config.json").write_text("{}")
    assert registry.locate(str(copy)).spec.revision != first.spec.revision


@pytest.mark.parametrize("name", ["source.spm", "pytorch_model.bin"])
def test_a_folder_that_lacks_a_file_is_refused(tiny_marian, tmp_path, name):
    copy = shutil.copytree(tiny_marian, tmp_path / "copy")
    (copy / name).unlink()
    with pytest.raises(ModelDamagedError, match=f"{name} is missing"):
        registry.locate(str(copy))


def test_a_folder_with_another_kind_of_config_is_refused(tiny_marian, tmp_path):
    copy = shutil.copytree(tiny_marian, tmp_path / "copy")
    (copy / "config.json").write_text("[]")
    with pytest.raises(ModelDamagedError, match=r"config\.json is no Marian configuration"):
        registry.locate(str(copy))


@pytest.fixture
def packaged_copy(tmp_path, monkeypatch) -> Path:
    """A copy of the package's folder, so that its model can be damaged."""
    shutil.copytree(registry.locate("zh-en-mini").path, tmp_path / "models" / "zh-en-mini")
    shutil.copy(registry._models_file(), tmp_path / "models.yaml")
    monkeypatch.setattr(registry, "_package_folder", lambda: tmp_path)
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
    for find in (registry.locate, registry.verify, registry.pull):
        with pytest.raises(ModelDamagedError, match=rf"'zh-en-mini' is damaged: vocab.json: {message}.*reinstall"):
            find("zh-en-mini")


def write_models(path: Path, monkeypatch, **changes) -> None:
    pin = {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
    entry = {"repo": "a/b", "revision": "r", "licence": "CC0-1.0", "source": "zh", "target": "en"}
    entry |= {"max_tokens": 64, "beam": 1, "files": {"config.json": pin}} | changes
    path.write_text(yaml.safe_dump({"extra": {k: v for k, v in entry.items() if v is not ...}}))
    monkeypatch.setenv("DUIZHAO_MODELS", str(path))


def test_an_extra_models_file_adds_to_the_known_ones(tmp_path, monkeypatch):
    write_models(tmp_path / "extra.yaml", monkeypatch)
    assert registry.get_spec("extra").repo == "a/b"
    assert "zh-en-mini" in registry.known()
    assert not registry.is_cached(registry.get_spec("extra"))
    with pytest.raises(ModelUnavailableError, match="HF_HUB_OFFLINE"):
        registry.locate("extra")
    with pytest.raises(ModelUnavailableError, match="run: duizhao models pull extra"):
        registry.verify("extra")


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../evil": {"bytes": 1, "sha256": "0" * 64}}},
        {"files": {"config.json": {"bytes": 1, "sha256": "123"}}},
        {"files": {"config.json": {"sha256": "0" * 64}}},
        {"revision": ...},
        {"beam": "many"},
        {"whole": 3},
        {"whole": 400},
    ],
)
def test_a_wrong_models_file_is_refused(tmp_path, monkeypatch, changes):
    write_models(tmp_path / "extra.yaml", monkeypatch, **changes)
    with pytest.raises(ModelError, match=r"extra\.yaml has a wrong or missing field"):
        registry.known()


def test_an_unreadable_models_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DUIZHAO_MODELS", str(tmp_path / "absent.yaml"))
    with pytest.raises(ModelError, match=r"cannot read the models file .*absent\.yaml"):
        registry.known()


def test_auto_falls_back_with_a_warning_when_offline():
    model = registry.locate("auto")
    assert model.spec.name == "zh-en-mini"
    assert model.warning is not None
    assert model.warning.startswith("WARNING: using the small demonstration model zh-en-mini")
    assert "\n" not in model.warning


def test_the_cache_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path))
    assert registry.cache_folder() == tmp_path
    monkeypatch.delenv("DUIZHAO_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    monkeypatch.setattr(sys, "platform", "linux")
    assert registry.cache_folder() == Path("/x/duizhao")


def test_the_pins_of_the_wheel_are_those_of_the_checkout():
    folder = Path(registry.__file__).parent
    if not (folder.parent / "pyproject.toml").is_file():
        pytest.skip("installed from a wheel")
    assert not (folder / "models.yaml").exists(), "a copy in the package would hide the one at the root"
