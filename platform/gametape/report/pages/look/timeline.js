// The timeline: which lanes there are, what of the tape is in view, and how people move about.
const GUTTER = 104, NARROW = 640, RIGHT_EDGE = 8, GAP = 5, SHORTEST_S = 2;

class Timeline {
  constructor(tape, { pick, open }) {
    this.tape = tape;
    this.pick = pick; // called with a time that was pointed at
    this.open = open; // called with a time that shall be watched
    this.paper = new Paper(byId("timeline"));
    this.small = new Paper(byId("overview"));
    this.start = 0;
    this.end = Math.max(tape.duration_s, SHORTEST_S);
    this.whole = this.end;
    this.cursor = null;
    this.tried = [];
    this.threshold = null;
    this.series = tape.lanes.map((lane) => new Series(lane, bytesOf(lane.values), 254, 255));
    this.play = tape.play && new Series(tape.play, numbersOf(tape.play.values, 2), 10000);
    this.cuts = tape.cuts.map(([time]) => [time, time]);
    this.listen();
  }

  lanes() {
    const lanes = [];
    const add = (kind, label, high, series = null) => lanes.push({ kind, label, high, series });
    if (this.tape.truth) add("truth", "labelled", 20);
    add("found", "found", 20);
    if (this.tape.truth) add("wrong", "mistakes", 14);
    if (this.play && this.threshold !== null) add("tried", "threshold", 14);
    if (this.play) add("play", "play score", 62, this.play);
    for (const series of this.series) add("signal", series.label, 28, series);
    if (this.tape.cuts.length) add("cuts", "cuts", 12);
    let y = 4;
    for (const lane of lanes) { lane.y = y; y += lane.high + GAP; }
    return { lanes, bottom: y };
  }

  view(wide) {
    const left = wide < NARROW ? 4 : GUTTER, right = wide - RIGHT_EDGE;
    const { start, end } = this;
    const x = (time) => left + ((time - start) / (end - start)) * (right - left);
    return { left, right, start, end, x, isNarrow: wide < NARROW };
  }

  timeAt(clientX) {
    const box = this.paper.canvas.getBoundingClientRect();
    const { left, right } = this.view(box.width);
    const share = (clientX - box.left - left) / (right - left);
    return Math.max(0, Math.min(this.whole, this.start + share * (this.end - this.start)));
  }

