"""A run in an object store: the first writer of a name stays, and the corpus is that of a folder."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from corpus.build.run.files import open_files
from corpus.build.run.objects import ObjectFiles
from corpus.build.run.work import Share
from translate.errors import OutputError, UsageError

from .conftest import Runs


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """An S3 of our own on loopback."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        host, port = server.get_host_and_port()
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import s3fs

        fs = s3fs.S3FileSystem(skip_instance_cache=True)
        fs.mkdir("corpus")
        yield "s3://corpus"
        s3fs.S3FileSystem.clear_instance_cache()
    server.stop()


@pytest.fixture(params=["memory", "folder", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return f"{request.getfixturevalue('s3')}/{uuid.uuid4()}"
    return f"memory://{uuid.uuid4()}/run" if request.param == "memory" else str(tmp_path / "run")


def test_the_first_writer_stays(url: str) -> None:
    one, other = open_files(url), open_files(url)
    assert one.read("parts/a") is None
    assert one.names("parts") == []
    assert one.put("parts/a", b"first")
    assert not other.put("parts/a", b"second")
    assert other.read("parts/a") == b"first"
    other.replace("parts/a", b"third")
    assert one.read("parts/a") == b"third"
    assert one.has("parts/a")
    assert not one.has("parts/b")
    assert one.put("parts/b", b"")
    assert other.names("parts") == ["parts/a", "parts/b"]
    assert "parts/a" in one.label("parts/a")


def test_a_run_is_worked_on_by_several_and_gives_the_bytes_of_one_in_a_folder(
    url: str, tmp_path: Path, documents: Path, runs: Runs
) -> None:
    folder = tmp_path / "plain"
    runs.plan(documents, folder, 60)
    runs.work(folder)
    expected = runs.assemble(folder, tmp_path / "plain.tsv")
    plan = runs.plan(documents, url, 60)
    assert not runs.plan(documents, url, 60).is_new
    with pytest.raises(OutputError, match="not done"):
        runs.assemble(url, tmp_path / "out.tsv")
    done = [runs.work(url, Share(i, 2)).n_done for i in range(2)]
    assert sum(done) == plan.manifest.n_parts
    assert runs.work(url).n_done == 0
    part = open_files(url).names("parts")[1]
    whole = open_files(url).read(part)
    open_files(url).replace(part, b"damaged")
    with pytest.raises(OutputError, match="no part of this run"):
        runs.assemble(url, tmp_path / "out.tsv")
    assert runs.work(url).n_done == 1
    assert open_files(url).read(part) == whole
    assert runs.assemble(url, tmp_path / "out.tsv") == expected


def test_what_cannot_be_opened_or_reached_is_told() -> None:
    with pytest.raises(UsageError, match="nosuchstore"):
        open_files("nosuchstore://x/y")


def test_an_error_of_the_store_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    files = ObjectFiles("memory://broken/run")

    def fail(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the store says no\nwith a trace")

    monkeypatch.setattr(files._fs, "pipe_file", fail)
    monkeypatch.setattr(files._fs, "cat_file", fail)
    for act in (lambda: files.put("a", b""), lambda: files.replace("a", b""), lambda: files.read("a")):
        with pytest.raises(OutputError, match=r"memory://broken/run/a: cannot be .*: the store says no$"):
            act()
