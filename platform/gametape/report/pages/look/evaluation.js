// The page on evaluation: one group at a time, at the IoU and threshold that were chosen.
{
  const groups = dataOf("evaluation");
  const FIFTHS = [0, 0.2, 0.4, 0.6, 0.8, 1];
  const NAMES = { precision: "precision", recall: "recall", f1: "F1" };
  const two = (value) => (value === null || value === undefined ? "–" : value.toFixed(2));
  const range = (pair) => (pair ? `${two(pair[0])} to ${two(pair[1])}` : "no range: one tape");
  const chosen = { group: 0, iou: 0.5, place: 0 };

  const group = () => groups[chosen.group];
  const sweep = () => group().sweep.filter((p) => p.iou === chosen.iou);
  const inForce = () => group().in_force.find((p) => p.iou === chosen.iou);
  const here = () => sweep()[chosen.place] || null;

  function goToForce() {
    const points = sweep();
    const wanted = group().threshold ?? 0.5;
    const far = points.map((p) => Math.abs(p.threshold - wanted));
    chosen.place = Math.max(0, far.indexOf(Math.min(...far)));
  }

  function pickGroup(place) {
    chosen.group = place;
    const ious = [...new Set(group().in_force.map((p) => p.iou))];
    if (!ious.includes(chosen.iou)) chosen.iou = ious.includes(0.5) ? 0.5 : ious[0];
    const options = ious.map((iou) => element("option", { value: iou }, String(iou)));
    byId("iou").replaceChildren(...options);
    byId("iou").value = chosen.iou;
    goToForce();
    for (const row of all("tr[data-mark]")) row.hidden = row.dataset.mark !== String(place);
    for (const table of all("table.sortable")) bound(table);
    draw();
  }

  function tile(name, value, rest) {
    const number = element("dd", {}, value, element("small", {}, rest));
    return element("div", {}, element("dt", {}, name), number);
  }

  function drawFigures() {
    const point = here() || inForce();
    const force = inForce();
    const tiles = ["f1", "precision", "recall"].map((key) =>
      tile(NAMES[key], two(point[key]), range(point[`${key}_range`])));
    tiles.push(tile("Matched", `${point.matched} of ${point.true}`,
      `${point.found - point.matched} extra, ${point.true - point.matched} missed`));
    const tapes = `${group().tapes} tape${group().tapes === 1 ? "" : "s"}`;
    tiles.push(tile("Behind it", tapes, `${group().plays} labelled plays`));
    const own = group().threshold === null ? "each tape's own" : two(group().threshold);
    const words = `In force (threshold ${own}, all rules of the sport pack): ` +
      `F1 ${two(force.f1)} (${range(force.f1_range)}), precision ${two(force.precision)}, ` +
      `recall ${two(force.recall)}; ${force.matched} of ${force.true} labelled plays matched. ` +
      `Away from it only the threshold differs, all other rules stay.`;
    show("figures", element("dl", { class: "tiles" }, ...tiles),
      element("p", { class: "says" }, words));
  }

  function drawCurve() {
    const chart = new Chart({
      title: "By threshold",
      says: `Band: 95 % range of F1 over tapes. Dashed upright: in force. Dotted: F1 of ` +
        `predictions that do not look (${group().baselines.map((b) => b.says).join("; ")}).`,
      x: { name: "threshold on the play score", range: [0, 1], ticks: FIFTHS },
      y: { name: `share at IoU ${chosen.iou}`, range: [0, 1], ticks: FIFTHS },
      right: 104,
    });
    const points = sweep();
    chart.band(points.map((p) => [p.threshold, ...(p.f1_range || [null, null])]));
    const names = [];
    for (const b of group().baselines) {
      const value = b.f1[String(chosen.iou)];
      chart.level(value, "rest");
      names.push([1, value, `${b.name} ${two(value)}`, "rest-name"]);
    }
    for (const key of Object.keys(NAMES)) {
      chart.curve(points.map((p) => [p.threshold, p[key]]), key);
      const last = [...points].reverse().find((p) => p[key] !== null);
      if (last) names.push([last.threshold, last[key], NAMES[key], "name"]);
    }
    chart.names(names);
    if (group().threshold !== null) chart.upright(group().threshold, "force");
    if (here()) {
      chart.upright(here().threshold, "here");
      for (const key of Object.keys(NAMES)) {
        if (here()[key] !== null) chart.dot(here().threshold, here()[key], "dot", 4);
      }
    }
    show("curve", chart.figure);
  }

  function drawTrade() {
    const chart = new Chart({
      title: "Precision against recall",
      says: "One point a threshold; the large one is the slider's.",
      x: { name: "recall", range: [0, 1], ticks: FIFTHS },
      y: { name: "precision", range: [0, 1], ticks: FIFTHS },
    });
    const points = sweep().filter((p) => p.precision !== null && p.recall !== null);
    chart.curve(points.map((p) => [p.recall, p.precision]), "f1");
    for (const p of points) {
      const says = `threshold ${two(p.threshold)}: precision ${two(p.precision)}, recall ${two(p.recall)}`;
      chart.dot(p.recall, p.precision, "dot", p === here() ? 7 : 3, says);
    }
    show("trade", chart.figure);
  }

  function drawCalibration() {
    const tenths = group().calibration;
    if (!tenths.length) {
      return show("calibration", element("p", {}, "No scored windows: these plays were given, not found."));
    }
    const all = tenths.reduce((sum, t) => sum + t.windows, 0);
    const [error, low, high] = group().calibration_error || [null, null, null];
    const between = low === null ? "" : ` (${low.toFixed(3)} to ${high.toFixed(3)})`;
    const off = error === null ? "" : `expected calibration error ${error.toFixed(3)}${between}. `;
    const says = `${all.toLocaleString("en")} windows; ${off}Bars: share of windows in each tenth. ` +
      "Whiskers: 95 % range over tapes.";
    return show("calibration", reliabilityChart("Reliability", says, tenths, "windows"));
  }

  function drawStrata() {
    const figure = `F1@${chosen.iou.toFixed(2)}`;
    const rows = group().strata.filter((s) => s.figure === figure);
    const parts = [...new Set(rows.map((s) => s.stratum))];
    if (!rows.length) {
      return show("strata", element("p", {}, "No strata: these tapes were judged by an older version. `gametape run` judges them anew."));
    }
    const charts = parts.map((part) => {
      const own = rows.filter((s) => s.stratum === part).slice(0, 40).map((s) => ({
        name: `${s.value} (${s.tapes})`, value: s.score, low: s.low, high: s.high,
        says: `${s.value}: ${two(s.score)}, ${s.tapes} tapes, ${s.true_count} plays`,
        marks: [[s.always, "rest thick", `always play: ${two(s.always)}`],
          [s.cadence, "cadence thick", `uniform cadence: ${two(s.cadence)}`]],
      }));
      const x = { name: figure, range: [0, 1], ticks: FIFTHS };
      return element("div", {}, new Ranges({ title: part, rows: own, x }).figure);
    });
    return show("strata", ...charts);
  }

  function drawErrors(id, name) {
    const found = group()[id];
    if (!found) return show(id, element("p", {}, `${name}: no play was matched.`));
    const ticks = roundTicks(Math.max(...found.counts));
    const sign = (value) => `${value > 0 ? "+" : ""}${value.toFixed(2)} s`;
    const chart = new Chart({
      title: name,
      says: `${found.count} matched plays; mean ${sign(found.bias)}, mean size ` +
        `${found.mae.toFixed(2)} s. The outermost bars hold all that lies beyond.`,
      x: { name: "found minus true, s", range: [found.low, -found.low], ticks: [-4, -2, 0, 2, 4] },
      y: { name: "plays", range: [0, ticks[ticks.length - 1]], ticks },
      height: 230,
    });
    found.counts.forEach((count, i) => {
      const from = found.low + i * found.bin;
      if (count) chart.bar(from, from + found.bin, count, "fill-sky", `${from} to ${from + found.bin} s: ${count}`);
    });
    chart.upright(0, "base");
    chart.upright(Math.max(found.low, Math.min(-found.low, found.bias)), "force");
    return show(id, chart.figure);
  }

  function draw() {
    const points = sweep();
    const slider = byId("threshold");
    slider.disabled = !points.length;
    byId("back").disabled = !points.length;
    slider.max = Math.max(0, points.length - 1);
    slider.value = chosen.place;
    const words = here() ? two(here().threshold) : "–";
    byId("threshold-value").textContent = words;
    slider.setAttribute("aria-valuetext", words);
    drawFigures();
    if (points.length) {
      drawCurve();
      drawTrade();
    } else {
      show("curve", element("p", {}, "These plays were given as a list, so there is no threshold."));
      show("trade");
    }
    drawStrata();
    drawCalibration();
    drawErrors("onset", "Starts");
    drawErrors("offset", "Ends");
  }

  if (groups.length) {
    byId("group").addEventListener("change", (event) => pickGroup(Number(event.target.value)));
    byId("iou").addEventListener("change", (event) => {
      chosen.iou = Number(event.target.value);
      draw();
    });
    byId("threshold").addEventListener("input", (event) => {
      chosen.place = Number(event.target.value);
      draw();
    });
    byId("back").addEventListener("click", () => { goToForce(); draw(); });
    pickGroup(0);
  }
}
