from __future__ import annotations

import json
import warnings
from pathlib import Path

import pytest

from recipes.zh_en_mini import export
from recipes.zh_en_mini.card import model_card
from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.marian.find import locate

SENTENCES = ["猫在北京喜欢25份苹果。", "老師在學校買３份書。", "😀 Linus 和 𠮷", "水"]


@pytest.fixture(scope="module")
def model(made: Path, run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("exported") / "tiny"
    options = [
        "--run",
        str(run),
        "--vocab",
        str(made / "vocab"),
        "--prepared",
        str(made / "prepared"),
        "--out",
        str(out),
    ]
    export.main(options)
    return out


def test_both_engines_and_transformers_write_the_same(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DUIZHAO_CACHE", str(tmp_path))
    from transformers import MarianMTModel, MarianTokenizer

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tokenizer = MarianTokenizer.from_pretrained(model)
        network = MarianMTModel.from_pretrained(model, dtype="float32").eval()
        inputs = tokenizer(SENTENCES, return_tensors="pt", padding=True)
        ids = network.generate(**inputs, num_beams=1, max_length=31)
        theirs = [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]
    located = locate(str(model))
    for name in ("torch", "ct2"):
        engine = load_engine(name, located, DecodeOptions(1), compute_type="float32", threads=1, device="cpu")
        try:
            ours = engine.submit(SENTENCES, 30).result()
        finally:
            engine.close()
        for mine, text in zip(ours, theirs, strict=True):
            # At the cap transformers writes an end of sentence, CTranslate2 one token more.
            assert mine.text == text or (mine.finish == "length" and mine.text.startswith(text)), name
    assert any(theirs)


def test_the_entry_pins_every_file(model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import yaml

    text = export.entry(model, name="tiny", revision="mini-0", licence="CC-BY-SA-4.0", beam=4, whole=64)
    entry = yaml.safe_load(text)["tiny"]
    assert set(entry["files"]) == set(export.PINNED)
    located = locate(str(model))
    for name, pin in located.spec.files.items():
        assert entry["files"][name] == {"bytes": pin.n_bytes, "sha256": pin.sha256}
    assert (entry["max_tokens"], entry["beam"]) == (512, 4)


def test_weights_are_half_precision_and_only_weights(model: Path) -> None:
    from safetensors.torch import load_file

    weights = load_file(model / "model.safetensors")
    assert {str(value.dtype) for value in weights.values()} == {"torch.float16"}
    assert not [name for name in weights if "embed_positions" in name]
    assert json.loads((model / "config.json").read_text(encoding="utf-8"))["model_type"] == "marian"


def test_the_card_lists_every_source_used(model: Path) -> None:
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "| paper |" in card
    assert "| manual |" in card
    assert "| film |" not in card
    assert "How good it is" not in card, "nothing was measured"


def test_the_card_says_how_good_it_is_beside_the_larger_model(model: Path) -> None:
    from transformers import MarianMTModel

    rows = [
        {"set": name, "system": system, "bleu": bleu, "chrf": 50.0, "empty": 0.0, "looping": 0.0, "numbers": 1.0}
        for name, system, bleu in [("a", "model", 20.04), ("a", "opusmt", 21.06), ("b", "model", 9.0)]
    ]
    figures = {"rows": rows, "decoder": "hand", "signatures": {"bleu": "x", "chrf": "y"}}
    network = MarianMTModel.from_pretrained(model)
    card = model_card(network, [], {}, figures, name="tiny", licence="CC0-1.0")
    assert "which has 75 M parameters:\na 20.0 to 21.1.\nIt" in card


def test_a_pad_row_that_is_not_zero_is_refused(made: Path, run: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(run / "average.safetensors")
    weights["model.shared.weight"][-1] = 1.0
    save_file(weights, tmp_path / "average.safetensors")
    (tmp_path / "shape.json").write_bytes((run / "shape.json").read_bytes())
    with pytest.raises(ValueError, match="embedding of pad"):
        export.export(tmp_path, made / "vocab", tmp_path / "out")
