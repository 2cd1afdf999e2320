"""``duizhao serve``: what many clients get who ask at once, against the same requests one by one.

    python benchmarks/serve.py SENTENCES [--clients 32] [--requests 256] [-- --model zh-en-mini …]

SENTENCES is a text of one Chinese sentence a line; no two requests send the same. A request is one sentence over HTTP,
on a connection that is kept. All passes run against one server, one by one before and after the other, so that what
else the machine does falls on both. Printed are requests a second, the median and the 95th percentile of their times,
the server's processor time a request (on Linux), and the ratios: of requests a second, and of processor time, which
tells what batches bring where others use the cores. What stands behind ``--`` goes to ``duizhao serve``.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("sentences", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--requests", type=int, default=256)
    given, _, options = " ".join(sys.argv[1:]).partition(" -- ")
    args = parser.parse_args(given.split())
    lines = dict.fromkeys(line.strip() for line in args.sentences.read_text("utf-8").splitlines())
    texts = [line for line in lines if 5 <= len(line) <= 200]
    alone = args.requests // 4
    needed = args.requests + 2 * alone + 8
    if len(texts) < needed:
        raise SystemExit(f"{args.sentences}: {len(texts)} sentences, {needed} needed")
    texts = texts[:: len(texts) // needed][:needed]
    with served(options.split()) as (port, pid):
        timed(port, pid, [texts[:8]])
        first = timed(port, pid, [texts[8 : 8 + alone]])
        begin = 8 + alone
        shares = [texts[begin + i : begin + args.requests : args.clients] for i in range(args.clients)]
        together = timed(port, pid, shares)
        last = timed(port, pid, [texts[-alone:]])
    one = (first[0] + last[0]) / 2
    for name, (rate, cpu, times) in (
        ("one by one", first),
        (f"{args.clients} clients", together),
        ("one by one", last),
    ):
        p95 = statistics.quantiles(times, n=20)[-1]
        print(f"{name:<12} {rate:6.1f} requests/s   median {statistics.median(times):.2f} s   p95 {p95:.2f} s", end="")
        print(f"   {1000 * cpu:.0f} ms of processor time a request")
    print(f"ratio {together[0] / one:.2f}; of processor time {(first[1] + last[1]) / 2 / (together[1] or 1):.2f}")


@contextmanager
def served(options: Sequence[str]) -> Iterator[tuple[int, int]]:
    """A server of its own; gives its port and its process."""
    command = [sys.executable, "-m", "corpus.cli", "serve", "--port", "0", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        for line in process.stderr:
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                break
        else:
            raise SystemExit("it did not start")
        try:
            yield int(found[1]), process.pid
        finally:
            process.send_signal(signal.SIGTERM)


def timed(port: int, pid: int, shares: Sequence[Sequence[str]]) -> tuple[float, float, list[float]]:
    """Each client sends its share, one by one; gives requests a second, processor time of each, seconds of each."""
    times: list[float] = []
    clients = [threading.Thread(target=ask, args=(port, share, times)) for share in shares]
    begin, used = time.perf_counter(), processor_time(pid)
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    n = sum(map(len, shares))
    return n / (time.perf_counter() - begin), (processor_time(pid) - used) / n, times


def processor_time(pid: int) -> float:
    """Seconds that a process has used; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ask(port: int, texts: Sequence[str], times: list[float]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    for text in texts:
        begin = time.perf_counter()
        body = json.dumps({"q": text, "source": "zh", "target": "en"})
        connection.request("POST", "/translate", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        found = json.load(answer)
        if answer.status != 200 or not found["translatedText"]:
            raise SystemExit(f"{answer.status}: {found}")
        times.append(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
