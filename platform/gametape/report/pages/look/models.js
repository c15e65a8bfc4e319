// The page on models: one sport at a time; differences, reliability and learning curves.
{
  const sports = dataOf("models");
  const signed = (v) => `${v >= 0 ? "+" : "−"}${Math.abs(v).toFixed(3)}`;

  function drawDifferences(id, title, rows, says) {
    if (!rows.length) return show(id);
    const axis = differenceAxis(rows.flatMap((r) => [r.difference, r.low, r.high]));
    const shown = rows.slice(0, 40).map((r) => ({
      name: r.what, value: r.difference, low: r.low, high: r.high, isBad: r.is_worse,
      says: `${r.what}: ${r.incumbent.toFixed(3)} to ${r.challenger.toFixed(3)}, ${signed(r.difference)}, ${r.tapes} tapes`,
    }));
    const chart = new Ranges({ title, says, rows: shown, x: { name: "new minus old", ...axis } });
    return show(id, chart.figure);
  }

  function drawReliability(place, sport) {
    const charts = sport.models.filter((m) => m.reliability.length).map((m) => {
      const rows = m.reliability.reduce((sum, t) => sum + t.windows, 0);
      const error = m.error === null ? "" : `; expected calibration error ${m.error.toFixed(3)}`;
      const says = `${rows.toLocaleString("en")} rows of ${m.held_out} held-out tapes${error}. ` +
        "The bars are the share of rows in each tenth.";
      return element("div", {}, reliabilityChart(m.name, says, m.reliability, "rows"));
    });
    const none = element("p", {}, "None of these models says how its scores did on held-out tapes.");
    return show(`reliability-${place}`, ...(charts.length ? charts : [none]));
  }

  function drawLearning(place, sport) {
    const charts = sport.models.filter((m) => m.learning.length > 1).map((m) => {
      const most = Math.max(...m.learning.map((p) => p.tapes));
      const ticks = roundTicks(most);
      const chart = new Chart({
        title: m.name,
        says: `Band: 95 % range over ${m.held_out} held-out tapes. One order of games, so a single step may be luck.`,
        x: { name: "tapes that it learned from", range: [0, ticks[ticks.length - 1]], ticks },
        y: { name: "F1 at IoU 0.5", range: [0, 1], ticks: [0, 0.2, 0.4, 0.6, 0.8, 1] },
      });
      chart.band(m.learning.map((p) => [p.tapes, p.low, p.high]));
      chart.curve(m.learning.map((p) => [p.tapes, p.value]), "f1");
      for (const p of m.learning) {
        chart.dot(p.tapes, p.value, "dot", 4,
          `${p.tapes} tapes of ${p.games} games: ${p.value.toFixed(3)} (${p.low.toFixed(2)} to ${p.high.toFixed(2)})`);
      }
      return element("div", {}, chart.figure);
    });
    const hint = element("p", {}, "Nobody asked for it: ",
      element("code", {}, `gametape train ${sport.profile} --learning-curve`),
      " trains on fewer games, too; it takes more than four games to learn from.");
    return show(`learning-${place}`, ...(charts.length ? charts : [hint]));
  }

  function draw(place) {
    const sport = sports[place];
    if (byId(`figures-${place}`)) {
      drawDifferences(`figures-${place}`, "All held-out tapes", sport.figures,
        `${sport.challenger} minus ${sport.incumbent}; right of nothing the new one is better.`);
      drawDifferences(`strata-${place}`, "By stratum", sport.strata,
        "F1@0.50. A stratum in another colour is clearly worse; one without a whisker has one tape.");
    }
    if (!byId(`reliability-${place}`)) return; // nothing was learned here
    drawReliability(place, sport);
    drawLearning(place, sport);
  }

  function pick(place) {
    for (const part of all(".sport")) part.hidden = part.dataset.sport !== String(place);
    draw(place);
  }

  if (sports.length) {
    const choice = byId("sport");
    const wanted = sports.findIndex((s) => `#${s.profile}` === location.hash);
    if (choice) {
      if (wanted > 0) choice.value = wanted;
      choice.addEventListener("change", () => pick(Number(choice.value)));
    }
    pick(Math.max(0, wanted));
  }
}
