"""How fast the engines are beside their peers: same sentences, same weights, same run.

    python benchmarks/throughput.py SENTENCES.zh                        # zh-en-mini
    python benchmarks/throughput.py SENTENCES.zh --tokenizer FOLDER     # the shape of opus-mt-zh-en, random weights
    python benchmarks/throughput.py SENTENCES.zh --quick --json
    python benchmarks/throughput.py SENTENCES.zh --instructions avx2 avx512 amx  # native with each that there is
    python benchmarks/throughput.py SENTENCES.zh --rival-python PYTHON  # with EasyNMT's and Argos Translate's own code

Every contender runs in a process of its own, loaded once and then asked in turns, round after round, because these
machines are noisy: medians are reported, with the fastest and the slowest round. Beside the time on the clock stands
the time of the processors, which other work on the machine disturbs less.

With ``--tokenizer`` (a folder with the config and the tokenizer of a MarianMT) the weights are random. A random model
does not know when a sentence ends; so its end-of-sentence token is made so unlikely that none is ever chosen, and the
cap ends every sentence at 1.2 times the source tokens of the longest in its batch. That is the same for all
contenders and needs no option that some of them lack; batches whose lengths differ pay for it, as they do in real
work wherever finished sentences stay in the batch. All are credited with 1.2 times each sentence's own source tokens.

CTranslate2 by hand does what a script would: it is asked for translations and nothing else. duizhao writes each one's
score and whether it ended, for which CTranslate2 takes a softmax over all tokens at each step; the row "with scores"
asks it for the same. Its products of bytes are MKL's on Intel's processors and oneDNN's elsewhere, unless
``CT2_USE_MKL`` says otherwise; the row "its other library" has the one that it would not choose.

EasyNMT and Argos Translate always stand here with their way of batching, on the same weights. Their own code runs as
well where ``--rival-python`` names an interpreter that has it (docs/performance.md says how to make one). No model is
fetched for it: both are given this one, EasyNMT under the name that it asks for, Argos as an installed package. Argos
splits with a model that it would download; here it is told where sentences end, which costs it nothing. It has its own
length penalty (0.2) and cap (256 tokens). With random weights neither can run: their caps cannot be set a batch.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import json
import math
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from translate.engines.base import DecodeOptions
from translate.engines.choose import load_engine
from translate.engines.native.library import INSTRUCTIONS
from translate.engines.workers import usable_cores
from translate.marian.config import read_config
from translate.marian.find import locate
from translate.marian.model import LocalModel
from translate.marian.settings import read_limits
from translate.marian.vocabulary import PAD, MarianVocabulary
from translate.pipeline.batching import batch_tokens, length_cap, plan_batches

ROOT = Path(__file__).parents[1]
RATIO = 1.2


@dataclass(frozen=True)
class Job:
    """What every contender is given.

    Attributes:
        model: name or folder.
        sentences: a file, one a line.
        limit: how many of them.
        beam: beam size.
        threads: cores.
        device: ``cpu`` or ``cuda``.
        forced: whether the cap ends every sentence.
        sample: how many sentences a contender warms up with, and ways to use CTranslate2 are tried on.
    """

    model: str
    sentences: str
    limit: int
    beam: int
    threads: int
    device: str
    forced: bool
    sample: int


class Material:
    """The job's sentences, and how batches of them are capped."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.model: LocalModel = locate(job.model)
        self.texts = Path(job.sentences).read_text(encoding="utf-8").splitlines()[: job.limit]
        self.vocabulary = MarianVocabulary(self.model)
        self.ids = self.vocabulary.encode(self.texts)
        self.tokens = [[self.vocabulary.source[token] for token in ids] for ids in self.ids]
        self.lengths = [len(ids) for ids in self.ids]
        self.config, self.limits = read_config(self.model), read_limits(self.model)

    def sample(self, n_sentences: int) -> Material:
        """Every so many-th sentence, so that there are at most about so many."""
        part = copy.copy(self)
        step = max(1, len(self.ids) // n_sentences)
        part.texts, part.lengths = self.texts[::step], self.lengths[::step]
        part.ids, part.tokens = self.ids[::step], self.tokens[::step]
        return part

    def cap(self, indices: Sequence[int]) -> int:
        """Most target tokens of a batch of these sentences."""
        longest = max(self.lengths[i] for i in indices)
        return math.ceil(RATIO * longest) if self.job.forced else length_cap(longest, self.limits.max_target_tokens)

    def n_tokens(self, produced: int) -> int:
        """The target tokens that a contender is credited with."""
        return sum(math.ceil(RATIO * length) for length in self.lengths) if self.job.forced else produced

    def in_order(self, size: int) -> list[list[int]]:
        """Batches of ``size`` sentences as they come."""
        return [list(range(i, min(i + size, len(self.ids)))) for i in range(0, len(self.ids), size)]

    def by_length(self, size: int) -> list[list[int]]:
        """Batches of ``size`` sentences, those with the most characters first."""
        order = sorted(range(len(self.ids)), key=lambda i: -len(self.texts[i]))
        return [order[i : i + size] for i in range(0, len(order), size)]

    def by_tokens(self, max_tokens: int, max_sentences: int = 256) -> list[list[int]]:
        """Batches as the translator makes them."""
        plan = plan_batches(self.lengths, max_tokens=max_tokens, max_sentences=max_sentences, limit=512)
        return [list(batch.indices) for batch in plan]

    def for_ct2(self, max_tokens: int) -> list[list[int]]:
        """Batches by tokens; on a GPU of any number of sentences, and no smaller for the sake of their caps."""
        if self.job.device == "cpu" or self.job.forced:
            return self.by_tokens(max_tokens, 256 if self.job.device == "cpu" else len(self.ids))
        order = sorted(range(len(self.ids)), key=lambda i: -self.lengths[i])
        batches: list[list[int]] = [[]]
        for i in order:
            if batches[-1] and (len(batches[-1]) + 1) * self.lengths[batches[-1][0]] > max_tokens:
                batches.append([])
            batches[-1].append(i)
        return batches


Run = Callable[[Material], int]
"""Translates everything once; returns the target tokens."""
Cut = Callable[[Material], list[list[int]]]
"""How sentences are put into batches."""


def generate(material: Material, cut: Cut, kind: str) -> Run:
    """``MarianMTModel.generate``, with all cores on one product."""
    import torch
    from transformers import GenerationConfig, MarianMTModel
    from transformers.utils import logging as untyped

    logging: Any = untyped
    logging.disable_progress_bar()
    torch.set_num_threads(material.job.threads)
    network: Any = MarianMTModel.from_pretrained(material.model.path, dtype=getattr(torch, kind)).eval()
    network = network.to(material.job.device)
    network.generation_config = GenerationConfig.from_pretrained(material.model.path)
    pad_id, eos_id = material.config.pad_token_id, material.config.eos_token_id

    def run(part: Material) -> int:
        produced = 0
        for indices in cut(part):
            rows = [part.ids[i] for i in indices]
            longest = max(map(len, rows))
            ids = torch.tensor([row + [pad_id] * (longest - len(row)) for row in rows], device=network.device)
            with torch.inference_mode():
                out = network.generate(
                    input_ids=ids,
                    attention_mask=(ids != pad_id).long(),
                    num_beams=part.job.beam,
                    do_sample=False,
                    max_length=part.cap(indices) + 1,
                )
            produced += sum(row.index(eos_id) + 1 if eos_id in row else len(row) for row in out[:, 1:].tolist())
        return produced

    return run


def ct2_at_its_best(material: Material, **asked: Any) -> Run:
    """CTranslate2 used by hand: the fastest of several ways to share the cores and to cut batches.

    Args:
        material: what to translate; the ways are tried on some of its sentences, evenly taken.
        asked: what is wanted of it beside the translation.
    """
    threads, sample = material.job.threads, material.sample(material.job.sample)
    best: tuple[float, int, int] | None = None
    sizes = [512, 1024, 2048, 4096] if material.job.device == "cpu" else [4096, 16384, 65536, 262144]
    for inter in sorted({threads, max(1, threads // 2), 1}, reverse=True):
        translator, options = ct2_translator(material, inter, threads // inter)
        runs = [ct2_run(translator, partial(Material.for_ct2, max_tokens=size), **options, **asked) for size in sizes]
        runs[0](sample)
        for size, run in zip(sizes, runs, strict=True):
            started = time.perf_counter()
            run(sample)
            seconds = time.perf_counter() - started
            print(f"  ct2 {inter} x {threads // inter} threads, {size} tokens: {seconds:.2f} s", file=sys.stderr)
            if best is None or seconds < best[0]:
                best = seconds, inter, size
        # Other ways to share the cores are tried with the best batches of the first.
        sizes = [best[2]] if best else sizes
    assert best is not None
    _, inter, max_tokens = best
    print(f"  ct2 at its best: {inter} x {threads // inter} threads, {max_tokens} source tokens", file=sys.stderr)
    translator, options = ct2_translator(material, inter, threads // inter)
    return ct2_run(translator, partial(Material.for_ct2, max_tokens=max_tokens), **options, **asked)


def ct2_with_its_other_library(material: Material) -> Run:
    """With oneDNN where CTranslate2 would take MKL, and the other way round; the environment tells it on import."""
    os.environ["CT2_USE_MKL"] = "0" if "GenuineIntel" in cpuinfo() else "1"
    return ct2_at_its_best(material)


def ct2_as_argos(material: Material) -> Run:
    """A paragraph (of eight sentences) at a time, 32 tokens a batch, one model on all cores."""
    translator, options = ct2_translator(material, 1, material.job.threads)
    return ct2_run(translator, lambda part: part.in_order(8), max_batch_size=32, batch_type="tokens", **options)


def ct2_translator(material: Material, inter: int, intra: int) -> tuple[Any, dict[str, Any]]:
    """A translator, and the options that keep it from writing the pad token."""
    import ctranslate2

    from translate.engines.ct2.convert import converted

    kind = "int8" if material.job.device == "cpu" else "float16"
    with converted(material.model, material.vocabulary, kind) as folder:
        translator = ctranslate2.Translator(
            str(folder), device=material.job.device, compute_type=kind, inter_threads=inter, intra_threads=intra
        )
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return translator, {"suppress_sequences": [[PAD]]} if config["decoder_start_token"] == PAD else {}


def ct2_run(translator: Any, cut: Cut, **options: Any) -> Run:
    def run(part: Material) -> int:
        pending = [
            result
            for indices in cut(part)
            for result in translator.translate_batch(
                [part.tokens[i] for i in indices],
                beam_size=part.job.beam,
                max_decoding_length=part.cap(indices),
                asynchronous=True,
                **options,
            )
        ]
        return sum(len(result.result().hypotheses[0]) + 1 for result in pending)

    return run


def ours(material: Material, name: str, kind: str | None) -> Run:
    """One of our engines, with batches as the translator makes them."""
    job = material.job
    options = DecodeOptions(beam_size=job.beam)
    engine = load_engine(name, material.model, options, compute_type=kind, threads=job.threads, device=job.device)

    def run(part: Material) -> int:
        batches = part.by_tokens(batch_tokens(job.beam))
        futures = [engine.submit([part.texts[i] for i in indices], part.cap(indices)) for indices in batches]
        return sum(hypothesis.n_tokens for future in futures for hypothesis in future.result())

    return run


def easynmt(material: Material) -> Run:
    """EasyNMT itself, which loads the model of a fixed name: here a folder of that name, with ours in it."""
    easynmt: Any = importlib.import_module("easynmt")
    opus: Any = importlib.import_module("easynmt.models")
    translator = easynmt.EasyNMT(translator=opus.OpusMT(), device=material.job.device)
    options = {"source_lang": "zh", "target_lang": "en", "perform_sentence_splitting": False}

    def translate(texts: list[str]) -> list[str]:
        translated: list[str] = translator.translate(texts, beam_size=material.job.beam, **options)
        return translated

    place, model = Path("Helsinki-NLP", "opus-mt-zh-en"), material.model.path.resolve()
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        place.parent.mkdir()
        place.symlink_to(model)
        return rival_run(material, ["EasyNMT", "transformers", "torch"], translate)


def argos(material: Material, size: int) -> Run:
    """Argos Translate itself, on one text whose paragraphs are of ``size`` sentences."""
    job, end = material.job, "\x1f"

    def translate(texts: list[str]) -> list[str]:
        translation.cache.clear()  # else the second round would be that of the first
        paragraphs = [end.join(texts[i : i + size]) for i in range(0, len(texts), size)]
        translated: str = translation.translate("\n".join(paragraphs))
        return translated.split("\n")

    with tempfile.TemporaryDirectory() as name:
        argos_package(material, Path(name) / "packages" / "zh_en")
        os.environ |= dict.fromkeys(("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"), name)
        os.environ |= {"ARGOS_PACKAGES_DIR": str(Path(name) / "packages"), "ARGOS_DEVICE_TYPE": job.device}
        os.environ |= {"ARGOS_BEAM_SIZE": str(job.beam), "ARGOS_INTRA_THREADS": str(job.threads)}
        module: Any = importlib.import_module("argostranslate.translate")
        translation: Any = module.get_translation_from_codes("zh", "en")
        translation.underlying.sentencizer.split_sentences = lambda text: text.split(end)
        return rival_run(material, ["argostranslate", "ctranslate2"], translate)


def argos_package(material: Material, folder: Path) -> None:
    """The model as Argos Translate installs one."""
    from translate.engines.ct2.convert import converted

    with converted(material.model, material.vocabulary, "int8" if material.job.device == "cpu" else "float16") as model:
        shutil.copytree(model, folder / "model")
    config = json.loads((folder / "model" / "config.json").read_text(encoding="utf-8"))
    if config["decoder_start_token"] == PAD:
        raise ValueError("this model has to be kept from writing its pad token, which Argos Translate cannot do")
    # Argos appends no end of sentence, so the model has to. It has one SentencePiece model; the source's decodes too.
    (folder / "model" / "config.json").write_text(json.dumps({**config, "add_source_eos": True}), encoding="utf-8")
    shutil.copy(material.model.file("source.spm"), folder / "sentencepiece.model")
    languages = {"from_code": "zh", "from_name": "Chinese", "to_code": "en", "to_name": "English"}
    (folder / "metadata.json").write_text(json.dumps(languages), encoding="utf-8")


def rival_run(material: Material, packages: Sequence[str], translate: Callable[[list[str]], list[str]]) -> Run:
    """Shows versions and a translation, so that what is timed can be seen to be one; counts tokens in the text."""
    shown = ", ".join(f"{package} {version(package)}" for package in packages)
    print(f"  {shown}: {translate(material.texts[:1])[0]}", file=sys.stderr)
    return lambda part: sum(map(len, part.vocabulary.encode_target(translate(part.texts))))


CONTENDERS: dict[str, Callable[[Material], Run]] = {
    "generate float32, unsorted, 32": lambda m: generate(m, lambda part: part.in_order(32), "float32"),
    "generate bfloat16, unsorted, 32": lambda m: generate(m, lambda part: part.in_order(32), "bfloat16"),
    "generate as EasyNMT batches": lambda m: generate(m, lambda part: part.by_length(16), "float32"),
    "ct2 as Argos batches": ct2_as_argos,
    "ct2 by hand, at its best": ct2_at_its_best,
    "ct2 by hand, its other library": ct2_with_its_other_library,
    "ct2 by hand, with scores": lambda m: ct2_at_its_best(m, return_scores=True, return_end_token=True),
    "duizhao ct2": lambda m: ours(m, "ct2", None),
    "duizhao native int16": lambda m: ours(m, "native", None),
    "duizhao native int8": lambda m: ours(m, "native", "int8"),
    "duizhao native float32": lambda m: ours(m, "native", "float32"),
    "duizhao transformers float32": lambda m: ours(m, "transformers", "float32"),
    "duizhao torch float32": lambda m: ours(m, "torch", "float32"),
    "duizhao torch bfloat16": lambda m: ours(m, "torch", "bfloat16"),
    "duizhao torch float16": lambda m: ours(m, "torch", "float16"),
}
RIVALS: dict[str, Callable[[Material], Run]] = {
    "EasyNMT, its own code": easynmt,
    "Argos Translate, its own code": lambda m: argos(m, 1),
    "Argos Translate, 8 a paragraph": lambda m: argos(m, 8),
}
"""Run by the interpreter that has them."""
BASE, PEER = "generate float32, unsorted, 32", "ct2 by hand, at its best"
BUILD = "duizhao build (all of it)"
ON = " on "
"""Before the instructions in the name of a contender."""


# --- processes -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Round:
    """One run: seconds on the clock and of the processors, target tokens, peak memory in MB."""

    wall: float
    cpu: float
    n_tokens: int
    peak_mb: float


def serve(name: str, job: Job) -> None:
    """The contender's process: a line in, a round out."""
    answers, sys.stdout = sys.stdout, sys.stderr  # nobody else's words among ours
    try:
        material = Material(job)
        run = {**CONTENDERS, **RIVALS}[name](material)
        run(material.sample(job.sample))
    except Exception as error:
        print(f"{type(error).__name__}: {' '.join(str(error).split())}", file=answers, flush=True)
        raise
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        wall, cpu = time.perf_counter(), time.process_time()
        produced = run(material)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(json.dumps(asdict(Round(wall, cpu, material.n_tokens(produced), peak))), file=answers, flush=True)
    os._exit(0)


def with_this_code() -> dict[str, str]:
    """An environment in which Python finds duizhao here, and whatever it finds now."""
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *([known] if known else [])])}


class NotStartedError(Exception):
    """A contender does not run here."""


class Contender:
    """A process that waits for its turn.

    Args:
        name: of `CONTENDERS` or `RIVALS`; after `ON` what the native engine is to multiply with.
        job: what it is given.
        python: its interpreter.

    Raises:
        NotStartedError: it ended before its first round.
    """

    def __init__(self, name: str, job: Job, python: str) -> None:
        contender, _, instructions = name.partition(ON)
        command = [
            python,
            "-W",
            "ignore",
            str(Path(__file__)),
            "--child",
            contender,
            "--job",
            json.dumps(asdict(job)),
        ]
        environment = {**with_this_code(), "OMP_NUM_THREADS": str(job.threads)}
        if instructions:
            environment["DUIZHAO_INSTRUCTIONS"] = instructions
        try:
            self._process = subprocess.Popen(
                command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        except OSError as error:
            raise NotStartedError(f"{name}: {error}") from error
        if (line := self._line()) != "ready":
            self._process.communicate()
            raise NotStartedError(f"{name}: {line or 'it ended before its first round'}")

    def run(self) -> Round:
        """Everything once."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Round(**json.loads(self._line()))

    def close(self) -> None:
        """End the process."""
        self._process.communicate()

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def build(job: Job) -> Round:
    """The whole command in a process of its own, start-up included, on the sentences as one document."""
    with tempfile.TemporaryDirectory() as folder:
        source, out = Path(folder) / "in.txt", Path(folder) / "out.jsonl"
        lines = Path(job.sentences).read_text(encoding="utf-8").splitlines()[: job.limit]
        source.write_text("\n".join(lines) + "\n", encoding="utf-8")
        options = ["--model", job.model, "--beam-size", str(job.beam)]
        command = [sys.executable, "-m", "corpus.cli", "-q", "build", str(source), "-o", str(out), *options]
        started = time.perf_counter()
        process = subprocess.Popen(command, env=with_this_code())
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
    if status:
        raise SystemExit(f"{' '.join(command)}: exit status {os.waitstatus_to_exitcode(status)}")
    return Round(wall, usage.ru_utime + usage.ru_stime, 0, usage.ru_maxrss / 1e3)


# --- table -----------------------------------------------------------------------------------------------------


def measure(
    job: Job,
    names: Sequence[str],
    n_rounds: int,
    *,
    seconds: float,
    rival_python: str | None,
    with_build: bool,
    told: Callable[[str, int, Round], None],
) -> dict[str, list[Round]]:
    """Start all contenders, then ask them in turns.

    Args:
        job: what they are given.
        names: of the contenders.
        n_rounds: how often each is asked, at most.
        seconds: after which no round begins but the first.
        rival_python: the interpreter of `RIVALS`.
        with_build: whether the whole command is a contender as well.
        told: of every round as it ends.
    """
    started = time.perf_counter()
    contenders: dict[str, Contender] = {}
    for name in names:
        try:
            python = rival_python if name in RIVALS else None
            contenders[name] = Contender(name, job, python or sys.executable)
        except NotStartedError as error:
            if name not in RIVALS and ON not in name:
                raise SystemExit(str(error)) from error
            print(f"left out: {error}", file=sys.stderr)
    rounds: dict[str, list[Round]] = {name: [] for name in contenders}
    for index in range(n_rounds):
        if index and time.perf_counter() - started > seconds:
            break
        # Every other round backwards, so that none always runs in the wake of the same other.
        for name in list(contenders)[:: 1 if index % 2 == 0 else -1]:
            rounds[name].append(contenders[name].run())
            told(name, index, rounds[name][-1])
        if with_build:
            rounds.setdefault(BUILD, []).append(build(job))
    for contender in contenders.values():
        contender.close()
    return rounds


def rows(job: Job, rounds: dict[str, list[Round]]) -> Iterator[dict[str, Any]]:
    texts = Path(job.sentences).read_text(encoding="utf-8").splitlines()[: job.limit]
    n_chars = sum(map(len, texts))
    wall = {name: statistics.median(each.wall for each in found) for name, found in rounds.items()}
    cpu = {name: statistics.median(each.cpu for each in found) for name, found in rounds.items()}
    for name, found in rounds.items():
        yield {
            "contender": name,
            "beam": job.beam,
            "chars_per_second": n_chars / wall[name],
            "slowest": n_chars / max(each.wall for each in found),
            "fastest": n_chars / min(each.wall for each in found),
            "tokens_per_second": found[0].n_tokens / wall[name],
            "times_generate": wall[BASE] / wall[name] if BASE in wall else None,
            "times_ct2": wall[PEER] / wall[name] if PEER in wall else None,
            "tokens_per_cpu_second": found[0].n_tokens / cpu[name],
            "times_ct2_in_cpu": cpu[PEER] / cpu[name] if PEER in cpu else None,
            "peak_mb": max(each.peak_mb for each in found),
            "rounds": [asdict(each) for each in found],
        }


def show(row: dict[str, Any]) -> str:
    def ratio(key: str) -> str:
        return f"{row[key]:>7.2f}" if row[key] else f"{'–':>7}"

    return (
        f"{row['contender']:<40} {row['chars_per_second']:>8,.0f} ({row['slowest']:,.0f}–{row['fastest']:,.0f})".ljust(
            66
        )
        + f" {row['tokens_per_second']:>7,.0f} {ratio('times_generate')} {ratio('times_ct2')}"
        + f" {row['tokens_per_cpu_second']:>9,.0f} {ratio('times_ct2_in_cpu')} {row['peak_mb']:>7,.0f}"
    )


HEAD = (
    f"{'':<40} {'characters/s (slowest–fastest)':<25}".ljust(66)
    + f" {'tok/s':>7} {'x gen.':>7} {'x ct2':>7} {'tok/cpu-s':>9} {'x ct2':>7} {'MB':>7}"
)


def random_model(tokenizer: Path, folder: Path) -> Path:
    """A MarianMT of the shape in ``tokenizer``'s config, that never ends a sentence by itself."""
    import torch
    from safetensors.torch import save_file

    for path in tokenizer.iterdir():
        if path.suffix in (".json", ".spm"):
            shutil.copy(path, folder / path.name)
    config = json.loads((folder / "config.json").read_text())
    generator = torch.Generator().manual_seed(1)
    width, n_tokens = config["d_model"], config["vocab_size"]
    weights = {"model.shared.weight": torch.randn(n_tokens, width, generator=generator) * 0.02}
    weights["model.shared.weight"][config["pad_token_id"]] = 0
    weights["final_logits_bias"] = torch.zeros(1, n_tokens)
    weights["final_logits_bias"][0, config["eos_token_id"]] = -1e4
    for side, attentions in (("encoder", ["self_attn"]), ("decoder", ["self_attn", "encoder_attn"])):
        inner = config[f"{side}_ffn_dim"]
        shapes = {f"{a}.{p}_proj": (width, width) for a in attentions for p in ("q", "k", "v", "out")}
        shapes |= {"fc1": (inner, width), "fc2": (width, inner)}
        norms = [*(f"{a}_layer_norm" for a in attentions), "final_layer_norm"]
        for layer in (f"model.{side}.layers.{index}" for index in range(config[f"{side}_layers"])):
            for name, shape in shapes.items():
                weights[f"{layer}.{name}.weight"] = torch.randn(shape, generator=generator) * 0.04
                weights[f"{layer}.{name}.bias"] = torch.zeros(shape[0])
            for name in norms:
                weights |= {f"{layer}.{name}.weight": torch.ones(width), f"{layer}.{name}.bias": torch.zeros(width)}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    return folder


def cpuinfo() -> str:
    return Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""


def machine() -> str:
    fields = dict(line.split(":", 1) for line in cpuinfo().splitlines() if ":" in line)
    by_name = {key.strip(): value.strip() for key, value in fields.items()}
    known = by_name.get("flags", "").split()
    named = ("avx2", "avx_vnni", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
    flags = [flag for flag in named if flag in known]
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    return f"{by_name.get('model name', platform.processor())}, {usable_cores()} cores, {' '.join(flags)}; load {load}"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sentences", nargs="?", metavar="SENTENCES.zh")
    parser.add_argument("--model", default="zh-en-mini", help="name or folder")
    parser.add_argument("--tokenizer", type=Path, help="make a random model of this folder's config instead")
    parser.add_argument("--beams", type=int, nargs="+", default=[1, 4, 6])
    parser.add_argument("--limit", type=int, default=400, help="sentences")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--seconds", type=float, default=math.inf, help="no round but the first begins later than this, for each beam"
    )
    parser.add_argument(
        "--sample", type=int, default=128, help="sentences to warm up with, and to try ways to use CTranslate2 on"
    )
    parser.add_argument("--threads", type=int, default=usable_cores())
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--rival-python", metavar="PYTHON", help="an interpreter that has easynmt or argostranslate")
    parser.add_argument("--only", nargs="+", default=None, metavar="WORD", help="contenders with one of these in them")
    parser.add_argument(
        "--instructions", nargs="+", choices=INSTRUCTIONS, help="run native with each of these that the machine has"
    )
    parser.add_argument("--quick", action="store_true", help="64 sentences, 3 rounds, no bfloat16 where it is emulated")
    parser.add_argument(
        "--json", action="store_true", help="a line a row, with every round, and one a round as it ends"
    )
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.quick:
        args.limit, args.rounds = min(args.limit, 64), min(args.rounds, 3)
    return args


def chosen(args: argparse.Namespace) -> list[str]:
    names = [name for name in CONTENDERS if args.device == "cuda" or "float16, " not in name.replace("bfloat16", "b")]
    if args.device == "cpu":
        # On a CPU float16 is emulated everywhere, bfloat16 on most.
        names = [name for name in names if " float16" not in name]
    if args.quick and not any(flag in machine() for flag in ("avx512_bf16", "amx_bf16")) and args.device == "cpu":
        names = [name for name in names if "bfloat16" not in name]
    if args.rival_python and not args.tokenizer:
        names += RIVALS
    elif args.only is None:
        why = "they cannot be made to write as many tokens as the others" if args.tokenizer else "no --rival-python"
        print(f"EasyNMT and Argos Translate stand for how they batch, not for their code: {why}", file=sys.stderr)
    names = [name for name in names if args.only is None or any(word in name for word in args.only)]
    return [each for name in names for each in with_instructions(name, args.instructions or ())]


def with_instructions(name: str, instructions: Sequence[str]) -> list[str]:
    """The contender once for each of these, if it is one of the native engine's."""
    return [f"{name}{ON}{each}" for each in instructions if "native" in name] or [name]


def tell(beam: int, name: str, index: int, found: Round) -> None:
    """Print a round as it ends, so that a run that is stopped leaves those that it had."""
    print(json.dumps({"contender": name, "beam": beam, "round": index, **asdict(found)}), flush=True)


def main() -> None:
    args = parse()
    if args.child:
        serve(args.child, Job(**json.loads(args.job)))
        return
    if not args.sentences:
        raise SystemExit("SENTENCES.zh is missing: a file of Chinese sentences, one a line")
    with tempfile.TemporaryDirectory() as folder:
        model = str(random_model(args.tokenizer, Path(folder))) if args.tokenizer else args.model
        is_random = args.tokenizer is not None
        name = f"random weights, shape of {args.tokenizer.name}" if is_random else model
        names = chosen(args)
        if not args.json:
            print(f"{machine()}\n{name}; {args.limit} sentences, {args.threads} threads, {args.rounds} rounds")
        for beam in args.beams:
            job = Job(model, args.sentences, args.limit, beam, args.threads, args.device, is_random, args.sample)
            # Its caps are not ours to set, and a random model would only end at them.
            with_build = not is_random and (args.only is None or "build" in args.only)
            rounds = measure(
                job,
                names,
                args.rounds,
                seconds=args.seconds,
                rival_python=args.rival_python,
                with_build=with_build,
                told=partial(tell, beam) if args.json else lambda *_: None,
            )
            if not args.json:
                print(f"\nbeam {beam}\n{HEAD}")
            for row in rows(job, rounds):
                print(json.dumps({"machine": machine(), "model": name, **row}) if args.json else show(row), flush=True)


if __name__ == "__main__":
    main()
