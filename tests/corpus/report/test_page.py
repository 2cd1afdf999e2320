"""The page in Chromium, without a window: what a person does with it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from corpus.pair import Pair, Span, columns_of
from corpus.report.report import report_corpus
from corpus.writers.base import RunMeta
from corpus.writers.writer import open_writer

from ..chromium import PAGE_TESTS, Keys, OpenPage, chromium, webdriver

pytestmark = PAGE_TESTS

HOSTILE = (
    "</script><script>window.hit=1;alert(1)</script><img src=x onerror='window.hit=1;alert(1)'>"
    "<svg onload=alert(1)>&lt;b&gt;&#60;i&#62; ${alert(1)} \u202eabc\u2067 \0 {{script}}"
)
TEXTS = [
    ("海南是一个省。", "Hainan is a province."),
    ("经济增长百分之三。", "The economy grew by 3 %, year-on-year (a/b) [c] {d}|e."),
    ("İstanbul 是城市。", "Istanbul is a CITY; its name has a dot: İ."),
    ("一共280元。", "A total of 208 yuan."),
    ("𠮷野家的牛肉饭。", "Beef bowls of Yoshinoya 🍚."),
    (HOSTILE, HOSTILE),
    ("", "Nothing."),
]
N = 3000


def score(i: int) -> float:
    return -0.01 * (i % 317) - 0.001


def corpus(path: Path) -> Path:
    pairs = []
    for i in range(N):
        source, target = (
            TEXTS[i]
            if i < len(TEXTS)
            else (f"第{i}句，很普通。" * (1 + i % 4), f"Sentence {i} of many. " * (1 + i % 9))
        )
        doc = HOSTILE if i == 5 else f"folder/{i % 4}.txt"
        flags = ("weak_link", "retried") if i % 50 == 0 else (HOSTILE,) if i == 5 else ()
        raw = source.replace("。", " 。\u200b") if i % 3 == 0 else source
        span = Span(doc, i, 0, 10 * i, 10 * i + len(raw), raw, source)
        signals = {"empty_sides": float(not source), "length_z": (i % 97) / 10 - 4, "repetition": 1.0 + (i % 400 == 3)}
        if i % 7 == 0:
            signals["numbers_kept"] = (i % 5) / 4
        pairs.append(Pair(span, Span.unplaced(target), score(i), signals, flags))
    with open_writer(path, None, RunMeta(f"sig:1|{HOSTILE}", "0"), columns_of(pairs)) as writer:
        writer.write_all(pairs)
    return path


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    report_corpus(corpus(folder / "a.jsonl"), folder / "page.html")
    return folder / "page.html"


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chromium("--window-size=1440,900") as found:
        yield found


class Shown(OpenPage):
    """A page that is open."""

    def __init__(
        self, driver: Any, page: Path, *, address: str = "", size: tuple[int, int] = (1440, 900), dark: bool = False
    ) -> None:
        super().__init__(driver, page.as_uri() + address, size=size, dark=dark)

    def click(self, css: str, label: str = "") -> None:
        """Press the first such element, or the first with that text."""
        code = "const all = [...document.querySelectorAll(arguments[0])]; "
        self.js(f"{code}all.find((f) => !arguments[1] || f.textContent === arguments[1]).click()", css, label)

    def search(self, text: str) -> int:
        self.set("#query", text, "input")
        return self.n

    def choose(self, name: str, value: str) -> None:
        self.set(f"#{name}", value, "change")

    @property
    def n(self) -> int:
        return int(self.js("return document.documentElement.dataset.shown"))

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows that are there, in order: number in the file, source, target."""
        texts = "row.querySelectorAll('.text')"
        found: list[dict[str, str]] = self.js(
            "return [...document.querySelectorAll('.row')].map((row) => ({"
            "number: row.querySelector('small').textContent, "
            f"source: {texts}[0].textContent, target: {texts}[1].textContent }}))"
        )
        return found

    @property
    def numbers(self) -> list[int]:
        return [int(row["number"][1:]) for row in self.rows]

    @property
    def detail(self) -> str:
        return str(self.js("return document.getElementById('detail').textContent"))


