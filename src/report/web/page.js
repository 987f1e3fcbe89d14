// Draws the figures of a page from what stands in it: <script id="page"> has the arms and, for each figure, a Vega-Lite spec
// and its rows in columns. Nothing is asked of any network.
"use strict";
(() => {
  const page = JSON.parse(document.getElementById("page").textContent);
  const hidden = new Set();
  const root = document.documentElement;
  const drawn = new Map();  // name of a figure -> {view, log}
  window.bnlab = {drawn, errors: [], done: false};

  const cell = (column, row) => column.words ? column.words[column.at[row]] : column.values[row];
  const count = (columns) => columns.length ? (columns[0].at || columns[0].values).length : 0;

  function rowsOf(figure) {  // as Vega-Lite takes them: no number is null
    const out = new Array(count(figure.columns));
    for (let i = 0; i < out.length; ++i) {
      const row = {};
      for (const column of figure.columns) {
        const value = cell(column, i);
        row[column.name] = column.words || typeof value === "number" ? value : null;
      }
      out[i] = row;
    }
    return out;
  }

  function csvOf(figure) {
    const quoted = (value) => /[",\r\n]/.test(value) ? '"' + String(value).replaceAll('"', '""') + '"' : String(value);
    let out = figure.columns.map((column) => quoted(column.name)).join(",") + "\n";
    for (let i = 0; i < count(figure.columns); ++i) out += figure.columns.map((column) => quoted(cell(column, i))).join(",") + "\n";
    return out;
  }

  function save(name, type, content) {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([content], {type}));
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  // Colours are the page's own, by name: they turn with the look, and on paper.
  function config() {
    const ink = "var(--ink)", soft = "var(--soft)", line = "var(--line)";
    const font = "system-ui, Helvetica, Arial, sans-serif";
    return {
      background: null, font, view: {stroke: null}, legend: {labelColor: soft, titleColor: soft, titleFontWeight: "normal"},
      axis: {gridColor: line, domainColor: line, tickColor: line, labelColor: soft, titleColor: soft, titleFontWeight: "normal", labelFontSize: 11, titleFontSize: 11, tickCount: 5, labelFlush: false},
      header: {labelColor: ink, labelFontSize: 12, labelFontWeight: 500, labelAnchor: "start"}, text: {color: ink}, rule: {color: soft}, title: {color: ink},
    };
  }

  // A picture that leaves the page takes the colours along.
  async function svgOf(figure) {
    const style = getComputedStyle(root), text = await drawn.get(figure.name).view.toSVG();
    return text.replaceAll(/var\((--[a-z]+)\)/g, (_, name) => style.getPropertyValue(name).trim());
  }

  // Every place in a spec that says how a channel is drawn.
  function encodings(spec, visit) {
    if (spec.encoding) visit(spec.encoding);
    for (const inner of [...(spec.layer || []), ...(spec.hconcat || []), ...(spec.vconcat || []), ...(spec.spec ? [spec.spec] : [])]) encodings(inner, visit);
  }

  function specOf(figure, log, width, inner) {
    const spec = structuredClone(figure.spec);
    encodings(spec, (encoding) => {
      for (const channel of ["color", "fill", "stroke"]) {
        if (encoding[channel] && encoding[channel].field === "arm") encoding[channel].legend = null;  // the page has one for all
      }
      const names = encoding.y && encoding.y.axis;
      if (names && names.labelLimit > 0.8 * width && encoding.y.field === "arm") names.labels = names.ticks = false;  // colours and tips say which
      if (figure.log && encoding.y && encoding.y.scale && encoding.y.type === "quantitative") encoding.y.scale.type = log ? "log" : "linear";
    });
    spec.data = {name: "rows", values: rowsOf(figure)};
    for (const param of spec.params || []) {
      if (param.name === "hidden") param.value = [...hidden];
      if (param.name === "logarithmic") param.value = log;
    }
    if (spec.facet) {
      const most = spec.columns || 1, least = figure.cell;
      if (spec.facet.field) spec.columns = Math.max(1, Math.min(most, Math.floor(width / least)));
      if (typeof spec.spec.width === "number") spec.spec.width = inner || Math.floor(width / (spec.columns || 1)) - (spec.facet.field ? 58 : 20);
      if (spec.facet.field) spec.facet.header = {...(spec.facet.header || {}), labelLimit: typeof spec.spec.width === "number" ? spec.spec.width : Math.floor(width / spec.columns) - 40};
    } else if (!spec.width || typeof spec.width === "number") {
      spec.width = width;
      spec.autosize = {type: "fit-x", contains: "padding"};
    }
    spec.config = config();
    return spec;
  }

  function startsLog(figure) {
    let log = false;
    encodings(figure.spec, (encoding) => { log = log || Boolean(encoding.y && encoding.y.scale && encoding.y.scale.type === "log"); });
    return log;
  }

  async function draw(figure) {
    const place = document.getElementById("chart-" + figure.name), state = drawn.get(figure.name) || {log: startsLog(figure)};
    const width = Math.max(240, place.clientWidth - 2);
    const options = {actions: false, defaultStyle: false, renderer: "svg", ast: true, logLevel: 1, tooltip: {disableDefaultStyle: true}};
    try {
      for (let tries = 0; tries < 4; ++tries) {
        const spec = specOf(figure, state.log, width, state.width === width ? state.inner : 0);
        if (state.result) state.result.finalize();
        state.result = await vegaEmbed(place, spec, options);
        const over = place.querySelector("svg").getBoundingClientRect().width - width;
        if (!spec.facet || typeof spec.spec.width !== "number" || (over <= 0 && (over > -24 || tries > 0))) break;
        // axes took more, or less, than was thought
        state.width = width, state.inner = Math.floor(spec.spec.width - over / (spec.columns || 1)) - 2;
      }
      state.view = state.result.view;
    } catch (error) {
      window.bnlab.errors.push(figure.name + ": " + error.message);
      place.textContent = "This figure could not be drawn: " + error.message;
    }
    drawn.set(figure.name, state);
    const svg = place.querySelector("svg");
    if (svg) svg.setAttribute("aria-label", figure.title + ". " + figure.says);
  }

  async function drawAll() {
    for (const figure of page.figures) {
      await draw(figure);
      window.bnlab.first ??= performance.now();
      await new Promise((next) => setTimeout(next));  // the reader comes first
    }
    window.bnlab.done = true;
  }

  // ---------------------------------------------------------------- what a reader can press
  function button(text, title, press) {
    const out = document.createElement("button");
    out.type = "button", out.textContent = text, out.title = title;
    out.addEventListener("click", () => press(out));
    return out;
  }

  function zoomBy(figure, factor) {
    const view = drawn.get(figure.name).view, field = figure.x;
    if (!view || !field) return;
    const xs = figure.columns.find((column) => column.name === field).values.filter((x) => typeof x === "number");
    const least = Math.min(...xs), most = Math.max(...xs);
    let [from, to] = view.signal("zoom_" + field) || [least, most];
    if (factor === 0) return view.signal("zoom_" + field, null).runAsync();
    const middle = (from + to) / 2, half = (to - from) / 2 * factor;
    view.signal("zoom_" + field, [Math.max(least, middle - half), Math.min(most, middle + half)]).runAsync();
  }

  function table(figure, place) {
    const out = document.createElement("table"), most = 500, n = count(figure.columns);
    const line = (parent, kind, values) => {
      const tr = parent.appendChild(document.createElement("tr"));
      for (const value of values) tr.appendChild(document.createElement(kind)).textContent = typeof value === "number" ? String(Number(value.toPrecision(6))) : value;
    };
    line(out.createTHead(), "th", figure.columns.map((column) => column.name));
    const body = out.createTBody();
    for (let i = 0; i < Math.min(n, most); ++i) line(body, "td", figure.columns.map((column) => cell(column, i)));
    place.replaceChildren(out);
    if (n > most) place.append(`The first ${most} of ${n} rows; the CSV has all.`);
  }

  function tools(figure) {
    const bar = document.getElementById("bar-" + figure.name), rows = document.getElementById("rows-" + figure.name);
    if (figure.log) {
      const toggle = button("log", "Logarithmic or linear", (self) => {
        const state = drawn.get(figure.name);
        state.log = !state.log;
        self.setAttribute("aria-pressed", state.log), self.textContent = state.log ? "linear" : "log";
        draw(figure);
      });
      if (startsLog(figure)) toggle.textContent = "linear";
      toggle.setAttribute("aria-pressed", startsLog(figure));
      bar.append(toggle);
    }
    if (figure.x) {
      bar.append(button("+", "Zoom in (or shift and the wheel; drag to move)", () => zoomBy(figure, 0.5)), button("\u2212", "Zoom out", () => zoomBy(figure, 2)), button("all", "The whole range", () => zoomBy(figure, 0)));
    }
    bar.append(button("table", "The rows behind the figure, as a table", (self) => {
      const open = rows.hidden;
      rows.hidden = !open, self.setAttribute("aria-expanded", open);
      if (open) table(figure, rows);
    }));
    bar.append(button("save data as CSV", "The rows behind the figure", () => save(figure.name + ".csv", "text/csv", csvOf(figure))));
    bar.append(button("SVG", "The figure as it stands here", async () => save(figure.name + ".svg", "image/svg+xml", await svgOf(figure))));
  }

  function mark(colour, dash) {
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg"), line = document.createElementNS(ns, "line");
    for (const [key, value] of Object.entries({width: 22, height: 8, "aria-hidden": true})) svg.setAttribute(key, value);
    for (const [key, value] of Object.entries({x1: 1, x2: 21, y1: 4, y2: 4, stroke: colour, "stroke-width": 3, "stroke-dasharray": dash})) line.setAttribute(key, value);
    svg.append(line);
    return svg;
  }

  function legend() {
    const place = document.getElementById("arms");
    for (const arm of page.arms) {
      const one = button("", "Show or hide in every figure", () => {
        const off = !hidden.has(arm.name);
        off ? hidden.add(arm.name) : hidden.delete(arm.name);
        one.setAttribute("aria-pressed", !off);
        for (const {view} of drawn.values()) {
          if (view && "hidden" in view.getState({signals: (name) => name === "hidden"}).signals) view.signal("hidden", [...hidden]).runAsync();
        }
      });
      one.className = "arm";
      one.setAttribute("aria-pressed", true);
      one.append(mark(arm.colour, arm.dash), arm.name);
      place.append(one);
    }
    const dark = () => root.dataset.look === "dark";
    const look = button("", "Light or dark", () => {
      root.dataset.look = dark() ? "light" : "dark";
      look.textContent = dark() ? "light" : "dark";
    });
    look.className = "look";
    look.textContent = dark() ? "light" : "dark";
    place.append(look);
  }

  root.dataset.look = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  legend();
  page.figures.forEach(tools);
  const start = performance.now();
  drawAll().then(() => { window.bnlab.milliseconds = performance.now() - start; });

  let width = innerWidth, later;
  addEventListener("resize", () => {
    if (innerWidth === width) return;
    width = innerWidth;
    clearTimeout(later);
    later = setTimeout(drawAll, 200);
  });
  let before;
  addEventListener("beforeprint", () => { before = root.dataset.look, root.dataset.look = "light"; });
  addEventListener("afterprint", () => { root.dataset.look = before; });
})();
