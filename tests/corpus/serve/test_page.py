"""The page in Chromium, without a window: what a person does with it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.readers.bitext import read_bitext
from corpus.serve.browse import OpenCorpus
from corpus.serve.keys import ApiKeys
from translate.engines.fake import FakePlan

from ..chromium import PAGE_TESTS, Keys, OpenPage, chromium, webdriver
from .conftest import Serve, Served, serving
from .test_browse import written

pytestmark = PAGE_TESTS

HOSTILE = (
    "</script><script>window.hit=1;alert(1)</script><img src=x onerror='window.hit=1;alert(1)'>"
    "<svg onload=alert(1)>&lt;b&gt;坏 ${alert(1)}"
)


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    downloads = str(tmp_path_factory.mktemp("downloads"))
    with chromium("--lang=en-GB", preferences={"download.default_directory": downloads}) as found:
        found.downloads = Path(downloads)
        yield found


class Shown(OpenPage):
    """The page, open."""

    def __init__(self, driver: Any, served: Served, *, size: tuple[int, int] = (1280, 860), dark: bool = False) -> None:
        super().__init__(driver, f"{served.url}/", size=size, dark=dark)

    def click(self, css: str) -> None:
        self.js("document.querySelector(arguments[0]).click()", css)

    def text(self, css: str) -> str:
        return str(self.js("return document.querySelector(arguments[0]).textContent", css))

    def translate(self, text: str) -> list[list[str]]:
        """Source and target of each row, once all are there."""
        self.set("#text", text)
        self.click("#go")
        self.wait("document.querySelector('#rows .pair') && document.getElementById('stop').hidden")
        return self.rows()

    def rows(self) -> list[list[str]]:
        found: list[list[str]] = self.js(
            "return [...document.querySelectorAll('section:not([hidden]) .pair')].map((row) => "
            "[...row.querySelectorAll('.words')].map((words) => words.textContent))"
        )
        return found

    def fetched(self, name: str) -> Path:
        """A file that the page gave to the browser."""
        path: Path = self.driver.downloads / name
        until = time.monotonic() + 60
        while not path.exists():
            assert time.monotonic() < until, name
            time.sleep(0.02)
        return path

    def check(self) -> None:
        assert [entry["message"] for entry in self.driver.get_log("browser")] == []
        assert not self.js("return window.hit")


@pytest.fixture
def shown(driver: Any, served: Served) -> Iterator[Shown]:
    found = Shown(driver, served)
    found.js("localStorage.clear()")
    found = Shown(driver, served)
    yield found
    found.check()


def test_text_becomes_pairs_side_by_side(shown: Shown) -> None:
    assert shown.translate("你好。再见。\n\n海南有280人。") == [
        ["你好。", "EN(你好。)[3]"],
        ["再见。", "EN(再见。)[3]"],
        ["海南有280人。", "EN(海南有280人。)[8]"],
    ]
    assert "3 sentences in" in shown.text("#status")
    left, right = shown.js(
        "return [...document.querySelector('.pair').querySelectorAll('.words')].map((w) => w.getBoundingClientRect().x)"
    )
    assert left < right
    names = shown.js("return performance.getEntriesByType('resource').map((each) => new URL(each.name).origin)")
    assert set(names) == {shown.js("return location.origin")}


def test_sentences_are_there_before_all_are_done(driver: Any, serve: Serve) -> None:
    with serve(plan=FakePlan(seconds=0.3)) as served:
        shown = Shown(driver, served)
        shown.set("#text", "".join(f"这是第{i}句话。" for i in range(200)))
        shown.click("#go")
        shown.wait("document.querySelector('.target .words:not(.waiting)')")
        assert shown.js("return document.querySelectorAll('.waiting').length") > 50
        shown.click("#stop")
        shown.wait("document.getElementById('status').textContent === 'Stopped.'")
        assert served.queue.n_waiting == 0
        shown.check()


def test_pointing_at_a_word_lights_its_counterpart(shown: Shown) -> None:
    shown.translate("海南有280人，URL 是 example。")
    word = "[...document.querySelectorAll('.source .word')].find((w) => w.textContent === '280')"
    shown.wait(word)
    webdriver.ActionChains(shown.driver).move_to_element(shown.js(f"return {word}")).perform()
    lit = "[...document.querySelectorAll('.lit')].map((w) => w.textContent)"
    assert shown.js(f"return {lit}") == ["280", "280"]
    shown.js("document.activeElement.blur()")
    shown.keys("j", Keys.ARROW_RIGHT)
    assert shown.js(f"return {lit}")
    assert shown.js("return document.activeElement.className").startswith("pair")


def test_a_flag_says_what_it_means_in_both_languages(driver: Any, serve: Serve) -> None:
    with serve(plan=FakePlan(lose=lambda text: "280" in text)) as served:
        shown = Shown(driver, served)
        shown.translate("海南有280人。")
        flag = "[...document.querySelectorAll('.flag')].find((each) => each.textContent === 'number_lost')"
        shown.js(f"{flag}.click()")
        assert "a number of the source is not in the English" in shown.text(".why")
        shown.click("#language")
        assert shown.text("#go") == "翻译"
        assert shown.js("return document.documentElement.lang") == "zh"
        shown.js(f"{flag}.click()")
        assert "译文缺少原文中的数字" in shown.text(".why")
        shown.click("#language")
        shown.check()


def test_a_glossary_is_sent_and_kept(shown: Shown) -> None:
    shown.click("#open-glossary")
    shown.keys("腾讯", Keys.TAB, "Tencent", Keys.ENTER)
    assert shown.js("return document.getElementById('glossary').value") == "腾讯\tTencent\n"
    assert "(1)" in shown.text("#open-glossary")
    rows = shown.translate("腾讯在海南。")
    assert "Tencent" in rows[0][1]
    shown.set("#glossary", "没有制表符")
    shown.set("#text", "你好。")
    shown.click("#go")
    shown.wait("document.getElementById('status').className === 'wrong'")
    assert "is no term" in shown.text("#status")
    shown.driver.get_log("browser")  # the browser notes the 400 itself
    shown.set("#glossary", "")


def test_a_file_is_dropped_and_comes_back(shown: Shown) -> None:
    shown.js(
        "const data = new DataTransfer(); data.items.add(new File([arguments[0]], '章 一.html'));"
        "for (const kind of ['dragenter', 'dragover', 'drop'])"
        "  document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, bubbles: true, cancelable: true }))",
        "<p>你好，<b>海南</b>。</p>",
    )
    shown.wait("document.querySelector('#download a')")
    shown.click("#download a")
    page = shown.fetched("章 一.en.html").read_text("utf-8")
    assert page.startswith("<p>")
    assert "EN(" in page


def test_pairs_are_saved_as_tsv_and_tmx(shown: Shown) -> None:
    shown.translate("你好。\n<b>再见</b>。")
    for name in ("duizhao.tsv", "duizhao.tmx"):
        shown.driver.find_element("id", f"save-{name[-3:]}").click()  # a second one wants a person's hand
        pairs = list(read_bitext(shown.fetched(name)))
        assert [pair.source.text for pair in pairs] == ["你好。", "<b>再见</b>。"]  # type: ignore[union-attr]
        assert pairs[0].target.text == "EN(你好。)[3]"  # type: ignore[union-attr]


def test_hostile_text_is_text(shown: Shown) -> None:
    rows = shown.translate(HOSTILE)
    assert "".join(row[0] for row in rows).count("<svg onload=alert(1)>") == 1
    assert shown.js("return document.querySelectorAll('main img, main svg, main script, main b').length") == 0
    blocked = "try { document.body.innerHTML += '<img src=x onerror=window.hit=1>' } catch { return 1 } return 0"
    assert shown.js(blocked) == 1
    assert all("Trusted" in entry["message"] for entry in shown.driver.get_log("browser"))


def test_keys(shown: Shown) -> None:
    shown.set("#text", "你好。")
    shown.js("document.getElementById('text').focus()")
    webdriver.ActionChains(shown.driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
    shown.wait("document.querySelector('#rows .pair')")
    shown.keys(Keys.ESCAPE, "?")
    assert shown.js("return document.getElementById('help').open")
    shown.keys(Keys.ESCAPE, "t", "t")
    assert shown.js("return document.documentElement.dataset.theme") == "dark"
    shown.keys("t", "g")
    assert shown.js("return document.activeElement.id") == "glossary"


def test_a_phone_has_one_side_above_the_other(driver: Any, served: Served) -> None:
    shown = Shown(driver, served, size=(390, 844), dark=True)
    shown.translate("海南是一个省，风景很好，值得一看。" * 3 + "A" * 200 + "。")
    assert shown.js("return document.documentElement.scrollWidth") <= 390
    tops = shown.js("return [...document.querySelectorAll('.pair .words')].map((w) => w.getBoundingClientRect().y)")
    assert tops == sorted(tops)
    assert len(set(tops)) == len(tops)
    shown.check()


def test_a_server_with_keys_asks_for_one(driver: Any, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("0123456789ab\n", encoding="utf-8")
    with serving(keys=ApiKeys.read(tmp_path / "keys")) as served:
        shown = Shown(driver, served)
        assert shown.js("return document.getElementById('key').checkVisibility()")
        shown.set("#key", "0123456789ab")
        assert shown.translate("你好。") == [["你好。", "EN(你好。)[3]"]]
        shown.check()


def test_a_corpus_is_opened_with_a_key(driver: Any, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text("0123456789ab\n", encoding="utf-8")
    corpus = OpenCorpus(written(tmp_path / "a.tsv"), tmp_path / "c.jsonl")
    with serving(corpus=corpus, keys=ApiKeys.read(tmp_path / "keys")) as served:
        shown = Shown(driver, served)
        assert not shown.js("return document.getElementById('corpus').hidden")
        shown.wait("document.getElementById('found').textContent.includes('API key')")
        shown.js("document.getElementById('key').focus()")
        shown.keys("0123456789ab", Keys.ENTER)
        shown.wait("document.querySelectorAll('#corpus-rows .pair').length === 50")
        shown.driver.get_log("browser")  # the browser notes the 400 itself
    corpus.close()


def test_a_corpus_is_read_searched_and_corrected(driver: Any, tmp_path: Path) -> None:
    corpus = OpenCorpus(written(tmp_path / "a.tsv"), tmp_path / "c.jsonl")
    with serving(corpus=corpus) as served:
        shown = Shown(driver, served)
        assert len(shown.rows()) == 50
        shown.click("#on")
        shown.wait("document.getElementById('found').textContent.startsWith('51 to 100')")
        shown.set("#flag", "number_lost", "change")
        shown.wait("document.querySelectorAll('#corpus-rows .pair').length === 1")
        shown.set("#flag", "", "change")
        shown.wait("document.querySelectorAll('#corpus-rows .pair').length === 50")
        shown.set("#query", "280")
        shown.wait("document.querySelectorAll('#corpus-rows .pair').length === 1")
        shown.js("document.activeElement.blur()")
        shown.keys("j", Keys.ENTER)
        shown.wait("document.activeElement.tagName === 'TEXTAREA'")
        shown.set("#corpus-rows textarea", "A total of 280 yuan.")
        webdriver.ActionChains(driver).key_down(Keys.CONTROL).send_keys(Keys.ENTER).key_up(Keys.CONTROL).perform()
        shown.wait("document.querySelector('.pair.corrected')")
        assert shown.rows() == [["一共280元。", "A total of 280 yuan."]]
        assert "A total of 280 yuan." in (tmp_path / "c.jsonl").read_text("utf-8")
        shown.js("[...document.querySelectorAll('.pair button')].at(-1).click()")  # take back
        shown.wait("!document.querySelector('.pair.corrected')")
        shown.set("#query", "onerror")
        shown.wait("document.querySelector('#corpus-rows .source .words')?.textContent.includes('onerror')")
        assert shown.js("return document.querySelectorAll('main img').length") == 0
        shown.click("#tab-translate")
        assert shown.translate("你好。") == [["你好。", "EN(你好。)[3]"]]
        shown.check()
    corpus.close()
