"""A run on a Ray cluster: actors that keep their model, each given the number of one part after the other.

Nothing but numbers goes over Ray: rows and parts are read from and put where the run is, which every node must see. An
actor that dies, or whose node does, is started again, elsewhere if need be, and its parts are given out anew; whatever
it had put there counts. When the driver dies the actors do, and the same command goes on from what is there.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpus.build.run.files import open_files
from corpus.build.run.manifest import Entry, Manifest, read_index
from corpus.build.run.work import OnPart, Worker, WorkReport, is_done
from translate.errors import DuizhaoError, EngineError, UsageError, first_line
from translate.pipeline.translator import Translator

__all__ = ["Actors", "import_ray", "work_on_cluster"]

_IN_FLIGHT = 2
"""Parts that an actor has at a time: the one that it does, and the next, so that it never waits for the driver."""

_TRIES = 4
"""A part whose actor died so often is not tried again."""


@dataclass(frozen=True, slots=True)
class Actors:
    """What the cluster is asked for.

    Attributes:
        count: how many actors; as many as the cluster has room for when None.
        cpus: cores of each.
        gpus: GPUs of each; may be a fraction.
    """

    count: int | None = None
    cpus: float = 1
    gpus: float = 0


class _PartActor:
    """Lives on a node, and keeps its model. Ray makes an actor of it."""

    def load(self, run: str, load: Mapping[str, Any]) -> None:
        """Get ready; not in `__init__`, whose errors come back as text."""
        files = open_files(run)
        manifest = Manifest.read(files)
        self._entries = {entry.number: entry for entry in read_index(files, manifest)}
        self._worker = Worker(files, manifest, Translator.load(**load))
        self._worker.note_environment()

    def do(self, number: int) -> int:
        """Do a part unless it is there; returns how many sentences were decoded."""
        return self._worker.do([self._entries[number]])


def work_on_cluster(
    run: str | Path,
    address: str,
    load: Mapping[str, Any],
    actors: Actors | None = None,
    *,
    on_part: OnPart | None = None,
) -> WorkReport:
    """Do all parts of a run that have no result.

    Args:
        run: a path or a URL under which every node finds the run.
        address: of the cluster, as `ray.init` takes it: ``auto``, ``host:6379``, ``ray://host:10001``.
        load: arguments of `Translator.load`, on the nodes.
        actors: what the cluster is asked for.
        on_part: told of each part that is there, and that was there.

    Raises:
        UsageError: Ray is not installed, or there is no such cluster, or it has no room for one actor.
        DuizhaoError: what an actor raised; parts that were done are kept.
    """
    files = open_files(run)
    manifest = Manifest.read(files)
    entries = [entry for entry in read_index(files, manifest) if entry.key]
    open_ = deque(entry for entry in entries if not is_done(files, entry))
    if on_part:
        missing = {entry.number for entry in open_}
        for entry in entries:
            if entry.number not in missing:
                on_part(entry)
    n_done = len(open_)
    n_decoded = 0
    if open_:
        with _connected(address) as ray:
            place = str(run) if "://" in str(run) else str(Path(run).resolve())
            pool = _Pool(ray, place, load, actors or Actors())
            for entry, n in pool.run(open_):
                n_decoded += n
                if on_part:
                    on_part(entry)
    files.tidy(frozenset(entry.key for entry in entries))
    return WorkReport(len(entries), n_done, n_decoded)


def import_ray() -> Any:
    """The library.

    Raises:
        UsageError: it is not installed.
    """
    try:
        import ray
    except ImportError as error:
        raise UsageError("a cluster needs an extra: pip install 'duizhao[ray]'") from error
    return ray


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    ray = import_ray()
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        raise UsageError(
            f"no Ray cluster at {address}: {first_line(error)}; start one with `ray start --head`"
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


@dataclass(slots=True, eq=False)
class _Pool:
    """Actors, and what each has in flight. The driver holds the numbers of the parts, and nothing else of them.

    An actor is given parts once it is ready, so that none waits for one that the cluster has no room for any more.
    """

    ray: Any
    run_place: str
    load: Mapping[str, Any]
    actors: Actors
    _starting: dict[Any, Any] = field(default_factory=dict)
    _free: deque[Any] = field(default_factory=deque)
    _flying: dict[Any, tuple[Any, Entry]] = field(default_factory=dict)
    _lost: list[Any] = field(default_factory=list)
    _tries: dict[int, int] = field(default_factory=dict)
    _n_unready: int = 0

    def run(self, open_: deque[Entry]) -> Iterator[tuple[Entry, int]]:
        """Do the parts; yields each as it is done, and how many sentences were decoded for it."""
        for _ in range(self._n_actors(len(open_))):
            self._start()
        while open_ or self._flying:
            while open_ and self._free:
                actor, entry = self._free.popleft(), open_.popleft()
                self._flying[actor.do.remote(entry.number)] = actor, entry
            ready, _ = self.ray.wait([*self._flying, *self._starting], num_returns=1)
            for reference in ready:
                if reference in self._starting:
                    self._take_in(reference)
                    continue
                actor, entry = self._flying.pop(reference)
                try:
                    n_decoded = self.ray.get(reference)
                except self.ray.exceptions.RayTaskError as error:
                    raise _as_ours(error, f"part {entry.number}") from error
                except self.ray.exceptions.RayError as error:  # it died, or its node did, or cannot be reached
                    open_.append(entry)
                    self._lose(actor, entry, error)
                    continue
                self._free.append(actor)
                yield entry, n_decoded

    def _n_actors(self, n_parts: int) -> int:
        found = self.ray.cluster_resources()
        room = int(found.get("CPU", 0) // self.actors.cpus) if self.actors.cpus else n_parts
        if self.actors.gpus:
            room = min(room, int(found.get("GPU", 0) // self.actors.gpus))
        if room < 1:
            asked = f"{self.actors.cpus:g} CPU and {self.actors.gpus:g} GPU"
            raise UsageError(f"the cluster has no room for an actor of {asked}; it has {dict(found)}")
        return min(n_parts, self.actors.count or room)

    def _start(self) -> None:
        actor = self.ray.remote(num_cpus=self.actors.cpus, num_gpus=self.actors.gpus)(_PartActor).remote()
        self._starting[actor.load.remote(self.run_place, dict(self.load))] = actor

    def _take_in(self, reference: Any) -> None:
        """Let an actor that is ready have parts; start another in the place of one that died as it loaded."""
        actor = self._starting.pop(reference)
        try:
            self.ray.get(reference)
        except self.ray.exceptions.RayTaskError as error:
            raise _as_ours(error, "an actor") from error
        except self.ray.exceptions.RayError as error:
            self._n_unready += 1
            if self._n_unready >= _TRIES:
                raise EngineError(f"{_TRIES} actors died as they loaded: {first_line(error)}") from error
            self._start()
            return
        self._n_unready = 0
        self._free.extend([actor] * _IN_FLIGHT)

    def _lose(self, actor: Any, entry: Entry, error: Exception) -> None:
        """Start another in the place of an actor that died; unless a part seems to be what kills them."""
        self._tries[entry.number] = self._tries.get(entry.number, 0) + 1
        if self._tries[entry.number] >= _TRIES:
            raise EngineError(
                f"part {entry.number} was given to {_TRIES} actors, and each died: {first_line(error)}; "
                "with --workers 1 the sentence that does it is found and flagged"
            ) from error
        if actor not in self._lost:
            self._lost.append(actor)
            self._free = deque(other for other in self._free if other is not actor)
            self.ray.kill(actor)  # should it only have been out of reach
            self._start()


def _as_ours(error: Any, where: str) -> DuizhaoError:
    cause = error.cause
    return cause if isinstance(cause, DuizhaoError) else EngineError(f"{where}: {first_line(cause or error)}")
