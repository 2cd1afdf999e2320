"""Where a model's files lie, and whether they are the right ones.

Each file is hashed before it is loaded, every time: 300 MB take a few tenths of a second, and a remembered answer
could be wrong. Files that are not pinned are never loaded, even if they lie in the same folder.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from translate.errors import ModelDamagedError, ModelError, ModelUnavailableError, UnknownNameError, first_line
from translate.files.digest import sha256_of
from translate.marian import hub
from translate.marian.catalogue import (
    AUTO,
    EMBEDDED,
    PREFERRED,
    get_spec,
    known,
    package_folder,
)
from translate.marian.config import check_config, integer, read_object
from translate.marian.hub import Progress
from translate.marian.languages import CHINESE_ENGLISH, ENGLISH_TOKEN, LanguagePair, is_target_token
from translate.marian.model import FilePin, LocalModel, ModelSpec
from translate.marian.settings import MOST_BEAMS

__all__ = ["cache_folder", "is_cached", "locate", "pull", "verify"]

_AUTO_SECONDS = 3.0
_NAMED_SECONDS = 10.0
"""How long the hub has to answer: less when there is something to fall back on."""

_NAME = re.compile(r"\bopus-mt(?:-[a-z]+)*?-([a-z]{2,3})-([a-z]{2,3})$")
"""Languages in the name of a model of Helsinki-NLP: ``opus-mt-en-zh``, ``opus-mt-tc-big-zh-en``."""

_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_TEXT_FILES = ("config.json", "source.spm", "target.spm", "vocab.json")
_OPTIONAL_FILES = ("generation_config.json", "target_vocab.json")


def cache_folder() -> Path:
    """Where we keep what can be made again: ``DUIZHAO_CACHE``, else the platform's cache folder."""
    if chosen := os.environ.get("DUIZHAO_CACHE"):
        return Path(chosen).expanduser()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "duizhao"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "duizhao" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "duizhao"


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
        hub.fetch(spec, [file for file in spec.files if hub.cached(spec, file) is None], progress, _NAMED_SECONDS)
    return _locate_spec(spec, download=False, progress=None)


def verify(name_or_folder: str) -> LocalModel:
    """Hash every file of a model that is on this machine; asks no hub.

    Raises:
        UnknownNameError, ModelUnavailableError, ModelDamagedError: as `locate`.
    """
    return locate(PREFERRED if name_or_folder == AUTO else name_or_folder, download=False)


def is_cached(spec: ModelSpec) -> bool:
    """Whether every file is on this machine (not whether it is the right one: see `verify`)."""
    return spec.repo is None or all(hub.cached(spec, file) for file in spec.files)


def _locate_auto(download: bool, progress: Progress | None) -> LocalModel:
    spec = get_spec(PREFERRED)
    try:
        return _locate_spec(spec, download, progress, _AUTO_SECONDS)
    except ModelUnavailableError as error:
        model = _locate_spec(get_spec(EMBEDDED), download=False, progress=None)
        warning = (
            f"using the embedded model {EMBEDDED}, as good as {PREFERRED} on news, weaker on general text, names and "
            f"idioms, because {error} (to have {PREFERRED}: duizhao models pull {PREFERRED})"
        )
        return replace(model, warning=warning)


def _locate_spec(
    spec: ModelSpec, download: bool, progress: Progress | None, patience: float = _NAMED_SECONDS
) -> LocalModel:
    packaged = package_folder() / "models" / spec.name
    folder = packaged if spec.repo is None else _ensure_cached(spec, download, progress, patience)
    for file, pin in spec.files.items():
        _check_file(spec, folder / file, pin)
    return LocalModel(spec, folder)


def _ensure_cached(spec: ModelSpec, download: bool, progress: Progress | None, patience: float) -> Path:
    """Folder of the hub's cache that holds all files of ``spec``, after fetching what is missing."""
    missing = [file for file in spec.files if hub.cached(spec, file) is None]
    if missing and not download:
        raise ModelUnavailableError(
            f"model {spec.name!r} is not in the cache ({missing[0]} is missing); run: duizhao models pull {spec.name}"
        )
    if missing:
        hub.fetch(spec, missing, progress, patience)
    path = hub.cached(spec, next(iter(spec.files)))
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
    except OSError as error:
        raise ModelUnavailableError(f"cannot read model folder {folder}: {first_line(error)}") from error
    config = read_object(folder / "config.json", str(folder / "config.json"))
    max_tokens = check_config(config, str(folder / "config.json")).max_position_embeddings
    name = folder.resolve().name
    beam = _beam_of(folder, config)
    languages = _languages_of(folder)
    spec = ModelSpec(
        name,
        None,
        "",
        MappingProxyType(files),
        "unknown",
        languages,
        max_tokens,
        beam,
        "local folder",
        target_token=_target_token_of(folder),
    )
    return LocalModel(replace(spec, revision=spec.fingerprint[:12]), folder)


def _languages_of(folder: Path) -> LanguagePair:
    """What the model of a folder says that it translates; from Chinese to English when it does not say.

    The tokenizer's settings name the languages. Where those are missing, the model's name often ends in both
    (``opus-mt-en-zh``): the folder's, or the one that the configuration was saved with. A card lists them as well, but
    in no certain order.
    """
    path = folder / "tokenizer_config.json"
    said = read_object(path, str(path)) if path.is_file() else {}
    with suppress(ValueError):  # of what is there, and no language
        return LanguagePair(said.get("source_lang", ""), said.get("target_lang", ""))
    kept = read_object(folder / "config.json", str(folder / "config.json")).get("_name_or_path")
    for name in (str(kept or ""), folder.resolve().name):
        if match := _NAME.search(name):
            return LanguagePair(*match.groups())
    return CHINESE_ENGLISH


def _target_token_of(folder: Path) -> str | None:
    """How a source for the model of a folder has to begin; None where its vocabulary has no tokens for that.

    Raises:
        ModelError: it writes several languages, and English is none of them.
    """
    path = folder / "vocab.json"
    tokens = sorted(filter(is_target_token, read_object(path, str(path))))
    if tokens and ENGLISH_TOKEN not in tokens:
        raise ModelError(
            f"model folder {folder} writes {', '.join(tokens[:8])}{' …' if tokens[8:] else ''}, not {ENGLISH_TOKEN}; "
            "duizhao judges English: use one from zh to en"
        )
    return ENGLISH_TOKEN if tokens else None


def _beam_of(folder: Path, config: Mapping[str, Any]) -> int:
    """The beam size that the model of a folder was meant to be used with; 6 when it does not say."""
    settings = folder / "generation_config.json"
    sources = [(folder / "config.json", config)]
    if settings.is_file():
        sources.insert(0, (settings, read_object(settings, str(settings))))
    for path, values in sources:
        if values.get("num_beams") is not None:
            return integer(values, "num_beams", 1, MOST_BEAMS, where=str(path))
    return 6


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
        raise ModelUnavailableError(f"cannot read {path} of model {spec.name!r}: {first_line(error)}") from error
    if difference:
        raise ModelDamagedError(f"model {spec.name!r} is damaged: {path.name}: {difference} ({path}); {way_out}")


def _discard_if_damaged(spec: ModelSpec, file: str) -> None:
    """Remove a file from the hub's cache if it is not the pinned one."""
    path = hub.cached(spec, file)
    if path is not None and _difference(path, spec.files[file]) is not None:
        hub.discard(path)
