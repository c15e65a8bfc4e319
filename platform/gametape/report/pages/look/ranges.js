// Figures with their ranges, one a line: a dot, a whisker, and marks for what does not look.
// Rows are { name, says, value, low, high, marks: [[x, kind, says]], isBad }.
class Ranges {
  constructor({ title, says, rows, x, width = 480, left = 150 }) {
    const high = 22 * rows.length + 56;
    this.box = { left, top: 10, right: width - 16, bottom: high - 42 };
    this.range = x.range;
    this.svg = shape("svg", { viewBox: `0 0 ${width} ${high}`, role: "img" });
    this.svg.append(shape("title", {}, `${title}. ${says || ""}`));
    this.figure = element("figure", {}, element("h3", {}, title), this.svg);
    if (says) this.figure.append(element("figcaption", {}, says));
    this.axis(x);
    rows.forEach((row, i) => this.row(row, this.box.top + 22 * i + 11));
  }

  x(value) {
    const [low, high] = this.range;
    const inside = Math.max(low, Math.min(high, value));
    return this.box.left + ((inside - low) / (high - low)) * (this.box.right - this.box.left);
  }

  add(name, attributes, text = null) {
    const made = shape(name, attributes, text);
    this.svg.append(made);
    return made;
  }

  axis(x) {
    const { left, right, top, bottom } = this.box;
    for (const value of x.ticks) {
      const kind = value === x.base ? "base" : "axis";
      this.add("line", { x1: this.x(value), x2: this.x(value), y1: top, y2: bottom, class: kind });
      const place = { x: this.x(value), y: bottom + 16, "text-anchor": "middle" };
      this.add("text", place, x.show ? x.show(value) : String(value));
    }
    this.add("text", { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle" }, x.name);
  }

  row({ name, says, value, low, high, marks = [], isBad = false }, y) {
    const most = 24;
    const shown = name.length > most ? `${name.slice(0, most - 1)}…` : name;
    const text = this.add("text", { x: this.box.left - 8, y: y + 4, "text-anchor": "end", class: "name" }, shown);
    text.append(shape("title", {}, name));
    for (const [at, kind, told] of marks) {
      if (at === null || at === undefined) continue;
      const mark = this.add("line", { x1: this.x(at), x2: this.x(at), y1: y - 7, y2: y + 7, class: kind });
      mark.append(shape("title", {}, told));
    }
    const bad = isBad ? " bad" : "";
    if (low !== null && low !== undefined) {
      this.add("line", { x1: this.x(low), x2: this.x(high), y1: y, y2: y, class: `whisker${bad}` });
      for (const end of [low, high]) {
        this.add("line", { x1: this.x(end), x2: this.x(end), y1: y - 4, y2: y + 4, class: `whisker${bad}` });
      }
    }
    if (value === null || value === undefined) return;
    const dot = this.add("circle", { cx: this.x(value), cy: y, r: 4.5, class: `dot${bad}` });
    dot.append(shape("title", {}, says));
  }
}

// Round ends and ticks around nothing for differences that lie between two values.
function differenceAxis(values) {
  const most = Math.max(0.05, ...values.filter((v) => v !== null && v !== undefined).map(Math.abs));
  const step = [0.02, 0.05, 0.1, 0.2, 0.5].find((s) => most / s <= 3) || 0.5;
  const count = Math.ceil(most / step - 1e-9);
  const ticks = [];
  for (let i = -count; i <= count; i += 1) ticks.push(Number((i * step).toFixed(2)));
  const show = (v) => (v > 0 ? `+${v}` : v < 0 ? `−${-v}` : "0");
  return { range: [-count * step, count * step], ticks, base: 0, show };
}

// A reliability diagram: what scores say against what the labels say. Tenths are
// { windows, score, share, low, high }.
function reliabilityChart(title, says, tenths, noun) {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const chart = new Chart({
    title,
    says,
    x: { name: "mean play score", range: [0, 1], ticks },
    y: { name: "share that is play by the labels", range: [0, 1], ticks },
  });
  const all = tenths.reduce((sum, t) => sum + t.windows, 0);
  for (const t of tenths) {
    const tenth = Math.min(9, Math.floor(t.score * 10 + 1e-9));
    chart.bar(tenth / 10, (tenth + 1) / 10, t.windows / all, "faint", `${t.windows} ${noun}`);
  }
  chart.slope("force");
  for (const t of tenths) {
    if (t.low === null || t.low === undefined) continue;
    const at = chart.x(t.score);
    chart.add("line", { x1: at, x2: at, y1: chart.y(t.low), y2: chart.y(t.high), class: "whisker" });
  }
  chart.curve(tenths.map((t) => [t.score, t.share]), "f1");
  for (const t of tenths) {
    const told = `score ${t.score.toFixed(2)}: ${t.share.toFixed(2)} is play, ${t.windows} ${noun}`;
    chart.dot(t.score, t.share, "dot", 4, told);
  }
  return chart.figure;
}
