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
  let hours = 3, wanted = false, refreshedAt = 0, drawnAt = 0, holes = [], suspects = [];
  // The pings people ask about first, each with its colour in every chart.
  const MAIN = { "icmp gateway": ["gateway", COLOURS[2]], "icmp center": ["center", COLOURS[0]] };

  // What somebody has typed, or is about to, goes on into the renewed page; the field itself moves, with its cursor.
  const touched = (field) => field === document.activeElement || (field.matches("select")
    ? [...field.options].some((one) => one.selected !== one.defaultSelected) : field.value !== field.defaultValue);
  async function refreshFacts() {
    refreshedAt = performance.now(); wanted = false;
    const answer = await fetch(now, { cache: "no-store", redirect: "error" }).catch(() => null);
    if (!answer?.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const place = document.querySelector(`[data-part="${part.dataset.part}"]`);
      const open = [...place.querySelectorAll("[id] > details[open]")].map((one) => one.parentElement.id);
      const kept = [...place.querySelectorAll("input[id], textarea[id], select[id]")].filter(touched), typing = document.activeElement;
      place.replaceChildren(...part.childNodes);
      for (const field of kept) document.getElementById(field.id)?.replaceWith(field);
      if (kept.includes(typing)) typing.focus({ preventScroll: true });
      for (const id of open) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
    }
  }
  setInterval(() => { if (wanted && performance.now() - refreshedAt > FACTS_MS) refreshFacts(); }, 250);

  const pad = (value) => String(value).padStart(2, "0");
  const local = (s) => new Date((s + 7 * 3600) * 1000); // WIB has no summer time
  const DAY_S = 86400;
  const date = (s) => `${local(s).getUTCDate()}/${local(s).getUTCMonth() + 1}`;
  const clock = (s) => `${pad(local(s).getUTCHours())}.${pad(local(s).getUTCMinutes())}`;
  const number = (value, digits) => value == null ? "–" : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });

  // A stretch with a reason is hatched behind the lines; what it says stands below the charts.
  const hatchHoles = (u) => hatch(u, holes, GRID);
  const hatchSuspects = (u) => hatch(u, suspects, "#cc79a7");
  function hatch(u, stretches, colour) {
    const { ctx, bbox } = u;
    for (const hole of stretches) {
      const left = Math.max(bbox.left, u.valToPos(hole.start, "x", true));
      const right = Math.min(bbox.left + bbox.width, u.valToPos(hole.end, "x", true));
      if (right <= left) continue;
      ctx.save();
      ctx.beginPath(); ctx.rect(left, bbox.top, right - left, bbox.height); ctx.clip();
      ctx.strokeStyle = colour; ctx.lineWidth = devicePixelRatio; ctx.beginPath();
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
  // Spans in which a fifth or more of the pings left this busy box late: drawn so that nobody blames the line for them.
  function suspectSpans(t, columns) {
    const spans = [];
    for (let at = 0; at < t.length; at++) {
      if (!columns.some((column) => column[at] >= 20)) continue;
      const start = at ? t[at - 1] : t[at], last = spans[spans.length - 1];
      if (last && last.end >= start) last.end = t[at]; else spans.push({ start, end: t[at] });
    }
    return spans;
  }
  // A report with nothing on either side (thinned history) has no line to stand in: it is drawn as a point.
  function alone(u, index) {
    const column = u.data[index];
    if (column.length < 60) return null;
    const found = [];
    for (let at = 0; at < column.length; at++) if (column[at] != null && column[at - 1] == null && column[at + 1] == null) found.push(at);
    return found;
  }
  // One time axis for all charts: the span that was asked for, up to now, whatever each of them has to show.
  const span = () => { const end = Date.now() / 1000; return [end - hours * 3600, end]; };
  function options(columns, height, kind) {
    return {
      width: holder.clientWidth, height, cursor: { sync: { key: "node" } }, legend: { live: true },
      hooks: { drawAxes: [kind === "lines" ? hatchHoles : (u) => { hatchHoles(u); hatchSuspects(u); }] },
      scales: {
        x: { time: false, range: span },
        y: { range: (_u, _low, high) => [0, kind === "loss" ? Math.min(100, Math.max(5, high * 1.2)) : Math.max(1, high * 1.1)] },
      },
      axes: [
        { stroke: INK, grid: { stroke: GRID, width: 1 }, values: (_u, ticks) => ticks.map((tick) => hours > 24 && local(tick).getUTCHours() === 0 ? date(tick) : clock(tick)), splits: (_u, _axis, low, high, incr) => { const first = Math.ceil((low + 7 * 3600) / incr) * incr - 7 * 3600, found = []; for (let at = first; at <= high; at += incr) found.push(at); return found; }, incrs: [300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, DAY_S, 2 * DAY_S, 7 * DAY_S, 14 * DAY_S, 30 * DAY_S, 61 * DAY_S, 122 * DAY_S, 183 * DAY_S], space: 60 },
        { stroke: INK, grid: { stroke: GRID, width: 1 }, size: 52, values: (_u, ticks) => ticks.map((tick) => number(tick, 1)) },
      ],
      series: [
        { label: texts.time, value: (_u, value) => value == null ? "–" : `${hours > 24 ? `${date(value)} ` : ""}${clock(value)} WIB` },
        ...columns.map(({ label, colour, thin, bar }, index) => ({
          label, stroke: colour ?? COLOURS[index % COLOURS.length], width: bar ? 0 : thin ? 0.5 : 2, spanGaps: false,
          fill: bar ? colour : undefined,
          paths: bar ? uPlot.paths.bars({ size: [0.9, 14], align: bar }) : undefined,
          dash: !colour && index >= COLOURS.length ? [6, 4] : undefined,
          points: bar ? { show: false } : { size: 5, show: true, filter: alone },
          value: (_u, value) => number(value, 1),
        })),
      ],
      bands: kind === "bands" ? columns.flatMap(({ band, colour }, index) => band ? [{ series: [index + 1, band], fill: `${colour}40` }] : []) : undefined,
    };
  }
  // The pings of MAIN: a line for the middle value and a band up to p95; their loss as bars side by side.
  const measured = (column) => column?.some((value) => value !== null);
  function drawPings(t, rtt, p95, loss) {
    const names = Object.keys(MAIN).filter((name) => measured(rtt[name]) || measured(loss[name]));
    const lines = names.map((name) => ({ label: texts.targets[MAIN[name][0]], colour: MAIN[name][1], data: rtt[name] }));
    const upper = names.map((name, index) => ({ label: `${texts.targets[MAIN[name][0]]} p95`, colour: MAIN[name][1], thin: true, band: index + 1, data: p95[name] }));
    const bars = names.map((name, index) => ({ label: texts.targets[MAIN[name][0]], colour: MAIN[name][1], bar: names.length < 2 ? 0 : index ? 1 : -1, data: loss[name] }));
    put("rtt", texts.rtt, t, [...lines, ...upper], "bands");
    put("loss", texts.loss, t, bars, "loss");
  }
  function draw(key, title, t, columns) {
    const names = Object.keys(columns).filter((name) => measured(columns[name]));
    put(key, title, t, names.map((name) => ({ label: texts.names[name] ?? name, data: columns[name] })), "lines");
  }
  function put(key, title, t, columns, kind) {
    const names = columns.map(({ label }) => label), shape = names.join("|");
    let chart = charts.get(key);
    const data = [t, ...columns.map((column) => column.data)];
    if (chart && chart.shape === shape) { chart.plot.setData(data); return; }
    chart?.box.remove(); chart?.plot.destroy();
    charts.delete(key);
    if (!names.length) return;
    const box = document.createElement("figure"), head = document.createElement("h3");
    box.className = "chart"; box.dataset.chart = key; head.textContent = title; box.append(head);
    box.setAttribute("role", "img"); box.setAttribute("aria-label", title);
    holder.append(box);
    charts.set(key, { shape, box, plot: new uPlot(options(columns, 200, kind), data, box) });
  }
  async function refreshSeries() {
    const points = Math.max(120, Math.min(480, Math.round(holder.clientWidth / 2.5))); // what the screen can tell apart
    const answer = await fetch(`${series}?hours=${hours}&points=${points}`, { cache: "no-store" }).catch(() => null);
    if (!answer?.ok) { note.textContent = texts.failed; return; }
    const { t, rtt_ms, rtt_p95_ms, loss_pct, suspect_pct, system, holes: told } = await answer.json();
    drawnAt = performance.now(); holes = told; suspects = suspectSpans(t, Object.keys(MAIN).map((name) => suspect_pct[name]).filter(Boolean)); nameHoles();
    note.textContent = t.length ? "" : texts.nothing;
    note.hidden = t.length > 0;
    drawPings(t, rtt_ms, rtt_p95_ms, loss_pct);
    draw("services", texts.services, t, Object.fromEntries(Object.entries(rtt_ms).filter(([name]) => !(name in MAIN))));
    draw("system", texts.system, t, system);
  }
  for (const button of document.querySelectorAll("button[data-hours]")) button.addEventListener("click", () => {
    hours = Number(button.dataset.hours);
    for (const other of document.querySelectorAll("button[data-hours]")) other.setAttribute("aria-pressed", String(other === button));
    refreshSeries();
  });
  addEventListener("resize", () => { for (const { plot } of charts.values()) plot.setSize({ width: holder.clientWidth, height: 200 }); });
  refreshSeries();
  // A row of a long chart is minutes or days: it is asked for again when it can have moved, not twice a minute.
  setInterval(() => {
    wanted = true;
    if (performance.now() - drawnAt >= hours * 3600000 / 480 / 4) refreshSeries();
  }, SERIES_MS);

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
