"""Scores a model on test sets beside recorded outputs of other systems.

    python -m recipes.zh_en_mini.evaluate --model FOLDER --tests FOLDER --out figures.json

The folder of tests holds the sets of `TEST_SETS` in their subfolders; a set that is not there is left out. Decoding
goes through duizhao's own engines, the one that `auto` chooses unless told otherwise. A line is translated as it
is, which shows what the model alone can do; with ``--delivered`` also as ``duizhao translate`` does it.

Post (2018), "A call for clarity in reporting BLEU scores", https://aclanthology.org/W18-6319.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

from translate.engines.base import DecodeOptions, Hypothesis
from translate.engines.choose import load_engine
from translate.marian.find import locate
from translate.pipeline.judging import problems
from translate.pipeline.translator import Translator
from translate.text.numbers import numbers_kept

__all__ = ["TEST_SETS", "Row", "TestSet", "judge", "main", "read_set", "translate_all", "translate_delivered"]

TEST_SETS: Mapping[str, str] = MappingProxyType({
    "flores-dev": "flores-zh-en/dev",
    "flores-devtest": "flores-zh-en/devtest",
    "ntrex128": "ntrex128-zh-en/newstest2019",
    "wmt20": "wmt-newstest-zh-en/wmt20",
    "wmt22": "wmt-newstest-zh-en/wmt22",
    "tatoeba": "tatoeba-zh-en/test-v2021-08-07",
})  # fmt: skip
"""Name of a set -> path of its files without their endings ``.zh``, ``.en`` and ``.SYSTEM.en``."""


Translate = Callable[[Sequence[str]], list[str]]


@dataclass(frozen=True, slots=True)
class TestSet:
    """Sentences, their translation by people, and by systems whose output was recorded.

    Attributes:
        name: of the set.
        sources: Chinese.
        references: English.
        recorded: name of a system -> its output.
    """

    name: str
    sources: list[str]
    references: list[str]
    recorded: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """Figures of one system on one set.

    Attributes:
        set: name of the set.
        system: name of the system.
        n_sentences: how many.
        bleu: sacreBLEU's, 0 to 100.
        chrf: sacreBLEU's, 0 to 100.
        empty: share of sentences with no output.
        looping: share whose output repeats itself over and over.
        numbers: share of the source's numbers that stand in the output.
        seconds: time to decode; 0 for a recorded output.
    """

    set: str
    system: str
    n_sentences: int
    bleu: float
    chrf: float
    empty: float
    looping: float
    numbers: float
    seconds: float = 0.0


def read_set(name: str, folder: Path, limit: int | None = None) -> TestSet | None:
    """A set of `TEST_SETS`, its first ``limit`` sentences; None when it is not there.

    Raises:
        ValueError: two of its files differ in their number of lines.
    """
    stem = folder / TEST_SETS[name]
    files = {path.name.removeprefix(stem.name + "."): path for path in stem.parent.glob(stem.name + ".*")}
    if "zh" not in files or "en" not in files:
        return None
    lines = {
        key: path.read_text(encoding="utf-8").split("\n") for key, path in files.items() if key[-2:] in ("zh", "en")
    }
    lines = {key: each[:-1] if each[-1] == "" else each for key, each in lines.items()}
    for key, each in lines.items():
        if len(each) != len(lines["zh"]):
            raise ValueError(f"{files[key]} has {len(each)} lines, {files['zh']} has {len(lines['zh'])}")
    cut = {key: each[:limit] for key, each in lines.items()}
    sources, references = cut.pop("zh"), cut.pop("en")
    recorded = {key.removesuffix(".en"): each for key, each in cut.items() if key.endswith(".en")}
    return TestSet(name, sources, references, recorded)


def judge(test: TestSet, system: str, outputs: Sequence[str], seconds: float = 0.0) -> Row:
    """All figures of one output."""
    bleu, chrf = _metrics()
    made = [Hypothesis(text, 0.0, 1, "eos") for text in outputs]
    wrong = [problems(source, each) for source, each in zip(test.sources, made, strict=True)]
    kept = [numbers_kept(source, text) for source, text in zip(test.sources, outputs, strict=True)]
    n_numbers = sum(n for _, n in kept)
    return Row(
        test.name,
        system,
        len(outputs),
        bleu.corpus_score(list(outputs), [test.references]).score,
        chrf.corpus_score(list(outputs), [test.references]).score,
        sum("empty_target" in each for each in wrong) / len(outputs),
        sum("loop" in each for each in wrong) / len(outputs),
        sum(n for n, _ in kept) / n_numbers if n_numbers else 1.0,
        seconds,
    )


def _metrics() -> tuple[Any, Any]:
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    return BLEU(), CHRF()


def signatures() -> dict[str, str]:
    """SacreBLEU's signatures of the two metrics as they are used here."""
    found = {}
    for name, metric in zip(("bleu", "chrf"), _metrics(), strict=True):
        metric.corpus_score(["a"], [["a"]])
        found[name] = str(metric.get_signature())
    return found