@pytest.fixture
def shown(driver: Any, page: Path) -> Iterator[Shown]:
    found = Shown(driver, page)
    yield found
    assert found.log() == []
    assert not found.js("return window.hit")


def test_it_opens_with_the_worst_first_and_few_rows(shown: Shown) -> None:
    assert shown.n == N
    # A flag of a later version that is not known counts against a pair as ours do.
    flagged = [1 + i for i in range(N) if i % 50 == 0] + [6]
    assert set(shown.numbers[:3]) <= set(flagged)
    assert len(shown.rows) < 60
    assert shown.js("return document.title") == "a.jsonl · duizhao report"
    assert shown.js("return performance.getEntriesByType('resource').length") == 0


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("经济增长", [2]),
        ("ECONOMY", [2]),
        ("YEAR-on-year (A/b) [c] {d}|e.", [2]),
        ("city", [3]),
        ("its name has", [3]),
        ("İ", [3]),
        ("𠮷野", [5]),
        ("🍚", [5]),
        ("zzz", []),
    ],
)
def test_it_finds_text_on_either_side(shown: Shown, query: str, rows: list[int]) -> None:
    found = shown.search(query)
    if query != "İ":  # whose small letter is that of others, too
        assert found == len(rows)
    assert set(rows) <= set(shown.numbers)
    if rows:
        assert shown.js("return document.querySelector('mark').textContent.length") > 0


def test_it_searches_one_side_and_by_expression(shown: Shown) -> None:
    assert shown.search("208 yuan") == 1
    shown.choose("scope", "target")
    assert shown.search("280元") == 0
    assert shown.search("208 yuan") == 1
    shown.choose("scope", "both")
    shown.js("document.getElementById('regex').click()")
    assert shown.search(r"^A total of \d+ yuan\.$") == 1
    assert shown.search("(") == 0
    assert shown.js("return document.getElementById('query').getAttribute('aria-invalid')") == "true"
    shown.js("document.getElementById('regex').click()")
    assert shown.search("") == N


def test_it_sorts_by_signals_both_ways(shown: Shown) -> None:
    shown.choose("sort", "row")
    assert shown.numbers[:4] == [1, 2, 3, 4]
    shown.js("document.getElementById('direction').click()")
    assert shown.numbers[:3] == [N, N - 1, N - 2]
    shown.choose("sort", "score")
    scores = [score(i) for i in range(N)]
    assert shown.numbers[0] == 1 + scores.index(max(scores))
    shown.js("document.getElementById('direction').click()")
    assert shown.numbers[0] == 1 + scores.index(min(scores))
    shown.choose("sort", "numbers_kept")  # which few have: the others come last
    assert shown.n == N


def test_it_filters_by_flag_document_and_range(shown: Shown) -> None:
    with_it, without = "[aria-label='only with weak_link']", "[aria-label='without weak_link']"
    shown.click(with_it)
    assert shown.n == N // 50
    shown.click(without)
    assert shown.n == N - N // 50
    shown.click(without)
    assert shown.n == N
    shown.set("[list=documents]", "folder/2", "input")
    assert shown.n == N // 4
    assert shown.js("return document.querySelectorAll('#active button').length") == 1
    shown.set("[aria-label='score at least']", "-0.1", "change")
    assert shown.n == sum(1 for i in range(N) if i % 4 == 2 and score(i) >= -0.1)
    assert "score+-0.1.." in shown.js("return location.hash")
    shown.click("#active button")
    shown.click("#active button")
    assert shown.n == N


def test_a_range_can_be_drawn_over_a_plot(shown: Shown) -> None:
    plot = shown.driver.find_element("css selector", ".signal svg")
    box = plot.size["width"]
    actions = webdriver.ActionChains(shown.driver)
    actions.move_to_element_with_offset(plot, -box // 4, 0).click_and_hold().move_by_offset(
        box // 4, 0
    ).release().perform()
    assert 0 < shown.n < N
    assert shown.js("return document.querySelectorAll('.signal.on').length") == 1


