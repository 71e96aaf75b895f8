// The wall: keeps the state it is sent, and redraws what changed. The server's state is
//   sites     {code: [fill, since, seen, period, node]}   times in ms of the centre's clock
//   problems  [{fill, since, count, where, what, party}]  texts as {id, en}, most important first
//   picture   {url, site, at, period} or null;  complaints {today, open, urgent};  center {ingest, commit, alarms}
"use strict";
(() => {
  const STALE = 2, BLANK = 5, MAX_PROBLEMS = 7, SHIFT_EVERY_MS = 300000;
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const language = document.documentElement.lang;
  const body = document.body, stage = document.getElementById("stage");
  const cells = new Map([...document.querySelectorAll(".cell")].map((cell) => [cell.dataset.site, cell]));
  const state = { sites: {}, problems: [], picture: null, complaints: null, center: null };
  let readAt = null, loaded = false, lostSince = null;
  const $ = (selector) => document.querySelector(selector);
  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const age = (at) => window.sandiAge(SandiLive.now() - at, texts.units);
  const ageClass = (at, period) => {
    const periods = (SandiLive.now() - at) / period;
    return periods >= BLANK ? "blank" : periods >= STALE ? "stale" : "fresh";
  };
  function setText(node, text) { if (node.textContent !== text) node.textContent = text; }

  // A cell shows what the centre judged, unless the datum under that judgement is too old to be shown.
  function cellLook([judged, , seen, period]) {
    if ((judged !== "up" && judged !== "degraded") || seen === null) return [judged, "fresh"];
    const how = ageClass(seen, period);
    return how === "blank" ? ["unknown", "fresh"] : [judged, how];
  }
  function drawCells() {
    const counts = { up: 0, degraded: 0, down: 0, unknown: 0, maintenance: 0, absent: 0 };
    for (const [code, view] of Object.entries(state.sites)) {
      const [look, how] = cellLook(view);
      counts[look] += 1;
      const cell = cells.get(code);
      if (!cell) continue;
      if (cell.dataset.age !== how) cell.dataset.age = how;
      if (cell.dataset.fill === look) continue;
      if (cell.dataset.fill !== "loading") flash(cell);
      cell.dataset.fill = look;
      cell.querySelector(".mark").setAttribute("href", `#mark-${look}`);
      cell.querySelector(".letter").textContent = texts.letters[look] ?? "";
      cell.setAttribute("aria-label", `${cell.dataset.name}: ${texts.labels[look]}`);
      cell.setAttribute("href", view[4] ? `/nodes/${view[4]}/` : `/nodes/?site=${code}`);
    }
    for (const item of document.querySelectorAll("#legend li")) {
      const count = counts[item.dataset.fill];
      setText(item.querySelector("b"), String(count));
      item.toggleAttribute("data-zero", count === 0);
      if (item.dataset.fill === "absent" || item.dataset.fill === "maintenance") item.hidden = count === 0;
    }
    return counts;
  }
  function flash(cell) {
    cell.classList.remove("changed");
    cell.getBoundingClientRect(); // start the animation anew
    cell.classList.add("changed");
  }

  function element(name, className, text = "") {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.textContent = text;
    return made;
  }
  function badge(look) {
    const ns = "http://www.w3.org/2000/svg", svg = document.createElementNS(ns, "svg");
    svg.setAttribute("viewBox", "0 0 76 76"); svg.setAttribute("aria-hidden", "true");
    const part = (name, attributes, text) => {
      const made = document.createElementNS(ns, name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      if (text) made.textContent = text;
      svg.append(made);
    };
    const box = { x: 3, y: 3, width: 70, height: 70, rx: 4 };
    part("rect", { class: "ground", ...box }); part("rect", { class: "hatching", ...box });
    part("use", { class: "mark", href: `#mark-${look}`, transform: "translate(22 38)" });
    part("text", { class: "letter", x: 52, y: 53 }, texts.letters[look]);
    return svg;
  }
  function problemLine(problem) {
    const line = element("li");
    line.dataset.fill = problem.fill; line.dataset.since = problem.since;
    const party = problem.party[language];
    line.append(badge(problem.fill), element("span", "where", problem.where[language]), element("span", "age"),
      element("span", "what", party ? `${problem.what[language]} · ${party}` : problem.what[language]));
    return line;
  }
  let problemsShown = "";
  function drawProblems(counts) {
    const total = Object.keys(state.sites).length, installed = total - counts.absent;
    const stale = counts.unknown > 0 && state.problems.length === 0;
    const key = JSON.stringify([state.problems, state.problems.length ? 0 : [total, installed, stale]]);
    if (key === problemsShown) return;
    problemsShown = key;
    const panel = $("#problems");
    if (state.problems.length || stale) {
      const list = element("ol");
      for (const problem of state.problems.slice(0, MAX_PROBLEMS)) list.append(problemLine(problem));
      panel.replaceChildren(list);
      const more = state.problems.length - MAX_PROBLEMS;
      if (more > 0) panel.append(element("p", "more", fill(texts.more, { count: more })));
      return;
    }
    const sentence = installed === 0 ? texts.noneInstalled : installed === total ? texts.allWell
      : installed === 1 ? texts.oneInstalledWell : texts.allInstalledWell;
    panel.replaceChildren(element("p", "calm", fill(sentence, { count: installed })),
      element("p", "note", installed === 0 ? texts.enrolHint : ""));
    if (installed) panel.lastChild.dataset.oldest = "";
  }
  function drawPicture() {
    const panel = $("#picture"), image = panel.querySelector("img"), note = panel.querySelector("p");
    const picture = state.picture;
    if (!picture) { panel.dataset.age = "none"; image.hidden = true; setText(note, texts.noPicture); return; }
    if (image.getAttribute("src") !== picture.url) { image.src = picture.url; image.alt = picture.site; }
    const how = ageClass(picture.at, picture.period);
    panel.dataset.age = how;
    image.hidden = how === "blank";
    setText(note, how === "blank" ? fill(texts.oldPicture, { age: age(picture.at) }) : "");
    setText(panel.querySelector("figcaption"), `${picture.site} · ${fill(texts.ago, { age: age(picture.at) })}`);
  }
  function drawComplaints() {
    for (const count of document.querySelectorAll("#complaints b"))
      setText(count, state.complaints ? String(state.complaints[count.dataset.count]) : "–");
  }

  // What moves with time alone: ages, the clock, and whether a panel is too old to be shown.
  const zone = { timeZone: "Asia/Jakarta" };
  const dateFormat = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { weekday: "long", day: "numeric", month: "short", year: "numeric", ...zone });
  const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone });
  function tick() {
    if (!loaded) return;
    const moment = new Date(SandiLive.now());
    setText($("#clock"), timeFormat.format(moment).replaceAll(":", "."));
    setText($("#date"), `${dateFormat.format(moment)} WIB`);
    const counts = drawCells();
    drawProblems(counts);
    for (const line of document.querySelectorAll("#problems li")) setText(line.querySelector(".age"), age(Number(line.dataset.since)));
    drawPicture();
    drawFoot();
    const how = readAt === null ? "blank" : ageClass(readAt, 5000);
    for (const panel of ["#problems", "#complaints"]) $(panel).dataset.panelAge = how;
  }
  function drawFoot() {
    const seen = Object.values(state.sites).filter(([look, , at]) => at !== null && (look === "up" || look === "degraded")).map((view) => view[2]);
    const oldest = seen.length ? age(Math.min(...seen)) : "–";
    setText($("#oldest b"), oldest);
    const note = $("#problems [data-oldest]");
    if (note) setText(note, fill(texts.oldest, { age: oldest }));
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

  SandiLive.start(body.dataset.events, {
    state(data) { Object.assign(state, data); loaded = true; stage.removeAttribute("data-loading"); drawComplaints(); tick(); },
    change(data) {
      const { sites, ...rest } = data;
      Object.assign(state.sites, sites);
      Object.assign(state, rest);
      drawComplaints(); tick();
    },
    beat(data) { if (data.read) readAt = data.read; tick(); },
    lost(reason) {
      lostSince ??= SandiLive.now() - 10000;
      body.classList.add("lost");
      $("#lost").hidden = false;
      setText($("#lost .reason"), reason === "session" ? texts.signIn : texts.noServer);
      setText($("#lost .since"), fill(texts.since, { time: timeFormat.format(new Date(lostSince)).replaceAll(":", ".") }));
    },
    found() { lostSince = null; body.classList.remove("lost"); $("#lost").hidden = true; },
  });
  setInterval(tick, 1000);
})();
