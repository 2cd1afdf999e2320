"""Every tensor in its place: what is read, and what is refused."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

import numpy as np
import pytest
import torch

from translate.errors import ModelDamagedError
from translate.marian import weights as reading
from translate.marian.config import read_config
from translate.marian.find import locate
from translate.marian.weights import arrange, read_arrays, read_weights, sinusoids


@pytest.fixture(scope="module")
def tiny(tiny_marian):
    return locate(str(tiny_marian))


@pytest.fixture(scope="module")
def tensors(tiny):
    return reading._read_tensors(tiny)


def test_weights_that_are_not_the_networks_are_refused(tiny, tensors):
    config = read_config(tiny)
    with pytest.raises(ValueError, match=r"model\.encoder\.layers\.0\.fc1\.weight is missing"):
        arrange(config, {name: value for name, value in tensors.items() if "fc1" not in name})
    with pytest.raises(ValueError, match=r"model\.decoder\.layers\.9\.x has no place in this network"):
        arrange(config, tensors | {"model.decoder.layers.9.x": torch.zeros(1)})
    with pytest.raises(ValueError, match=r"has the shape \(\d+, 16\), not \(\d+, 32\)"):
        arrange(replace(config, d_model=32), tensors)
    name = "model.decoder.layers.0.final_layer_norm.bias"
    for wrong in (torch.nan, torch.inf, -torch.inf):
        for broken in (torch.full_like(tensors[name], wrong), np.full(16, wrong, np.float32)):
            with pytest.raises(ValueError, match=r"final_layer_norm\.bias holds what is no finite number"):
                arrange(config, tensors | {name: broken})


def test_what_does_not_fit_is_said_with_the_model_s_name(tiny, monkeypatch):
    monkeypatch.setattr(reading, "_read_tensors", lambda _: {"model.shared.weight": torch.zeros(3, 16)})
    for read in (read_weights, read_arrays):
        with pytest.raises(ModelDamagedError, match=r"'tiny' do not fit its config.json: model.shared.weight has the"):
            read(tiny)


def flat(value) -> list:
    """The arrays in a tree of dataclasses and tuples."""
    if is_dataclass(value):
        return [each for field in fields(value) if field.name != "config" for each in flat(getattr(value, field.name))]
    if isinstance(value, tuple):
        return [each for item in value for each in flat(item)]
    return [] if value is None else [value]


def test_arrays_have_the_numbers_of_the_tensors():
    """Of a file in float16, which numpy reads itself."""
    model = locate("zh-en-mini")
    pairs = list(zip(flat(read_arrays(model)), flat(read_weights(model)), strict=True))
    assert len(pairs) > 100
    assert all(a.dtype == np.float32 and np.array_equal(a, b.float().numpy()) for a, b in pairs)


@pytest.mark.parametrize("width", [1, 6, 7, 16, 256])
def test_positions_are_those_of_transformers(width):
    from transformers.models.marian.modeling_marian import MarianSinusoidalPositionalEmbedding

    expected = MarianSinusoidalPositionalEmbedding(512, width).create_weight()
    assert np.array_equal(sinusoids(512, width), expected.numpy())
