"""Word aligners beside ours, for `benchmarks/alignment.py --words`: all learn from the same tokens, and link the same.

    pip install eflomal sil-thot
    python benchmarks/word_aligners.py GOLD [--shape FOLDER]     what a translator's attention costs

Each is run in both directions and symmetrised by grow-diag-final-and (Koehn, Och and Marcu 2003). eflomal is Östling
and Tiedemann's (2016). The others are of SIL's Thot: IBM Model 1, fast_align (Dyer, Chahuneau and Smith 2013) and the
hidden Markov model.

`translator_ways` are what the embedded model says by itself, without a table: the attention of each layer of its
decoder while it reads a word and while it writes it, all heads by the weights that the package finds, all with the
table, and how like the states of the encoder are to the embeddings of the translation. ``--shape`` times a model
of the shape and with the tokenizer of FOLDER (config.json, source.spm, target.spm, vocab.json), with random weights.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.words.attention import PieceAttention, seen_links
from corpus.words.links import Link, parse_pharaoh
from corpus.words.model import packaged_model
from corpus.words.tokens import Span
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.vocabulary import MarianVocabulary

__all__ = ["WordAligner", "installed", "translator_ways"]

Tokens = tuple[Sequence[str], Sequence[str]]
WordAligner = Callable[[Sequence[Tokens], int], list[list[Link]]]
"""Sentence pairs, of which the links of so many at the end are wanted, to those."""

_NEIGHBOURS = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def installed() -> Iterator[tuple[str, WordAligner]]:
    """Each aligner that is there, by name; the others are said to be missing."""
    try:
        import thot.alignment

        models = thot.alignment
        yield "IBM Model 1 (Thot)", _thot(models.Ibm1AlignmentModel)
        yield "fast_align (Thot)", _thot(models.FastAlignModel)
        yield "HMM (Thot)", _thot(models.HmmAlignmentModel)
    except ImportError as error:
        print(f"Thot is left out: {error}")
    program = Path(sys.executable).with_name("eflomal-align")
    if program.exists():
        yield "eflomal", _eflomal(program)
    else:
        print("eflomal is left out: eflomal-align is not installed")


def grow_diag_final_and(there: Sequence[Link], back: Sequence[Link]) -> list[Link]:
    """One set of links of two, one for either direction."""
    either = set(there) | set(back)
    found = set(there) & set(back)
    grown = True
    while grown:
        grown = False
        for i, j in sorted(found):
            for di, dj in _NEIGHBOURS:
                link = (i + di, j + dj)
                if link in either and link not in found and not all(_taken(link, found)):
                    found.add(link)
                    grown = True
    for links in (there, back):
        for link in sorted(links):
            if not any(_taken(link, found)):
                found.add(link)
    return sorted(found)


def _taken(link: Link, found: set[Link]) -> tuple[bool, bool]:
    return any(i == link[0] for i, _ in found), any(j == link[1] for _, j in found)


def _eflomal(program: Path) -> WordAligner:
    def align(pairs: Sequence[Tokens], n_wanted: int) -> list[list[Link]]:
        with tempfile.TemporaryDirectory() as folder:
            files = [str(Path(folder) / name) for name in ("source", "target", "there", "back")]
            for side, name in enumerate(files[:2]):
                Path(name).write_text("".join(" ".join(pair[side]).lower() + "\n" for pair in pairs), "utf-8")
            subprocess.run(
                [program, "-s", files[0], "-t", files[1], "-f", files[2], "-r", files[3], "--overwrite"],
                check=True,
                capture_output=True,
            )
            ways = [Path(name).read_text("utf-8").split("\n")[:-1][-n_wanted:] for name in files[2:]]
        parsed = [[parse_pharaoh(line)[0] for line in lines] for lines in ways]
        return [grow_diag_final_and(*both) for both in zip(*parsed, strict=True)]

    return align


def _thot(model: Any, n_rounds: int = 5) -> WordAligner:
    def align(pairs: Sequence[Tokens], n_wanted: int) -> list[list[Link]]:
        ways = []
        for backward in (False, True):
            way = model()
            sides = [tuple([token.lower() for token in side] for side in pair) for pair in pairs]
            sides = [pair[::-1] if backward else pair for pair in sides]
            for source, target in sides:
                way.add_sentence_pair(source, target)
            way.start_training()
            for _ in range(n_rounds):
                way.train()
            way.end_training()
            found = [np.argwhere(way.get_best_alignment(*pair)[1].to_numpy()) for pair in sides[-n_wanted:]]
            ways.append([sorted((j, i) if backward else (i, j) for i, j in links.tolist()) for links in found])
        return [grow_diag_final_and(*both) for both in zip(*ways, strict=True)]

    return align


# -- the translator by itself ----------------------------------------------------------------------------------------

Placed = tuple[tuple[str, Sequence[Span]], tuple[str, Sequence[Span]]]
"""A sentence and the places of its words, and the same of its translation."""


def translator_ways() -> Iterator[tuple[str, Callable[[Sequence[Placed]], list[list[Link]]]]]:
    """What the embedded model says of the words."""
    from corpus.align.linker import AttentionReader

    model = locate("zh-en-mini")
    reader = AttentionReader(model)
    weights = reader.weights

    def seen(pairs: Sequence[Placed]) -> Iterator[PieceAttention]:
        for attention in reader.read([(source[0], target[0]) for source, target in pairs]):
            assert attention is not None
            yield attention

    def by(weighing: NDArray[np.float64]) -> Callable[[Sequence[Placed]], list[list[Link]]]:
        def way(pairs: Sequence[Placed]) -> list[list[Link]]:
            return [
                _mutual(attention.of_words(weighing, source[1], target[1]))
                for attention, (source, target) in zip(seen(pairs), pairs, strict=True)
            ]

        return way

    def with_table(pairs: Sequence[Placed]) -> list[list[Link]]:
        words = packaged_model()
        texts = [tuple([text[a:b] for a, b in places] for text, places in pair) for pair in pairs]
        found = words.agreements(words.look_up(texts))
        return [
            list(seen_links(attention.of_words(weights, source[1], target[1]), likely.both))
            for likely, attention, (source, target) in zip(found, seen(pairs), pairs, strict=True)
        ]

    n_heads = len(weights) // 2
    for layer in range(3):
        heads = slice(layer * n_heads // 3, (layer + 1) * n_heads // 3)
        for first, doing in ((0, "reads"), (n_heads, "writes")):
            chosen = np.zeros(2 * n_heads)
            chosen[first : first + n_heads][heads] = 3 / n_heads
            yield f"attention, layer {layer + 1} as it {doing}", by(chosen)
    yield "attention, heads weighed", by(weights)
    yield "encoder's states and target's embeddings", lambda pairs: [_alike(pair, model) for pair in pairs]
    yield "duizhao", with_table


def _mutual(likely: NDArray[np.float64]) -> list[Link]:
    """Each two words of which either is the other's likeliest."""
    best = [(int(likely[:, j].argmax()), j) for j in range(likely.shape[1])]
    return [(i, j) for i, j in best if likely[i, j] > 0 and likely[i].argmax() == j]


