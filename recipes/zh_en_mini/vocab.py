"""SentencePiece models and the one vocabulary of a MarianTokenizer.

    python -m recipes.zh_en_mini.vocab --prepared FOLDER --out FOLDER --size 16000

Writes ``source.spm``, ``target.spm``, ``vocab.json`` and ``tokenizer_config.json``. Every byte is a piece, so no
character is unknown; every digit is a piece of its own, so that numbers are copied and not remembered; ``<pad>`` is
the last id, where CTranslate2 can leave it out.

With ``--joint`` (the default) both sides are cut by one model, so that a Latin name or a number has the same pieces
in the source and in the target and can be copied token by token.

Kudo (2018), "Subword regularization", https://aclanthology.org/P18-1007.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from recipes.zh_en_mini.normaliser import write_rules
from recipes.zh_en_mini.options import group_weights
from recipes.zh_en_mini.sources import Pair, Source, group_of, read_pairs, read_sources
from recipes.zh_en_mini.symbols import pieces

__all__ = ["VocabSettings", "build", "main", "train_spm"]

EOS, UNK, PAD = "</s>", "<unk>", "<pad>"
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class VocabSettings:
    """What decides the vocabulary.

    Attributes:
        size: pieces of each SentencePiece model.
        joint: one model for both sides, else one a side.
        n_sample: pairs that the models are trained on, at most.
        coverage: share of the characters that are pieces; the others are spelt in bytes.
        weights: share of the pairs of a group (see `sources.Source.group`) that the models see, 1 where none is given.
            A small vocabulary should not be spent on what the model will seldom be asked for.
        signs: characters that are pieces however rare they are.
        seed: of the sample.
    """

    size: int = 16_000
    joint: bool = True
    n_sample: int = 400_000
    coverage: float = 0.9998
    weights: Mapping[str, float] = field(default_factory=dict)
    signs: str = ""
    seed: int = 1


def build(
    pairs: Sequence[Pair], sources: Mapping[str, Source], settings: VocabSettings, out: Path, n_threads: int = 1
) -> int:
    """Train the models and write the tokenizer's files.

    Args:
        pairs: training text.
        sources: where it comes from, by name; what has no row there is of the group ``made``.
        settings: see there.
        out: folder to write.
        n_threads: of the SentencePiece trainer.

    Returns:
        Tokens of the vocabulary, ``</s>``, ``<unk>`` and ``<pad>`` included.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(settings.seed)
    if settings.weights:
        shares = [settings.weights.get(group_of(pair, sources), 1.0) for pair in pairs]
        pairs = [pair for pair, share in zip(pairs, shares, strict=True) if rng.random() < share]
    sample = list(pairs) if len(pairs) <= settings.n_sample else rng.sample(pairs, settings.n_sample)
    if settings.joint:
        train_spm(_both(sample), settings, out / "source.spm", n_threads, fold_script=True)
        shutil.copyfile(out / "source.spm", out / "target.spm")
    else:
        train_spm((pair.zh for pair in sample), settings, out / "source.spm", n_threads, fold_script=True)
        train_spm((pair.en for pair in sample), settings, out / "target.spm", n_threads, fold_script=False)
    tokens = _tokens([out / "source.spm", out / "target.spm"])
    ids = {token: index for index, token in enumerate(tokens)}
    (out / "vocab.json").write_text(json.dumps(ids, ensure_ascii=True, indent=1), encoding="utf-8")
    (out / "tokenizer_config.json").write_text(json.dumps(_tokenizer_config(), indent=2) + "\n", encoding="utf-8")
    return len(tokens)


def _both(sample: Iterable[Pair]) -> Iterator[str]:
    for pair in sample:
        yield pair.zh
        yield pair.en


def train_spm(lines: Iterable[str], settings: VocabSettings, path: Path, n_threads: int, *, fold_script: bool) -> None:
    """Train one unigram model."""
    import sentencepiece

    with TemporaryDirectory() as folder:
        rules = Path(folder) / "rules.tsv"
        write_rules(rules, fold_script=fold_script)
        # A text file, not an iterator: the trainer then sees the same order whatever its threads do.
        text = Path(folder) / "text.txt"
        with text.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(line + "\n" for line in lines)
        sentencepiece.SentencePieceTrainer.train(
            input=str(text),
            model_prefix=str(Path(folder) / "spm"),
            model_type="unigram",
            vocab_size=settings.size,
            character_coverage=settings.coverage,
            required_chars=settings.signs,
            byte_fallback=True,
            split_digits=True,
            normalization_rule_tsv=str(rules),
            max_sentence_length=4096,
            num_threads=n_threads,
            eos_id=0, unk_id=1, bos_id=-1, pad_id=-1,
            hard_vocab_limit=False,
            minloglevel=2,
        )  # fmt: skip
        shutil.copyfile(Path(folder) / "spm.model", path)


def _tokens(models: Iterable[Path]) -> list[str]:
    """Pieces of all models without repetition: ``</s>``, ``<unk>``, then as they come, ``<pad>`` last."""
    import sentencepiece

    tokens = {EOS: None, UNK: None}
    for path in models:
        processor = sentencepiece.SentencePieceProcessor(model_file=str(path))
        tokens |= dict.fromkeys(processor.id_to_piece(index) for index in range(processor.get_piece_size()))
    tokens.pop(PAD, None)
    return [*tokens, PAD]


def _tokenizer_config() -> dict[str, object]:
    """As MarianTokenizer wants it."""
    return {
        "tokenizer_class": "MarianTokenizer",
        "source_lang": "zho",
        "target_lang": "eng",
        "separate_vocabs": False,
        "eos_token": EOS,
        "unk_token": UNK,
        "pad_token": PAD,
        "model_max_length": MAX_TOKENS,
        "sp_model_kwargs": {},
    }


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.vocab", description=__doc__.splitlines()[0])
    parser.add_argument("--prepared", type=Path, required=True, help="folder that prepare wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--size", type=int, default=16_000, help="pieces of a SentencePiece model")
    parser.add_argument("--joint", action=argparse.BooleanOptionalAction, default=True, help="one model for both sides")
    parser.add_argument("--sample", type=int, default=400_000, help="pairs to train on, at most")
    parser.add_argument("--weights", type=group_weights, default="", help="share of the pairs of a group: docs=0.2")
    parser.add_argument("--signs", action="store_true", help="common emoji and signs have a token each")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    signs = pieces() if args.signs else ""
    settings = VocabSettings(args.size, args.joint, args.sample, weights=args.weights, signs=signs, seed=args.seed)
    pairs, sources = list(read_pairs(args.prepared / "train.tsv.xz")), read_sources(args.prepared / "sources.tsv")
    n_tokens = build(pairs, sources, settings, args.out, args.threads)
    print(f"{n_tokens:,} tokens")


if __name__ == "__main__":
    main()
