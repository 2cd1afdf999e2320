"""A server on loopback, with an engine that answers at once; clients speak to it as to any other."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from corpus.serve.app import LOOPBACK, make_app
from corpus.serve.batching import BatchingQueue
from corpus.serve.browse import OpenCorpus
from corpus.serve.keys import ApiKeys
from corpus.serve.server import bind
from corpus.serve.service import RequestLimits, Service
from translate.engines.base import DecodeOptions
from translate.engines.fake import FakeEngine, FakePlan
from translate.marian.catalogue import get_spec
from translate.marian.model import LocalModel
from translate.pipeline.translator import Translator

UNOPENED = LocalModel(get_spec("zh-en-mini"), Path())


@dataclass
class Served:
    """A server, and a client of it."""

    port: int
    engine: FakeEngine
    queue: BatchingQueue

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, method: str | None = None
    ) -> tuple[int, Any, dict[str, str]]:
        """Status, answer (read as JSON where it is), headers."""
        request = urllib.request.Request(self.url + path, body, headers or {}, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            content = answer.read()
            found = {name.lower(): value for name, value in answer.headers.items()}
            is_json = found.get("content-type") == "application/json"
            return answer.status, json.loads(content) if is_json else content, found

    def post(self, path: str, **values: Any) -> tuple[int, Any]:
        """Ask in JSON."""
        status, answer, _ = self.ask(path, json.dumps(values).encode(), {"Content-Type": "application/json"})
        return status, answer

    def upload(self, name: str, content: bytes, **values: str) -> tuple[int, Any]:
        """Send a file as a form does."""
        parts = [
            f'--part\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
            for key, value in values.items()
        ]
        head = f'--part\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        body = b"".join(parts) + head.encode() + content + b"\r\n--part--\r\n"
        status, answer, _ = self.ask("/translate_file", body, {"Content-Type": "multipart/form-data; boundary=part"})
        return status, answer


Serve = Callable[..., contextlib.AbstractContextManager[Served]]


@contextlib.contextmanager
def serving(
    *,
    limits: RequestLimits | None = None,
    keys: ApiKeys | None = None,
    hosts: frozenset[str] | None = LOOPBACK,
    plan: FakePlan | None = None,
    corpus: OpenCorpus | None = None,
) -> Iterator[Served]:
    """A server as long as the block runs."""
    import uvicorn

    engine = FakeEngine(plan=plan)
    limits = limits or RequestLimits()
    with Translator(engine, UNOPENED, DecodeOptions(beam_size=1)) as translator, bind("127.0.0.1", 0) as bound:
        queue = BatchingQueue(translator, max_waiting=limits.waiting)
        app = make_app(Service(queue, limits, keys), corpus=corpus, hosts=hosts)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield Served(bound.getsockname()[1], engine, queue)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """One for all tests of a module."""
    with serving() as found:
        yield found


@pytest.fixture
def serve() -> Serve:
    """One of a test's own."""
    return serving
