"""Training text -> cleaned, deduplicated, augmented pairs and a held-out sample.

    python -m recipes.zh_en_mini.prepare --data FOLDER --tests FOLDER --out FOLDER

Reads all ``train*.tsv.xz`` (or ``train*.tsv``) and ``SOURCES.tsv``; writes ``train.tsv.xz`` and ``dev.tsv`` (zh, en,
source), ``sources.tsv`` (what was used) and ``prepare.json`` (what was dropped, and why).
"""

from __future__ import annotations

import argparse
import csv
import json
import lzma
import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path

from corpus.signals.keys import digest, key
from corpus.signals.noise import reason_to_drop
from recipes.zh_en_mini.augment import RATES, augment, joined, number_phrases
from recipes.zh_en_mini.clean import repair
from recipes.zh_en_mini.contamination import Overlap
from recipes.zh_en_mini.duplicates import Seen
from recipes.zh_en_mini.sources import Pair, Source, choose, read_folder, read_sources

__all__ = ["PrepareSettings", "Prepared", "main", "prepare", "read_tests"]


@dataclass(frozen=True, slots=True)
class PrepareSettings:
    """What decides the outcome of `prepare`.

    Attributes:
        unclear: sources of unclear licence to use all the same, by name.
        n_dev: pairs held out of each group (news, docs, prose, terms).
        n_phrases: number phrases to add.
        rates: share of the pairs that each kind of augmentation is tried on.
        joined: sources of several sentences to make, as a share of the pairs.
        shares: how much of a source is used, by name; all where none is given.
        limit: use this many pairs only, taken evenly; all when None.
        seed: of every random choice.
    """

    unclear: tuple[str, ...] = ()
    n_dev: int = 500
    n_phrases: int = 40_000
    rates: Mapping[str, float] = field(default_factory=lambda: dict(RATES))
    joined: float = 0.06
    shares: Mapping[str, float] = field(default_factory=dict)
    limit: int | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Prepared:
    """What comes out.

    Attributes:
        train: pairs to train on.
        dev: held-out pairs.
        counts: for each source how many pairs were read, kept, and dropped for which reason.
        made: pairs made by each kind of augmentation.
    """

    train: list[Pair]
    dev: list[Pair]
    counts: dict[str, dict[str, int]]
    made: dict[str, int]


def prepare(
    pairs: Iterable[Pair], sources: Mapping[str, Source], tests: Overlap, settings: PrepareSettings, n_workers: int = 1
) -> Prepared:
    """Clean, deduplicate, keep test sentences out, hold out, augment.

    Args:
        pairs: the training text.
        sources: those that may be used, by name; pairs of others are left out.
        tests: sentences that must not be trained on.
        settings: see there.
        n_workers: processes that clean; the outcome does not depend on it.
    """
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    chosen = (pair for pair in pairs if pair.source in sources)
    wanted = _evenly(chosen, settings, sum(source.n_pairs for source in sources.values()))
    kept: list[Pair] = []
    seen = Seen()
    for pair, reason in _judged(wanted, n_workers):
        counts[pair.source]["read"] += 1
        why = reason or ("in_tests" if tests.holds(pair.zh, pair.en) else None) or seen.copy_of(pair.zh, pair.en)
        if why is None:
            kept.append(pair)
        else:
            counts[pair.source][why] += 1
    dev, train = _hold_out(kept, sources, settings)
    for pair in train:
        counts[pair.source]["kept"] += 1
    made = list(augment(train, settings.rates, settings.seed))
    phrases = list(number_phrases(settings.n_phrases, settings.seed))
    longer = list(joined(train, round(settings.joined * len(train)), settings.seed))
    kinds = Counter(kind for kind, _ in made) + Counter(phrases=len(phrases), joined=len(longer))
    train += [pair for _, pair in made] + phrases + longer
    return Prepared(train, dev, {name: dict(count) for name, count in sorted(counts.items())}, dict(kinds))


def _evenly(pairs: Iterable[Pair], settings: PrepareSettings, n_pairs: int) -> Iterator[Pair]:
    """About ``limit`` pairs, and of some sources a share, chosen by hash: the same ones in whatever order they come."""
    overall = 1.0 if settings.limit is None else settings.limit / max(1, n_pairs)
    for pair in pairs:
        share = overall * settings.shares.get(pair.source, 1.0)
        if share >= 1 or digest(pair.zh + pair.en) < share * 2**64:
            yield pair


def _judge(pairs: Sequence[Pair]) -> list[tuple[Pair, str | None]]:
    repaired = [repair(pair) for pair in pairs]
    return [(pair, reason_to_drop(pair.zh, pair.en)) for pair in repaired]


def _judged(pairs: Iterable[Pair], n_workers: int) -> Iterator[tuple[Pair, str | None]]:
    if n_workers == 1:
        for chunk in _chunks(pairs, 2000):
            yield from _judge(chunk)
        return
    with ProcessPoolExecutor(n_workers) as pool:
        for judged in pool.map(_judge, _chunks(pairs, 2000)):
            yield from judged


