// Drawing of the lanes. Where and what is decided in timeline.js; here are only pixels.
const TICKS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];

class Paper {
  constructor(canvas) {
    this.canvas = canvas;
    this.pen = canvas.getContext("2d");
  }

  // A fresh sheet, so many CSS pixels high; returns its width.
  fresh(height) {
    const dense = window.devicePixelRatio || 1;
    this.canvas.style.height = `${height}px`;
    const wide = this.canvas.clientWidth;
    this.canvas.width = Math.round(wide * dense);
    this.canvas.height = Math.round(height * dense);
    this.pen.setTransform(dense, 0, 0, dense, 0, 0);
    const style = getComputedStyle(document.documentElement);
    this.colour = (name) => style.getPropertyValue(`--${name}`).trim();
    this.font(12);
    return wide;
  }

  font(size, weight = "") {
    this.pen.font = `${weight} ${size}px system-ui, "DejaVu Sans", sans-serif`;
  }

  box(x, y, wide, high, colour) {
    this.pen.fillStyle = colour;
    this.pen.fillRect(x, y, wide, high);
  }

  text(words, x, y, colour, align = "left") {
    this.pen.fillStyle = colour;
    this.pen.textAlign = align;
    this.pen.textBaseline = "middle";
    this.pen.fillText(words, x, y);
  }

  upright(x, top, bottom, colour, dash = []) {
    this.pen.strokeStyle = colour;
    this.pen.lineWidth = 1;
    this.pen.setLineDash(dash);
    this.pen.beginPath();
    this.pen.moveTo(Math.round(x) + 0.5, top);
    this.pen.lineTo(Math.round(x) + 0.5, bottom);
    this.pen.stroke();
    this.pen.setLineDash([]);
  }

  level(y, left, right, colour, dash) {
    this.pen.strokeStyle = colour;
    this.pen.setLineDash(dash);
    this.pen.beginPath();
    this.pen.moveTo(left, Math.round(y) + 0.5);
    this.pen.lineTo(right, Math.round(y) + 0.5);
    this.pen.stroke();
    this.pen.setLineDash([]);
  }

  // A curve with the least and greatest value of each pixel's column; nothing is averaged away.
  curve(series, view, lane, fill, line) {
    const { left, right, start, end } = view;
    const step = (end - start) / (right - left);
    const bottom = lane.y + lane.high;
    let before = null;
    for (let x = left; x < right; x += 1) {
      const from = start + (x - left) * step;
      const found = series.extent(from, from + step);
      if (!found) { before = null; continue; }
      const top = bottom - found[1] * lane.high, low = bottom - found[0] * lane.high;
      this.box(x, top, 1, bottom - top, fill);
      // The line reaches to the column before, so that steep flanks stay whole.
      const upper = before === null ? top : Math.min(top, before[1]);
      const lower = before === null ? low : Math.max(low, before[0]);
      this.box(x, upper - 0.6, 1, lower - upper + 1.2, line);
      before = [top, low];
    }
  }

  triangle(x, y, size, isUp, colour) {
    const sign = isUp ? 1 : -1;
    this.pen.fillStyle = colour;
    this.pen.beginPath();
    this.pen.moveTo(x, y - sign * size);
    this.pen.lineTo(x - size, y + sign * size);
    this.pen.lineTo(x + size, y + sign * size);
    this.pen.fill();
  }

  axis(view, y) {
    const most = Math.max(2, (view.right - view.left) / 84);
    const step = TICKS_S.find((t) => (view.end - view.start) / t <= most) || 14400;
    for (let time = Math.ceil(view.start / step) * step; time <= view.end; time += step) {
      const x = view.x(time);
      this.upright(x, y, y + 5, this.colour("soft"));
      const words = tapeTime(time, step < 1 ? 1 : 0);
      const half = this.pen.measureText(words).width / 2;
      const middle = Math.max(half + 1, Math.min(this.canvas.clientWidth - half - 1, x));
      this.text(words, middle, y + 13, this.colour("soft"), "center");
    }
  }
}
