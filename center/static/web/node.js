// One node: refreshes its facts when the centre says they changed, and draws its series. Gaps stay gaps.
"use strict";
(() => {
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const { node, events, now, series } = document.body.dataset;
  const INK = getComputedStyle(document.documentElement).getPropertyValue("--dim").trim() || "#555";
  const GRID = getComputedStyle(document.documentElement).getPropertyValue("--line").trim() || "#ccc";
  // Eight lines that stay apart for the colour-blind (Okabe and Ito), dashes repeat them for a third time.
  const COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a6a00", "#56b4e9", "#e69f00", "#888888"];
  const FACTS_MS = 2000, SERIES_MS = 30000;
  const holder = document.getElementById("charts"), note = document.getElementById("chart-note");
  const charts = new Map();
  const legend = document.getElementById("holes");
  let hours = 3, wanted = false, refreshedAt = 0, holes = [];

  async function refreshFacts() {
    refreshedAt = performance.now(); wanted = false;
    const answer = await fetch(now, { cache: "no-store", redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      document.querySelector(`[data-part="${part.dataset.part}"]`).replaceChildren(...part.childNodes);
    }
  }
  setInterval(() => { if (wanted && performance.now() - refreshedAt > FACTS_MS) refreshFacts(); }, 250);

  const pad = (value) => String(value).padStart(2, "0");
  const local = (s) => new Date((s + 7 * 3600) * 1000); // WIB has no summer time
  const clock = (s) => `${pad(local(s).getUTCHours())}.${pad(local(s).getUTCMinutes())}`;
  const number = (value, digits) => value == null ? "–" : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });

  // A stretch with a reason is hatched behind the lines; what it says stands below the charts.
  function hatch(u) {
    const { ctx, bbox } = u;
    for (const hole of holes) {
      const left = Math.max(bbox.left, u.valToPos(hole.start, "x", true));
      const right = Math.min(bbox.left + bbox.width, u.valToPos(hole.end, "x", true));
      if (right <= left) continue;
      ctx.save();
      ctx.beginPath(); ctx.rect(left, bbox.top, right - left, bbox.height); ctx.clip();
      ctx.strokeStyle = GRID; ctx.lineWidth = devicePixelRatio; ctx.beginPath();
      for (let x = left - bbox.height; x < right; x += 7 * devicePixelRatio) {
        ctx.moveTo(x, bbox.top + bbox.height); ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke(); ctx.restore();
    }
  }
  function nameHoles() {
    legend.replaceChildren(...holes.slice(-8).map((hole) => {
      const line = document.createElement("li");
      const fields = { reason: texts.gaps[hole.reason] ?? hole.reason, start: clock(hole.start), end: clock(hole.end), count: number(hole.count, 0) };
      line.dataset.reason = hole.reason;
      line.textContent = texts.missing.replace(/\{(\w+)\}/g, (_all, name) => fields[name]);
      return line;
    }));
    legend.hidden = !holes.length;
  }
  // A report with nothing on either side (thinned history) has no line to stand in: it is drawn as a point.
  function alone(u, index) {
    const column = u.data[index];
    if (column.length < 60) return null;
    const found = [];
    for (let at = 0; at < column.length; at++) if (column[at] != null && column[at - 1] == null && column[at + 1] == null) found.push(at);
    return found;
  }
  function options(title, columns, height) {
    return {
      width: holder.clientWidth, height, cursor: { sync: { key: "node" } }, legend: { live: true },
      hooks: { drawAxes: [hatch] },
      scales: { x: { time: false }, y: { range: (_u, low, high) => [0, Math.max(1, high * 1.1)] } },
      axes: [
        { stroke: INK, grid: { stroke: GRID, width: 1 }, values: (_u, ticks) => ticks.map(clock), incrs: [300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400], space: 60 },
        { stroke: INK, grid: { stroke: GRID, width: 1 }, size: 52, values: (_u, ticks) => ticks.map((tick) => number(tick, 1)) },
      ],
      series: [
        { label: texts.time, value: (_u, value) => value == null ? "–" : `${clock(value)} WIB` },
        ...columns.map((label, index) => ({
          label, stroke: COLOURS[index % COLOURS.length], width: 2, spanGaps: false,
          dash: index >= COLOURS.length ? [6, 4] : undefined, points: { size: 5, show: true, filter: alone },
          value: (_u, value) => number(value, 1),
        })),
      ],
    };
  }
  function draw(key, title, t, columns) {
    const names = Object.keys(columns).filter((name) => columns[name].some((value) => value !== null));
    const shape = names.join("|");
    let chart = charts.get(key);
    const data = [t, ...names.map((name) => columns[name])];
    if (chart && chart.shape === shape) { chart.plot.setData(data); return; }
    chart?.box.remove(); chart?.plot.destroy();
    charts.delete(key);
    if (!names.length) return;
    const box = document.createElement("figure"), head = document.createElement("h3");
    box.className = "chart"; box.dataset.chart = key; head.textContent = title; box.append(head);
    box.setAttribute("role", "img"); box.setAttribute("aria-label", title);
    holder.append(box);
    const labels = names.map((name) => texts.names[name] ?? name);
    charts.set(key, { shape, box, plot: new uPlot(options(title, labels, 200), data, box) });
  }
  async function refreshSeries() {
    const points = Math.max(120, Math.min(480, Math.round(holder.clientWidth / 2.5))); // what the screen can tell apart
    const answer = await fetch(`${series}?hours=${hours}&points=${points}`, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) { note.textContent = texts.failed; return; }
    const { t, rtt_ms, loss_pct, system, holes: told } = await answer.json();
    holes = told; nameHoles(); wanted = true;
    note.textContent = t.length ? "" : texts.nothing;
    note.hidden = t.length > 0;
    draw("rtt", texts.rtt, t, rtt_ms);
    draw("loss", texts.loss, t, loss_pct);
    draw("system", texts.system, t, system);
  }
  for (const button of document.querySelectorAll("button[data-hours]")) button.addEventListener("click", () => {
    hours = Number(button.dataset.hours);
    for (const other of document.querySelectorAll("button[data-hours]")) other.setAttribute("aria-pressed", String(other === button));
    refreshSeries();
  });
  addEventListener("resize", () => { for (const { plot } of charts.values()) plot.setSize({ width: holder.clientWidth, height: 200 }); });
  refreshSeries();
  setInterval(refreshSeries, SERIES_MS);

  const lost = document.querySelector(".lost");
  const concerns = (sites) => Object.values(sites ?? {}).some((view) => view[4] === node);
  const live = {
    state(data) { if (concerns(data.sites)) wanted = true; },
    change(data) { if (concerns(data.sites)) wanted = true; },
    lost() { lost.hidden = false; }, found() { lost.hidden = true; },
  };
  // A page nobody looks at gives its stream back: a browser has few connections to one server.
  let started = false;
  function follow() {
    if (document.hidden) { SandiLive.stop(); return; }
    if (started) { SandiLive.resume(); wanted = true; } else { SandiLive.start(events, live); started = true; }
  }
  document.addEventListener("visibilitychange", follow);
  follow();
})();