def _chunks(pairs: Iterable[Pair], size: int) -> Iterator[list[Pair]]:
    iterator = iter(pairs)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _hold_out(
    pairs: Sequence[Pair], sources: Mapping[str, Source], settings: PrepareSettings
) -> tuple[list[Pair], list[Pair]]:
    """The held-out sample, and the pairs that share no sentence with it on either side.

    Pairs whose Chinese or English stands once only come first: a source sentence with seven translations would take
    all seven out of the training set.
    """
    zh = Counter(digest(key(pair.zh)) for pair in pairs)
    en = Counter(digest(key(pair.en)) for pair in pairs)
    lone = [pair for pair in pairs if zh[digest(key(pair.zh))] == 1 == en[digest(key(pair.en))]]
    lone.sort(key=lambda pair: digest(f"{settings.seed} {pair.zh}"))
    groups: defaultdict[str, list[Pair]] = defaultdict(list)
    for pair in lone:
        group = groups[sources[pair.source].group]
        if len(group) < settings.n_dev:
            group.append(pair)
    dev = [pair for _, group in sorted(groups.items()) for pair in group]
    held = Overlap((pair.zh for pair in dev), (pair.en for pair in dev))
    return dev, [pair for pair in pairs if not held.holds(pair.zh, pair.en)]


# --- files -----------------------------------------------------------------------------------------------------


def read_tests(folder: Path) -> Overlap:
    """All sentences of the files ``*.zh`` and ``*.en`` under a folder, recorded outputs among them."""
    return Overlap(_lines(sorted(folder.rglob("*.zh"))), _lines(sorted(folder.rglob("*.en"))))


def _lines(paths: Iterable[Path]) -> Iterator[str]:
    for path in paths:
        yield from path.read_text(encoding="utf-8").splitlines()


def write(prepared: Prepared, sources: Mapping[str, Source], settings: PrepareSettings, out: Path) -> None:
    """Write the four files; each appears under its name only when it is whole."""
    out.mkdir(parents=True, exist_ok=True)
    # A fast preset: this file is read once more, and never travels.
    _whole(out / "train.tsv.xz", lambda path: _write_rows(path, prepared.train))
    _whole(out / "dev.tsv", lambda path: path.write_text(_rows(prepared.dev), encoding="utf-8"))
    used = [source for name, source in sources.items() if prepared.counts.get(name, {}).get("kept")]
    _whole(out / "sources.tsv", lambda path: _write_sources(path, used, prepared.counts))
    report = {"settings": asdict(settings), "n_train": len(prepared.train), "n_dev": len(prepared.dev)}
    report |= {"made": prepared.made, "sources": prepared.counts}
    text = json.dumps(report, ensure_ascii=False, indent=1)
    _whole(out / "prepare.json", lambda path: path.write_text(text, encoding="utf-8"))


def _whole(path: Path, write_it: Callable[[Path], object]) -> None:
    made = path.with_name(path.name + ".tmp")
    write_it(made)
    made.replace(path)


def _write_rows(path: Path, pairs: Iterable[Pair]) -> None:
    with lzma.open(path, "wt", encoding="utf-8", newline="\n", preset=0) as file:
        for pair in pairs:
            file.write(f"{pair.zh}\t{pair.en}\t{pair.source}\n")


def _rows(pairs: Iterable[Pair]) -> str:
    return "".join(f"{pair.zh}\t{pair.en}\t{pair.source}\n" for pair in pairs)


def _write_sources(path: Path, used: Iterable[Source], counts: Mapping[str, Mapping[str, int]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", quoting=csv.QUOTE_NONE, lineterminator="\n", escapechar="\\")
        writer.writerow(["name", "pairs", "domain", "licence_as_stated", "source", "status"])
        for each in used:
            n_kept = counts[each.name]["kept"]
            writer.writerow([each.name, n_kept, each.domain, each.licence, each.origin, each.status])


def table(prepared: Prepared) -> str:
    """What was dropped for which reason, over all sources."""
    total: Counter[str] = Counter()
    for count in prepared.counts.values():
        total.update(count)
    rows = [f"{name:12} {n:9,}" for name, n in sorted(total.items(), key=lambda item: -item[1])]
    rows += [f"+ {kind:10} {n:9,}" for kind, n in sorted(prepared.made.items())]
    return "\n".join([*rows, f"train {len(prepared.train):,}, dev {len(prepared.dev):,}"])


def _shares(options: Iterable[str]) -> dict[str, float]:
    return {name: float(share) for name, _, share in (each.partition("=") for each in options)}


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.prepare", description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with train*.tsv.xz and SOURCES.tsv")
    parser.add_argument("--tests", type=Path, required=True, help="folder with test sets, *.zh and *.en")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    parser.add_argument("--unclear", action="append", default=[], metavar="NAME", help="use this source all the same")
    parser.add_argument("--rate", action="append", default=[], metavar="KIND=SHARE", help=f"of {', '.join(RATES)}")
    parser.add_argument("--share", action="append", default=[], metavar="NAME=SHARE", help="use so much of a source")
    parser.add_argument("--limit", type=int, help="use about this many pairs")
    parser.add_argument("--dev", type=int, default=500, help="pairs held out of each group")
    parser.add_argument("--joined", type=float, default=0.06, help="sources of several sentences, as a share")
    parser.add_argument("--phrases", type=int, default=40_000, help="number phrases to add")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=min(8, os.cpu_count() or 1))
    args = parser.parse_args(argv)
    rates, shares = dict(RATES) | _shares(args.rate), _shares(args.share)
    settings = PrepareSettings(
        unclear=tuple(args.unclear), n_dev=args.dev, n_phrases=args.phrases, rates=rates, joined=args.joined,
        shares=shares, limit=args.limit, seed=args.seed,
    )  # fmt: skip
    sources = choose(read_sources(args.data / "SOURCES.tsv"), args.unclear)
    if unknown := shares.keys() - sources.keys():
        parser.error(f"--share: no source {sorted(unknown)[0]!r} in SOURCES.tsv, or none that may be used")
    prepared = prepare(read_folder(args.data), sources, read_tests(args.tests), settings, args.workers)
    write(prepared, sources, settings, args.out)
    print(table(prepared))


if __name__ == "__main__":
    main()