def translate_all(engine: Any, sentences: Sequence[str], n_tokens: int = 4096) -> list[str]:
    """Translate in batches of like length, a few in flight, and put the outputs back in order.

    Args:
        engine: a loaded engine.
        sentences: any number.
        n_tokens: source tokens of a batch at most, padding included.
    """
    counts = engine.count_tokens(sentences)
    order = sorted(range(len(sentences)), key=lambda index: -counts[index])
    batches: list[list[int]] = []
    for index in order:
        if batches and (len(batches[-1]) + 1) * counts[batches[-1][0]] <= n_tokens:
            batches[-1].append(index)
        else:
            batches.append([index])
    outputs = [""] * len(sentences)
    waiting = []
    for batch in batches:
        # Three times the source and some is never needed, and ends a loop early.
        cap = min(engine.max_target_tokens, 3 * counts[batch[0]] + 32)
        waiting.append((batch, engine.submit([sentences[index] for index in batch], cap)))
        if len(waiting) > engine.capacity:
            _take(*waiting.pop(0), outputs)
    for each in waiting:
        _take(*each, outputs)
    return outputs


def translate_delivered(translator: Translator, sentences: Sequence[str]) -> list[str]:
    """Translate as users do: each line split, long sentences cut, and what looks wrong tried again in pieces."""
    return [text.replace("\n", " ") for text in translator.translate(sentences)]


def _take(batch: Sequence[int], future: Any, outputs: list[str]) -> None:
    for index, hypothesis in zip(batch, future.result(), strict=True):
        outputs[index] = hypothesis.text


def table(rows: Sequence[Row]) -> str:
    """For a person."""
    lines = [
        f"{'set':15} {'system':20} {'n':>5} {'BLEU':>6} {'chrF':>6} {'empty':>7} {'loop':>7} {'numbers':>8} {'s':>6}"
    ]
    lines += [
        f"{row.set:15} {row.system:20} {row.n_sentences:5} {row.bleu:6.1f} {row.chrf:6.1f} {row.empty:7.2%} "
        f"{row.looping:7.2%} {row.numbers:8.1%} {row.seconds:6.0f}"
        for row in rows
    ]
    return "\n".join(lines)


def evaluate(systems: Mapping[str, Translate], sets: Sequence[TestSet], out: Path | None = None) -> list[Row]:
    """Rows of some systems, the recorded ones and the reference on each set.

    Args:
        systems: name of a system -> what gives one output for each source.
        sets: where to test.
        out: folder for the outputs, ``SET.SYSTEM.en``; not written when None.
    """
    rows = []
    for test in sets:
        for system, translate in systems.items():
            began = time.monotonic()
            outputs = translate(test.sources)
            rows.append(judge(test, system, outputs, time.monotonic() - began))
            if out is not None:
                out.mkdir(parents=True, exist_ok=True)
                text = "".join(line + "\n" for line in outputs)
                (out / f"{test.name}.{system.replace(' ', '-')}.en").write_text(text, encoding="utf-8")
        rows += [judge(test, system, recorded) for system, recorded in sorted(test.recorded.items())]
        rows.append(judge(test, "reference", test.references))
    return rows


def main(argv: Sequence[str] | None = None) -> None:
    """Command line; see the module."""
    parser = argparse.ArgumentParser(prog="recipes.zh_en_mini.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, help="folder of a model, or a known name")
    parser.add_argument("--name", help="what to call it; the name of the model or folder when not given")
    parser.add_argument("--tests", type=Path, required=True, help="folder of the test sets")
    parser.add_argument("--sets", default=",".join(TEST_SETS), help="names, with commas")
    parser.add_argument("--limit", type=int, help="use the first so many sentences of each")
    parser.add_argument("--out", type=Path, help="write the figures here, as JSON")
    parser.add_argument("--outputs", type=Path, help="folder for what the model wrote")
    parser.add_argument("--engine", default="auto", help="native, ct2, torch or auto")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--compute-type", help="the engine's own when not given")
    parser.add_argument("--beam", type=int, default=4)
    parser.add_argument("--length-penalty", type=float, default=1.0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--delivered", action="store_true", help="also as users get it: lines split, outputs judged")
    parser.add_argument("--whole", type=int, help="with it: source tokens of a piece, instead of the model's own")
    args = parser.parse_args(argv)
    if args.whole and not args.delivered:
        parser.error("--whole changes only what is delivered; give --delivered as well")
    found = [read_set(name, args.tests, args.limit) for name in args.sets.split(",")]
    sets = [each for each in found if each is not None]
    if not sets:
        parser.error(f"no test set is in {args.tests}; it should hold {', '.join(TEST_SETS.values())}")
    options = DecodeOptions(args.beam, args.length_penalty)
    model = locate(args.model, download=False)
    if args.whole:
        model = replace(model, spec=replace(model.spec, whole=args.whole))
    engine = load_engine(
        args.engine, model, options, compute_type=args.compute_type, threads=args.threads, device=args.device
    )
    name = args.name or model.spec.name
    systems: dict[str, Translate] = {name: partial(translate_all, engine)}
    if args.delivered:
        systems[f"{name} delivered"] = partial(translate_delivered, Translator(engine, model, options))
    rows = evaluate(systems, sets, args.outputs)
    decoder = f"{engine.name} {engine.compute_type}, beam {args.beam}, length penalty {args.length_penalty}"
    decoder += f"; delivered: lines split, pieces of {model.spec.whole} tokens, tried again" if args.delivered else ""
    engine.close()
    print(table(rows))
    if args.out:
        figures = {"decoder": decoder, "signatures": signatures(), "rows": [asdict(row) for row in rows]}
        args.out.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
