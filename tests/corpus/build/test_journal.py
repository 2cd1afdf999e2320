"""A journal gives back exactly what was noted, whatever a kill or a disk did to its end or middle."""

from __future__ import annotations

import errno
import os
from io import FileIO
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpus.build.journal import ShardJournal
from translate.engines.base import Hypothesis
from translate.errors import OutputError

TEXT = st.text(max_size=20)
HYPOTHESIS = st.builds(
    Hypothesis,
    TEXT,
    st.floats(allow_nan=False, max_value=0.0),
    st.integers(1, 512),
    st.sampled_from(["eos", "length"]),
)
BATCHES = st.lists(
    st.tuples(st.lists(TEXT, min_size=1, max_size=4), st.integers(1, 512)), max_size=6, unique_by=repr
).flatmap(lambda batches: st.tuples(*(st.tuples(st.just(b), st.tuples(*([HYPOTHESIS] * len(b[0])))) for b in batches)))
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@in_one_folder
@given(BATCHES, st.data())
def test_what_is_found_is_exactly_what_was_noted_and_damage_costs_batches(
    tmp_path: Path, batches: tuple[tuple[tuple[list[str], int], tuple[Hypothesis, ...]], ...], data: st.DataObject
) -> None:
    path = tmp_path / "j"
    path.unlink(missing_ok=True)
    written = ShardJournal(path)
    for (texts, cap), hypotheses in batches:
        assert written.recall(texts, cap) is None
        written.note(texts, cap, hypotheses)
    written.close()
    read = ShardJournal(path)
    assert [read.recall(texts, cap) for (texts, cap), _ in batches] == [list(each) for _, each in batches]
    if not batches:
        assert not path.exists()
        return
    whole = bytearray(path.read_bytes())
    at = data.draw(st.integers(0, len(whole) - 1))
    if data.draw(st.booleans()):
        whole[at] ^= 1 << data.draw(st.integers(0, 7))
        most_lost = 2  # a line break is between two
    else:
        del whole[at:]
        most_lost = len(batches)
    path.write_bytes(whole)
    damaged = ShardJournal(path)
    found = [damaged.recall(texts, cap) for (texts, cap), _ in batches]
    assert all(each is None or each == list(noted) for each, (_, noted) in zip(found, batches, strict=True))
    assert found.count(None) <= most_lost
    (texts, cap), hypotheses = batches[-1]
    damaged.note(texts, cap, hypotheses)
    damaged.close()
    assert ShardJournal(path).recall(texts, cap) == list(hypotheses)


def test_another_cap_or_order_is_another_batch(tmp_path: Path) -> None:
    journal = ShardJournal(tmp_path / "j")
    journal.note(["a", "b"], 32, [Hypothesis("x", -1.0, 1, "eos")] * 2)
    assert ShardJournal(tmp_path / "j").recall(["a", "b"], 64) is None
    assert ShardJournal(tmp_path / "j").recall(["b", "a"], 32) is None
    assert ShardJournal(tmp_path / "j").recall(["ab"], 32) is None
    journal.remove()
    assert not (tmp_path / "j").exists()


def test_a_full_disk_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: FileIO, data: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    class Full(FileIO):
        write = full  # type: ignore[assignment]  # takes less than FileIO does

    monkeypatch.setattr("corpus.build.journal.FileIO", Full)
    journal = ShardJournal(tmp_path / "j")
    with pytest.raises(OutputError, match="No space left"):
        journal.note(["a"], 32, [Hypothesis("x", -1.0, 1, "eos")])
    journal.close()
