// The page of one tape: read-out, threshold, player, and the address that points at a time.
{
  const tape = dataOf("tape");
  const video = byId("video"), stage = byId("stage");
  const timeline = new Timeline(tape, { pick: readOut, open: (time) => watch(time) });
  const slider = byId("threshold");
  let playing = null; // tape time at which the video that is shown begins

  function fact(name, value) {
    return [` · ${name} `, element("b", {}, value)];
  }

  function readOut(time) {
    const parts = [element("b", {}, tapeTime(time))];
    const found = spanAt(tape.found, time);
    if (found >= 0) {
      const [, , , , score, label] = tape.found[found];
      parts.push(...fact("found", `${found + 1} ${label}, score ${score}`));
    }
    if (tape.truth) {
      const label = spanAt(tape.truth, time);
      parts.push(...fact("labelled", label >= 0 ? "play" : "no play"));
    }
    const wrong = tape.wrong.find(([, start, end]) => time >= start && time < end);
    if (wrong) parts.push(...fact("mistake", wrong[0]));
    const play = timeline.play && timeline.play.at(time);
    if (play !== null && play !== undefined) parts.push(...fact("play score", play.toFixed(2)));
    for (const series of timeline.series) {
      const value = series.at(time);
      if (value !== null) parts.push(...fact(series.label, `${Math.round(value * 100)} %`));
    }
    byId("readout").replaceChildren(...parts);
  }

  function legend() {
    const item = (colour, words) => {
      const patch = element("i");
      patch.style.background = `var(--${colour})`;
      return element("span", {}, patch, words);
    };
    const items = [item("found", "found, numbered as its clip")];
    if (tape.truth) items.unshift(item("truth", "labelled"));
    if (tape.truth) items.push(element("span", {}, "▼ missed"), element("span", {}, "▲ extra"));
    if (slider) items.push(item("sky", "over the threshold on the slider"));
    if (tape.lanes.length) items.push(element("span", {}, "signals: in percent of their lane"));
    byId("legend").replaceChildren(...items);
  }

  function tryThreshold() {
    const value = Number(slider.value);
    byId("threshold-value").textContent = value.toFixed(2);
    timeline.threshold = value;
    timeline.tried = overThreshold(timeline.play, tape.play, value);
    const count = timeline.tried.length;
    let words = `${count} stretch${count === 1 ? "" : "es"} over it`;
    if (tape.truth) {
      const matched = matchedCount(tape.truth, timeline.tried);
      const all = count + tape.truth.length;
      words += `; ${matched} of ${tape.truth.length} labelled matched at IoU 0.5` +
        ` (F1 ${all ? ((2 * matched) / all).toFixed(2) : "–"})`;
    }
    byId("tried").textContent = words;
    timeline.draw();
  }

  function load(address, begins, at, words) {
    stage.classList.add("open");
    playing = begins;
    if (video.getAttribute("src") !== address) video.setAttribute("src", address);
    const go = () => { video.currentTime = at; };
    if (video.readyState > 0) go(); else video.addEventListener("loadedmetadata", go, { once: true });
    byId("watching").replaceChildren(...words);
  }

  function markCard(number) {
    for (const card of all("a.card")) {
      if (card.dataset.number === String(number)) card.setAttribute("aria-current", "true");
      else card.removeAttribute("aria-current");
    }
  }

  function watch(time) {
    if (!tape.video) {
      const clip = tape.clips.find(([, , start, end]) => time >= start && time < end);
      if (clip) openClip(clip, time - clip[2]);
      return;
    }
    markCard(null);
    const words = [element("h3", {}, `Tape at ${tapeTime(time)}`),
      element("p", { class: "says" }, "The analysis proxy: small, at a low rate. Clips are exact.")];
    load(tape.video, 0, time, words);
  }

  function openClip([number, file, start, end], at = 0) {
    markCard(number);
    const [, , , , score, label] = tape.found[number - 1] || [0, 0, 0, 0, "–", ""];
    const words = [element("h3", {}, `${number} · ${label}`),
      element("p", { class: "says" }, `${tapeTime(start)} to ${tapeTime(end)}, score ${score}`),
      element("p", {}, element("a", { href: file }, "the file"))];
    load(file, start, at, words);
    video.play().catch(() => {}); // a browser may want a click first
    timeline.goTo(start, end);
  }

  function fromAddress() {
    const found = /^#t=([\d.]+)$/.exec(location.hash);
    if (!found) return;
    const time = Math.min(Number(found[1]), tape.duration_s);
    timeline.goTo(time, time + 10);
    watch(time);
    byId("timeline").scrollIntoView({ block: "nearest" });
  }

  for (const card of all("a.card[data-number]")) {
    card.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      openClip(tape.clips.find(([number]) => number === Number(card.dataset.number)));
      stage.scrollIntoView({ block: "nearest" });
    });
  }
  for (const button of all("button[data-key]")) {
    button.addEventListener("click", () => timeline.key(button.dataset.key));
  }
  video.addEventListener("timeupdate", () => {
    if (playing === null) return;
    timeline.cursor = playing + video.currentTime;
    readOut(timeline.cursor);
    timeline.draw();
  });
  video.addEventListener("error", () => {
    byId("watching").append(element("p", { class: "warn" },
      "The file cannot be shown. Is this page still in its library, and the file beside it?"));
  });
  byId("close").addEventListener("click", () => {
    video.pause();
    stage.classList.remove("open");
    markCard(null);
  });
  byId("timeline").addEventListener("keydown", (event) => {
    if (event.key !== " " || !stage.classList.contains("open")) return;
    event.preventDefault();
    if (video.paused) video.play(); else video.pause();
  });
  if (slider) {
    slider.addEventListener("input", tryThreshold);
    byId("back").addEventListener("click", () => { slider.value = tape.enter; tryThreshold(); });
    tryThreshold();
  }
  window.addEventListener("hashchange", fromAddress);
  legend();
  timeline.draw();
  fromAddress();
}
