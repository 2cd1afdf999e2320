"""Options out of a signature."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translate.text.normalize import NormalizeOptions
from translate.text.segment import SegmentOptions
from translate.text.signature import fields_of, segmentation_of

OPTIONS = st.builds(
    SegmentOptions,
    st.builds(
        NormalizeOptions,
        entities=st.booleans(),
        mojibake=st.booleans(),
        invisibles=st.booleans(),
        width=st.booleans(),
        spacing=st.sampled_from(["auto", "on", "off"]),
        script=st.sampled_from([None, "t2s", "tw2sp"]),
        boilerplate=st.booleans(),
    ),
    quotes=st.sampled_from(["break", "keep"]),
    hard_wrap=st.sampled_from(["auto", "on", "off"]),
    max_length=st.integers(1, 1 << 14),
)


@given(OPTIONS)
def test_every_option_comes_back(options):
    assert segmentation_of(f"model:x|beam:4|{options.signature}|decode:6") == options


@pytest.mark.parametrize(
    "signature",
    ["", "model:x|beam:4", "norm:2|split:2", "norm:3|split:1", "norm:3+new|split:2", "norm:3|split:2+max0", "norm:3"],
)
def test_rules_that_are_not_ours_are_not_guessed(signature):
    assert segmentation_of(signature) is None


def test_fields():
    assert fields_of("model:a:b|bare|beam:4") == {"model": "a:b", "beam": "4"}
