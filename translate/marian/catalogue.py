"""The models we know: which files they are made of, where those lie, and whether they are the right ones.

``models.yaml`` pins every file of every model by size and SHA-256. Each file is hashed before it is loaded, every
time: 300 MB take a few tenths of a second, and a remembered answer could be wrong. Files that are not pinned are
never opened, even if they lie in the same folder.

Downloads go through ``huggingface_hub``, so its cache and its environment variables (``HF_HOME``, ``HF_ENDPOINT``,
``HF_HUB_OFFLINE``, ``HF_TOKEN`` …) work as everywhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from translate.errors import ModelDamagedError, ModelError, ModelUnavailableError, UnknownNameError
from translate.files.digest import sha256_of

__all__ = [
    "AUTO",
    "EMBEDDED",
    "LONGEST_WHOLE",
    "PREFERRED",
    "FilePin",
    "LocalModel",
    "ModelSpec",
    "Progress",
    "cache_folder",
    "get_spec",
    "is_cached",
    "known",
    "locate",
    "pull",
    "verify",
]

AUTO = "auto"
PREFERRED = "opus-mt-zh-en"
EMBEDDED = "zh-en-mini"

LONGEST_WHOLE = 192
"""Source tokens beyond which a sentence is cut, wherever it can be; models.yaml may ask for shorter pieces.

