"""Chromium without a window, for the tests of the pages: the browser, and what a person does with any page."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium, of the extra test")
from selenium.webdriver.common.keys import Keys  # noqa: E402  (after it is known to be there)

__all__ = ["PAGE_TESTS", "Keys", "OpenPage", "chromium", "webdriver"]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

PAGE_TESTS = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None or DRIVER is None, reason="needs chromium and chromedriver on the PATH"),
]
"""The marks of a file of tests that opens pages."""


@contextmanager
def chromium(*flags: str, preferences: Mapping[str, object] | None = None) -> Iterator[Any]:
    """A browser that keeps what pages log."""
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if preferences:
        options.add_experimental_option("prefs", dict(preferences))
    for flag in ("--headless=new", "--disable-dev-shm-usage", "--disable-gpu", *flags):
        options.add_argument(flag)
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium refuses to run as root with one
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    try:
        yield driver
    finally:
        driver.quit()


class OpenPage:
    """A page that is open, and has said that it is ready."""

    def __init__(self, driver: Any, url: str, *, size: tuple[int, int], dark: bool = False) -> None:
        self.driver = driver
        width, height = size
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        theme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [theme]})
        driver.get("about:blank")
        driver.get_log("browser")
        driver.get(url)
        self.wait("document.documentElement.dataset.ready")

    def js(self, code: str, *arguments: object) -> Any:
        return self.driver.execute_script(code, *arguments)

    def wait(self, condition: str) -> Any:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            if found := self.js(f"return {condition}"):
                return found
            time.sleep(0.02)
        raise AssertionError(f"never: {condition}; {self.js('return document.body.innerText.slice(0, 500)')}")

    def keys(self, *keys: str) -> None:
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def set(self, css: str, value: str, event: str = "input") -> None:
        """Give a field a value, as a person does."""
        code = "const f = document.querySelector(arguments[0]); f.value = arguments[1]; f.dispatchEvent(new Event("
        self.js(f"{code}arguments[2]))", css, value, event)

    def log(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]
