// The page of `duizhao serve`: text in, sentence pairs out as they are decoded; and a corpus to read and correct.
// Every text of a user, a model or a corpus is put in as text, never as HTML.
"use strict";

const $ = (id) => document.getElementById(id);

// -- the interface in two languages --------------------------------------------------------------------------------

const SAID = {
  en: {
    translate: "Translate", corpus: "Corpus", views: "Views", keys: "Keys and help", yourText: "Chinese text",
    prompt: "Chinese text here, or drop a file anywhere on the page", stop: "Stop", chooseFile: "Translate a file …",
    glossary: "Glossary", clear: "Clear", key: "API key",
    glossaryHelp: "A term a line: Chinese, a tab, English. Pasting from a spreadsheet works. It stays in this browser.",
    hoverHint: "Point at a word to see its counterpart; press a flag to read what it means.", copy: "Copy English",
    copyPairs: "Copy pairs", chinese: "Chinese", english: "English", pairs: "Sentence pairs", drop: "Let go to translate this file",
    search: "Search 中文 or English", flag: "Flag", back: "Earlier pairs", on: "Further pairs",
    corpusHint: "Enter or a double click on a pair corrects its English. Corrections are saved in a file beside the corpus, which stays as it is.",
    of: (n, all) => `${n} of ${all} sentences`, done: (n, s) => `${n} ${n === 1 ? "sentence" : "sentences"} in ${s} s`,
    stopped: "Stopped.", nothing: "No text to translate.", copied: "Copied.", terms: (n) => `${n} ${n === 1 ? "term" : "terms"}`,
    size: (n, most) => `${n.toLocaleString()} / ${most.toLocaleString()} characters`, working: (name) => `Translating ${name} …`,
    ready: "The translated file:", files: (list) => `Files that can be translated: ${list}`, gone: "The server does not answer.",
    anyFlag: "all pairs", corrected: "corrected", flagged: "any flag",
    found: (from, to, n) => n ? `${from} to ${to} of ${n.toLocaleString()}` : "No pair found.", save: "Save", cancel: "Cancel", correct: "Correct",
    undo: "Take back", saved: "Saved.", notCopied: "This browser does not let pages copy; use TSV.", unknown: "a flag this version does not know",
    empty: "(empty)", theme: { auto: "Theme: auto", light: "Theme: light", dark: "Theme: dark" },
    help: [["Ctrl Enter", "translate; save a correction"], ["Esc", "stop; leave a correction"], ["j k", "next pair, previous pair"],
      ["← →", "word by word in a pair, with its counterpart"], ["Enter", "correct the pair (corpus)"], ["g", "glossary"], ["/", "search (corpus)"],
      ["t", "light or dark"], ["?", "this help"]], helpTitle: "Keys", close: "Close",
    about: "Translated by a machine on this server, and sent nowhere else. Read what comes out before you rely on it.",
  },
  zh: {
    translate: "翻译", corpus: "语料", views: "视图", keys: "按键与帮助", yourText: "中文原文",
    prompt: "在此输入中文，或把文件拖到页面上", stop: "停止", chooseFile: "翻译文件…", glossary: "术语表", clear: "清空", key: "API 密钥",
    glossaryHelp: "每行一条：中文、制表符、英文；可从表格软件粘贴。只保存在本浏览器中。",
    hoverHint: "指向一个词可看到对应的词；点击标记可看说明。", copy: "复制译文", copyPairs: "复制句对", chinese: "中文", english: "英文",
    pairs: "句对", drop: "松开即翻译此文件", search: "搜索中文或 English", flag: "标记", back: "前一页", on: "后一页",
    corpusHint: "双击句对或按回车可修改译文。修改另存为语料旁的一个文件，语料本身不变。",
    of: (n, all) => `已译 ${n} / ${all} 句`, done: (n, s) => `共 ${n} 句，用时 ${s} 秒`, stopped: "已停止。", nothing: "没有可翻译的文字。",
    copied: "已复制。", terms: (n) => `${n} 条术语`, size: (n, most) => `${n.toLocaleString()} / ${most.toLocaleString()} 字`,
    working: (name) => `正在翻译 ${name}…`, ready: "译好的文件：", files: (list) => `可翻译的文件：${list}`, gone: "服务器没有响应。",
    anyFlag: "全部句对", corrected: "已修改", flagged: "有标记", found: (from, to, n) => n ? `第 ${from}–${to} 对，共 ${n.toLocaleString()} 对` : "没有找到句对。",
    save: "保存", cancel: "取消", correct: "修改", undo: "撤回修改", saved: "已保存。", notCopied: "浏览器不允许复制，请用 TSV。", unknown: "此版本不认识的标记",
    empty: "（空）", theme: { auto: "主题：自动", light: "主题：浅色", dark: "主题：深色" },
    help: [["Ctrl Enter", "翻译；保存修改"], ["Esc", "停止；放弃修改"], ["j k", "下一对、上一对"], ["← →", "在句中逐词移动，并显示对应的词"],
      ["Enter", "修改句对（语料）"], ["g", "术语表"], ["/", "搜索（语料）"], ["t", "浅色或深色"], ["?", "本帮助"]], helpTitle: "按键", close: "关闭",
    about: "由本服务器上的机器翻译，不发送到任何别处。采用之前请先核对译文。",
  },
};

