"""A process that has everything imported and forks the command line on demand, so that it can be killed by the hundred.

Reads a JSON list of arguments a line; answers ``PID`` when the child runs, and ``=CODE`` when it has ended. Before, it
makes the engine slow, and has it write a line for each batch that it decodes, as is said by its own arguments:

    python zygote.py SECONDS SHARD_SENTENCES LOG
"""

import json
import os
import sys
from pathlib import Path

from corpus.build import shards
from corpus.build.run import assemble, plan, work  # noqa: F401 - imported, so that no child has to
from corpus.cli.main import main
from translate.engines import fake

ANSWER = fake.FakeEngine._answer_all


def logged(self: fake.FakeEngine, batch: list[str], cap: int) -> list[fake.Hypothesis]:
    """Note a batch before anything can go wrong."""
    line = json.dumps(batch).encode() + b"\n"
    handle = os.open(sys.argv[3], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line)
    os.close(handle)
    return ANSWER(self, batch, cap)


def serve() -> None:
    """Fork until stdin ends."""
    seconds = float(sys.argv[1])
    shards.SHARD_SENTENCES = plan.SHARD_SENTENCES = int(sys.argv[2])
    fake.FakeEngine._answer_all = logged  # type: ignore[method-assign]
    fake.FakePlan.__init__.__defaults__ = (*fake.FakePlan.__init__.__defaults__[:-1], seconds)  # type: ignore[index]
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            os.close(0)
            handle = os.open(Path(os.devnull), os.O_RDONLY)
            assert handle == 0
            os._exit(main(json.loads(line)))
        print(pid, flush=True)
        print(f"={os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}", flush=True)


serve()
