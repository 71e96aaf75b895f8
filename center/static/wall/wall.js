// The wall: keeps the state it is sent, ticks, and lets the scenes draw. Each scene's script registers itself:
//   SandiWall.scene("map", {draw(), tick(), empty()})   draw: the state changed; tick: every second, only time has passed
//   empty (if it is there): nothing to show, so nobody is shown it without asking
// Sections of the state that are not a scene's own: center {ingest, since, commit, alarms}; sites (see map.js).
"use strict";
window.SandiWall = (() => {
  const STALE = 2, BLANK = 5, READ_PERIOD_MS = 5000, SHIFT_EVERY_MS = 300000;
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const language = document.documentElement.lang;
  const body = document.body, stage = document.getElementById("stage");
  const state = {}, scenes = new Map();
  let readAt = null, loaded = false, lostSince = null;
  const $ = (selector) => document.querySelector(selector);
  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const age = (at) => window.sandiAge(SandiLive.now() - at, texts.units);
  const span = (ms) => window.sandiAge(ms, texts.units);
  const ageClass = (at, period) => {
    const periods = (SandiLive.now() - at) / period;
    return periods >= BLANK ? "blank" : periods >= STALE ? "stale" : "fresh";
  };
  const readAge = () => (readAt === null ? "blank" : ageClass(readAt, READ_PERIOD_MS));
  function setText(node, text) { if (node.textContent !== text) node.textContent = text; }
  function element(name, className, text = "") {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  }
  // Where an incident is; whoever is signed in gets to its page from here, a screen does not.
  function whereOf(one, text) {
    const page = body.dataset.incident, made = element(page && one.id ? "a" : "span", "where", text);
    if (page && one.id) made.href = page.replace("/0/", `/${one.id}/`);
    return made;
  }
  function badge(look) {
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", "0 0 76 76"); svg.setAttribute("aria-hidden", "true"); svg.setAttribute("class", "badge");
    const part = (name, attributes, text) => {
      const made = document.createElementNS(ns, name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (text) made.textContent = text;
      svg.append(made);
    };
    const box = { x: 3, y: 3, width: 70, height: 70, rx: 4 }, letter = texts.letters[look];
    part("rect", { class: "ground", ...box }); part("rect", { class: "hatching", ...box });
    if (letter) {
      part("use", { class: "mark", href: `#mark-${look}`, transform: "translate(22 38)" });
      part("text", { class: "letter", x: 52, y: 53 }, letter);
    }
    return svg;
  }

  const zone = { timeZone: "Asia/Jakarta" };
  const dateFormat = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { weekday: "long", day: "numeric", month: "short", year: "numeric", ...zone });
  const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone });
  const time = (at) => timeFormat.format(new Date(at)).replaceAll(":", ".");
  const hour = (at) => time(at).slice(0, 5);

  function each(what) { for (const one of scenes.values()) one[what]?.(); }
  function tick() {
    if (!loaded) return;
    setText($("#clock"), time(SandiLive.now()));
    setText($("#date"), `${dateFormat.format(new Date(SandiLive.now()))} WIB`);
    each("tick");
    drawFoot();
    for (const panel of document.querySelectorAll("[data-read]")) panel.dataset.panelAge = readAge();
  }
  function oldest() {
    const seen = Object.values(state.sites ?? {}).filter(([look, , at]) => at !== null && (look === "up" || look === "degraded")).map((view) => view[2]);
    return seen.length ? age(Math.min(...seen)) : "–";
  }
  function drawFoot() {
    setText($("#oldest b"), oldest());
    if (!state.center) return;
    const { ingest, commit, alarms } = state.center;
    $("#center").toggleAttribute("data-bad", !ingest);
    setText($("#center b"), ingest ? texts.receiving : texts.notReceiving);
    setText($("#center .detail"), commit === null ? texts.never : fill(texts.last, { age: age(commit) }));
    setText($("#alarms b"), String(alarms));
  }

  // Fit the stage to any screen; every few minutes move it by a pixel or two, so that nothing burns in.
  let shift = 0;
  function fit() {
    const scale = Math.min(innerWidth / 1920, innerHeight / 1080);
    const x = Math.max(0, (innerWidth - 1920 * scale) / 2) + shift, y = Math.max(0, (innerHeight - 1080 * scale) / 2) + shift;
    stage.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }
  addEventListener("resize", fit);
  setInterval(() => { shift = (shift + 1) % 3; fit(); }, SHIFT_EVERY_MS);
  fit();

  function update() {
    loaded = true; stage.removeAttribute("data-loading");
    each("draw"); tick();
    window.SandiTurn?.told(state);
  }
  function lost(reason) {
    if (reason === "session" && body.dataset.door) { location.replace(body.dataset.door); return; }
    lostSince ??= SandiLive.now() - 10000;
    body.classList.add("lost");
    $("#lost").hidden = false;
    setText($("#lost .reason"), reason === "session" ? texts.signIn : texts.noServer);
    setText($("#lost .since"), fill(texts.since, { time: time(lostSince) }));
  }
  function start() {
    SandiLive.start(body.dataset.events, {
      state(data) { for (const key of Object.keys(state)) delete state[key]; Object.assign(state, data); update(); },
      change({ sites, ...rest }) { Object.assign(state.sites, sites); Object.assign(state, rest); update(); },
      beat(data) { if (data.read) readAt = data.read; tick(); },
      lost,
      found() { lostSince = null; body.classList.remove("lost"); $("#lost").hidden = true; },
    }, body.dataset.check);
    setInterval(tick, 1000);
  }
  document.addEventListener("DOMContentLoaded", start);  // after the scenes' scripts
  return {
    $, state, texts, language, fill, age, span, ageClass, oldest, setText, element, whereOf, badge, time, hour,
    scene(name, calls) { scenes.set(name, calls); },
    isEmpty: (name) => loaded && Boolean(scenes.get(name)?.empty?.()),
    isLost: () => body.classList.contains("lost"),
  };
})();
