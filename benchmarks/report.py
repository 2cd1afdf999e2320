"""The page of ``duizhao report``: how long it takes to make, how large it is, and how fast it is in Chromium.

    python benchmarks/report.py CORPUS [--pairs N] [--times 5] [--search 经济 --search growth]

CORPUS is any bitext, best one that ``duizhao score`` wrote. It needs selenium, chromium and chromedriver. Ready is from
the start of the navigation until rows are on the screen and everything answers; each other time is from a change of a
field until the list shows what it asks for, layout and all. Medians, and the largest.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from corpus.report.report import SHOWN, report_corpus

_TIMED = """
const field = document.querySelector(arguments[0]), begin = performance.now();
if (arguments[2] === "click") field.click();
else { field.value = arguments[1]; field.dispatchEvent(new Event(arguments[2])); }
document.getElementById("grid").getBoundingClientRect();
return performance.now() - begin
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--pairs", type=int, default=SHOWN)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--search", action="append")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "report.html"
        begin = time.perf_counter()
        made = report_corpus(args.corpus, page, n_pairs=args.pairs)
        took = time.perf_counter() - begin
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"made in {took:.1f} s and {memory:.0f} MB: {made.n_shown} of {made.n_pairs} pairs, ", end="")
        print(f"{page.stat().st_size / 1e6:.1f} MB")
        found: dict[str, list[float]] = {}
        for _ in range(args.times):
            for what, milliseconds in in_chromium(page, args.search or ["经济", "growth", "的"]):
                found.setdefault(what, []).append(milliseconds)
        for what, times in found.items():
            print(f"{what:<28} {statistics.median(times):7.0f} ms {max(times):7.0f} ms")


def in_chromium(page: Path, searches: list[str]) -> Iterator[tuple[str, float]]:
    """What was done, and how many milliseconds it took."""
    from selenium import webdriver

    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or shutil.which("google-chrome") or ""
    for flag in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1440,900"):
        options.add_argument(flag)
    with webdriver.Chrome(options=options, service=webdriver.ChromeService(shutil.which("chromedriver"))) as driver:
        driver.set_script_timeout(120)
        driver.get(page.as_uri())
        wait(driver)
        yield "ready", float(driver.execute_script("return document.documentElement.dataset.ready"))
        time.sleep(1)  # what it does for later searches, when nobody waits
        for text in searches:
            yield f"search {text}", driver.execute_script(_TIMED, "#query", text, "input")
        yield "search nothing", driver.execute_script(_TIMED, "#query", "", "input")
        yield "a flag", driver.execute_script(_TIMED, ".facet button", "", "click")
        yield "without it", driver.execute_script(_TIMED, ".facet button", "", "click")
        yield "a range", driver.execute_script(_TIMED, ".range input", "0.1", "change")
        yield "no range", driver.execute_script(_TIMED, ".range input", "", "change")
        yield "sort by length_z", driver.execute_script(_TIMED, "#sort", "length_z", "change")
        yield "by length of the target", driver.execute_script(_TIMED, "#sort", "target length", "change")


def wait(driver: Any) -> None:
    until = time.monotonic() + 120
    while not driver.execute_script("return document.documentElement.dataset.ready"):
        if time.monotonic() > until:
            raise SystemExit("the page is not ready after two minutes")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
