"""First embeddings from word translation: what is translated by one another starts near one another.

    python -m recipes.zh_en_mini.lexicon --shards FOLDER --vocab FOLDER --out FOLDER --width 256

Learns a table of token translations (IBM Model 1, see `corpus.lexicon.model1`) on a sample of
the pairs and factors it, so that the vectors of a Chinese token and of its English translations point the same way.
Writes ``embeddings.npy``, ``(n_tokens, width)`` float16, rows of length one, and for whoever wants to look at it
``lexicon.tsv``, the best translations of the commonest tokens.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from corpus.lexicon.model1 import Lexicon, learn
from recipes.zh_en_mini.shards import Shard, load

__all__ = ["embeddings", "main", "of_shard", "table"]


def of_shard(shard: Shard, rows: NDArray[np.int64], longest: int = 50) -> Lexicon:
    """What becomes what in some of the pairs; the end of sentence takes part.

    Args:
        shard: all pairs.
        rows: those to learn from.
        longest: pairs with a side of more tokens are left out.
    """
    return learn([shard.source[row] for row in rows], [shard.target[row] for row in rows], longest=longest)


def embeddings(
    lexicon: Lexicon, n_tokens: int, width: int, *, noise: float = 0.3, seed: int = 1
) -> NDArray[np.float32]:
    """Rows of length one, near one another where tokens translate one another.

    The counts, divided by the root of both tokens' own counts, are factored by a truncated singular value
    decomposition; a token of both languages gets the sum of its two vectors.

    Args:
        lexicon: see `of_shard`.
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
    # Said for all of it, or torch 2.11 warns that nobody has said.
    with torch.sparse.check_sparse_tensor_invariants(True):  # type: ignore[no-untyped-call]  # a class without types
        links = torch.sparse_coo_tensor(places, torch.from_numpy(values).float(), size).coalesce()
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
    lexicon = of_shard(shard, rows)
    args.out.mkdir(parents=True, exist_ok=True)
    made = embeddings(lexicon, len(ids), args.width, seed=args.seed)
    np.save(args.out / "embeddings.npy", made.astype(np.float16))  # half the size to carry to another machine
    (args.out / "lexicon.tsv").write_text(table(lexicon, sorted(ids, key=ids.__getitem__)), encoding="utf-8")
    print(f"{len(lexicon.counts):,} translations from {len(rows):,} pairs")


if __name__ == "__main__":
    main()
