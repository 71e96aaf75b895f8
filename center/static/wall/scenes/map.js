// The map: one cell per site, problems and incidents in words, the newest picture, complaints as numbers.
//   sites     {code: [fill, since, seen, period, node]}   times in ms of the centre's clock
//   problems  [{fill, since, count, where, what, party}]  texts as {id, en}; incidents: see incidents.js
//   picture   {url, site, camera, at, period} or null;  complaints {today, open, urgent}
"use strict";
(() => {
  const MAX_LINES = 7;
  const { $, state, texts, language, fill, age, ageClass, oldest, setText, element, whereOf, badge } = SandiWall;
  const cells = new Map([...document.querySelectorAll(".cell")].map((cell) => [cell.dataset.site, cell]));
  const said = new Map();

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

  function line(one) {
    const made = element("li");
    made.dataset.fill = one.fill; made.dataset.since = one.since;
    // What must be read comes first: the line is short, and its end may be cut. An upstream's name says what it is.
    const what = one.what[language], party = one.party[language], who = one.who?.[language];
    const ticket = one.ticketed ? SandiWall.ticketWords(one) : "";
    const words = who ? [who, party, ticket || what] : ticket ? [party, ticket, what] : [what, party];
    if (one.calls) made.dataset.calls = "";
    made.append(badge(one.fill), whereOf(one, one.where[language]), element("span", "age"),
      element("span", "what", words.filter(Boolean).join(" · ")));
    return made;
  }
  function drawProblems(counts) {
    const total = Object.keys(state.sites).length, installed = total - counts.absent;
    // Impaired nodes stand among the problems, grouped by what is wrong with them.
    const lines = [...state.incidents.open.filter((one) => one.kind !== "degraded"), ...state.problems];
    const unshown = Math.max(0, state.incidents.total - state.incidents.open.length);
    const stale = counts.unknown > 0 && lines.length === 0;
    const key = JSON.stringify([lines, lines.length ? 0 : [total, installed, stale]]);
    if (said.get("problems") === key) return;
    said.set("problems", key);
    const panel = $("#problems");
    if (lines.length || stale) {
      const list = element("ol");
      list.append(...lines.slice(0, MAX_LINES).map(line));
      panel.replaceChildren(list);
      const more = lines.length + unshown - MAX_LINES;
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
  function tick() {
    drawProblems(drawCells());
    for (const item of document.querySelectorAll("#problems li")) setText(item.querySelector(".age"), age(Number(item.dataset.since)));
    const note = $("#problems [data-oldest]");
    if (note) setText(note, fill(texts.oldest, { age: oldest() }));
    drawPicture();
  }
  function draw() {
    for (const count of document.querySelectorAll("#complaints b")) setText(count, String(state.complaints[count.dataset.count]));
  }
  SandiWall.scene("map", { draw, tick });
})();