const FLAGS_ZH = {
  cantonese: "粤语书面语，普通话模型译不好", classical: "文言文，现代汉语模型译不好", control: "去掉了控制字符等", empty_source: "修复后原文没有可读内容",
  mojibake: "曾被错误解码的文字：已修复或无法修复", not_chinese: "是日文或韩文，或没有中文", pos_tags: "去掉了词性标注", private_use: "去掉了私用区字符",
  replacement: "去掉了表示缺失的 U+FFFD", unmarked: "超过 200 字没有标点的文字中的一段", copied: "没有中文，未经模型翻译；或没有译出", cut: "分段翻译",
  empty_target: "第一次没有译出内容", failed: "翻译引擎出错，缺少的部分为空", length_cap: "第一次译文达到长度上限被截断", loop: "第一次译文不断重复",
  retried: "重新翻译过", rescued: "采用了后来更好的译文", han_in_target: "译文中留有汉字", number_lost: "译文缺少原文中的数字", sign_lost: "译文缺少原文中的符号",
  term_lost: "译文中没有术语表要求的词", span_lost: "应原样保留的内容没有保留", unaligned: "另一侧没有对应的句子", weak_link: "两侧内容很少对应", number_mismatch: "某个数字在另一侧没有相等的值",
  name_lost: "原文中的拉丁字母词不在译文中", not_english: "译文中英语单词不到一半", url_lost: "原文中的网址或邮箱不在译文中", duplicate: "与前面的句对相同",
  near_duplicate: "与前面的句对几乎相同", contaminated: "含有测试集中的句子", corrected: "译文由人修改过", tag_unsure: "标签的位置不确定", page_break: "去掉了夹在中间的页码或页眉", role: "在文件中的身份：标题、单元格、脚注等", variety: "原文所属的中文变体",
};

let language = store("language") || (navigator.language.startsWith("zh") ? "zh" : "en");
let about = null;
const say = () => SAID[language];

function store(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`duizhao.${name}`);
    localStorage.setItem(`duizhao.${name}`, value);
  } catch { /* a browser that keeps nothing: the page works all the same */ }
  return null;
}

function speak() {
  const said = say();
  document.documentElement.lang = language;
  $("language").textContent = language === "zh" ? "English" : "中文";
  $("language").lang = language === "zh" ? "en" : "zh";
  for (const element of document.querySelectorAll("[data-t]")) element.textContent = said[element.dataset.t];
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = said[element.dataset.placeholder];
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", said[element.dataset.label]);
  $("theme").textContent = said.theme[theme];
  if (about) $("choose").title = said.files(about.files.join(" "));
  $("status").textContent = told();
  measure();
  countTerms();
  if (about?.corpus) listFlags();
  for (const row of document.querySelectorAll(".pair")) row.querySelector(".why")?.remove();
}