  draw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => { this.isWaiting = false; this.paint(); });
  }

  paint() {
    const { lanes, bottom } = this.lanes();
    const wide = this.paper.fresh(bottom + 24);
    const view = this.view(wide);
    for (const lane of lanes) this.paintLane(lane, view);
    this.paper.axis(view, bottom);
    if (this.cursor !== null && this.cursor >= this.start && this.cursor <= this.end) {
      this.paper.upright(view.x(this.cursor), 0, bottom, this.paper.colour("ink"));
    }
    this.paintOverview();
  }

  paintLane(lane, view) {
    const { paper, tape } = this;
    const colour = (name) => paper.colour(name);
    paper.box(view.left, lane.y, view.right - view.left, lane.high, colour("raised"));
    paper.pen.save();
    paper.pen.beginPath();
    paper.pen.rect(view.left, lane.y - 1, view.right - view.left, lane.high + 2);
    paper.pen.clip();
    if (lane.kind === "truth") this.bars(tape.truth, view, lane, colour("truth"));
    if (lane.kind === "found") this.bars(tape.found, view, lane, colour("found"), true);
    if (lane.kind === "tried") this.bars(this.tried, view, lane, colour("sky"));
    if (lane.kind === "wrong") this.marks(view, lane);
    if (lane.kind === "play") {
      paper.curve(lane.series, view, lane, colour("wash"), colour("found"));
      const at = (share) => lane.y + lane.high * (1 - share);
      if (tape.leave !== null) paper.level(at(tape.leave), view.left, view.right, colour("soft"), [2, 4]);
      if (tape.enter !== null) paper.level(at(tape.enter), view.left, view.right, colour("soft"), [6, 3]);
      if (this.threshold !== null) paper.level(at(this.threshold), view.left, view.right, colour("wrong"), []);
    }
    if (lane.kind === "signal") paper.curve(lane.series, view, lane, colour("wash"), colour("sky"));
    if (lane.kind === "cuts") {
      for (const [time, isFade] of tape.cuts) {
        if (time < view.start || time > view.end) continue;
        paper.upright(view.x(time), lane.y, lane.y + lane.high, colour(isFade ? "third" : "soft"));
      }
    }
    paper.pen.restore();
    if (view.isNarrow) {
      if (lane.high >= 20 && lane.series) paper.text(lane.label, view.left + 3, lane.y + 8, colour("soft"));
    } else {
      paper.text(lane.label, view.left - 8, lane.y + lane.high / 2, colour("soft"), "right");
    }
  }

  bars(spans, view, lane, colour, isNumbered = false) {
    spans.forEach((span, index) => {
      if (span[1] < view.start || span[0] > view.end) return;
      const left = view.x(span[0]), wide = Math.max(1.5, view.x(span[1]) - left);
      this.paper.box(left, lane.y + 1, wide, lane.high - 2, colour);
      const words = String(index + 1);
      if (isNumbered && wide > words.length * 8 + 6) {
        const middle = Math.max(left, view.left) / 2 + Math.min(left + wide, view.right) / 2;
        this.paper.text(words, middle, lane.y + lane.high / 2 + 0.5, this.paper.colour("ground"), "center");
      }
    });
  }

  marks(view, lane) {
    const middle = lane.y + lane.high / 2;
    for (const [kind, start, end] of this.tape.wrong) {
      if (end < view.start || start > view.end) continue;
      const isMissed = kind === "missed";
      const colour = this.paper.colour(isMissed ? "wrong" : "third");
      const left = view.x(start), right = view.x(end);
      this.paper.box(left, middle - 0.5, Math.max(1, right - left), 1, colour);
      this.paper.triangle((left + right) / 2, middle, 5, !isMissed, colour);
    }
  }

  paintOverview() {
    const high = 30;
    const wide = this.small.fresh(high);
    const { left, right } = this.view(wide);
    const colour = (name) => this.small.colour(name);
    const x = (time) => left + (time / this.whole) * (right - left);
    this.small.box(left, 0, right - left, high, colour("raised"));
    const bar = (spans, y, size, name) => {
      for (const [start, end] of spans) {
        this.small.box(x(start), y, Math.max(1, x(end) - x(start)), size, colour(name));
      }
    };
    if (this.tape.truth) bar(this.tape.truth, 4, 9, "truth");
    bar(this.tape.found, 16, 10, "found");
    const pen = this.small.pen;
    pen.strokeStyle = colour("ink");
    pen.lineWidth = 1.5;
    pen.strokeRect(x(this.start) + 0.75, 0.75, Math.max(3, x(this.end) - x(this.start) - 1.5), high - 1.5);
  }

  show(start, end) {
    const length = Math.min(this.whole, Math.max(SHORTEST_S, end - start));
    this.start = Math.max(0, Math.min(this.whole - length, start));
    this.end = this.start + length;
    this.draw();
  }

  zoom(factor, around = null) {
    const fixed = around ?? (this.isInView(this.cursor) ? this.cursor : (this.start + this.end) / 2);
    const length = Math.min(this.whole, Math.max(SHORTEST_S, (this.end - this.start) * factor));
    const share = (fixed - this.start) / (this.end - this.start);
    this.show(fixed - share * length, fixed + (1 - share) * length);
  }

  move(share) {
    const by = (this.end - this.start) * share;
    this.show(this.start + by, this.end + by);
  }

  isInView(time) {
    return time !== null && time >= this.start && time <= this.end;
  }

  // Point at a time, and bring it into view with something around it.
  goTo(start, end = start) {
    this.cursor = start;
    const room = Math.max(10, (end - start) * 1.5);
    const isFar = this.end - this.start > Math.max(120, room * 8);
    if (isFar) this.show(start - room * 2, end + room * 2);
    else if (!this.isInView(start) || !this.isInView(end)) this.show(start - room, end + room);
    this.pick(start);
    this.draw();
  }

  step(spans, direction) {
    const from = this.cursor ?? this.start - 0.01;
    const starts = spans.filter(([start]) => (direction > 0 ? start > from + 0.01 : start < from - 0.01));
    const next = direction > 0 ? starts[0] : starts[starts.length - 1];
    if (next) this.goTo(next[0], next[1]);
  }

  key(key) {
    const wrong = this.tape.wrong.map(([, start, end]) => [start, end]);
    const acts = {
      ArrowLeft: () => this.move(-0.2), ArrowRight: () => this.move(0.2),
      "+": () => this.zoom(0.6), "=": () => this.zoom(0.6), "-": () => this.zoom(1 / 0.6),
      0: () => this.show(0, this.whole),
      Home: () => this.show(0, this.end - this.start),
      End: () => this.show(this.whole - (this.end - this.start), this.whole),
      n: () => this.step(this.tape.found, 1), p: () => this.step(this.tape.found, -1),
      m: () => this.step(wrong, 1), M: () => this.step(wrong, -1),
      Enter: () => this.open(this.cursor ?? this.start),
    };
    if (!acts[key]) return false;
    acts[key]();
    return true;
  }

  listen() {
    const canvas = this.paper.canvas;
    canvas.addEventListener("wheel", (event) => this.onWheel(event), { passive: false });
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.key(event.key)) event.preventDefault();
    });
    this.listenToPointer(canvas);
    this.listenToOverview(this.small.canvas);
    window.addEventListener("resize", () => this.draw());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  onWheel(event) {
    const isAll = this.end - this.start >= this.whole - 1e-6;
    const isAside = event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY);
    // With the whole tape in view, turning further out is the page's own scrolling.
    if (!isAside && event.deltaY > 0 && isAll) return;
    event.preventDefault();
    if (isAside) this.move(Math.sign(event.deltaX || event.deltaY) * 0.08);
    else this.zoom(Math.exp(Math.max(-60, Math.min(60, event.deltaY)) * 0.005), this.timeAt(event.clientX));
  }

  listenToPointer(canvas) {
    let from = null, isDragged = false;
    canvas.addEventListener("pointerdown", (event) => {
      from = { x: event.clientX, start: this.start, end: this.end };
      isDragged = false;
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!from) {
        this.cursor = this.timeAt(event.clientX);
        this.pick(this.cursor);
        this.draw();
        return;
      }
      const pixels = event.clientX - from.x;
      if (Math.abs(pixels) < 4 && !isDragged) return;
      isDragged = true;
      canvas.classList.add("moving");
      const { left, right } = this.view(canvas.clientWidth);
      const by = (-pixels / (right - left)) * (from.end - from.start);
      this.show(from.start + by, from.end + by);
    });
    canvas.addEventListener("pointerup", (event) => {
      canvas.classList.remove("moving");
      if (from && !isDragged) {
        this.cursor = this.timeAt(event.clientX);
        this.pick(this.cursor);
        this.open(this.cursor);
      }
      from = null;
    });
    canvas.addEventListener("pointercancel", () => { from = null; canvas.classList.remove("moving"); });
  }

  listenToOverview(canvas) {
    const centre = (event) => {
      const { left, right } = this.view(canvas.clientWidth);
      const share = (event.clientX - canvas.getBoundingClientRect().left - left) / (right - left);
      const half = (this.end - this.start) / 2;
      this.show(share * this.whole - half, share * this.whole + half);
    };
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); centre(event); });
    canvas.addEventListener("pointermove", (event) => { if (event.buttons) centre(event); });
  }
}
