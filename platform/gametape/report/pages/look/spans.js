// Numbers of a tape's page: coded series, a plain threshold, and which spans belong together.
function bytesOf(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

function numbersOf(text, width) {
  const view = new DataView(bytesOf(text).buffer);
  const read = width === 2 ? "getUint16" : "getUint32";
  return Array.from({ length: view.byteLength / width }, (_, i) => view[read](i * width, true));
}

// Values over time. `missing` stands for no value; the others are divided by `whole`.
class Series {
  constructor(coded, values, whole, missing = null) {
    this.label = coded.label || "play score";
    this.values = values;
    this.whole = whole;
    this.missing = missing;
    this.grid = coded.times;
    this.each = coded.times.each_ms ? numbersOf(coded.times.each_ms, 4) : null;
    this.count = values.length;
  }

  time(i) {
    return this.each ? this.each[i] / 1000 : this.grid.start_s + i * this.grid.step_s;
  }

  value(i) {
    return this.values[i] === this.missing ? null : this.values[i] / this.whole;
  }

  // Index of the first value at this time or later.
  from(time) {
    if (!this.each) {
      const index = Math.ceil((time - this.grid.start_s) / this.grid.step_s - 1e-9);
      return Math.max(0, Math.min(this.count, index));
    }
    let low = 0, high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.each[middle] / 1000 < time) low = middle + 1; else high = middle;
    }
    return low;
  }

  at(time) {
    if (!this.count) return null;
    const after = Math.min(this.from(time), this.count - 1);
    const before = Math.max(0, after - 1);
    const isBefore = time - this.time(before) < this.time(after) - time;
    return this.value(isBefore ? before : after);
  }

  // Least and greatest value of a stretch; between two values what lies on the line.
  extent(start, end) {
    const first = this.from(start), last = this.from(end);
    let low = Infinity, high = -Infinity;
    for (let i = first; i < last; i += 1) {
      const value = this.value(i);
      if (value === null) continue;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (high >= low) return [low, high];
    if (first === 0 || first >= this.count) return null;
    const a = this.value(first - 1), b = this.value(first);
    if (a === null || b === null || this.time(first) - this.time(first - 1) > 5) return null;
    const part = ((start + end) / 2 - this.time(first - 1)) /
      (this.time(first) - this.time(first - 1));
    const value = a + (b - a) * part;
    return [value, value];
  }
}

// Stretches in which the raw score reaches a threshold; borders lie midway between windows.
function overThreshold(series, scores, threshold) {
  const spans = [];
  let start = null;
  for (let i = 0; i <= series.count; i += 1) {
    const isOver = i < series.count && series.value(i) >= threshold - 1e-9;
    const border = i === 0 ? scores.start_s
      : i === series.count ? scores.end_s : (series.time(i - 1) + series.time(i)) / 2;
    if (isOver && start === null) start = border;
    if (!isOver && start !== null) { spans.push([start, border]); start = null; }
  }
  return spans;
}

function overlap(one, other) {
  const shared = Math.min(one[1], other[1]) - Math.max(one[0], other[0]);
  return shared <= 0 ? 0 : shared / (one[1] - one[0] + other[1] - other[0] - shared);
}

// How many true spans have a found one of their own at this IoU. From a half on, spans that do not
// cross one another leave no choice, so the first that fits is the one.
function matchedCount(truth, found, iou = 0.5) {
  const taken = new Set();
  let matched = 0;
  for (const span of truth) {
    const index = found.findIndex((f, i) => !taken.has(i) && overlap(span, f) >= iou);
    if (index >= 0) { taken.add(index); matched += 1; }
  }
  return matched;
}

// The span that holds a time, if one does.
function spanAt(spans, time) {
  return spans.findIndex((span) => time >= span[0] && time < span[1]);
}
