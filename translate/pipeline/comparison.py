"""Two models on the same text: what each writes, and with a reference whether one is better than by chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from translate.errors import UsageError
from translate.pipeline.translator import Translator

__all__ = ["ModelComparison", "PairedScore", "compare_models", "load_sacrebleu", "paired_scores"]

_SAMPLES = 1000


@dataclass(frozen=True, slots=True)
class PairedScore:
    """A metric of both models, with paired bootstrap resampling (Koehn 2004, https://aclanthology.org/W04-3250).

    Attributes:
        metric: ``BLEU`` or ``chrF``.
        scores: of the first model and of the second, 0 to 100.
        margins: half the width of the 95 % interval of each.
        p_value: share of samples in which chance alone makes as much of a difference; 1 for equal outputs.
        signature: of sacreBLEU: all that the scores depend on.
    """

    metric: str
    scores: tuple[float, float]
    margins: tuple[float, float]
    p_value: float
    signature: str

    def __str__(self) -> str:
        first, second = (f"{score:.1f} ± {margin:.1f}" for score, margin in zip(self.scores, self.margins, strict=True))
        return f"{self.metric}: A {first}, B {second}, p = {self.p_value:.4f} ({self.signature})"


@dataclass(frozen=True, slots=True)
class ModelComparison:
    """What two models made of the same texts.

    Attributes:
        signatures: of the first translator and of the second.
        outputs: of the first and of the second, in the order of the texts.
        scores: against the references; none where there are none.
    """

    signatures: tuple[str, str]
    outputs: tuple[list[str], list[str]]
    scores: tuple[PairedScore, ...]


def compare_models(
    first: str,
    second: str,
    texts: Sequence[str],
    references: Sequence[str] | None = None,
    *,
    load: Callable[[str], Translator] = Translator.load,
) -> ModelComparison:
    """Translate texts with two models, one after the other.

    Args:
        first: name or folder of a model.
        second: the same of the other.
        texts: Chinese; none blank.
        references: a translation of each by people.
        load: makes a translator of a name.

    Raises:
        UsageError: the references are not as many as the texts, or sacreBLEU is not installed.
        ModelError: a model cannot be had, or is damaged.
    """
    if references is not None:
        if len(references) != len(texts):
            raise UsageError(
                f"{len(texts)} texts and {len(references)} references: give a reference for each, in order"
            )
        load_sacrebleu()
    signatures, outputs = [], []
    for name in (first, second):
        with load(name) as translator:
            signatures.append(translator.signature)
            outputs.append(translator.translate(texts))
    scores = () if references is None else paired_scores(outputs[0], outputs[1], references)
    return ModelComparison((signatures[0], signatures[1]), (outputs[0], outputs[1]), scores)


def paired_scores(first: Sequence[str], second: Sequence[str], references: Sequence[str]) -> tuple[PairedScore, ...]:
    """BLEU and chrF of two translations of the same texts.

    Raises:
        UsageError: there are no texts, or sacreBLEU is not installed.
    """
    if not references:
        raise UsageError("there is nothing to score: the text has no line that is not blank")
    bleu, chrf, paired_test = load_sacrebleu()
    metrics = {"BLEU": bleu(references=[list(references)]), "chrF": chrf(references=[list(references)])}
    named = [("A", list(first)), ("B", list(second))]
    signatures, found = paired_test(named, metrics, references=None, test_type="bs", n_samples=_SAMPLES)()
    scores = (_score_of(name, found[_key(found, name)], str(signatures[_key(signatures, name)])) for name in metrics)
    # Of equal outputs, whose differences are all nothing, sacreBLEU says that none of them is as large.
    return tuple(replace(score, p_value=1.0) if list(first) == list(second) else score for score in scores)


def _key(found: dict[str, Any], metric: str) -> str:
    """What sacreBLEU calls a metric among its results: BLEU, chrF2."""
    return next(name for name in found if name.lower().startswith(metric.lower()))


def _score_of(metric: str, results: Sequence[Any], signature: str) -> PairedScore:
    a, b = results
    return PairedScore(metric, (a.score, b.score), (float(a.ci), float(b.ci)), float(b.p_value), signature)


def load_sacrebleu() -> tuple[Any, Any, Any]:
    """The classes of sacreBLEU for BLEU, chrF and the paired test.

    Raises:
        UsageError: it is not installed.
    """
    try:
        from sacrebleu.metrics.bleu import BLEU
        from sacrebleu.metrics.chrf import CHRF
        from sacrebleu.significance import PairedTest
    except ImportError as error:
        raise UsageError("scores need sacreBLEU; install it with: pip install 'duizhao[evaluate]'") from error
    return BLEU, CHRF, PairedTest
