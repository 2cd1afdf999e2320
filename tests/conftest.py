"""Every test runs offline, with caches of its own that are empty at the start."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

from hypothesis import HealthCheck, settings

# No test asserts a time: a busy machine is no bug.
settings.register_profile("duizhao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("duizhao")

# Set before anything imports huggingface_hub, which reads them once.
_caches = tempfile.mkdtemp(prefix="duizhao-tests-")
atexit.register(shutil.rmtree, _caches, ignore_errors=True)
os.environ.update(
    HF_HUB_OFFLINE="1",
    HF_HOME=f"{_caches}/hf",
    DUIZHAO_CACHE=f"{_caches}/duizhao",
    TOKENIZERS_PARALLELISM="false",
)
os.environ.pop("DUIZHAO_MODELS", None)
os.environ.pop("HF_HUB_CACHE", None)