def test_pointing_at_a_pair_shows_it_in_full(shown: Shown) -> None:
    shown.search("海南")
    webdriver.ActionChains(shown.driver).move_to_element(shown.driver.find_element("css selector", ".row")).perform()
    shown.wait("document.getElementById('detail').textContent.includes('folder/0.txt:0:0')")
    assert "0 to 9" in shown.detail
    assert "海南是一个省 。U+200B" in shown.detail
    assert "length_z" in shown.detail


def test_the_keyboard_does_all(shown: Shown) -> None:
    shown.keys("/")
    assert shown.js("return document.activeElement.id") == "query"
    shown.keys("普通", Keys.ESCAPE)
    assert shown.js("return document.activeElement.id") == "grid"
    assert shown.n == N - len(TEXTS)
    shown.keys("j", "j", "k", "j")
    selected = "return document.querySelector('.row[aria-selected=true]').ariaRowIndex"
    assert shown.js(selected) == "2"
    shown.keys(Keys.END)
    assert shown.js(selected) == str(N - len(TEXTS))
    assert (
        shown.js("return document.getElementById('grid').getAttribute('aria-activedescendant')")
        == f"row-{N - len(TEXTS) - 1}"
    )
    visible = (
        "const r = document.querySelector('.row[aria-selected=true]').getBoundingClientRect();"
        "const g = document.getElementById('grid').getBoundingClientRect();"
        "return r.top >= g.top - 1 && r.bottom <= g.bottom + 1"
    )
    assert shown.js(visible)
    shown.keys(Keys.HOME, Keys.PAGE_DOWN, Keys.ARROW_DOWN)
    assert shown.js(visible)
    shown.keys("?")
    assert shown.js("return document.getElementById('help').open")
    shown.keys(Keys.ESCAPE, "o")
    assert shown.js("return !document.getElementById('overview').hidden")
    shown.keys("o", "t", "t")
    assert shown.js("return document.documentElement.dataset.theme") == "dark"
    shown.keys("t")


