"""Every test runs offline, with caches of its own that are empty at the start."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile

from hypothesis import HealthCheck, settings

# No test asserts a time: a busy machine is no bug.
settings.register_profile("duizhao", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("duizhao")

# A shell starts its background jobs with Ctrl-C ignored, and so would be what the tests start in order to interrupt it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The models of the tests are so small that threads wait for one another longer than they compute, and on a busy machine
# twenty times as long. Set before anything imports torch.
os.environ.setdefault("OMP_NUM_THREADS", "1")

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