function meaning(flag) {
  const name = flag.split(":")[0];
  return (language === "zh" && FLAGS_ZH[name]) || about?.flags[name] || say().unknown;
}

// -- small tools ---------------------------------------------------------------------------------------------------

function make(tag, props = {}, ...children) {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children);
  return element;
}

// What is said is kept as a function of the language, so that a switch says it anew.
let told = () => "";

function tell(text, wrong = false) {
  told = typeof text === "function" ? text : () => text;
  $("status").textContent = told();
  $("status").classList.toggle("wrong", wrong);
}

async function ask(path, options = {}) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error(say().gone);
  }
  if (answer.ok) return answer;
  const said = await answer.json().catch(() => ({}));
  throw new Error(said.error || `${answer.status} ${answer.statusText}`);
}

const inJson = (values, signal) => ({
  method: "POST", signal, headers: { "Content-Type": "application/json" }, body: JSON.stringify({ ...values, api_key: $("key").value }),
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    tell(() => say().copied);
  } catch {
    tell(() => say().notCopied, true);
  }
}

function save(blob, name) {
  const link = make("a", { href: URL.createObjectURL(blob), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// -- a pair as a row -------------------------------------------------------------------------------------------------

// Offsets of the server count code points, those of JavaScript do not.
function fill(element, text, spans, lang) {
  element.replaceChildren();
  element.lang = lang;
  element.classList.remove("waiting");
  element.classList.toggle("empty", !text);
  if (!text) element.append(say().empty);
  const points = Array.from(text);
  let at = 0;
  for (const [start, end] of spans) {
    if (start > at) element.append(points.slice(at, start).join(""));
    const word = make("span", { className: "word" }, points.slice(start, end).join(""));
    word.dataset.at = `${start}-${end}`;
    element.append(word);
    at = end;
  }
  if (text && at < points.length) element.append(points.slice(at).join(""));
}

function distinct(links, from) {
  const spans = new Map(links.map((link) => [`${link[from]}-${link[from + 1]}`, [link[from], link[from + 1]]]));
  return [...spans.values()].sort((a, b) => a[0] - b[0]);
}

function link(row, source, target, links) {
  fill(row.querySelector(".source .words"), source, distinct(links, 0), "zh");
  fill(row.querySelector(".target .words"), target, distinct(links, 2), "en");
  const counterparts = { source: new Map(), target: new Map() };
  for (const [a, b, c, d] of links) {
    const here = `${a}-${b}`, there = `${c}-${d}`;
    if (!counterparts.source.has(here)) counterparts.source.set(here, []);
    if (!counterparts.target.has(there)) counterparts.target.set(there, []);
    counterparts.source.get(here).push(there);
    counterparts.target.get(there).push(here);
  }
  row.counterparts = counterparts;
}

function dim(row) {
  for (const word of row.querySelectorAll(".lit, .here")) word.classList.remove("lit", "here");
}

function light(word) {
  const row = word.closest(".pair"), side = word.closest(".source") ? "source" : "target";
  dim(row);
  word.classList.add("lit");
  const other = side === "source" ? ".target" : ".source";
  for (const at of row.counterparts?.[side].get(word.dataset.at) || []) {
    row.querySelector(`${other} .word[data-at="${at}"]`)?.classList.add("lit");
  }
}

const MILD = new Set(["cantonese", "classical", "control", "pos_tags", "private_use", "unmarked", "copied", "cut", "retried", "rescued", "corrected", "role", "variety", "page_break"]);

function flagList(row, flags) {
  const list = row.querySelector(".flags");
  list.replaceChildren(...flags.map((flag) => {
    const button = make("button", { type: "button", className: `flag${MILD.has(flag.split(":")[0]) ? " mild" : ""}`, title: meaning(flag) }, flag);
    button.setAttribute("aria-expanded", "false");
    button.addEventListener("click", () => {
      const shown = row.querySelector(".why");
      const same = shown?.dataset.flag === flag;
      shown?.remove();
      for (const each of list.children) each.setAttribute("aria-expanded", "false");
      if (same) return;
      const why = make("p", { className: "why" }, `${flag}: ${meaning(flag)}`);
      why.dataset.flag = flag;
      list.after(why);
      button.setAttribute("aria-expanded", "true");
    });
    return button;
  }));
}

function newRow() {
  const row = make("li", { className: "pair", tabIndex: -1 },
    make("div", { className: "side source" }, make("div", { className: "words" })),
    make("div", { className: "side target" }, make("div", { className: "words" }), make("div", { className: "flags" })));
  return row;
}

for (const id of ["rows", "corpus-rows"]) {
  const list = $(id);
  list.addEventListener("pointerover", (event) => {
    const word = event.target.closest?.(".word");
    if (word) light(word);
  });
  list.addEventListener("pointerout", (event) => {
    const row = event.target.closest?.(".pair");
    if (row) dim(row);
  });
  list.addEventListener("click", (event) => {  // a finger has no hover
    const word = event.target.closest?.(".word");
    if (word) light(word);
  });
}

// -- translating text --------------------------------------------------------------------------------------------------

let pairs = [];
let underWay = null;

function measure() {
  const n = Array.from($("text").value).length;
  $("size").textContent = about ? say().size(n, about.charLimit) : "";
  $("size").classList.toggle("over", Boolean(about) && n > about.charLimit);
}

async function* lines(answer) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const found = (rest + value).split("\n");
    rest = found.pop();
    for (const line of found) yield JSON.parse(line);
  }
}

function begin(sentences) {
  const shown = sentences.map((sentence, i) => {
    const row = newRow();
    row.classList.toggle("begins", i > 0 && sentence.paragraph !== sentences[i - 1].paragraph);
    fill(row.querySelector(".source .words"), sentence.source, [], "zh");
    row.querySelector(".target .words").classList.add("waiting");
    return row;
  });
  pairs = sentences.map((sentence, i) => ({ ...sentence, target: null, flags: [], score: null, row: shown[i] }));
  $("rows").replaceChildren(...shown);
  if (shown[0]) shown[0].tabIndex = 0;
  $("output").hidden = !shown.length;
}

function land(record) {
  const pair = pairs[record.at];
  if (record.error) {
    const words = pair.row.querySelector(".target .words");
    words.classList.remove("waiting");
    words.replaceChildren(make("span", { className: "error" }, record.error));
    return;
  }
  Object.assign(pair, { target: record.target, flags: record.flags, score: record.score });
  link(pair.row, pair.source, record.target, record.words);
  flagList(pair.row, record.flags);
}

async function translate() {
  const text = $("text").value;
  if (!text.trim()) return tell(() => say().nothing, true);
  underWay?.abort();
  const own = underWay = new AbortController();
  const started = performance.now();
  let n = 0;
  $("stop").hidden = false;
  $("download").hidden = true;
  tell("");
  try {
    const answer = await ask("/sentences", inJson({ q: text, glossary: $("glossary").value.trim() }, own.signal));
    for await (const record of lines(answer)) {
      if (record.sentences) begin(record.sentences);
      else if ("at" in record) { land(record); n += 1; const so = n; tell(() => say().of(so, pairs.length)); }
      else {
        const all = pairs.length, seconds = ((performance.now() - started) / 1000).toFixed(1);
        tell(() => (all ? say().done(all, seconds) : say().nothing), !all);
      }
    }
  } catch (error) {
    if (own === underWay) tell(own.signal.aborted ? () => say().stopped : error.message, !own.signal.aborted);
    for (const words of document.querySelectorAll("#rows .waiting")) words.classList.remove("waiting");
  } finally {
    if (own === underWay) { underWay = null; $("stop").hidden = true; }
  }
  return undefined;
}

const finished = () => pairs.filter((pair) => pair.target !== null);
const cell = (text) => text.replace(/[\t\r\n]+/g, " ");

async function exportPairs(format) {
  const chosen = finished().map(({ source, target, flags, score, paragraph }) => ({ source, target, flags, score, paragraph }));
  if (!chosen.length) return tell(() => say().nothing, true);
  try {
    const answer = await ask("/export", inJson({ format, pairs: chosen }));
    save(await answer.blob(), `duizhao.${format}`);
  } catch (error) {
    tell(error.message, true);
  }
  return undefined;
}

function english() {
  let text = "";
  let last = null;
  for (const pair of finished()) {
    text += last === null ? pair.target : pair.paragraph === last ? ` ${pair.target}` : "\n".repeat(pair.paragraph - last) + pair.target;
    last = pair.paragraph;
  }
  return text;
}

// -- files -----------------------------------------------------------------------------------------------------------

async function translateFile(file) {
  if (!file) return;
  tell(() => say().working(file.name));
  $("download").hidden = true;
  const form = new FormData();
  form.append("file", file);
  for (const [name, value] of Object.entries({ source: "zh", target: "en", api_key: $("key").value, glossary: $("glossary").value.trim() })) form.append(name, value);
  try {
    const answer = await (await ask("/translate_file", { method: "POST", body: form })).json();
    const name = answer.name || file.name;
    $("download").replaceChildren(`${say().ready} `, make("a", { href: new URL(answer.translatedFileUrl).pathname, download: name }, name));
    $("download").hidden = false;
    tell("");
    $("download").querySelector("a").focus();
  } catch (error) {
    tell(error.message, true);
  }
}

let depth = 0;
const hasFile = (event) => [...event.dataTransfer?.types || []].includes("Files");
addEventListener("dragenter", (event) => { if (hasFile(event)) { depth += 1; $("drop").hidden = false; } });
addEventListener("dragleave", (event) => { if (hasFile(event) && --depth <= 0) { depth = 0; $("drop").hidden = true; } });
addEventListener("dragover", (event) => { if (hasFile(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  if (!hasFile(event)) return;
  event.preventDefault();
  depth = 0;
  $("drop").hidden = true;
  show("translate");
  translateFile(event.dataTransfer.files[0]);
});

// -- the glossary ------------------------------------------------------------------------------------------------------

function countTerms() {
  const n = $("glossary").value.split("\n").filter((line) => line.includes("\t") && line.trim()).length;
  $("glossary-state").textContent = n ? say().terms(n) : "";
  $("open-glossary").textContent = n ? `${say().glossary} (${n})` : say().glossary;
}

function toggleGlossary() {
  const panel = $("glossary-panel");
  panel.hidden = !panel.hidden;
  $("open-glossary").setAttribute("aria-expanded", String(!panel.hidden));
  if (!panel.hidden) $("glossary").focus();
}

// In the glossary a tab is what parts a term from its English; Shift Tab, or Escape and Tab, leaves the field.
let leaving = false;
$("glossary").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { leaving = true; event.stopPropagation(); return; }
  if (event.key === "Tab" && !event.shiftKey && !leaving) {
    event.preventDefault();
    $("glossary").setRangeText("\t", $("glossary").selectionStart, $("glossary").selectionEnd, "end");
    $("glossary").dispatchEvent(new Event("input"));
  }
  leaving = false;
});

// -- a corpus ------------------------------------------------------------------------------------------------------------

const PAGE = 50;
let at = 0;
let latest = 0;

function listFlags() {
  const chosen = $("flag").value;
  const option = (value, text) => make("option", { value }, text);
  $("flag").replaceChildren(option("", say().anyFlag), option("*", say().flagged), option("+corrected", say().corrected),
    ...about.corpus.flags.map(([name, n]) => option(name, `${name} (${n})`)));
  $("flag").value = chosen;
}

async function browse(from = 0) {
  const own = latest += 1;
  at = from;
  const values = { q: $("query").value, flag: $("flag").value, from, n: PAGE };
  try {
    const answer = await (await ask("/corpus/pairs", inJson(values))).json();
    if (own !== latest) return;
    $("found").textContent = say().found(from + 1, from + answer.pairs.length, answer.total);
    $("back").disabled = from === 0;
    $("on").disabled = from + answer.pairs.length >= answer.total;
    $("corpus-rows").replaceChildren(...answer.pairs.map(corpusRow));
    const first = $("corpus-rows").firstElementChild;
    if (first) first.tabIndex = 0;
  } catch (error) {
    $("found").textContent = error.message;
  }
}

function corpusRow(pair) {
  const row = newRow();
  row.pair = pair;
  row.querySelector(".source").append(make("p", { className: "meta" }, pair.id));
  showPair(row);
  row.addEventListener("dblclick", () => edit(row));
  return row;
}

function showPair(row) {
  const pair = row.pair;
  link(row, pair.source, pair.corrected ?? pair.target, pair.words);
  flagList(row, pair.flags);
  row.querySelector(".edit")?.remove();
  row.querySelector(".was")?.remove();
  row.classList.toggle("corrected", pair.corrected !== null);
  const side = row.querySelector(".target");
  if (pair.corrected !== null) side.append(make("p", { className: "was", lang: "en" }, pair.target));
  const actions = make("div", { className: "actions edit" }, make("button", { type: "button", className: "small", onclick: () => edit(row) }, say().correct));
  if (pair.corrected !== null) actions.append(make("button", { type: "button", className: "small", onclick: () => correct(row, null) }, say().undo));
  side.append(actions);
}

function edit(row) {
  const side = row.querySelector(".target");
  if (side.querySelector("textarea")) return;
  side.querySelector(".edit")?.remove();
  const field = make("textarea", { lang: "en", rows: 3, value: row.pair.corrected ?? row.pair.target });
  field.setAttribute("aria-label", say().correct);
  const leave = () => { showPair(row); row.focus(); };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") leave();
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); correct(row, field.value); }
  });
  side.append(make("div", { className: "edit" }, field, make("div", { className: "actions" },
    make("button", { type: "button", className: "strong small", onclick: () => correct(row, field.value) }, say().save),
    make("button", { type: "button", className: "small", onclick: leave }, say().cancel))));
  field.focus();
}

