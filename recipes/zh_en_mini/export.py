"""The averaged weights of a run -> a model folder as transformers, CTranslate2 and duizhao read it.

    python -m recipes.zh_en_mini.export --run FOLDER --vocab FOLDER --prepared FOLDER --out FOLDER

Writes float16 safetensors, configuration, generation configuration, tokenizer and model card, and prints the entry
for ``models.yaml``.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from recipes.zh_en_mini.card import model_card
from recipes.zh_en_mini.network import Shape, build
from recipes.zh_en_mini.sources import read_sources
from recipes.zh_en_mini.vocab import MAX_TOKENS

__all__ = ["entry", "export", "main"]

TOKENIZER_FILES = ("source.spm", "target.spm", "vocab.json", "tokenizer_config.json")
NOTES = "Small model inside the package; on news as good as opus-mt-zh-en, weaker on general text, names and idioms."
PINNED = ("config.json", "generation_config.json", "model.safetensors", "source.spm", "target.spm", "vocab.json")


def export(run: Path, vocabulary: Path, out: Path, *, beam: int = 4) -> Any:
    """Write the model's files, all but the card.

    Args:
        run: folder with ``average.safetensors`` and ``shape.json``.
        vocabulary: folder with the tokenizer's files.
        out: folder to write.
        beam: beam size to use by default.

    Returns:
        The model, float16.

    Raises:
        ValueError: the row of pad is not zero, or a weight is not finite.
    """
    from transformers import GenerationConfig

    model = _load(run)
    pad = model.config.pad_token_id
    if model.get_input_embeddings().weight[pad].any():
        raise ValueError(f"the embedding of pad (row {pad}) is not zero; CTranslate2 would write other text")
    if bad := [name for name, value in model.named_parameters() if not bool(torch.isfinite(value).all())]:
        raise ValueError(f"{bad[0]} has values that are not finite")
    settings: dict[str, Any] = {
        "max_length": MAX_TOKENS,
        "num_beams": beam,
        "bad_words_ids": [[pad]],
        "bos_token_id": 0,
        "eos_token_id": 0,
        "pad_token_id": pad,
        "decoder_start_token_id": pad,
        "forced_eos_token_id": 0,
        "renormalize_logits": True,
    }
    model.generation_config = GenerationConfig.from_dict(settings)
    out.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(out)
    for name in TOKENIZER_FILES:
        shutil.copyfile(vocabulary / name, out / name)
    # safetensors makes its file readable by its owner alone.
    (out / "model.safetensors").chmod(0o644)
    return model


def _load(run: Path) -> Any:
    from safetensors.torch import load_file

    told = json.loads((run / "shape.json").read_text(encoding="utf-8"))
    n_tokens = int(told.pop("n_tokens"))
    # Dropout stays in the configuration as it was trained; evaluation ignores it.
    model = build(Shape(**told), n_tokens)
    missing, unexpected = model.load_state_dict(load_file(run / "average.safetensors"), strict=False)
    known = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    if unexpected or known & set(missing):
        raise ValueError(
            f"{run}: the weights are not those of shape.json: {[*unexpected, *sorted(known & set(missing))]}"
        )
    return model.half().eval()


def entry(folder: Path, *, name: str, revision: str, licence: str, beam: int, whole: int, notes: str = NOTES) -> str:
    """The model's entry for ``models.yaml``."""
    lines = [
        f"{name}:", "  repo: null", f"  revision: {revision}", f"  licence: {licence}", "  source: zh", "  target: en",
        f"  max_tokens: {MAX_TOKENS}", f"  beam: {beam}", f"  whole: {whole}", f"  notes: {notes}", "  files:",
    ]  # fmt: skip
    for file in PINNED:
        data = (folder / file).read_bytes()
        lines += [f"    {file}:", f"      bytes: {len(data)}", f"      sha256: {hashlib.sha256(data).hexdigest()}"]
    return "\n".join(lines) + "\n"


def read_json(path: Path | None) -> Mapping[str, Any]:
    """A JSON file, or nothing when there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path is not None and path.exists() else {}


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.export", description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path, required=True, help="folder that train wrote")
    parser.add_argument("--vocab", type=Path, required=True, help="folder that vocab wrote")
    parser.add_argument("--prepared", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--figures", type=Path, help="JSON that evaluate wrote, for the card")
    parser.add_argument("--name", default="zh-en-mini")
    parser.add_argument("--revision", default="mini-5")
    parser.add_argument("--licence", default="CC-BY-SA-4.0", help="of the weights; some sources are CC BY-SA")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--whole", type=int, default=128, help="source tokens of a piece; see models.yaml")
    args = parser.parse_args(argv)
    model = export(args.run, args.vocab, args.out, beam=args.beam)
    sources = read_sources(args.prepared / "sources.tsv").values()
    prepared, figures = read_json(args.prepared / "prepare.json"), read_json(args.figures)
    card = model_card(model, list(sources), prepared, figures, name=args.name, licence=args.licence)
    (args.out / "README.md").write_text(card, encoding="utf-8")
    pins = entry(
        args.out, name=args.name, revision=args.revision, licence=args.licence, beam=args.beam, whole=args.whole
    )
    print(pins, end="")


if __name__ == "__main__":
    main()
