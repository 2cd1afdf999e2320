"""The network, its first weights and its loss.

transformers' MarianMTModel is used as it is, so that what is trained is what is loaded later. Only the loss is ours:
it computes logits for real target tokens alone, and pad is no token that can be predicted. So no gradient ever
reaches the row of pad, which is zero from the start and stays zero: the decoder starts from a zero embedding, as
Marian's does and as CTranslate2 assumes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from torch.nn.attention import SDPBackend, sdpa_kernel

from recipes.zh_en_mini.batches import Batch
from recipes.zh_en_mini.vocab import MAX_TOKENS

__all__ = ["SHAPES", "Shape", "build", "count_parameters", "cross_entropy", "shuffled", "training_loss"]


_KERNELS = [SDPBackend.FLASH_ATTENTION, SDPBackend.EFFICIENT_ATTENTION, SDPBackend.MATH]
"""All but cuDNN's, which torch 2.11 to 2.13 take first on H100 and H200 (https://github.com/pytorch/pytorch/issues/196678).

With a mask, in bfloat16, and 64 keys more than a multiple of 128, its backward scores the empty half of the last tile 0
instead of minus infinity. Where all scores of a query are under -88.7, their log-sum-exp with them, exp(0 + 88.7) is
infinite in float32, and times the tile's zeros not a number. Forward stays right, so the loss says nothing. The trained
model has such queries: -106 in a head of the fourth encoder layer, on ordinary text.
"""


@dataclass(frozen=True, slots=True)
class Shape:
    """Size of the network.

    Attributes:
        d_model: width.
        ffn: width between the two layers of a feed-forward block.
        heads: attention heads, in encoder and decoder.
        encoder: layers.
        decoder: layers; each costs time for every target token, those of the encoder only once a sentence.
        dropout: after every block.
        attention_dropout: on attention weights.
        activation_dropout: inside feed-forward blocks.
    """

    d_model: int
    ffn: int
    heads: int
    encoder: int
    decoder: int
    dropout: float = 0.1
    attention_dropout: float = 0.0
    activation_dropout: float = 0.0

    def with_dropout(self, dropout: float, attention: float = 0.0, activation: float = 0.0) -> Shape:
        """The same size, other dropout."""
        return replace(self, dropout=dropout, attention_dropout=attention, activation_dropout=activation)


SHAPES: Mapping[str, Shape] = MappingProxyType({
    "test": Shape(32, 64, 2, 1, 1, dropout=0.1),
    "small": Shape(128, 512, 4, 3, 2, dropout=0.1),
    "mini": Shape(256, 1024, 4, 5, 3, dropout=0.1),
    "quick": Shape(256, 1024, 4, 4, 2, dropout=0.0),
    "quick6": Shape(256, 1024, 4, 6, 2, dropout=0.0),
    "quick384": Shape(384, 1536, 6, 4, 2, dropout=0.0),
    "base8": Shape(384, 1536, 6, 8, 3, dropout=0.2),
    "deep10": Shape(384, 1536, 6, 10, 2, dropout=0.2),
    "deep10x3": Shape(384, 1280, 6, 10, 3, dropout=0.2),
    "deep12": Shape(384, 1536, 6, 12, 2, dropout=0.2),
    "wide448": Shape(448, 1536, 7, 6, 3, dropout=0.2),
    "wide6": Shape(512, 1536, 8, 6, 2, dropout=0.2),
    "wide6x3": Shape(512, 1024, 8, 6, 3, dropout=0.2),
})  # fmt: skip
"""Name of a size -> the size; the README has the table of what they weigh."""


def build(shape: Shape, n_tokens: int, embeddings: Path | None = None, bridge: bool = False) -> Any:
    """A MarianMTModel with fresh weights; set torch's seed before.

    Args:
        shape: its size.
        n_tokens: size of the vocabulary; the last id is pad, 0 is the end of sentence.
        embeddings: ``.npy`` of the first ones, ``(n_tokens, d_model)``; random when None.
        bridge: see `_bridge`.
    """
    from transformers import MarianConfig, MarianMTModel

    pad = n_tokens - 1
    options: dict[str, Any] = {
        "vocab_size": n_tokens,
        "d_model": shape.d_model,
        "encoder_layers": shape.encoder,
        "decoder_layers": shape.decoder,
        "encoder_ffn_dim": shape.ffn,
        "decoder_ffn_dim": shape.ffn,
        "encoder_attention_heads": shape.heads,
        "decoder_attention_heads": shape.heads,
        "dropout": shape.dropout,
        "attention_dropout": shape.attention_dropout,
        "activation_dropout": shape.activation_dropout,
        "activation_function": "swish",
        "max_position_embeddings": MAX_TOKENS,
        "scale_embedding": True,
        "static_position_embeddings": True,
        "share_encoder_decoder_embeddings": True,
        "tie_word_embeddings": True,
        "normalize_before": False,
        "normalize_embedding": False,
        "pad_token_id": pad,
        "decoder_start_token_id": pad,
        "eos_token_id": 0,
        "bos_token_id": 0,
        "forced_eos_token_id": 0,
        "attn_implementation": "sdpa",
    }
    model: Any = MarianMTModel(MarianConfig(**options))
    _initialise(model, shape)
    if embeddings is not None:
        with torch.no_grad():
            model.get_input_embeddings().weight.copy_(torch.from_numpy(np.load(embeddings)))
    if bridge:
        _bridge(model)
    return model


@torch.no_grad()
def _bridge(model: Any) -> None:
    """Open the way from the source to the output before anything is learned.

    What the decoder looks at in the source is handed on unchanged (value and output products are the identity), and
    it looks first where position and token are like its own (query and key products are one orthogonal matrix). With
    embeddings that put translations near one another (see `lexicon`), the fresh model is a word-for-word translator.
    After Trockman and Kolter (2023), "Mimetic initialization", https://arxiv.org/abs/2305.09828.
    """
    for layer in model.model.decoder.layers:
        attention = layer.encoder_attn
        torch.nn.init.eye_(attention.v_proj.weight)
        torch.nn.init.eye_(attention.out_proj.weight)
        torch.nn.init.orthogonal_(attention.q_proj.weight)
        attention.k_proj.weight.copy_(attention.q_proj.weight)


def _initialise(model: Any, shape: Shape) -> None:
    """Glorot's uniform weights, smaller in what is added to the residual stream of a deep stack.

    The default of transformers (normal, 0.02 everywhere) lets little of the source through at first. The gain for
    value, output and feed-forward products follows "DeepNet" (Wang et al. 2022, https://arxiv.org/abs/2203.00555)
    in spirit: a post-norm stack of n layers is stable when its branches start at about n^(-1/4).
    """
    gains = {"encoder": shape.encoder**-0.25, "decoder": shape.decoder**-0.25}
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() < 2 or "embed" in name or "shared" in name or "lm_head" in name:
                continue
            scaled = any(part in name for part in ("v_proj", "out_proj", "fc1", "fc2"))
            side = "encoder" if ".encoder.layers" in name else "decoder"
            torch.nn.init.xavier_uniform_(parameter, gain=gains[side] if scaled else 1.0)
        embedding = model.get_input_embeddings().weight
        # Times sqrt(d_model) this is of size one, like the position codes it is added to.
        torch.nn.init.normal_(embedding, std=1 / math.sqrt(shape.d_model))
        embedding[model.config.pad_token_id].zero_()


def count_parameters(model: Any) -> int:
    """Trained parameters; the shared embedding counts once, position codes not at all."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)


def hidden(model: Any, batch: Batch) -> torch.Tensor:
    """Decoder states at real target tokens, ``(n_labels, d_model)``."""
    # Four dimensions: transformers takes it as it is, while of two it would ask the device whether any pad is there,
    # and wait for the answer.
    mask = batch.mask[:, None, None, :].bool()
    with sdpa_kernel(_KERNELS):
        encoded = model.model.encoder(input_ids=batch.source, attention_mask=mask).last_hidden_state
        # Target pads stand at the end, where causal attention never looks at them, and no loss is taken there.
        states = model.model.decoder(
            input_ids=batch.decoder,
            encoder_hidden_states=encoded,
            encoder_attention_mask=mask,
            use_cache=False,
        ).last_hidden_state
    picked: torch.Tensor = states.flatten(0, 1).index_select(0, batch.picked)
    return picked


def logits(model: Any, states: torch.Tensor) -> torch.Tensor:
    """``(n_labels, n_tokens - 1)``: one logit for every token but pad, the last."""
    pad = model.config.pad_token_id
    return F.linear(states, model.get_input_embeddings().weight[:pad])


def cross_entropy(model: Any, batch: Batch, smoothing: float = 0.0) -> torch.Tensor:
    """Sum over the batch's target tokens, in nats."""
    out = logits(model, hidden(model, batch)).float()
    return F.cross_entropy(out, batch.labels, label_smoothing=smoothing, reduction="sum")


def sampled_cross_entropy(model: Any, batch: Batch, smoothing: float, n_sampled: int) -> torch.Tensor:
    """As `cross_entropy`, with logits for a part of the vocabulary only: a quarter of a small model's work saved.

    The part is the batch's own target tokens and so many others, drawn anew each time, that stand for all the rest:
    each weighs as many tokens as it stands for, so the sum under the softmax is right on average. After Jean et al.
    (2015), "On using very large target vocabulary", https://aclanthology.org/P15-1001.
    """
    pad: int = model.config.pad_token_id
    is_own = torch.zeros(pad, dtype=torch.bool, device=batch.labels.device).index_fill_(0, batch.labels, True)
    own, others = is_own.nonzero().flatten(), (~is_own).nonzero().flatten()
    labels = (is_own.cumsum(0) - 1)[batch.labels]
    drawn = others[torch.randperm(len(others), device=own.device)[:n_sampled]]
    weights = torch.zeros(len(own) + len(drawn), device=own.device)
    if len(drawn):
        weights[len(own) :] = math.log(len(others) / len(drawn))
    rows = model.get_input_embeddings().weight.index_select(0, torch.cat([own, drawn]))
    out = F.linear(hidden(model, batch), rows).float() + weights
    return F.cross_entropy(out, labels, label_smoothing=smoothing, reduction="sum")


def training_loss(
    model: Any, batch: Batch, smoothing: float, rdrop: float = 0.0, n_sampled: int | None = None
) -> torch.Tensor:
    """Mean loss per target token.

    Args:
        model: in training mode.
        batch: what to learn.
        smoothing: label smoothing.
        rdrop: weight of the divergence between two passes with different dropout (Liang et al. 2021, "R-Drop",
            https://arxiv.org/abs/2106.14448); 0 for one pass only.
        n_sampled: see `sampled_cross_entropy`; None for the whole vocabulary. Without ``rdrop`` only.
    """
    if n_sampled is not None and not rdrop:
        return sampled_cross_entropy(model, batch, smoothing, n_sampled) / batch.n_labels
    if not rdrop:
        return cross_entropy(model, batch, smoothing) / batch.n_labels
    out = logits(model, hidden(model, _twice(batch))).float()
    labels = torch.cat([batch.labels, batch.labels])
    entropy = F.cross_entropy(out, labels, label_smoothing=smoothing)
    first, second = out.log_softmax(-1).chunk(2)
    divergence = F.kl_div(first, second, reduction="sum", log_target=True) + F.kl_div(
        second, first, reduction="sum", log_target=True
    )
    return entropy + rdrop * divergence / (4 * batch.n_labels)


def _twice(batch: Batch) -> Batch:
    return Batch(
        torch.cat([batch.source, batch.source]),
        torch.cat([batch.mask, batch.mask]),
        torch.cat([batch.decoder, batch.decoder]),
        torch.cat([batch.picked, batch.picked + batch.decoder.numel()]),
        torch.cat([batch.labels, batch.labels]),
    )


def shuffled(batch: Batch) -> Batch:
    """The same targets, each with the source of its neighbour: what a model that reads its source must do badly on."""
    return replace(batch, source=batch.source.roll(1, 0), mask=batch.mask.roll(1, 0))
