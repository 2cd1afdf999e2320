"""Documents, and a run of them with an engine that answers at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.build.run.assemble import assemble_run
from corpus.build.run.files import open_files
from corpus.build.run.manifest import Manifest
from corpus.build.run.plan import PlanReport, plan_run
from corpus.build.run.work import Share, Worker, WorkReport
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

UNOPENED = LocalModel(get_spec("zh-en-mini"), Path())


class Runs:
    """Plans, works and assembles with the fake engine."""

    def __init__(self) -> None:
        self.decoded: list[str] = []

    def translator(self, plan: FakePlan | None = None) -> Translator:
        used = Translator(FakeEngine(plan=plan), UNOPENED, DecodeOptions(beam_size=1))
        used.on_batch = self.decoded.extend
        return used

    def plan(self, inputs: Path, run: Path | str, part_sentences: int | None = 10) -> PlanReport:
        with self.translator() as used:
            return plan_run(inputs, run, translator=used, part_sentences=part_sentences)

    def work(self, run: Path | str, share: Share | None = None, plan: FakePlan | None = None) -> WorkReport:
        files = open_files(run)
        with self.translator(plan) as used:
            return Worker(files, Manifest.read(files), used).run(share)

    def assemble(self, run: Path | str, out: Path) -> bytes:
        assemble_run(run, out)
        return out.read_bytes()


@pytest.fixture
def runs() -> Runs:
    return Runs()


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    """Eight documents of 21 sentences; most come in others too. Few numerals, which take long to check."""
    folder = tmp_path / "in"
    folder.mkdir()
    for d in range(8):
        own = "天地玄黄宇宙洪荒"[d]
        text = "".join(f"{own}说了{'很' * i}多。第{i}个相同的句子。{'又' * (i % 3)}还有一句。\n" for i in range(1, 8))
        (folder / f"{d:02}.txt").write_text(text, "utf-8")
    return folder