async function correct(row, corrected) {
  try {
    const answer = await (await ask("/corpus/corrections", inJson({ row: row.pair.row, corrected }))).json();
    row.pair = answer.pair;
    showPair(row);
    row.focus();
    $("found").textContent = say().saved;
  } catch (error) {
    $("found").textContent = error.message;
  }
}

// -- keys, views, theme ----------------------------------------------------------------------------------------------------

let theme = store("theme") || "auto";

function dress() {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  $("theme").textContent = say().theme[theme];
}

function nextTheme() {
  theme = { auto: "light", light: "dark", dark: "auto" }[theme];
  store("theme", theme);
  dress();
}

function show(view) {
  for (const name of ["translate", "corpus"]) {
    $(name).hidden = name !== view;
    $(`tab-${name}`).setAttribute("aria-selected", String(name === view));
    $(`tab-${name}`).tabIndex = name === view ? 0 : -1;
  }
}

function help() {
  const said = say();
  $("help").replaceChildren(make("h2", { id: "help-title" }, said.helpTitle),
    make("dl", {}, ...said.help.flatMap(([keys, what]) => [make("dt", {}, ...keys.split(" ").flatMap((key) => [make("kbd", {}, key), " "])), make("dd", {}, what)])),
    make("p", { className: "soft" }, said.about), make("p", { className: "soft" }, about ? about.signature : ""),
    make("div", { className: "actions" }, make("button", { type: "button", onclick: () => $("help").close() }, said.close)));
  $("help").showModal();
}

