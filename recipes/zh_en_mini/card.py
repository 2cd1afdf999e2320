"""The model card: what it is, what it was made of, what its figures mean."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from recipes.zh_en_mini.sources import Source

__all__ = ["model_card"]

_HEAD = """\
---
language: [zh, en]
license: {licence}
library_name: transformers
pipeline_tag: translation
tags: [translation, marian]
---
# {name}

A MarianMT zh→en model of {millions:.1f} M parameters: {encoder} encoder and {decoder} decoder layers, width {width},
{n_tokens:,} tokens, transformers format. It exists so that a machine without network can do the whole job on a real
MarianMT.{standing}

Its tokenizer folds Traditional characters to Simplified ones where that is certain (table: OpenCC, Apache-2.0), and
spells in bytes whatever it has no piece for, so no character is unknown. The embedding of its pad token is zero.
"""

PEER = "opusmt"
"""Name under which the outputs of opus-mt-zh-en are recorded beside the test sets."""

_STANDING = """

**How good it is.** BLEU, this model to opus-mt-zh-en, which has 75 M parameters:
{beside}.
It learnt from news and from text about software; of other text, names and idioms the larger model knows more."""

_TRAINING = """\
## What it was trained on

{n_train:,} pairs after cleaning, deduplication and augmentation; {n_dev:,} held out. The test sets FLORES-101,
NTREX-128, WMT20, WMT22, TICO-19, PUD and Tatoeba were kept out, on both sides, near copies too.

`unstated` means that the owner states no licence for the text: the WMT test sets and the outputs of their participants
are free for research. {unclear}

| source | pairs | domain | licence as stated | status | from |
|---|--:|---|---|---|---|
"""

_FIGURES = """\
## What the figures mean

| set | system | BLEU | chrF | empty | looping | numbers kept |
|---|---|--:|--:|--:|--:|--:|
{rows}

Decoded by {decoder}. "Delivered" is what duizhao writes
with the model: each line split into sentences, long ones cut at clauses, and what is empty, loops or lacks a number of
its source tried again in smaller pieces; without that word, the model alone. Empty and looping are shares of outputs.
The numbers that the human reference keeps are the most one can expect.

BLEU `{bleu}`, chrF `{chrf}`.
"""


def model_card(
    model: Any,
    sources: Sequence[Source],
    prepared: Mapping[str, Any],
    figures: Mapping[str, Any],
    *,
    name: str,
    licence: str,
) -> str:
    """Markdown with every source that was used and its licence.

    Args:
        model: the exported one.
        sources: those used, with the pairs they brought.
        prepared: report of `prepare`; may be empty.
        figures: report of `evaluate`; may be empty.
        name: of the model.
        licence: of its weights, as SPDX names it.
    """
    config = model.config
    unclear = ", ".join(source.name for source in sources if source.status == "unclear")
    head = _HEAD.format(
        licence=licence.lower(),
        name=name,
        millions=sum(each.numel() for each in model.parameters() if each.requires_grad) / 1e6,
        encoder=config.encoder_layers,
        decoder=config.decoder_layers,
        width=config.d_model,
        n_tokens=config.vocab_size,
        standing=_standing(figures),
    )
    training = _TRAINING.format(
        n_train=prepared.get("n_train", 0),
        n_dev=prepared.get("n_dev", 0),
        unclear=f"Of unclear licence, and used all the same: {unclear}." if unclear else "None of unclear licence.",
    )
    made = "\n\nHow it was made: `recipes/zh_en_mini` of duizhao.\n"
    return head + (f"\n{_figures(figures)}" if figures else "") + "\n" + training + _source_rows(sources) + made


def _standing(figures: Mapping[str, Any]) -> str:
    """What it is good for, in figures: BLEU beside opus-mt-zh-en on each set where that one's outputs are recorded."""
    bleu = {(each["set"], each["system"]): each["bleu"] for each in figures.get("rows", ())}
    beside = [
        f"{name} {score:.1f} to {bleu[name, PEER]:.1f}"
        for (name, system), score in bleu.items()
        if system == "model" and (name, PEER) in bleu
    ]
    return _STANDING.format(beside=", ".join(beside)) if beside else ""


def _source_rows(sources: Iterable[Source]) -> str:
    return "\n".join(
        f"| {each.name} | {each.n_pairs:,} | {each.domain} | {each.licence} | {each.status} | {each.origin} |"
        for each in sources
    )


def _figures(figures: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {each['set']} | {each['system']} | {each['bleu']:.1f} | {each['chrf']:.1f} | {each['empty']:.2%} "
        f"| {each['looping']:.2%} | {each['numbers']:.1%} |"
        for each in figures["rows"]
    )
    return _FIGURES.format(rows=rows, decoder=figures["decoder"], **figures["signatures"])
