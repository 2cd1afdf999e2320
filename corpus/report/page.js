// The page of `duizhao report`. It reads what the same file carries (a summary as JSON, the pairs as packed columns),
// and every text of a document goes in as text: nothing here makes HTML of a string.
"use strict";
(async () => {
  performance.mark("begin");
  const $ = (id) => document.getElementById(id);
  const SVG = "http://www.w3.org/2000/svg";

  /** An element with attributes and children; a function among the attributes listens to that event. */
  function h(tag, attributes, ...children) {
    const element = tag.startsWith("svg:") ? document.createElementNS(SVG, tag.slice(4)) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes ?? {})) {
      if (typeof value === "function") element.addEventListener(name, value);
      else if (value === true) element.setAttribute(name, "");
      else if (value !== false && value != null) element.setAttribute(name, value);
    }
    return put(element, ...children);
  }

  /** Give an element other children; lists of them are taken apart, and what is not there is left out. */
  function put(element, ...children) {
    element.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
    return element;
  }

  const count = (n) => n.toLocaleString("en");
  const share = (n, of) => (of ? `${(100 * n / of).toFixed(n && n < of / 1000 ? 2 : 1)}%` : "");
  /** A number as people read it: a true minus sign, four significant figures, no exponent while that is short. */
  function figure(value) {
    if (value == null || Number.isNaN(value)) return "–";
    const rounded = Number.isInteger(value) ? value : Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(4));
    return (Math.abs(rounded) >= 1e9 ? rounded.toExponential(3) : rounded.toLocaleString("en", { maximumFractionDigits: 6 })).replace("-", "−");
  }

  /** A number with as many decimals as its neighbours have; a whole one leaves room for them. */
  function aligned(value) {
    if (value == null || Number.isNaN(value)) return "–";
    const said = Math.abs(value) >= 1e6 ? figure(value) : Number.isInteger(value) ? count(value) : value.toFixed(3);
    return [said.replace("-", "−"), said.includes(".") ? null : h("span", { class: "room", "aria-hidden": "true" }, ".000")];
  }

  // -- What the file carries ------------------------------------------------------------------------------------------

  const summary = JSON.parse($("summary").textContent);
  const N = summary.n_shown;
  const columns = new Map(summary.columns.map((column, i) => [column.name, { ...column, id: `column-${i}` }]));

  function unpacked(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const binary = atob(base64), bytes = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
    return bytes;
  }

  async function inflated(name) {
    const element = $(columns.get(name).id);
    const bytes = unpacked(element.textContent);
    element.remove(); // larger than the texts, and not needed again
    const stream = new DecompressionStream("gzip"), writer = stream.writable.getWriter();
    writer.write(bytes).then(() => writer.close()).catch(() => {}); // what is wrong with it, the reader below says
    return new Response(stream.readable).arrayBuffer();
  }

  async function numbers(name) {
    const { kind, scale } = columns.get(name);
    const packed = new globalThis[`${kind}Array`](await inflated(name));
    if (kind === "Float64") return packed;
    const missing = { Int8: -(2 ** 7), Int16: -(2 ** 15), Int32: -(2 ** 31) }[kind];
    const values = new Float64Array(packed.length);
    for (let i = 0; i < values.length; i++) values[i] = packed[i] === missing ? NaN : packed[i] / scale;
    return values;
  }

  /** Texts as one string, each followed by a line feed, and where each begins. */
  async function texts(name) {
    const [bytes, lengths] = await Promise.all([inflated(name), numbers(`${name}.length`)]);
    const all = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);
    const starts = new Uint32Array(lengths.length + 1);
    for (let i = 0; i < lengths.length; i++) starts[i + 1] = starts[i] + Math.max(0, lengths[i]) + 1;
    return { all, starts, lengths, at: (i) => (lengths[i] < 0 ? null : all.slice(starts[i], starts[i + 1] - 1)) };
  }

  const named = async (names, read) => Object.fromEntries(await Promise.all(names.map(async (name) => [name, await read(name)])));
  const text = await named(["source", "target", "raw", "target_raw", "target_document", "documents"], texts);
  const place = await named([...columns.keys()].filter((name) => /^(source|target)\.(paragraph|sentences?|start|end)$/.test(name)), numbers);
  const column = await named(["document", "license", "row", "rank", "random", "flag_set"], numbers);
  const values = await named(summary.signals.map((signal) => `signal.${signal.name}`), numbers);
  const signals = summary.signals.map((signal) => ({ ...signal, values: values[`signal.${signal.name}`] }));
  const signal = (name) => signals.find((one) => one.name === name);

  const isConstant = (one) => one.minimum === one.maximum;
  const isIndex = (one) => one.unit === "index"; // names a cluster; how large it is says nothing
  const isSpread = (one) => !isConstant(one) && !isIndex(one);

  const flags = new Map(summary.flags.map((flag) => [flag.name, flag]));
  const flagsOf = (i) => summary.flag_sets[column.flag_set[i]];

  function identity(i) {
    const span = (side, document) => {
      const n = place[`${side}.sentences`][i];
      return `${document}:${place[`${side}.paragraph`][i]}:${place[`${side}.sentence`][i]}${n === 1 ? "" : `+${n}`}`;
    };
    const source = span("source", text.documents.at(column.document[i]));
    return place["source.sentences"][i] ? source : `${source}/${span("target", text.target_document.at(i) ?? "")}`;
  }

  // -- What is asked for ----------------------------------------------------------------------------------------------

  const state = {
    query: "", scope: "both", regex: false,
    flags: new Map(), // name -> "with" or "without"
    document: "", drawn: "", // "", "worst" or "random"
    ranges: new Map(), // signal -> [low, high], either may be null
    sort: "worst", descending: false,
  };
  let view = new Uint32Array(0); // the pairs that are asked for, in order
  let selected = -1; // place in the view
  let pattern = null; // what is searched for, for marking it in a text

  const SORTS = [
    { name: "worst", label: `worst by ${summary.order}`, key: column.rank, lowest: "worst first", highest: "best first" },
    { name: "row", label: "place in the file", key: column.row, lowest: "first first", highest: "last first" },
    ...signals.map((one) => ({ name: one.name, label: one.name, key: one.values, lowest: "lowest first", highest: "highest first" })),
    { name: "source length", label: "length of the source", key: text.source.lengths, lowest: "shortest first", highest: "longest first" },
    { name: "target length", label: "length of the target", key: text.target.lengths, lowest: "shortest first", highest: "longest first" },
  ];
  const sorting = () => SORTS.find((sort) => sort.name === state.sort) ?? SORTS[0];

  const orders = new Map();
  /** All pairs in an order; those without the number come last whichever way. */
  function ordered() {
    const { name, key } = sorting();
    const id = `${name} ${state.descending}`;
    if (!orders.has(id)) orders.set(id, sorted(key, state.descending));
    return orders.get(id);
  }

  /** Places by their keys. Many pairs have the same value, so the values are sorted, and the pairs counted into them. */
  function sorted(key, isDescending) {
    if (key === column.rank || key === column.row) { // no two are alike
      const places = new Uint32Array(N);
      if (key === column.rank) key.forEach((rank, i) => (places[rank] = i));
      else key.forEach((_, i) => (places[i] = i));
      return isDescending ? places.reverse() : places;
    }
    const levels = Float64Array.from(new Set(key)).sort(); // NaN at the end
    if (isDescending) levels.subarray(0, levels.length - (Number.isNaN(levels.at(-1)) ? 1 : 0)).reverse();
    const level = new Map(Array.from(levels, (value, l) => [value, l]));
    const next = new Uint32Array(levels.length + 1), levelOf = new Uint32Array(N), order = new Uint32Array(N);
    for (let i = 0; i < N; i++) next[(levelOf[i] = level.get(key[i])) + 1]++;
    for (let l = 1; l < next.length; l++) next[l] += next[l - 1];
    for (let i = 0; i < N; i++) order[next[levelOf[i]]++] = i;
    return order;
  }

  // Of the letters only İ grows when it is made small; then places in the text would no longer fit.
  const folded = (string) => string.replaceAll("\u0130", "I").toLowerCase().replaceAll("ς", "σ");
  const small = {};
  const lower = (side) => (small[side] ??= folded(text[side].all));

  function searchIn(side, found) {
    const { all, starts } = text[side];
    if (state.regex) {
      for (let i = 0; i < N; i++) if (!found[i] && pattern.test(all.slice(starts[i], starts[i + 1] - 1))) found[i] = 1;
      return;
    }
    const hay = lower(side), needle = folded(state.query);
    let i = 0;
    for (let at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at)) {
      while (starts[i + 1] <= at) i++;
      if (at + needle.length < starts[i + 1]) {
        found[i] = 1;
        at = starts[i + 1];
      } else at++;
    }
  }

  let searched = { key: "", found: null };
  /** Which pairs have what is searched for; null where nothing is. */
  function search() {
    const key = JSON.stringify([state.query, state.scope, state.regex]);
    if (searched.key === key) return searched.found;
    pattern = null;
    let problem = "";
    if (state.query) {
      try {
        pattern = state.regex ? new RegExp(state.query, "iu") : new RegExp(state.query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu");
      } catch (error) {
        problem = error.message;
      }
    }
    $("query").setAttribute("aria-invalid", problem ? "true" : "false");
    $("query").title = problem;
    const found = state.query ? new Uint8Array(N) : null;
    if (pattern) for (const side of ["source", "target"]) if (state.scope === "both" || state.scope === side) searchIn(side, found);
    searched = { key, found };
    return found;
  }

  function documentsAsked() {
    const asked = state.document;
    if (!asked) return null;
    const n = text.documents.lengths.length, found = new Uint8Array(n);
    for (let d = 0; d < n; d++) found[d] = text.documents.at(d) === asked ? 1 : 0;
    if (!found.includes(1)) for (let d = 0; d < n; d++) found[d] = text.documents.at(d).includes(asked) ? 1 : 0;
    return found;
  }

  function flagSetsAsked() {
    const wanted = [...state.flags].filter(([, how]) => how === "with").map(([name]) => name);
    const unwanted = [...state.flags].filter(([, how]) => how === "without").map(([name]) => name);
    const has = (set, name) => (name === "" ? set.length === 0 : set.includes(name));
    return summary.flag_sets.map((set) => (!wanted.length || wanted.some((name) => has(set, name))) && !unwanted.some((name) => has(set, name)));
  }

  /** The pairs that all filters let pass, in the order that is asked for. */
  function passing() {
    const pass = new Uint8Array(N).fill(1);
    const found = search();
    if (found) for (let i = 0; i < N; i++) pass[i] &= found[i];
    const documents = documentsAsked();
    if (documents) for (let i = 0; i < N; i++) pass[i] &= documents[column.document[i]];
    if (state.flags.size) {
      const sets = flagSetsAsked();
      for (let i = 0; i < N; i++) if (!sets[column.flag_set[i]]) pass[i] = 0;
    }
    if (state.drawn) {
      const random = state.drawn === "random" ? 1 : 0;
      for (let i = 0; i < N; i++) if (column.random[i] !== random) pass[i] = 0;
    }
    for (const [name, [low, high]] of state.ranges) {
      const column = signal(name).values;
      const least = low ?? -Infinity, most = high ?? Infinity;
      for (let i = 0; i < N; i++) if (!(column[i] >= least && column[i] <= most)) pass[i] = 0; // NaN does not pass
    }
    return ordered().filter((i) => pass[i]);
  }

  const isFiltered = () => view.length < N;

  /** Do what is asked for, and show it. */
  function update() {
    performance.mark("update");
    view = passing();
    selected = -1;
    list.reset();
    showStatus();
    showPair(null);
    performance.measure("update", "update");
    document.documentElement.dataset.shown = view.length;
    remember();
    drawSoon();
  }

  let drawing = 0;
  /** The small plots show what passes; they may come a moment later. */
  function drawSoon() {
    cancelAnimationFrame(drawing);
    drawing = requestAnimationFrame(() => filterPlots.forEach((draw) => draw()));
  }

  // -- The list: only the rows that can be seen are there -------------------------------------------------------------

  const list = (() => {
    const grid = $("grid"), spacer = $("spacer"), rows = $("rows");
    const BLOCK = 256, MOST = 100_000, AHEAD = 500; // browsers draw nothing beyond some ten million pixels
    let heights = new Float64Array(0), blocks = new Float64Array(0), drawn = new Map(), wide = 0;

    const shown = () => Math.min(view.length, MOST);

    /** How high a row will be, before it is there to be measured. */
    function guess() {
      const narrow = matchMedia("(max-width: 680px)").matches;
      const width = narrow ? [wide - 24, wide - 24] : [(wide - 190) / 2.2, (1.2 * (wide - 190)) / 2.2];
      const source = text.source.lengths, target = text.target.lengths;
      const least = summary.flag_sets.map((set) => (narrow ? 0 : 44 + 22 * set.length));
      heights = new Float64Array(shown());
      for (let k = 0; k < heights.length; k++) {
        const i = view[k];
        const a = Math.max(1, Math.ceil((source[i] * 15.4) / width[0])), b = Math.max(1, Math.ceil((target[i] * 7.7) / width[1]));
        heights[k] = 20 + (narrow ? 23 + 26 * (a + b) : Math.max(26 * a, 26 * b, least[column.flag_set[i]]));
      }
      blocks = new Float64Array(Math.ceil(heights.length / BLOCK));
      for (let k = 0; k < heights.length; k++) blocks[k >> 8] += heights[k];
      measureAll();
    }

    const measureAll = () => spacer.style.setProperty("height", `${blocks.reduce((a, b) => a + b, 0)}px`);

    function top(k) {
      let y = 0;
      for (let b = 0; b < k >> 8; b++) y += blocks[b];
      for (let j = (k >> 8) * BLOCK; j < k; j++) y += heights[j];
      return y;
    }

    function rowAt(y) {
      let b = 0;
      while (b < blocks.length - 1 && y >= blocks[b]) y -= blocks[b++];
      let k = b * BLOCK;
      while (k < heights.length - 1 && y >= heights[k]) y -= heights[k++];
      return k;
    }

    function draw() {
      if (!heights.length || !grid.clientHeight) return;
      const y = grid.scrollTop, first = rowAt(y), offset = y - top(first);
      const from = rowAt(Math.max(0, y - AHEAD)), to = rowAt(y + grid.clientHeight + AHEAD);
      const next = new Map();
      for (let k = from; k <= to; k++) next.set(k, drawn.get(k) ?? row(k));
      if ([...next.keys()].some((k) => !drawn.has(k)) || next.size !== drawn.size) rows.replaceChildren(...next.values());
      drawn = next;
      rows.style.setProperty("transform", `translateY(${top(from)}px)`);
      let changed = false;
      for (const [k, element] of drawn) {
        const height = element.getBoundingClientRect().height;
        if (height && Math.abs(height - heights[k]) > 0.4) {
          blocks[k >> 8] += height - heights[k];
          heights[k] = height;
          changed = true;
        }
      }
      if (!changed) return;
      measureAll();
      rows.style.setProperty("transform", `translateY(${top(from)}px)`);
      // What is being read stays where it is, though rows above it are higher than was guessed.
      const wanted = top(first) + offset;
      if (Math.abs(grid.scrollTop - wanted) > 0.5) grid.scrollTop = wanted;
      const last = top(to) + heights[to];
      if (last < grid.scrollTop + grid.clientHeight && to < heights.length - 1) requestAnimationFrame(draw);
    }

    /** The number in front of each row: what is sorted by, or else what says most. */
    function leading() {
      const { name, key } = sorting();
      if (name !== "worst" && name !== "row") return { name, key };
      const one = signal("quality") ?? signal("score");
      return { name: one?.name ?? "", key: one?.values };
    }

    function row(k) {
      const i = view[k], set = flagsOf(i), { key } = leading();
      const element = h("div", { class: "row", role: "row", id: `row-${k}`, "aria-rowindex": k + 1, "aria-selected": k === selected },
        h("div", { class: "key", role: "gridcell" }, key ? aligned(key[i]) : "", h("small", {}, `#${column.row[i]}`), set.length > 0 && h("div", { class: "flags" }, set.map(chip))),
        side("source", i), side("target", i));
      element.dataset.place = k;
      return element;
    }

    function reset() {
      drawn = new Map();
      rows.replaceChildren();
      wide = grid.clientWidth;
      grid.scrollTop = 0;
      grid.setAttribute("aria-rowcount", view.length);
      grid.removeAttribute("aria-activedescendant");
      heads();
      guess();
      if (!view.length) rows.replaceChildren(h("p", { class: "nothing" }, "No pair passes these filters. ", h("button", { type: "button", class: "link", click: clear }, "Clear them all")));
      draw();
    }

    function heads() {
      const [first, ...sides] = $("heads").children;
      first.textContent = leading().name;
      sides.forEach((side, s) => (side.textContent = `${["source", "target"][s]} (${summary.languages[s]})`));
      $("heads").style.setProperty("padding-right", `${16 + grid.offsetWidth - grid.clientWidth}px`);
    }

    /** Bring a row into sight. */
    function reveal(k) {
      for (let turn = 0; turn < 3; turn++) { // rows on the way may turn out higher than was guessed
        const y = top(k), bottom = y + heights[k];
        if (y < grid.scrollTop) grid.scrollTop = y;
        else if (bottom > grid.scrollTop + grid.clientHeight) grid.scrollTop = Math.min(y, bottom - grid.clientHeight);
        draw();
      }
    }

    function mark() {
      for (const [k, element] of drawn) element.setAttribute("aria-selected", k === selected);
      if (selected >= 0) grid.setAttribute("aria-activedescendant", `row-${selected}`);
    }

    const page = () => Math.max(1, rowAt(grid.scrollTop + grid.clientHeight * 0.9) - rowAt(grid.scrollTop));
    grid.addEventListener("scroll", () => requestAnimationFrame(draw), { passive: true });
    new ResizeObserver(() => {
      if (grid.clientWidth === wide || !grid.clientWidth) return draw();
      const first = rowAt(grid.scrollTop);
      wide = grid.clientWidth;
      drawn = new Map();
      guess();
      grid.scrollTop = top(first);
      draw();
    }).observe(grid);
    return { reset, reveal, mark, page, shown, first: () => rowAt(grid.scrollTop) };
  })();

  const hant = signal("hant_share")?.values;
  /** The language of a side, and of Chinese the script as far as it is known, so that a browser takes the right font. */
  function language(name, i) {
    const said = summary.languages[name === "source" ? 0 : 1];
    if (said !== "zh" || !hant || Number.isNaN(hant[i])) return said;
    return hant[i] > 0.5 ? "zh-Hant" : "zh-Hans";
  }

  function side(name, i) {
    const said = text[name].at(i);
    const asked = pattern && (state.scope === "both" || state.scope === name);
    return h("div", { class: said ? "text" : "text empty", role: "gridcell", lang: said ? language(name, i) : "en" }, said ? (asked ? marked(said) : said) : "empty");
  }

  /** A text in which what was searched for is marked. */
  function marked(said) {
    const all = new RegExp(pattern.source, "giu"), parts = [];
    let at = 0;
    for (const found of said.matchAll(all)) {
      if (!found[0]) continue;
      parts.push(said.slice(at, found.index), h("mark", {}, found[0]));
      at = found.index + found[0].length;
    }
    return [...parts, said.slice(at)];
  }

  const meaning = (name) => flags.get(name)?.meaning ?? "";
  const chip = (name) => h("span", { class: flags.get(name)?.is_harmless ? "flag mild" : "flag", title: meaning(name) }, name);

  // -- The pair in full -----------------------------------------------------------------------------------------------

  const UNSEEN = /[\u0000-\u001f\u007f-\u00a0\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffd]|[\u{e0000}-\u{e0fff}]/gu;

  /** A raw text with the signs in it that nobody would see. */
  function visible(raw) {
    const parts = [];
    let at = 0;
    for (const found of raw.matchAll(UNSEEN)) {
      const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      parts.push(raw.slice(at, found.index), h("span", { class: "sign" }, `U+${code}`), found[0] === "\n" ? "\n" : "");
      at = found.index + found[0].length;
    }
    return [...parts, raw.slice(at)];
  }

  function offsets(name, i) {
    const start = place[`${name}.start`][i], end = place[`${name}.end`][i];
    return Number.isNaN(start) ? "not known" : `${count(start)} to ${count(end)}`;
  }

  let inFull = null;
  function showPair(i) {
    if (i === inFull && i !== null) return;
    inFull = i;
    const detail = $("detail");
    detail.scrollTop = 0;
    if (i === null) {
      detail.classList.remove("open");
      put(detail, h("p", { class: "hint" }, "Point at a pair, or choose one with ", h("kbd", {}, "j"), " and ", h("kbd", {}, "k"), ", to see its raw text, where it stands, and every signal."));
      return;
    }
    const set = flagsOf(i), target = text.target_document.at(i);
    put(detail,
      h("button", { type: "button", class: "close", click: () => select(-1) }, "Close"),
      h("h2", {}, "Pair"),
      h("dl", {},
        h("dt", {}, "id"), h("dd", { class: "code" }, identity(i)),
        h("dt", {}, "row"), h("dd", {}, count(column.row[i]), summary.n_random && column.random[i] ? " (drawn at random)" : ""),
        h("dt", {}, "document"), h("dd", {}, documentButton(text.documents.at(column.document[i]))),
        summary.licenses.length > 1 && [h("dt", {}, "licence"), h("dd", {}, summary.licenses[column.license[i]].name ?? "not known")],
        h("dt", {}, "source at"), h("dd", {}, offsets("source", i), sentences("source", i)),
        target && [h("dt", {}, "target in"), h("dd", {}, target)],
        target && [h("dt", {}, "target at"), h("dd", {}, offsets("target", i), sentences("target", i))]),
      set.length > 0 && [h("h2", {}, "Flags"), h("div", { class: "why" }, set.map((name) => [chip(name), h("span", {}, meaning(name))]))],
      raw("source", i), raw("target", i),
      h("h2", {}, "Signals"),
      h("table", { class: "values" }, h("tbody", {}, signals.filter((one) => !Number.isNaN(one.values[i])).map((one) =>
        h("tr", { title: `${one.meaning}${one.unit ? `, ${one.unit}` : ""}` },
          h("th", { scope: "row" }, one.name), h("td", {}, aligned(one.values[i])),
          h("td", {}, isIndex(one) ? others(one, one.values[i]) : spot(one, one.values[i])))))));
    if (selected >= 0 && view[selected] === i) detail.classList.add("open");
  }

  function sentences(name, i) {
    const n = place[`${name}.sentences`][i];
    return n === 1 ? "" : `, ${n} sentences`;
  }

  const documentButton = (name) => h("button", { type: "button", class: "link", title: "Only this document", click: () => ask(() => (state.document = name)) }, name || "(no name)");

  /** The raw text of a side; of the target only where it is another than the text beside it, or has unseen signs. */
  function raw(name, i) {
    const said = text[name].at(i), found = text[name === "source" ? "raw" : "target_raw"].at(i) ?? said;
    UNSEEN.lastIndex = 0;
    if (name === "target" && found === said && !UNSEEN.test(said)) return null;
    return [h("h2", {}, `Raw ${name}${found === said ? ", the same as in the list" : ""}`),
      found ? h("p", { class: "raw", lang: language(name, i) }, visible(found)) : h("p", { class: "hint" }, "empty")];
  }

  const others = (one, value) => h("button", { type: "button", class: "link", click: () => ask(() => setRange(one.name, value, value)) }, "show all");

  /** Where a value lies between the ends of a plot; the thick part is the middle half of the corpus. */
  function spot(one, value) {
    const stop = one.start + one.step * one.counts.length;
    const x = (v) => 6 + 72 * Math.min(1, Math.max(0, (v - one.start) / (stop - one.start)));
    return h("svg:svg", { viewBox: "0 0 84 12", "aria-hidden": "true" },
      h("svg:line", { class: "track", x1: 4, x2: 80, y1: 6, y2: 6 }),
      h("svg:line", { class: "half", x1: x(one.quantiles[1]), x2: x(one.quantiles[3]), y1: 6, y2: 6 }),
      h("svg:circle", { class: "dot", cx: x(value), cy: 6, r: 4.5 }));
  }

  function select(k) {
    selected = k >= 0 ? Math.min(k, list.shown() - 1) : -1;
    list.mark();
    if (selected >= 0) {
      list.reveal(selected);
      list.mark();
    }
    showPair(selected >= 0 ? view[selected] : null);
    if (selected >= 0) $("detail").classList.add("open");
  }

  const placeOf = (event) => Number(event.target.closest?.(".row")?.dataset.place ?? -1);
  const isRoomy = matchMedia("(min-width: 861px)"); // else the pair in full would cover the list
  $("grid").addEventListener("pointerover", (event) => {
    const k = placeOf(event);
    if (k >= 0 && isRoomy.matches && event.pointerType === "mouse") showPair(view[k]);
  });
  $("grid").addEventListener("pointerleave", () => isRoomy.matches && showPair(selected >= 0 ? view[selected] : null));
  $("grid").addEventListener("click", (event) => {
    const k = placeOf(event);
    if (k >= 0 && !getSelection().toString()) select(k);
  });

  // -- Filters --------------------------------------------------------------------------------------------------------

  const filterPlots = [];
  const redraw = []; // brings the controls in line with the state

  /** Change what is asked for. */
  function ask(change) {
    change();
    redraw.forEach((draw) => draw());
    show("pairs");
    update();
  }

  function clear() {
    ask(() => {
      Object.assign(state, { query: "", document: "", drawn: "" });
      state.flags.clear();
      state.ranges.clear();
    });
  }

  function setRange(name, low, high) {
    if (low === null && high === null) state.ranges.delete(name);
    else state.ranges.set(name, [low, high]);
  }

  /** Those of the flags that most pairs have, where there are too many for a list. */
  const often = (all, most) => (all.length > most ? all.toSorted((a, b) => b.pairs - a.pairs).slice(0, most) : all);

  function facet(name, label, n, title) {
    const button = (how, sign, says) => {
      const turn = () => (state.flags.get(name) === how ? state.flags.delete(name) : state.flags.set(name, how));
      const element = h("button", { type: "button", "aria-label": `${says} ${label}`, title: `${says} ${label}`, click: () => ask(turn) }, sign);
      redraw.push(() => element.setAttribute("aria-pressed", state.flags.get(name) === how));
      return element;
    };
    return h("div", { class: "facet" }, h("span", { class: "name", title }, label), h("span", { class: "n" }, count(n)),
      h("span", { class: "pick" }, button("with", "+", "only with"), button("without", "−", "without")));
  }

  function signalFilter(one) {
    const stop = one.start + one.step * one.counts.length;
    const input = (which) => {
      const says = which ? "at most" : "at least";
      const element = h("input", { type: "number", step: "any", "aria-label": `${one.name} ${says}`, placeholder: figure(which ? one.maximum : one.minimum), change: () => ask(() => {
        const range = [...(state.ranges.get(one.name) ?? [null, null])];
        range[which] = element.value === "" ? null : Number(element.value);
        setRange(one.name, ...range);
      }) });
      redraw.push(() => (element.value = state.ranges.get(one.name)?.[which] ?? ""));
      return element;
    };
    const bins = one.counts.length, base = h("svg:g", {}), on = h("svg:g", {}), brush = h("svg:rect", { class: "brush", y: 0, height: 38, visibility: "hidden" });
    const svg = h("svg:svg", { viewBox: `0 0 ${bins} 38`, preserveAspectRatio: "none", role: "img", "aria-label": `Distribution of ${one.name}` }, base, on, brush);
    const all = N === summary.n_pairs ? one.counts : binned(one, null), most = Math.max(...all, 1);
    const height = (n) => (n ? 4 + (34 * Math.log(n)) / Math.max(Math.log(most), 1e-9) : 0);
    const bars = (counts, name) => counts.flatMap((n, b) => {
      const high = most === 1 ? 38 : height(n);
      return n > 0 ? [h("svg:rect", { class: name, x: b + 0.06, width: 0.88, y: 38 - high, height: high })] : [];
    });
    base.append(...bars(all, "bin"));
    const element = h("div", { class: "signal" },
      h("div", { class: "head", title: one.meaning }, h("span", {}, one.name), h("span", { class: "unit" }, one.unit)),
      svg, h("div", { class: "range" }, input(0), input(1)));
    brushing(svg, one, (x) => x * bins, brush);
    filterPlots.push(() => on.replaceChildren(...bars(isFiltered() ? binned(one, view) : all, "bin-on")));
    redraw.push(() => {
      const range = state.ranges.get(one.name);
      element.classList.toggle("on", Boolean(range));
      brush.setAttribute("visibility", range ? "visible" : "hidden");
      if (!range) return;
      const at = (value, other) => Math.min(bins, Math.max(0, value === null ? other : (value - one.start) / one.step));
      brush.setAttribute("x", at(range[0], 0));
      brush.setAttribute("width", Math.max(0.3, at(range[1], bins) - at(range[0], 0)));
    });
    return element;
  }

  /** How many of some pairs are in each bin. */
  function binned(one, pairs) {
    const counts = new Array(one.counts.length).fill(0), last = counts.length - 1, { values, start, step } = one;
    const stop = start + step * counts.length;
    const add = (i) => {
      const value = values[i];
      if (value >= start && value <= stop) counts[Math.min(last, Math.floor((value - start) / step + 1e-9))]++;
    };
    if (pairs) pairs.forEach(add);
    else for (let i = 0; i < N; i++) add(i);
    return counts;
  }

  /** Draw over a plot to ask for a range; a press on one bin asks for that bin. */
  function brushing(svg, one, toX, brush) {
    let from = null;
    const bins = one.counts.length;
    const bin = (event) => {
      const box = svg.getBoundingClientRect();
      return Math.min(bins, Math.max(0, toBin((event.clientX - box.left) / box.width)));
    };
    const toBin = (x) => (svg.dataset.left ? ((x - svg.dataset.left) / svg.dataset.width) * bins : x * bins);
    const ends = (event) => {
      const to = bin(event), low = Math.floor(Math.min(from, to)), high = Math.min(bins, Math.max(Math.ceil(Math.max(from, to)), low + 1));
      return [Math.min(low, bins - 1), high];
    };
    svg.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      from = bin(event);
      svg.setPointerCapture(event.pointerId);
      event.preventDefault();
    });
    svg.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const [low, high] = ends(event);
      brush.setAttribute("visibility", "visible");
      brush.setAttribute("x", toX(low / bins));
      brush.setAttribute("width", toX(high / bins) - toX(low / bins));
    });
    svg.addEventListener("pointercancel", () => ((from = null), redraw.forEach((draw) => draw())));
    svg.addEventListener("pointerup", (event) => {
      if (from === null) return;
      const [low, high] = ends(event);
      from = null;
      // Edges such as 0.30000000000000004 are what nobody means.
      const edge = (b) => Number((one.start + b * one.step).toPrecision(10));
      const inside = one.is_whole && one.step === 1 ? 0.5 : 0;
      // The first and the last bin stand for what lies outside as well.
      ask(() => setRange(one.name, low ? edge(low) + inside : null, high < bins ? edge(high) - inside : null));
    });
  }

  function buildFilters() {
    const document_ = h("input", { class: "whole", type: "search", list: "documents", placeholder: "name, or a part of it", "aria-label": "Document", input: () => ask(() => (state.document = document_.value)) });
    redraw.push(() => document_.value !== state.document && (document_.value = state.document));
    const listed = summary.documents.map((one) => h("option", { value: one.name }));
    const unflagged = column.flag_set.reduce((n, set) => n + (summary.flag_sets[set].length ? 0 : 1), 0);
    const drawn = h("select", { class: "whole", "aria-label": "Which pairs", change: () => ask(() => (state.drawn = drawn.value)) },
      options([["", "worst and random"], ["worst", "the worst alone"], ["random", "random alone"]]));
    redraw.push(() => (drawn.value = state.drawn));
    const shown = new Map();
    column.flag_set.forEach((set) => shown.set(set, (shown.get(set) ?? 0) + 1));
    const carrying = (name) => summary.flag_sets.reduce((n, set, s) => n + (set.includes(name) ? shown.get(s) ?? 0 : 0), 0);
    const constant = signals.filter((one) => isConstant(one) && !isIndex(one));
    put($("filters"),
      summary.n_random > 0 && [h("h2", {}, "Drawn"), drawn],
      h("h2", {}, "Document"), document_, h("datalist", { id: "documents" }, listed),
      h("h2", {}, "Flags"),
      often(summary.flags, 60).map((flag) => facet(flag.name, flag.name, carrying(flag.name), flag.meaning)),
      facet("", "no flag", unflagged, "pairs that carry no flag"),
      h("h2", {}, "Signals: draw or type a range"),
      signals.filter(isSpread).map(signalFilter),
      constant.length > 0 && h("p", { class: "constant" }, "The same wherever it is known: ", constant.map((one) => `${one.name} ${figure(one.minimum)}`).join(", ")));
  }

  function showStatus() {
    const n = view.length;
    $("status").replaceChildren(h("strong", {}, count(n)), isFiltered() ? ` of ${count(N)} pairs` : n === 1 ? " pair" : " pairs", n > list.shown() ? `; the first ${count(list.shown())} are listed` : "");
    const active = [];
    const drop = (label, change) => active.push(h("button", { type: "button", "aria-label": `Drop: ${label}`, title: label, click: () => ask(change) }, label));
    if (state.document) drop(`document ${state.document}`, () => (state.document = ""));
    if (state.drawn) drop(`${state.drawn} ones`, () => (state.drawn = ""));
    for (const [name, how] of state.flags) drop(`${how} ${name || "no flag"}`, () => state.flags.delete(name));
    for (const [name, [low, high]] of state.ranges) {
      const range = low === null ? `≤ ${figure(high)}` : high === null ? `≥ ${figure(low)}` : `${figure(low)} to ${figure(high)}`;
      drop(`${name} ${range}`, () => state.ranges.delete(name));
    }
    $("active").replaceChildren(...active);
    $("active").hidden = !active.length;
  }

  // -- Overview -------------------------------------------------------------------------------------------------------

  let isLogarithmic = true;

  function plot(one) {
    const width = 360, height = 168, left = 40, right = 8, top = 10, bottom = 44, base = height - bottom;
    const bins = one.counts.length, stop = one.start + one.step * bins, most = Math.max(...one.counts, one.below, one.above, 1);
    const x = (value) => left + ((value - one.start) / (stop - one.start)) * (width - left - right);
    const y = (n) => base - (base - top) * (isLogarithmic ? (n ? (Math.log10(n) + 0.3) / (Math.log10(most) + 0.3) : 0) : n / most);
    const label = (value) => (Math.abs(value) < 1e-9 ? "0" : figure(Number(value.toPrecision(6))));
    const svg = h("svg:svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `Histogram of ${one.name}: median ${figure(one.quantiles[2])}, from ${figure(one.minimum)} to ${figure(one.maximum)}` });
    svg.dataset.left = left / width;
    svg.dataset.width = (width - left - right) / width;
    for (const n of isLogarithmic ? powers(most) : ticks(0, most, 4)) {
      svg.append(h("svg:line", { class: "gridline", x1: left, x2: width - right, y1: y(n), y2: y(n) }), h("svg:text", { x: left - 6, y: y(n) + 4, "text-anchor": "end" }, short(n)));
    }
    const bar = (n, at, end, name, says) => n > 0 && h("svg:rect", { class: name, x: at + 0.5, width: Math.max(0.8, end - at - 1), y: y(n), height: base - y(n) }, h("svg:title", {}, `${says}: ${count(n)} pairs`));
    const isOne = one.is_whole && one.step === 1;
    one.counts.forEach((n, b) => {
      const low = one.start + b * one.step;
      const says = isOne ? label(low + 0.5) : `${label(low)} to ${label(low + one.step)}`;
      svg.append(bar(n, x(low), x(low + one.step), "bin", says) || "");
    });
    const gap = Math.min(5, (width - left - right) / bins);
    svg.append(bar(one.below, left - gap, left, "outside", `below ${label(one.start)}`) || "", bar(one.above, width - right, width - right + gap, "outside", `above ${label(stop)}`) || "");
    svg.append(h("svg:line", { class: "axis", x1: left, x2: width - right, y1: base + 0.5, y2: base + 0.5 }));
    for (const value of ticks(isOne ? one.start + 0.5 : one.start, isOne ? stop - 0.5 : stop, 6)) {
      if (isOne && !Number.isInteger(value)) continue;
      svg.append(h("svg:line", { class: "axis", x1: x(value), x2: x(value), y1: base, y2: base + 4 }), h("svg:text", { x: x(value), y: base + 16, "text-anchor": "middle" }, label(value)));
    }
    const [p5, p25, p50, p75, p95] = one.quantiles.map((value) => x(Math.min(stop, Math.max(one.start, value))));
    svg.append(h("svg:g", {}, h("svg:title", {}, `5 % ${figure(one.quantiles[0])}, 25 % ${figure(one.quantiles[1])}, median ${figure(one.quantiles[2])}, 75 % ${figure(one.quantiles[3])}, 95 % ${figure(one.quantiles[4])}`),
      h("svg:line", { class: "whisker", x1: p5, x2: p95, y1: base + 26, y2: base + 26 }),
      h("svg:rect", { class: "box", x: p25, width: Math.max(1, p75 - p25), y: base + 23.5, height: 5 }),
      h("svg:circle", { class: "median", cx: p50, cy: base + 26, r: 3.5 })));
    svg.append(h("svg:text", { x: (left + width - right) / 2, y: height - 2, "text-anchor": "middle" }, one.unit || "value"));
    const brush = h("svg:rect", { class: "brush", y: top, height: base - top, visibility: "hidden", "pointer-events": "none" });
    svg.append(brush);
    brushing(svg, one, (part) => left + part * (width - left - right), brush);
    const missing = summary.n_pairs - one.n;
    return h("figure", { class: "plot" },
      h("h3", {}, h("span", {}, one.name), h("small", {}, `median ${figure(one.quantiles[2])} · ${figure(one.minimum)} to ${figure(one.maximum)}`)),
      h("p", {}, one.meaning, missing ? `${one.meaning ? "; " : ""}${missing === 1 ? "1 pair has" : `${count(missing)} pairs have`} none` : ""), svg);
  }

  const short = (n) => (n >= 1e6 ? `${n / 1e6}M` : n >= 1e4 ? `${n / 1e3}k` : count(n));
  function powers(most) {
    const all = Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, i) => 10 ** i);
    if (all.length > 5) return all.filter((_, i) => i % 2 === 0);
    return all.length > 2 ? all : all.flatMap((n) => [n, 2 * n, 5 * n]).filter((n) => n <= most);
  }
  /** Round numbers between two ends, about as many as are wanted. */
  function ticks(low, high, wanted) {
    const rough = (high - low) / wanted || 1, power = 10 ** Math.floor(Math.log10(rough));
    const step = power * [1, 2, 5, 10].find((factor) => power * factor >= rough * 0.999);
    const found = [];
    for (let k = Math.ceil(low / step - 1e-6); k * step <= high + step * 1e-6; k++) found.push(k * step);
    return found;
  }

  const meter = (n, of, lost = 0) => h("td", { class: "bars" }, h("div", { class: "meter" }, bar("", n, of), lost > 0 && bar("lost", lost, of)));
  function bar(name, n, of) {
    const element = h("i", { class: name });
    element.style.setProperty("width", `${of ? Math.max(n > 0 ? 0.4 : 0, (100 * n) / of) : 0}%`);
    return element;
  }
  const tr = (...cells) => h("tr", {}, cells);
  const td = (...content) => h("td", {}, content);
  const num = (value) => h("td", { class: "num" }, value);
  const code = (content) => td(h("code", {}, content));
  /** The head of a column; one of numbers begins with ``>``. */
  const head = (name, attributes) =>
    name.startsWith(">") ? h("th", { class: "num", scope: "col", ...attributes }, name.slice(1)) : h("th", { scope: "col", ...attributes }, name);
  const tabled = (name, heads, body) => h("div", { class: "scroll" }, h("table", { class: "data", "aria-label": name }, h("thead", {}, heads), body));
  const table = (name, heads, rows) => tabled(name, tr(heads.map((one) => head(one))), h("tbody", {}, rows));
  const options = (all) => all.map(([value, label]) => h("option", { value }, label));
  const section = (title, about, ...content) => [h("h2", {}, title), about && h("p", { class: "about" }, about), ...content];
  const more = (n, listed, what) => n > listed && h("p", { class: "about" }, `and ${count(n - listed)} more ${what}`);

  function figures() {
    const flagged = summary.n_pairs - unflaggedInAll;
    const of = [
      [summary.n_pairs, "pairs"],
      [summary.n_documents, summary.n_documents === 1 ? "document" : "documents"],
      [summary.n_characters, "characters of source"],
      [summary.n_words, "words of target"],
      [flagged, `pairs with a flag (${share(flagged, summary.n_pairs)})`],
    ];
    const made = {
      machine: "The target is a machine's translation.",
      human: "Source and target are texts by people, aligned.",
    }[summary.target_origin];
    return [
      made && h("p", { class: "made" }, made),
      h("dl", { class: "figures" }, of.map(([n, what]) => h("div", {}, h("dt", {}, what), h("dd", {}, count(n))))),
    ];
  }
  const unflaggedInAll = summary.n_unflagged;

  function distributions() {
    const grid = h("div", { class: "plots" });
    const draw = () => put(grid, signals.filter(isSpread).map(plot));
    const choice = h("select", { id: "scale", change: () => ((isLogarithmic = choice.value === "log"), draw()) },
      options([["log", "logarithmic"], ["linear", "linear"]]));
    draw();
    const about = "How many pairs have which value, over the whole corpus. Below each axis: the median, the middle half, and 5 to 95 %. "
      + "Red bars at an end are values beyond it. Draw over a plot to see those pairs.";
    return section("Signals", about,
      h("p", { class: "plot-switch" }, h("label", { for: "scale" }, "Scale of the counts"), choice), grid, constants());
  }

  function constants() {
    const found = signals.filter((one) => isConstant(one) && !isIndex(one));
    if (!found.length) return null;
    return table("Signals of one value", ["the same in all pairs that have it", ">value", ">pairs", "", "meaning"],
      found.map((one) => tr(td(one.name), num(figure(one.minimum)), num(count(one.n)), td(one.unit), td(one.meaning))));
  }

  function flagTable() {
    if (!summary.flags.length) return section("Flags", "No pair carries a flag.");
    const only = (name) => ask(() => (state.flags.clear(), state.flags.set(name, "with")));
    const row = (flag) => tr(
      td(h("button", { type: "button", class: "link code", click: () => only(flag.name) }, flag.name)), td(flag.stage),
      num(count(flag.pairs)), num(share(flag.pairs, summary.n_pairs)), meter(flag.pairs, summary.n_pairs), td(flag.meaning));
    return section("Flags", null,
      table("Flags", ["flag", "found in", ">pairs", ">share", "", "meaning"], often(summary.flags, 200).map(row)),
      more(summary.flags.length, 200, "flags"));
  }

  function repairTable() {
    const repaired = summary.repairs.reduce((n, one) => n + one.pairs, 0);
    if (!repaired) return section("Repairs", "No raw text differs from its source, or the raw texts are not in this format.");
    const row = (one) => tr(td(one.name), num(count(one.pairs)), num(share(one.pairs, summary.n_pairs)), td(one.meaning));
    return section("Repairs", `The raw text of ${count(repaired)} pairs (${share(repaired, summary.n_pairs)}) is not their source.`,
      table("Repairs", ["", ">pairs", ">share", "meaning"], summary.repairs.map(row)));
  }

  function encodingTable() {
    const found = Object.entries(summary.encodings);
    if (!found.length) return section("Encodings", "What was read says nothing of the encoding of its documents.");
    const all = found.reduce((n, [, files]) => n + files, 0);
    return section("Encodings", null, table("Encodings", ["encoding", ">files", ">share"],
      found.map(([name, n]) => tr(td(name), num(count(n)), num(share(n, all))))));
  }

  function licenceTable() {
    const found = summary.licenses.toSorted((a, b) => b.pairs - a.pairs);
    if (found.length === 1 && found[0].name === null) return section("Licences", "Nobody said what the documents are licensed under.");
    return section("Licences", null, table("Licences", ["licence of the source", ">pairs", ">share"],
      found.map((one) => tr(td(one.name ?? "not known"), num(count(one.pairs)), num(share(one.pairs, summary.n_pairs))))));
  }

  function documentTable() {
    const means = ["quality", "score"].filter((name) => signal(name));
    const most = Math.max(...summary.documents.map((one) => one.n_pairs)), listed = 200;
    const body = h("tbody", {});
    const row = (one) => tr(
      td(documentButton(one.name)), num(count(one.n_pairs)), meter(one.n_pairs, most), num(count(one.n_flagged)),
      num(share(one.n_flagged, one.n_pairs)), means.map((name) => num(figure(one.means[name]))));
    const orders = { n_pairs: (one) => -one.n_pairs, flagged: (one) => -one.n_flagged / one.n_pairs };
    const choice = h("select", { id: "document-order", change: () => draw() }, options([
      ["", "as in the corpus"], ["n_pairs", "most pairs"], ["flagged", "most flagged"],
      ...means.map((name) => [name, `lowest ${name}`])]));
    const draw = () => {
      const by = orders[choice.value] ?? ((one) => one.means[choice.value] ?? Infinity);
      const sorted = choice.value ? summary.documents.toSorted((a, b) => by(a) - by(b) || 0) : summary.documents;
      put(body, sorted.slice(0, listed).map(row));
    };
    draw();
    const heads = ["document", ">pairs", "", ">with a flag", ">share", ...means.map((name) => `>mean ${name}`)];
    return section("Documents", null,
      summary.n_documents > 1 && h("p", { class: "plot-switch" }, h("label", { for: "document-order" }, "Order"), choice),
      tabled("Documents", tr(heads.map((one) => head(one))), body),
      more(summary.n_documents, Math.min(listed, summary.documents.length), "documents"));
  }

  function waterfall() {
    const all = summary.waterfall;
    if (!all) return [];
    let left = all.total.pairs;
    const costs = (rule) => ["in_order", "alone", "only"].flatMap((name) => [num(count(rule[name].pairs)), num(count(rule[name].words))]);
    const rows = all.rules.map((rule) => {
      left -= rule.in_order.pairs;
      return tr(td(rule.name), code(rule.rule.startsWith("flag ") ? `no ${rule.rule}` : rule.rule),
        meter(left, all.total.pairs, rule.in_order.pairs), num(count(left)), costs(rule));
    });
    const kept = `What made this corpus kept ${count(all.kept.pairs)} of ${count(all.total.pairs)} pairs `
      + `(${share(all.kept.pairs, all.total.pairs)}) and ${count(all.kept.words)} of ${count(all.total.words)} words. `;
    const about = "In order: what was left for the rule by those above it. Alone: what it refuses whatever the others do. "
      + "Only by it: what would come back without it.";
    const twice = { rowspan: 2 }, over = { colspan: 2 };
    const heads = [
      tr(head("rule", twice), head("refuses unless", twice), head("left, and refused", twice), head(">left", twice),
        head(">in order", over), head(">alone", over), head(">only by it", over)),
      tr([0, 1, 2].map(() => [head(">pairs"), head(">words")]))];
    const first = tr(td("all pairs"), td(), meter(all.total.pairs, all.total.pairs), num(count(all.total.pairs)), h("td", { colspan: 6 }));
    return section("Filter", kept + about, tabled("Waterfall", heads, h("tbody", {}, first, rows)));
  }

  function rejected() {
    const read = { title: `while ${summary.title} was read`, n: summary.n_rejected, items: summary.rejected.map((item) => [item.origin, item.reason]) };
    const made = summary.steps.map((step) => ({ title: `while ${step.name} was made`, n: step.n_rejected, items: step.rejected }));
    const groups = [read, ...made].filter((group) => group.n);
    if (!groups.length) return section("Rejected", "No input, and no row of one, was rejected.");
    return section("Rejected", "Inputs, and rows of them, of which nothing is in the corpus.", groups.map((group) => [
      table("Rejected", [group.title, "reason"], group.items.map(([origin, reason]) => tr(code(origin), td(reason)))),
      more(group.n, group.items.length, "rejected")]));
  }

  function run() {
    const { signature, environment, files } = summary.run;
    const parts = signature.split("|").map((part) => {
      const colon = part.includes(":") ? part.indexOf(":") : part.length;
      return tr(td(part.slice(0, colon)), code(part.slice(colon + 1)));
    });
    const versions = Object.entries(environment).map(([name, value]) => tr(td(name), code(value)));
    const input = (file) => tr(td(file.origin), td(file.encoding ?? ""), num(count(file.n_bytes)), code(file.sha256));
    const made = summary.steps.map((step, i) => [
      table("Inputs", [`${step.name}${i ? "" : " (this corpus)"} was made of`, "encoding", ">bytes", "SHA-256"], step.inputs.map(input)),
      more(step.n_inputs, step.inputs.length, "inputs")]);
    return section("The run", null, h("p", { class: "signature code" }, signature),
      h("div", { class: "tables" },
        table("Signature", ["in the signature", ""], parts),
        h("div", {},
          versions.length > 0 && table("Environment", ["environment", ""], versions),
          table("Signals", ["signal", ">version", "unit"], signals.map((one) => tr(td(one.name), num(one.version ?? ""), td(one.unit)))))),
      table("Files", ["this page shows", ">bytes", "SHA-256"], files.map((file) => tr(td(file.origin), num(count(file.n_bytes)), code(file.sha256)))),
      made,
      h("p", { class: "about" }, `Page made by ${summary.made_by}.`,
        summary.n_scored_here ? ` ${count(summary.n_scored_here)} pairs had no signals, and were given them for this page.` : ""));
  }

  function buildOverview() {
    put($("overview"), figures(), summary.n_shown < summary.n_pairs && h("p", { class: "about" }, sampling()), distributions(), flagTable(),
      h("div", { class: "tables thirds" }, h("div", {}, repairTable()), h("div", {}, encodingTable()), h("div", {}, licenceTable())), documentTable(), waterfall(), rejected(), run());
  }

  const sampling = () =>
    `This page holds ${count(N)} of ${count(summary.n_pairs)} pairs: the ${count(N - summary.n_random)} worst (${summary.order}) `
    + `and ${count(summary.n_random)} drawn at random from the others. Counts and plots of the overview are of all pairs.`;

  // -- Views, keys, theme, paper --------------------------------------------------------------------------------------

  let current = "pairs";
  let isOverviewBuilt = false;
  function show(name) {
    if (name === "overview" && !isOverviewBuilt) {
      isOverviewBuilt = true;
      buildOverview();
    }
    current = name;
    for (const one of ["pairs", "overview"]) {
      $(one).hidden = one !== name;
      $(`tab-${one}`).setAttribute("aria-selected", one === name);
      $(`tab-${one}`).tabIndex = one === name ? 0 : -1;
    }
    remember();
  }

  const THEMES = ["auto", "light", "dark"];
  let theme = "auto";
  function setTheme(name) {
    theme = THEMES.includes(name) ? name : "auto";
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    $("theme").textContent = `Theme: ${theme}`;
    try {
      localStorage.setItem("duizhao-theme", theme);
    } catch { /* a page from a file may have no storage: then the choice lasts as long as the page */ }
  }

  const KEYS = [
    ["j", "k", "next and previous pair (or the arrows, in the list)"], ["/", "search"], ["f", "filters: the first of them"], ["s", "sort by"], ["r", "the other way round"],
    ["o", "overview and back"], ["t", "theme: auto, light, dark"], ["Esc", "leave a field, close what is open, drop the choice"], ["?", "this help"],
  ];
  function buildHelp() {
    $("help").append(h("h2", { id: "help-title" }, "Keys"),
      h("dl", {}, KEYS.map((line) => [h("dt", {}, line.slice(0, -1).map((key) => [h("kbd", {}, key), " "])), h("dd", {}, line.at(-1))])),
      h("p", {}, "A search finds exactly those characters, large or small, in one sentence; with .* it is a regular expression. ",
        "+ beside a flag asks for pairs that carry it (any of those chosen), − leaves such pairs out. ",
        "A range of a signal leaves out pairs that do not have it. ",
        "The address keeps what is asked for, so that it can be sent on with the file."),
      h("button", { type: "button", click: () => $("help").close() }, "Close"));
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const field = event.target.closest?.("input, select, textarea");
    if (event.key === "Escape") {
      if ($("filters").classList.contains("open")) toggleFilters(false);
      else if (field) $("grid").focus();
      else select(-1);
      return;
    }
    if (field || $("help").open) return;
    const isInGrid = current === "pairs" && !event.target.closest?.("#filters, #detail, button, #overview");
    const step = { j: 1, k: -1 }[event.key] ?? (isInGrid ? { ArrowDown: 1, ArrowUp: -1, PageDown: list.page(), PageUp: -list.page(), Home: -Infinity, End: Infinity }[event.key] : undefined);
    if (step !== undefined && current === "pairs" && view.length) {
      const from = selected < 0 ? list.first() - (step > 0 ? 1 : -1) : selected;
      select(Math.max(0, Math.min(list.shown() - 1, from + step)));
    } else if (ACTIONS[event.key]) ACTIONS[event.key]();
    else return;
    event.preventDefault();
  }
  const ACTIONS = {
    "/": () => (show("pairs"), $("query").focus(), $("query").select()),
    f: () => (show("pairs"), toggleFilters(true), $("filters").querySelector("input, select").focus()),
    s: () => (show("pairs"), $("sort").focus()),
    r: () => $("direction").click(),
    o: () => show(current === "pairs" ? "overview" : "pairs"),
    t: () => $("theme").click(),
    "?": () => $("help").showModal(),
  };

  function toggleFilters(isOpen) {
    $("filters").classList.toggle("open", isOpen);
    $("open-filters").setAttribute("aria-expanded", isOpen);
  }

  /** What is asked for, in the address. */
  function remember() {
    const said = new URLSearchParams();
    if (state.query) said.set("q", state.query);
    if (state.scope !== "both") said.set("in", state.scope);
    if (state.regex) said.set("regex", "1");
    if (state.document) said.set("document", state.document);
    if (state.drawn) said.set("drawn", state.drawn);
    for (const [name, how] of state.flags) said.append(how, name);
    for (const [name, [low, high]] of state.ranges) said.append("range", `${name} ${low ?? ""}..${high ?? ""}`);
    if (state.sort !== "worst") said.set("sort", state.sort);
    if (state.descending) said.set("descending", "1");
    if (current !== "pairs") said.set("view", current);
    const hash = said.toString();
    try {
      if (hash !== location.hash.slice(1)) history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
    } catch { /* not allowed everywhere, and only a convenience */ }
  }

  function recall() {
    const said = new URLSearchParams(location.hash.slice(1));
    state.query = said.get("q") ?? "";
    if (["source", "target"].includes(said.get("in"))) state.scope = said.get("in");
    state.regex = said.has("regex");
    state.document = said.get("document") ?? "";
    if (summary.n_random && ["worst", "random"].includes(said.get("drawn"))) state.drawn = said.get("drawn");
    for (const how of ["with", "without"]) for (const name of said.getAll(how)) if (name === "" || flags.has(name)) state.flags.set(name, how);
    for (const range of said.getAll("range")) {
      const [, name, low, high] = /^(.*) ([-\d.e]*?)\.\.([-\d.e]*)$/.exec(range) ?? [];
      if (name !== undefined && signal(name)) setRange(name, low === "" ? null : Number(low), high === "" ? null : Number(high));
    }
    if (SORTS.some((sort) => sort.name === said.get("sort"))) state.sort = said.get("sort");
    state.descending = said.has("descending");
    return said.get("view") === "overview" ? "overview" : "pairs";
  }

  const PRINTED = 200;
  function fillPaper() {
    show(current);
    if (!isOverviewBuilt) (isOverviewBuilt = true), buildOverview();
    const n = Math.min(PRINTED, view.length);
    const of = n < view.length ? `the first ${count(n)} of ${count(view.length)}` : count(n);
    const asked = [...$("active").children].map((one) => one.textContent), found = state.query && `“${state.query}”`;
    $("print").replaceChildren(h("h2", {}, "Pairs"), h("p", {}, `${of}, sorted by ${sorting().label}, ${state.descending ? sorting().highest : sorting().lowest}`, [found, ...asked].filter(Boolean).map((one) => `; ${one}`)),
      h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, "row"), h("th", {}, "source"), h("th", {}, "target"))),
        h("tbody", {}, Array.from(view.subarray(0, n), (i) => h("tr", {}, h("td", {}, `#${column.row[i]}`), h("td", { lang: language("source", i) }, text.source.at(i)), h("td", { lang: language("target", i) }, text.target.at(i), flagsOf(i).length > 0 && h("div", { class: "flags" }, flagsOf(i).map(chip))))))));
  }

  // -- Begin ----------------------------------------------------------------------------------------------------------

  buildFilters();
  buildHelp();
  const query = $("query"), scope = $("scope"), regex = $("regex"), sort = $("sort");
  sort.append(...SORTS.map((one) => h("option", { value: one.name }, one.label)));
  redraw.push(() => {
    if (query.value !== state.query) query.value = state.query;
    scope.value = state.scope;
    regex.setAttribute("aria-pressed", state.regex);
    sort.value = state.sort;
    put($("direction"), state.descending ? "↓" : "↑", h("span", {}, state.descending ? ` ${sorting().highest}` : ` ${sorting().lowest}`));
  });
  query.addEventListener("input", () => ask(() => (state.query = query.value)));
  scope.addEventListener("change", () => ask(() => (state.scope = scope.value)));
  regex.addEventListener("click", () => ask(() => (state.regex = !state.regex)));
  sort.addEventListener("change", () => ask(() => (state.sort = sort.value)));
  $("direction").addEventListener("click", () => ask(() => (state.descending = !state.descending)));
  $("theme").addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]));
  $("open-help").addEventListener("click", () => $("help").showModal());
  $("open-filters").addEventListener("click", () => toggleFilters(!$("filters").classList.contains("open")));
  for (const name of ["pairs", "overview"]) {
    $(`tab-${name}`).addEventListener("click", () => show(name));
    $(`tab-${name}`).addEventListener("keydown", (event) => {
      if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
      show(name === "pairs" ? "overview" : "pairs");
      $(`tab-${current}`).focus();
    });
  }
  document.addEventListener("keydown", onKey);
  $("grid").addEventListener("pointerdown", () => toggleFilters(false));
  addEventListener("beforeprint", fillPaper);
  addEventListener("afterprint", () => $("print").replaceChildren());
  try {
    setTheme(localStorage.getItem("duizhao-theme"));
  } catch {
    setTheme("auto");
  }
  if (N < summary.n_pairs) {
    $("sampled").textContent = sampling();
    $("sampled").hidden = false;
  }
  show(recall());
  redraw.forEach((draw) => draw());
  update();
  $("grid").removeAttribute("aria-busy");
  document.documentElement.dataset.ready = Math.round(performance.now());
  setTimeout(() => ["source", "target"].forEach(lower), 60); // so that the first search does not wait for it
})().catch((error) => {
  document.getElementById("status").textContent = `This page cannot be read here: ${error.message}. It needs a browser of 2024 or later.`;
  throw error;
});