def test_every_row_is_reached_by_scrolling_and_none_twice(driver: Any, page: Path) -> None:
    shown = Shown(driver, page, address="#sort=row&range=score+-0.8..")
    seen: list[int] = []
    top = -1
    while (at := shown.js("return document.getElementById('grid').scrollTop")) != top:
        top = at
        seen += [number for number in shown.numbers if number not in seen[-80:]]
        shown.js("document.getElementById('grid').scrollTop += 1300")
        shown.js("return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert seen == [1 + i for i in range(N) if score(i) >= -0.8]


def test_the_overview_shows_plots_and_counts_and_leads_back(shown: Shown) -> None:
    shown.js("document.getElementById('tab-overview').click()")
    said = shown.js("return document.getElementById('overview').innerText")
    for word in (
        "3,000",
        "Signals",
        "Flags",
        "Repairs",
        "Encodings",
        "Documents",
        "Rejected",
        "The run",
        "sig:1",
        "length_z",
    ):
        assert word in said
    plots = shown.js(
        "return [...document.querySelectorAll('.plot')].map((plot) => [plot.querySelector('h3 span').textContent,"
        "plot.querySelectorAll('.bin').length, plot.querySelectorAll('text').length])"
    )
    assert {"score", "length_z"} <= {name for name, _, _ in plots}
    assert all(bins > 0 and labels > 3 for _, bins, labels in plots)
    shown.click("#overview button.link", "weak_link")
    assert shown.n == N // 50
    assert not shown.js("return document.getElementById('pairs').hidden")


def test_the_address_brings_a_view_back(driver: Any, page: Path) -> None:
    shown = Shown(driver, page, address="#with=weak_link&range=score+-1..-0.5&sort=row&descending=1")
    wanted = [1 + i for i in range(0, N, 50) if -1 <= score(i) <= -0.5]
    assert shown.n == len(wanted)
    assert shown.numbers == wanted[::-1][: len(shown.numbers)]
    assert shown.log() == []


def test_hostile_text_is_text(driver: Any, page: Path) -> None:
    shown = Shown(driver, page)
    before = shown.js("return document.querySelectorAll('script, img, svg, iframe').length")
    assert shown.search("onerror") == 1
    assert shown.rows[0]["source"].startswith("</script><script>")
    shown.keys(Keys.ESCAPE)
    shown.js("document.querySelector('.row').click()")
    assert "U+202E" in shown.detail
    assert "<svg onload=alert(1)>" in shown.detail
    shown.js("document.getElementById('tab-overview').click()")
    assert shown.js("return document.querySelectorAll('img, iframe, b, svg[onload]').length") == 0
    assert before > 0
    # What the policy says holds also for what would get in some other way.
    shown.js("try { document.body.innerHTML += '<img src=x onerror=window.hit=1>' } catch { }")
    assert shown.js("return document.querySelectorAll('img').length") == 0
    assert not shown.js("return window.hit")
    assert all("TrustedHTML" in line for line in shown.log())


@pytest.mark.parametrize("dark", [False, True])
def test_text_stands_out_from_its_ground(driver: Any, page: Path, dark: bool) -> None:
    shown = Shown(driver, page, dark=dark)
    shown.js("document.querySelector('.row').click()")
    ground, ink = shown.js("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color]")
    assert (luminance(ground) < luminance(ink)) == dark
    # WCAG 2.2 AA: 4.5 to 1 for text, whatever stands beneath it.
    low = shown.js(
        """
        const found = [];
        for (const element of document.querySelectorAll("body *")) {
          const has = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
          if (!has || !element.checkVisibility({ visibilityProperty: true })) continue;
          if (element.closest("svg, script, style, option")) continue;
          let under = element, ground = "rgba(0, 0, 0, 0)";
          for (; under && /, 0\\)$/.test(ground); under = under.parentElement) {
            ground = getComputedStyle(under).backgroundColor;
          }
          found.push([element.className || element.tagName, getComputedStyle(element).color, ground]);
        }
        return found"""
    )
    assert len(low) > 50
    assert [(name, ink, ground) for name, ink, ground in low if contrast(ink, ground) < 4.5] == []


def luminance(colour: str) -> float:
    parts = [
        float(part) for part in colour[colour.index("(") + 1 : -1].replace("srgb", "").replace(",", " ").split()[:3]
    ]
    scale = 1 if colour.startswith("color(") else 255
    linear = [c / 12.92 if (c := part / scale) <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_a_phone_has_one_side_above_the_other_and_a_sheet(driver: Any, page: Path) -> None:
    shown = Shown(driver, page, size=(390, 844))
    assert shown.js("return document.documentElement.scrollWidth") <= 390
    tops = shown.js(
        "return [...document.querySelector('.row').querySelectorAll('.text')].map((t) => t.getBoundingClientRect().top)"
    )
    assert tops[0] < tops[1]
    assert shown.js("return getComputedStyle(document.getElementById('detail')).display") == "none"
    shown.js("document.querySelector('.row').click()")
    assert shown.js("return getComputedStyle(document.getElementById('detail')).display") == "block"
    shown.js("document.querySelector('#detail .close').click(); document.getElementById('open-filters').click()")
    assert shown.js("return document.getElementById('filters').getBoundingClientRect().width") > 250
    shown.js("document.getElementById('tab-overview').click()")
    assert shown.js("return document.documentElement.scrollWidth") <= 390
    assert shown.log() == []


def test_paper_has_the_overview_and_the_first_pairs(driver: Any, page: Path) -> None:
    shown = Shown(driver, page, address="#sort=row")
    found = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})["data"])
    assert found.startswith(b"%PDF")
    shown.js("dispatchEvent(new Event('beforeprint'))")
    assert shown.js("return document.querySelectorAll('#print tbody tr').length") == 200
    assert shown.js("return document.querySelectorAll('#overview .plot').length") > 3
    shown.js("dispatchEvent(new Event('afterprint'))")
    assert shown.js("return document.querySelectorAll('#print tr').length") == 0
    assert shown.log() == []


def test_a_sample_says_so(driver: Any, page: Path) -> None:
    out = page.with_name("sample.html")
    report_corpus(page.with_name("a.jsonl"), out, n_pairs=100)
    shown = Shown(driver, out)
    said = shown.js("return document.getElementById('sampled').innerText")
    assert "100 of 3,000 pairs" in said
    assert "50 worst" in said
    shown.set("[aria-label='Which pairs']", "random", "change")
    assert shown.n == 50
    assert shown.log() == []
