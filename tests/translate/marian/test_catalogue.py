"""What ``models.yaml`` says."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from translate.errors import ModelError, ModelUnavailableError
from translate.marian import catalogue, find


def test_both_models_are_known_and_complete():
    specs = catalogue.known()
    assert {"opus-mt-zh-en", "zh-en-mini"} <= set(specs)
    opus = specs["opus-mt-zh-en"]
    assert opus.repo == "Helsinki-NLP/opus-mt-zh-en"
    assert opus.revision == "6b02b2132d97136ebed2851703f2b3407ea9cf47"
    assert opus.files["pytorch_model.bin"].n_bytes == 312_087_009
    assert (str(opus.languages), opus.max_tokens, opus.beam, opus.licence) == ("zh-en", 512, 6, "CC-BY-4.0")
    for spec in specs.values():
        assert {"config.json", "source.spm", "target.spm", "vocab.json"} <= set(spec.files)
        assert spec.n_bytes == sum(pin.n_bytes for pin in spec.files.values())


def write_models(path: Path, monkeypatch, **changes) -> None:
    pin = {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()}
    entry = {"repo": "a/b", "revision": "r", "licence": "CC0-1.0", "source": "zh", "target": "en"}
    entry |= {"max_tokens": 64, "beam": 1, "files": {"config.json": pin}} | changes
    path.write_text(yaml.safe_dump({"extra": {k: v for k, v in entry.items() if v is not ...}}))
    monkeypatch.setenv("DUIZHAO_MODELS", str(path))


def test_an_extra_models_file_adds_to_the_known_ones(tmp_path, monkeypatch):
    write_models(tmp_path / "extra.yaml", monkeypatch)
    assert catalogue.get_spec("extra").repo == "a/b"
    assert "zh-en-mini" in catalogue.known()
    assert not find.is_cached(catalogue.get_spec("extra"))
    with pytest.raises(ModelUnavailableError, match="HF_HUB_OFFLINE"):
        find.locate("extra")
    with pytest.raises(ModelUnavailableError, match="run: duizhao models pull extra"):
        find.verify("extra")


@pytest.mark.parametrize(
    "changes",
    [
        {"files": {"../evil": {"bytes": 1, "sha256": "0" * 64}}},
        {"files": {"config.json": {"bytes": 1, "sha256": "123"}}},
        {"files": {"config.json": {"sha256": "0" * 64}}},
        {"revision": ...},
        {"beam": "many"},
        {"beam": 100_000},
        {"max_tokens": 0},
        {"source": "Chinese language"},
        {"target": None},
        {"target_token": "eng"},
        {"target_token": 3},
        {"whole": 3},
        {"whole": 400},
    ],
)
def test_a_wrong_models_file_is_refused(tmp_path, monkeypatch, changes):
    write_models(tmp_path / "extra.yaml", monkeypatch, **changes)
    with pytest.raises(ModelError, match=r"extra\.yaml has a wrong or missing field"):
        catalogue.known()


def test_an_unreadable_models_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("DUIZHAO_MODELS", str(tmp_path / "absent.yaml"))
    with pytest.raises(ModelError, match=r"cannot read the models file .*absent\.yaml"):
        catalogue.known()


def test_the_pins_of_the_wheel_are_those_of_the_checkout():
    folder = catalogue.package_folder()
    if not (folder.parent / "pyproject.toml").is_file():
        pytest.skip("installed from a wheel")
    assert not (folder / "models.yaml").exists(), "a copy in the package would hide the one at the root"