Models of this kind start to leave things out well before their limit of 512: of the recorded opus-mt-zh-en outputs
on WMT20, WMT22 and FLORES, those of 20 to 40 source tokens are 2 % shorter than the reference, those of 130 and more
16 % (see also Koehn and Knowles 2017, "Six Challenges for Neural Machine Translation",
https://aclanthology.org/W17-3204). A small model does so earlier.
"""

Progress = Callable[[str, int, int], None]
"""Called while a file comes in, with its name, the bytes so far and the bytes in all."""

_AUTO_SECONDS = 3.0
_NAMED_SECONDS = 10.0
"""How long the hub has to answer: less when there is something to fall back on."""

_SHORTEST_WHOLE = 8

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_TEXT_FILES = ("config.json", "source.spm", "target.spm", "vocab.json")
_OPTIONAL_FILES = ("generation_config.json", "target_vocab.json")


@dataclass(frozen=True, slots=True)
class FilePin:
    """What a file must be.

    Attributes:
        sha256: 64 lower-case hexadecimal digits.
        n_bytes: its size.
    """

    sha256: str
    n_bytes: int


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One entry of ``models.yaml``.

    Attributes:
        name: what ``--model`` takes.
        repo: ``owner/name`` on the hub; None for a model inside the package or in a local folder.
        revision: commit on the hub, or a name that changes with the files.
        files: every file that may be read, by name.
        licence: SPDX name, or ``unknown``.
        source: language read, as an ISO 639 code.
        target: language written.
        max_tokens: longest source in tokens, end of sentence included.
        beam: beam size the model was meant to be used with.
        notes: one line for a person.
        whole: source tokens beyond which a sentence is cut where a clause ends in its middle; see `LONGEST_WHOLE`.
    """

    name: str
    repo: str | None
    revision: str
    files: Mapping[str, FilePin]
    licence: str
    source: str
    target: str
    max_tokens: int
    beam: int
    notes: str = ""
    whole: int = LONGEST_WHOLE

    @property
    def n_bytes(self) -> int:
        """Size of all files together."""
        return sum(pin.n_bytes for pin in self.files.values())

    @property
    def fingerprint(self) -> str:
        """SHA-256 over the names and hashes of all files: the same if and only if the model is the same."""
        lines = "".join(f"{name} {pin.sha256}\n" for name, pin in sorted(self.files.items()))
        return hashlib.sha256(lines.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model whose files were found and verified.

    Attributes:
        spec: what it is.
        path: the folder where the files lie; it may hold others, which are not to be read.
        warning: one line that the user must see, e.g. that ``auto`` fell back; None when all is well.
    """

    spec: ModelSpec
    path: Path
    warning: str | None = None

    def file(self, name: str) -> Path:
        """Path of a pinned file.

        Raises:
            ModelDamagedError: the model has no such file.
        """
        if name not in self.spec.files:
            raise ModelDamagedError(
                f"model {self.spec.name!r} has no file {name!r}; it has {', '.join(self.spec.files)}"
            )
        return self.path / name

    def has(self, name: str) -> bool:
        """Whether the model pins a file of this name."""
        return name in self.spec.files


def cache_folder() -> Path:
    """Where we keep what can be made again: ``DUIZHAO_CACHE``, else the platform's cache folder."""
    if chosen := os.environ.get("DUIZHAO_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "duizhao"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "duizhao" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "duizhao"


# --- models.yaml -----------------------------------------------------------------------------------------------


def known() -> Mapping[str, ModelSpec]:
    """All models by name: ``models.yaml``, then the file that ``DUIZHAO_MODELS`` names, whose entries win.

    Raises:
        ModelError: a models file cannot be read or lacks a field.
    """
    specs = dict(_read_models(_models_file()))
    if extra := os.environ.get("DUIZHAO_MODELS"):
        specs.update(_read_models(Path(extra)))
    return MappingProxyType(specs)


def get_spec(name: str) -> ModelSpec:
    """The model of this name.

    Raises:
        UnknownNameError: there is none; the message lists those there are.
    """
    specs = known()
    if name not in specs:
        raise UnknownNameError("model", name, [AUTO, *specs])
    return specs[name]


def _package_folder() -> Path:
    return Path(__file__).resolve().parents[1]


def _models_file() -> Path:
    """``translate/models.yaml`` in an installed wheel, the root's ``models.yaml`` in a checkout."""
    installed = _package_folder() / "models.yaml"
    return installed if installed.is_file() else _package_folder().parent / "models.yaml"


@cache
def _read_models(path: Path) -> Mapping[str, ModelSpec]:
    import yaml

    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {name: _spec_of(name, entry) for name, entry in entries.items()}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ModelError(f"cannot read the models file {path}: {_first_line(error)}") from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ModelError(
            f"the models file {path} has a wrong or missing field: {_first_line(error)}; docs/models.md shows an entry"
        ) from error


def _spec_of(name: str, entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        name=name,
        repo=entry["repo"],
        revision=str(entry["revision"]),
        files=MappingProxyType({file: _pin_of(file, pin) for file, pin in entry["files"].items()}),
        licence=entry["licence"],
        source=entry["source"],
        target=entry["target"],
        max_tokens=int(entry["max_tokens"]),
        beam=int(entry["beam"]),
        notes=entry.get("notes", ""),
        whole=_whole_of(entry),
    )


def _whole_of(entry: Mapping[str, Any]) -> int:
    whole = int(entry.get("whole", LONGEST_WHOLE))
    if not _SHORTEST_WHOLE <= whole <= LONGEST_WHOLE:
        raise ValueError(f"whole is {whole}; give something from {_SHORTEST_WHOLE} to {LONGEST_WHOLE}")
    return whole


def _pin_of(file: str, entry: Mapping[str, Any]) -> FilePin:
    # A name with a separator could leave the model's folder.
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", file):
        raise ValueError(f"{file!r} is no plain file name")
    if not re.fullmatch(r"[0-9a-f]{64}", str(entry["sha256"])):
        raise ValueError(f"sha256 of {file!r} is not 64 hexadecimal digits")
    return FilePin(sha256=entry["sha256"], n_bytes=int(entry["bytes"]))


# --- finding ---------------------------------------------------------------------------------------------------


def locate(name_or_folder: str, *, download: bool = True, progress: Progress | None = None) -> LocalModel:
    """Find a model, fetch what is missing, verify every file.

    Args:
        name_or_folder: a known name, ``auto``, or a local folder in transformers format.
        download: whether the hub may be asked.
        progress: told about the download.

    Returns:
        The verified model. For ``auto`` that is `PREFERRED` if it is in the cache or the hub answers, else
        `EMBEDDED` with a ``warning``; a model that was named is never replaced by another.

    Raises:
        UnknownNameError: neither a known name nor a folder.
        ModelUnavailableError: not in the cache, and not to be had.
        ModelDamagedError: a file is not the pinned one.
    """
    if name_or_folder == AUTO:
        return _locate_auto(download, progress)
    if name_or_folder in known():
        return _locate_spec(get_spec(name_or_folder), download, progress)
    folder = Path(name_or_folder).expanduser()
    if folder.is_dir():
        return _locate_folder(folder)
    if os.sep in name_or_folder or "/" in name_or_folder:
        raise ModelUnavailableError(f"model folder {name_or_folder!r} does not exist; give a folder or a known name")
    raise UnknownNameError("model", name_or_folder, [AUTO, *known()])


def pull(name: str, *, progress: Progress | None = None) -> LocalModel:
    """Fetch a model into the cache; files that are damaged there are fetched again.

    Raises:
        UnknownNameError, ModelUnavailableError, ModelDamagedError: as `locate`.
    """
    spec = get_spec(PREFERRED if name == AUTO else name)
    if spec.repo is not None:
        for file in spec.files:
            _discard_if_damaged(spec, file)
        _fetch(spec, [file for file in spec.files if _cached(spec, file) is None], progress, _NAMED_SECONDS)
    return _locate_spec(spec, download=False, progress=None)


def verify(name_or_folder: str) -> LocalModel:
    """Hash every file of a model that is on this machine; asks no hub.

    Raises:
        UnknownNameError, ModelUnavailableError, ModelDamagedError: as `locate`.
    """
    return locate(PREFERRED if name_or_folder == AUTO else name_or_folder, download=False)


def is_cached(spec: ModelSpec) -> bool:
    """Whether every file is on this machine (not whether it is the right one: see `verify`)."""
    return spec.repo is None or all(_cached(spec, file) for file in spec.files)


def _locate_auto(download: bool, progress: Progress | None) -> LocalModel:
    spec = get_spec(PREFERRED)
    try:
        return _locate_spec(spec, download, progress, _AUTO_SECONDS)
    except ModelUnavailableError as error:
        model = _locate_spec(get_spec(EMBEDDED), download=False, progress=None)
        warning = (
            f"WARNING: using the small demonstration model {EMBEDDED}, whose English is often wrong, because {error} "
            f"(to get the real one: duizhao models pull {PREFERRED})"
        )
        return replace(model, warning=warning)


def _locate_spec(
    spec: ModelSpec, download: bool, progress: Progress | None, patience: float = _NAMED_SECONDS
) -> LocalModel:
    packaged = _package_folder() / "models" / spec.name
    folder = packaged if spec.repo is None else _ensure_cached(spec, download, progress, patience)
    for file, pin in spec.files.items():
        _check_file(spec, folder / file, pin)
    return LocalModel(spec, folder)


def _ensure_cached(spec: ModelSpec, download: bool, progress: Progress | None, patience: float) -> Path:
    """Folder of the hub's cache that holds all files of ``spec``, after fetching what is missing."""
    missing = [file for file in spec.files if _cached(spec, file) is None]
    if missing and not download:
        raise ModelUnavailableError(
            f"model {spec.name!r} is not in the cache ({missing[0]} is missing); run: duizhao models pull {spec.name}"
        )
    if missing:
        _fetch(spec, missing, progress, patience)
    path = _cached(spec, next(iter(spec.files)))
    if path is None:
        raise ModelUnavailableError(f"model {spec.name!r} did not arrive in the cache; check that HF_HOME is writable")
    return path.parent


def _locate_folder(folder: Path) -> LocalModel:
    weights = [name for name in _WEIGHTS if (folder / name).is_file()][:1]
    names = [*_TEXT_FILES, *weights, *(name for name in _OPTIONAL_FILES if (folder / name).is_file())]
    absent = [name for name in _TEXT_FILES if not (folder / name).is_file()]
    if absent or not weights:
        lacking = absent or [" or ".join(_WEIGHTS)]
        raise ModelDamagedError(f"folder {folder} is no MarianMT model in transformers format: {lacking[0]} is missing")
    try:
        files = {name: FilePin(sha256_of(folder / name), (folder / name).stat().st_size) for name in names}
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        max_tokens, beam = int(config["max_position_embeddings"]), int(config.get("num_beams") or 6)
    except OSError as error:
        raise ModelUnavailableError(f"cannot read model folder {folder}: {_first_line(error)}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ModelDamagedError(f"{folder / 'config.json'} is no Marian configuration: {_first_line(error)}") from error
    name = folder.resolve().name
    spec = ModelSpec(name, None, "", MappingProxyType(files), "unknown", "zh", "en", max_tokens, beam, "local folder")
    return LocalModel(replace(spec, revision=spec.fingerprint[:12]), folder)


# --- files -----------------------------------------------------------------------------------------------------


def _difference(path: Path, pin: FilePin) -> str | None:
    """How a file differs from its pin, in words; None when it does not. The size is looked at first: it is cheap."""
    n_bytes = path.stat().st_size
    if n_bytes != pin.n_bytes:
        return f"it has {n_bytes:,} bytes, not {pin.n_bytes:,}"
    sha256 = sha256_of(path)
    return None if sha256 == pin.sha256 else f"its SHA-256 is {sha256}, not {pin.sha256}"


def _check_file(spec: ModelSpec, path: Path, pin: FilePin) -> None:
    way_out = "reinstall duizhao" if spec.repo is None else f"run: duizhao models pull {spec.name}"
    try:
        difference = _difference(path, pin)
    except FileNotFoundError:
        difference = "it is missing"
    except OSError as error:
        raise ModelUnavailableError(f"cannot read {path} of model {spec.name!r}: {_first_line(error)}") from error
    if difference:
        raise ModelDamagedError(f"model {spec.name!r} is damaged: {path.name}: {difference} ({path}); {way_out}")


# --- the hub ---------------------------------------------------------------------------------------------------


def _cached(spec: ModelSpec, file: str) -> Path | None:
    """Where the hub's cache holds a file of the pinned revision, or None."""
    from huggingface_hub import try_to_load_from_cache  # half a second that most calls need not pay

    path = try_to_load_from_cache(str(spec.repo), file, revision=spec.revision)
    return Path(path) if isinstance(path, str) and Path(path).is_file() else None


def _discard_if_damaged(spec: ModelSpec, file: str) -> None:
    """Remove a file from the hub's cache if it is not the pinned one.

    ``force_download`` would not do: it fetches the file but leaves the link of the snapshot on the old bytes when
    the hub names the new ones differently.
    """
    path = _cached(spec, file)
    if path is None or _difference(path, spec.files[file]) is None:
        return
    try:
        path.resolve().unlink()
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ModelUnavailableError(f"cannot replace the damaged {path}: {_first_line(error)}; remove it") from error


def _fetch(spec: ModelSpec, files: Sequence[str], progress: Progress | None, patience: float) -> None:
    """Bring files of the pinned revision into the hub's cache.

    Raises:
        ModelUnavailableError: the hub may not be asked, does not answer, or breaks off.
    """
    if not files:
        return
    from huggingface_hub import constants, hf_hub_download

    if constants.HF_HUB_OFFLINE:
        raise ModelUnavailableError(
            f"model {spec.name!r} is not in the cache ({files[0]} is missing) and HF_HUB_OFFLINE forbids to fetch it"
        )
    _ask_hub(spec, files[0], patience)
    for file in files:
        with _hub_errors(spec, file):
            hf_hub_download(
                str(spec.repo),
                file,
                revision=spec.revision,
                tqdm_class=_reporter(file, spec.files[file].n_bytes, progress),
            )


def _ask_hub(spec: ModelSpec, file: str, patience: float) -> None:
    """Find out within ``patience`` seconds whether the hub answers.

    The hub's client retries for minutes, and a name server that is down blocks before any of its timeouts counts;
    so the question is asked in a thread that is left behind when the time is over.

    Raises:
        ModelUnavailableError: it does not answer, or refuses.
    """
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url

    refusals: list[ModelUnavailableError] = []

    def ask() -> None:
        try:
            with _hub_errors(spec, file):
                get_hf_file_metadata(hf_hub_url(str(spec.repo), file, revision=spec.revision), timeout=patience)
        except ModelUnavailableError as error:
            refusals.append(error)

    thread = threading.Thread(target=ask, name="ask-hub", daemon=True)
    thread.start()
    thread.join(patience)
    if thread.is_alive():
        raise ModelUnavailableError(
            f"model {spec.name!r} is not in the cache and {constants.ENDPOINT} did not answer in {patience:g} s"
        )
    if refusals:
        raise refusals[0]


@contextmanager
def _hub_errors(spec: ModelSpec, file: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # the hub's client lets the errors of its HTTP library through, and changes that
        from huggingface_hub import constants

        raise ModelUnavailableError(
            f"{file} of model {spec.name!r} is not in the cache and cannot be had from {constants.ENDPOINT}: "
            f"{_first_line(error)}"
        ) from error


def _reporter(file: str, n_bytes: int, progress: Progress | None) -> type[Any]:
    """A progress bar for the hub's client that draws nothing and tells ``progress``."""
    from huggingface_hub.utils.tqdm import tqdm

    class Reporter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self._done = int(kwargs.get("initial") or 0)
            super().__init__(*args, **{**kwargs, "disable": True})  # type: ignore[no-untyped-call]  # tqdm is untyped

        def update(self, n: float | None = 1) -> bool | None:
            self._done += int(n or 0)
            if progress is not None:
                progress(file, self._done, n_bytes)
            return None

    return Reporter


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
