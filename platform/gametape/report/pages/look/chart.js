// Small charts in SVG: axes, curves, bands, bars. No numbers are made here.
const SVG = "http://www.w3.org/2000/svg";
const LINE = 14; // from one line of small text to the next

function shape(name, attributes = {}, text = null) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) made.setAttribute(key, value);
  }
  if (text !== null) made.textContent = text;
  return made;
}

class Chart {
  constructor({ title, says, x, y, width = 480, height = 300, right = 16 }) {
    this.box = { left: 52, top: 14, right: width - right, bottom: height - 42 };
    this.xRange = x.range;
    this.yRange = y.range;
    this.svg = shape("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" });
    this.svg.append(shape("title", {}, `${title}. ${says || ""}`));
    this.figure = element("figure", {}, element("h3", {}, title), this.svg);
    if (says) this.figure.append(element("figcaption", {}, says));
    this.axes(x, y);
  }

  x(value) {
    const [low, high] = this.xRange;
    return this.box.left + ((value - low) / (high - low)) * (this.box.right - this.box.left);
  }

  y(value) {
    const [low, high] = this.yRange;
    return this.box.bottom - ((value - low) / (high - low)) * (this.box.bottom - this.box.top);
  }

  axes(x, y) {
    const { left, right, top, bottom } = this.box;
    for (const value of x.ticks) {
      this.add("line", { x1: this.x(value), x2: this.x(value), y1: top, y2: bottom, class: "axis" });
      const place = { x: this.x(value), y: bottom + 16, "text-anchor": "middle" };
      this.add("text", place, x.show ? x.show(value) : String(value));
    }
    for (const value of y.ticks) {
      this.add("line", { x1: left, x2: right, y1: this.y(value), y2: this.y(value), class: "axis" });
      const place = { x: left - 7, y: this.y(value) + 4, "text-anchor": "end" };
      this.add("text", place, y.show ? y.show(value) : String(value));
    }
    const middle = (top + bottom) / 2;
    this.add("text", { x: (left + right) / 2, y: bottom + 34, "text-anchor": "middle" }, x.name);
    const turned = { transform: `rotate(-90 13 ${middle})`, x: 13, y: middle };
    this.add("text", { ...turned, "text-anchor": "middle" }, y.name);
  }

  add(name, attributes, text = null) {
    const made = shape(name, attributes, text);
    this.svg.append(made);
    return made;
  }

  // Points are [x, y]; where y is null the curve has a gap.
  curve(points, kind) {
    let path = "";
    let isDown = false;
    for (const [x, y] of points) {
      if (x === null || y === null) { isDown = false; continue; }
      path += `${isDown ? "L" : "M"}${this.x(x).toFixed(1)} ${this.y(y).toFixed(1)}`;
      isDown = true;
    }
    if (path) this.add("path", { d: path, class: `curve ${kind}` });
  }

  // Points are [x, low, high].
  band(points) {
    const known = points.filter((p) => p[1] !== null);
    if (known.length < 2) return;
    const there = known.map(([x, low]) => `${this.x(x)} ${this.y(low)}`);
    const back = known.map(([x, , high]) => `${this.x(x)} ${this.y(high)}`).reverse();
    this.add("polygon", { points: [...there, ...back].join(" "), class: "band" });
  }

  dot(x, y, kind, size = 4, says = null) {
    const made = this.add("circle", { cx: this.x(x), cy: this.y(y), r: size, class: kind });
    if (says) made.append(shape("title", {}, says));
  }

  bar(from, to, value, kind, says = null) {
    const left = this.x(from) + 1, top = this.y(value);
    const size = { width: Math.max(1, this.x(to) - left - 1), height: this.box.bottom - top };
    const made = this.add("rect", { x: left, y: top, ...size, class: kind });
    if (says) made.append(shape("title", {}, says));
  }

  upright(x, kind) {
    const { top, bottom } = this.box;
    this.add("line", { x1: this.x(x), x2: this.x(x), y1: top, y2: bottom, class: kind });
  }

  level(value, kind) {
    const { left, right } = this.box;
    this.add("line", { x1: left, x2: right, y1: this.y(value), y2: this.y(value), class: kind });
  }

  // Names are [x, y, name, kind]: beside the plot, a line apart, and a thin line leads to each from
  // where it belongs.
  names(found) {
    const { right, top, bottom } = this.box;
    const ordered = [...found].sort((a, b) => b[1] - a[1]);
    const places = apart(ordered.map(([, y]) => this.y(y)), LINE, top, bottom);
    ordered.forEach(([x, y, name, kind], i) => {
      const from = `${this.x(x) + 3} ${this.y(y)}`;
      this.add("polyline", { points: `${from} ${right + 4} ${this.y(y)} ${right + 12} ${places[i]}`, class: "lead" });
      this.add("text", { x: right + 15, y: places[i] + 4, class: kind }, name);
    });
  }

  slope(kind) {
    const [low, high] = this.xRange;
    const from = { x1: this.x(low), y1: this.y(low) };
    this.add("line", { ...from, x2: this.x(high), y2: this.y(high), class: kind });
  }
}

// Places in order, at least `gap` apart and between two bounds, each as near to its own as can be.
function apart(wanted, gap, low, high) {
  const found = [];
  for (const y of wanted) found.push(Math.max(y, low, found.length ? found[found.length - 1] + gap : low));
  let limit = high;
  for (let i = found.length - 1; i >= 0; i -= 1) {
    found[i] = Math.min(found[i], limit);
    limit = found[i] - gap;
  }
  return found;
}

// Round numbers from nothing to a value, at most six.
function roundTicks(most) {
  if (most <= 1) return [0, 1];
  const rough = most / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(1, [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough));
  const ticks = [];
  for (let value = 0; value < most + step; value += step) ticks.push(value);
  return ticks;
}

function show(id, ...parts) {
  byId(id).replaceChildren(...parts);
}