function step(by) {
  const list = [...document.querySelectorAll("section:not([hidden]) .pair")];
  const here = list.indexOf(document.activeElement?.closest(".pair"));
  const next = list[here < 0 ? 0 : Math.min(list.length - 1, Math.max(0, here + by))];
  next?.focus();
}

function stepWord(row, by) {
  const words = [...row.querySelectorAll(".source .word")];
  const here = words.findIndex((word) => word.classList.contains("here"));
  const next = words[here < 0 ? (by > 0 ? 0 : words.length - 1) : Math.min(words.length - 1, Math.max(0, here + by))];
  if (!next) return;
  light(next);
  next.classList.add("here");
}

document.addEventListener("keydown", (event) => {
  if (event.target.matches?.("textarea, input, select")) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.closest("#form")) { event.preventDefault(); translate(); }
    if (event.key === "Escape") { if (underWay) underWay.abort(); else event.target.blur(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const row = event.target.closest?.(".pair");
  const act = {
    j: () => step(1), k: () => step(-1), t: nextTheme, "?": help, g: () => { show("translate"); toggleGlossary(); },
    "/": () => { if (about?.corpus) { show("corpus"); $("query").focus(); } },
    Escape: () => underWay?.abort(), ArrowRight: row && (() => stepWord(row, 1)), ArrowLeft: row && (() => stepWord(row, -1)),
    Enter: row?.pair && event.target === row && (() => edit(row)),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
});

$("tabs").addEventListener("keydown", (event) => {
  if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
  const other = $("tab-translate").tabIndex === 0 ? "corpus" : "translate";
  show(other);
  $(`tab-${other}`).focus();
});

$("form").addEventListener("submit", (event) => { event.preventDefault(); translate(); });
$("stop").addEventListener("click", () => underWay?.abort());
$("text").addEventListener("input", measure);
$("clear").addEventListener("click", () => { underWay?.abort(); $("text").value = ""; pairs = []; $("rows").replaceChildren(); $("output").hidden = true; $("download").hidden = true; tell(""); measure(); $("text").focus(); });
$("choose").addEventListener("click", () => $("file").click());
$("file").addEventListener("change", () => { translateFile($("file").files[0]); $("file").value = ""; });
$("open-glossary").addEventListener("click", toggleGlossary);
$("glossary").addEventListener("input", () => { store("glossary", $("glossary").value); countTerms(); });
$("copy").addEventListener("click", () => copy(english()));
$("copy-pairs").addEventListener("click", () => copy(finished().map((pair) => `${cell(pair.source)}\t${cell(pair.target)}\n`).join("")));
$("save-tsv").addEventListener("click", () => exportPairs("tsv"));
$("save-tmx").addEventListener("click", () => exportPairs("tmx"));
$("language").addEventListener("click", () => { language = language === "zh" ? "en" : "zh"; store("language", language); speak(); if (about?.corpus && !$("corpus").hidden) browse(at); });
$("theme").addEventListener("click", nextTheme);
$("open-help").addEventListener("click", help);
$("key").addEventListener("change", () => { if (about?.corpus) browse(at); });
$("key-field").addEventListener("submit", (event) => { event.preventDefault(); $("key").blur(); });
for (const name of ["translate", "corpus"]) $(`tab-${name}`).addEventListener("click", () => show(name));
let typing = 0;
$("query").addEventListener("input", () => { clearTimeout(typing); typing = setTimeout(() => browse(0), 150); });
$("flag").addEventListener("change", () => browse(0));
$("back").addEventListener("click", () => browse(Math.max(0, at - PAGE)));
$("on").addEventListener("click", () => browse(at + PAGE));

async function start() {
  $("glossary").value = store("glossary") || "";
  dress();
  speak();
  try {
    about = await (await ask("/about")).json();
    $("model").textContent = about.model;
    $("file").accept = about.files.join(",");
    $("key-field").hidden = !about.keyRequired;
    speak();
    if (about.corpus) {
      $("tabs").hidden = false;
      document.title = `${about.corpus.name} · 对照`;
      show("corpus");
      await browse(0);
    } else {
      $("text").focus();
    }
  } catch (error) {
    tell(error.message, true);
  }
  document.documentElement.dataset.ready = "1";
}

start();
