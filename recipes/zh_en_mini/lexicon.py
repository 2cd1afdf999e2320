"""First embeddings from word translation: what is translated by one another starts near one another.

    python -m recipes.zh_en_mini.lexicon --shards FOLDER --vocab FOLDER --out FOLDER --width 256

Learns a table of token translations (IBM Model 1: Brown et al. 1993, https://aclanthology.org/J93-2003) on a sample of
the pairs and factors it, so that the vectors of a Chinese token and of its English translations point the same way.
Writes ``embeddings.npy``, ``(n_tokens, width)`` float16, rows of length one, and for whoever wants to look at it
``lexicon.tsv``, the best translations of the commonest tokens.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from recipes.zh_en_mini.shards import Shard, load

__all__ = ["Lexicon", "embeddings", "learn", "main"]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Expected counts of token translations, ``(n_entries,)`` each.

    Attributes:
        source: ids.
        target: ids.
        counts: how often the source token was the origin of the target token, as the model sees it.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    counts: NDArray[np.float64]


def learn(shard: Shard, rows: NDArray[np.int64], n_tokens: int, n_rounds: int = 5, longest: int = 50) -> Lexicon:
    """IBM Model 1 with an empty source word.

    Args:
        shard: all pairs.
        rows: those to learn from; pairs with a side of more than ``longest`` tokens are left out.
        n_tokens: of the vocabulary.
        n_rounds: of expectation maximisation.
        longest: see rows.
    """
    short = np.maximum(shard.source.lengths, shard.target.lengths)[rows] <= longest
    keys, widths = [], []
    for row in rows[short]:
        source = np.append(shard.source[row].astype(np.int64), n_tokens)
        target = shard.target[row].astype(np.int64)
        keys.append((target[:, None] * (n_tokens + 1) + source).ravel())
        widths.append(np.full(len(target), len(source)))
    # Every target token has a run of entries: the source tokens that it may come from.
    entries, at = np.unique(np.concatenate(keys), return_inverse=True)
    runs = np.concatenate(widths)
    starts = np.concatenate([[0], np.cumsum(runs)[:-1]])
    of = entries % (n_tokens + 1)
    chance = np.ones(len(entries))
    for _ in range(n_rounds):
        share = chance[at]
        share /= np.repeat(np.add.reduceat(share, starts), runs)
        counts = np.bincount(at, weights=share, minlength=len(entries))
        chance = counts / np.bincount(of, weights=counts, minlength=n_tokens + 1)[of]
    real = of != n_tokens
    return Lexicon(of[real], (entries // (n_tokens + 1))[real], counts[real])


def embeddings(
    lexicon: Lexicon, n_tokens: int, width: int, *, noise: float = 0.3, seed: int = 1
) -> NDArray[np.float32]:
    """Rows of length one, near one another where tokens translate one another.

    The counts, divided by the root of both tokens' own counts, are factored by a truncated singular value
    decomposition; a token of both languages gets the sum of its two vectors.

    Args:
        lexicon: see `learn`.
        n_tokens: rows; the last, pad, is zero.
        width: columns.
        noise: length of a random vector added to each, so that no two are the same.
        seed: of the noise and of the decomposition.
    """
    torch.manual_seed(seed)
    by_source = np.bincount(lexicon.source, weights=lexicon.counts, minlength=n_tokens)
    by_target = np.bincount(lexicon.target, weights=lexicon.counts, minlength=n_tokens)
    values = lexicon.counts / np.sqrt(by_source[lexicon.source] * by_target[lexicon.target] + 1e-9)
    places = torch.from_numpy(np.stack([lexicon.source, lexicon.target]))
    size = (n_tokens, n_tokens)
    links = torch.sparse_coo_tensor(places, torch.from_numpy(values).float(), size, check_invariants=True).coalesce()
    left, sizes, right = torch.svd_lowrank(links, q=width, niter=6)
    root = sizes.sqrt()
    made = left * root + right * root
    made = made / made.norm(dim=1, keepdim=True).clamp_min(1e-6)
    made = made + noise * torch.randn(n_tokens, width) / width**0.5
    # Turned at random, so that no column, and no attention head, has the strongest directions to itself.
    turn = torch.linalg.qr(torch.randn(width, width)).Q
    made = (made @ turn) / made.norm(dim=1, keepdim=True)
    made[-1] = 0
    found: NDArray[np.float32] = made.float().numpy()
    return found


def table(lexicon: Lexicon, tokens: Sequence[str], n_rows: int = 500, n_best: int = 5) -> str:
    """The best translations of the commonest source tokens, a line each."""
    totals = np.bincount(lexicon.source, weights=lexicon.counts, minlength=len(tokens))
    lines = []
    for token in np.argsort(-totals)[:n_rows]:
        mine = np.flatnonzero(lexicon.source == token)
        best = mine[np.argsort(-lexicon.counts[mine])[:n_best]]
        shares = (f"{tokens[lexicon.target[i]]} {lexicon.counts[i] / totals[token]:.2f}" for i in best)
        lines.append("\t".join([tokens[token], *shares]))
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.lexicon", description=__doc__.splitlines()[0])
    parser.add_argument("--shards", type=Path, required=True, help="folder with train.ids")
    parser.add_argument("--vocab", type=Path, required=True, help="folder that vocab wrote")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--width", type=int, default=256, help="of the model")
    parser.add_argument("--pairs", type=int, default=150_000, help="to learn from, drawn at random")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args(argv)
    shard = load(args.shards / "train.ids")
    ids = json.loads((args.vocab / "vocab.json").read_text(encoding="utf-8"))
    rows = np.random.default_rng(args.seed).permutation(len(shard))[: args.pairs]
    lexicon = learn(shard, rows, len(ids))
    args.out.mkdir(parents=True, exist_ok=True)
    made = embeddings(lexicon, len(ids), args.width, seed=args.seed)
    np.save(args.out / "embeddings.npy", made.astype(np.float16))  # half the size to carry to another machine
    (args.out / "lexicon.tsv").write_text(table(lexicon, sorted(ids, key=ids.__getitem__)), encoding="utf-8")
    print(f"{len(lexicon.counts):,} translations from {len(rows):,} pairs")


if __name__ == "__main__":
    main()