def _alike(pair: Placed, model: LocalModel) -> list[Link]:
    """Words by the cosine of the encoder's last states and the target's embeddings, less the mean of the sentence."""
    import torch

    vocabulary, network = _transformers(str(model.file("config.json").parent))
    (source, here), (target, there) = pair
    ids = vocabulary.encode([source])[0], vocabulary.encode_target([target])[0]
    with torch.no_grad():
        states = network.get_encoder()(input_ids=torch.tensor([ids[0]])).last_hidden_state[0, :-1].numpy()
        embeddings = network.get_input_embeddings()(torch.tensor(ids[1][:-1])).numpy()
    sides = [
        _of_words(states, vocabulary.places(source), here),
        _of_words(embeddings, vocabulary.target_places(target), there),
    ]
    return _mutual(np.maximum(1 + sides[0] @ sides[1].T, 0))


@lru_cache(maxsize=1)
def _transformers(folder: str) -> tuple[MarianVocabulary, Any]:
    import torch
    from transformers import MarianMTModel

    torch.set_num_threads(1)
    return MarianVocabulary(locate(folder)), MarianMTModel.from_pretrained(folder, dtype=torch.float32).eval()


def _of_words(pieces: NDArray[np.float32], places: Sequence[Span], words: Sequence[Span]) -> NDArray[np.float64]:
    """Means over the pieces of each word, of length 1."""
    pieces = pieces - pieces.mean(0)
    inside = np.array([[a < end and start < b for a, b in places] for start, end in words], np.float64)
    found = inside @ pieces
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9)


def time_attention(gold: Path, shape: Path | None) -> None:
    """Print what forced decoding takes for 1,000 pairs of the file."""
    from translate.engines.torch.attention import ForcedDecoder

    rows = [line.split("\t") for line in gold.read_text("utf-8").splitlines()]
    with tempfile.TemporaryDirectory() as folder:
        model = locate("zh-en-mini") if shape is None else _random_model(shape, Path(folder))
        vocabulary, decoder = MarianVocabulary(model), ForcedDecoder(model)
        sources = vocabulary.encode([row[1].replace(" ", "") for row in rows])
        targets = vocabulary.encode_target([row[2] for row in rows])
        ids = [*zip(sources, targets, strict=True)]
        next(decoder.attend(ids[:1]))
        began = time.process_time()
        n_pairs = sum(1 for _ in decoder.attend(ids))
        seconds = (time.process_time() - began) / n_pairs * 1000
    tokens = [sum(map(len, side)) / n_pairs for side in (sources, targets)]
    print(
        f"{model.spec.name if shape is None else shape.name}: {seconds:.1f} CPU s for 1,000 pairs of {tokens[0]:.0f} "
        f"and {tokens[1]:.0f} tokens, on one core in float32"
    )


def _random_model(shape: Path, folder: Path) -> LocalModel:
    import shutil

    from transformers import MarianConfig, MarianMTModel

    MarianMTModel(MarianConfig.from_pretrained(shape)).save_pretrained(folder)
    for name in ("source.spm", "target.spm", "vocab.json"):
        shutil.copyfile(shape / name, folder / name)
    return locate(str(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("gold", type=Path)
    parser.add_argument("--shape", type=Path, metavar="FOLDER")
    args = parser.parse_args()
    time_attention(args.gold, args.shape)


if __name__ == "__main__":
    main()
