/* The mask page: polygons over a picture, dragged by finger, mouse or arrow keys. Coordinates are shares of width and
   height, as the mask's file has them. Nothing is kept before "save" was answered. */
"use strict";

const MOST_AREAS = 32, MOST_CORNERS = 64, SMALLEST = 0.0001, MOST_UNDO = 200;
const SHORT_PX = 72;  /* on a shorter line a finger would not know the "+" from the corners; "add corner" is there too */
const at = (id) => document.getElementById(id);
const csrf = document.querySelector("meta[name=csrf]").content;
const SVG = "http://www.w3.org/2000/svg";

let areas = [], chosen = null, past = [], saved = "[]", aspect = 1, words = {}, ended = false;

const fill = (text, facts) => text.replace(/\{(\w+)\}/g, (_, name) => facts[name] ?? "");
const word = (key, facts = {}) => fill(words[key] ?? key, facts);
const clamp = (value) => Math.min(1, Math.max(0, value));
const dirty = () => JSON.stringify(areas) !== saved;

function say(text, kind = "") {
  const said = at("said");
  said.className = kind;
  said.textContent = text;
}

/* -- geometry ----------------------------------------------------------------------------------------------------- */

const turn = (a, b, c) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
const cross = (a, b, c, d) => turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;

function crosses(area) {
  const sides = area.map((corner, n) => [corner, area[(n + 1) % area.length]]);
  return sides.some((one, n) => sides.some((two, m) => m > n + 1 && !(n === 0 && m === sides.length - 1) && cross(...one, ...two)));
}

const size = (area) => Math.abs(area.reduce((sum, corner, n) => sum + turn([0, 0], area[n], area[(n + 1) % area.length]), 0)) / 2;
const middle = (a, b) => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2];

function fault() {
  for (const [n, area] of areas.entries()) {
    if (crosses(area)) return word("crossed", { n: n + 1 });
    if (size(area) < SMALLEST) return word("flat", { n: n + 1 });
  }
  return "";
}

/* -- changes ------------------------------------------------------------------------------------------------------ */

function remember() {
  past.push(JSON.stringify([areas, chosen]));
  if (past.length > MOST_UNDO) past.shift();
}

function undo() {
  if (!past.length) return;
  [areas, chosen] = JSON.parse(past.pop());
  draw();
  focusChosen();
  say(word("undone"));
}

function addArea() {
  if (areas.length >= MOST_AREAS) return say(word("most_areas", { most: MOST_AREAS }), "bad");
  remember();
  const left = 0.38 + 0.28 * [0, -1, 1][areas.length % 3], top = [0.36, 0.66, 0.08][Math.floor(areas.length / 3) % 3];
  const right = left + 0.24, bottom = top + 0.26;
  areas.push([[left, top], [right, top], [right, bottom], [left, bottom]]);
  chosen = { area: areas.length - 1, corner: 0 };
  draw();
  focusChosen();
  say(word("added", { n: areas.length }));
}

function removeArea() {
  if (!chosen) return;
  remember();
  areas.splice(chosen.area, 1);
  chosen = areas.length ? { area: Math.min(chosen.area, areas.length - 1), corner: 0 } : null;
  draw();
  focusChosen();
  say(word("removed"));
}

function addCorner(area, before) {
  const corners = areas[area];
  if (corners.length >= MOST_CORNERS) return say(word("most_corners", { most: MOST_CORNERS }), "bad");
  remember();
  corners.splice(before + 1, 0, middle(corners[before], corners[(before + 1) % corners.length]));
  chosen = { area, corner: before + 1 };
  draw();
  focusChosen();
}

function removeCorner() {
  if (!chosen) return;
  if (areas[chosen.area].length <= 3) return say(word("fewest_corners"), "bad");
  remember();
  areas[chosen.area].splice(chosen.corner, 1);
  chosen.corner = Math.min(chosen.corner, areas[chosen.area].length - 1);
  draw();
  focusChosen();
}

function moveArea(area, from, dx, dy) {
  const xs = from.map((corner) => corner[0]), ys = from.map((corner) => corner[1]);
  dx = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
  dy = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
  areas[area] = from.map(([x, y]) => [x + dx, y + dy]);
}

/* -- drawing ------------------------------------------------------------------------------------------------------ */

const percent = (value) => Math.round(value * 100);
const label = (area, corner) => word("corner", {
  area: area + 1, n: corner + 1, of: areas[area].length, x: percent(areas[area][corner][0]), y: percent(areas[area][corner][1]),
});

function place(element, [x, y]) {
  element.style.left = `${x * 100}%`;
  element.style.top = `${y * 100}%`;
}

function handle(kind, name, position, data) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = `handle ${kind}`;
  made.setAttribute("aria-label", name);
  Object.assign(made.dataset, data);
  place(made, position);
  return made;
}

function draw() {
  const shapes = areas.map((corners, area) => {
    const shape = document.createElementNS(SVG, "polygon");
    shape.dataset.area = area;
    return shape;
  });
  at("areas").replaceChildren(...shapes);
  const handles = [];
  areas.forEach((corners, area) => corners.forEach((corner, n) => {
    handles.push(handle("corner", label(area, n), corner, { area, corner: n }));
    if (chosen && chosen.area === area) {
      const next = (n + 1) % corners.length, name = word("between", { area: area + 1, n: n + 1, next: next + 1 });
      handles.push(handle("middle", name, middle(corner, corners[next]), { area, after: n }));
    }
  }));
  at("handles").replaceChildren(...handles);
  refresh();
}

function refresh() {
  /* The same elements at their new places: replacing them would take the finger's hold away. */
  for (const shape of at("areas").children) {
    const area = Number(shape.dataset.area);
    shape.setAttribute("points", areas[area].map((corner) => corner.join(",")).join(" "));
    shape.setAttribute("class", `${chosen && chosen.area === area ? "chosen" : ""} ${crosses(areas[area]) ? "crossed" : ""}`);
  }
  const box = at("stage").getBoundingClientRect();
  for (const element of at("handles").children) {
    const area = Number(element.dataset.area), corners = areas[area];
    if (element.dataset.corner !== undefined) {
      const n = Number(element.dataset.corner);
      place(element, corners[n]);
      element.setAttribute("aria-label", label(area, n));
      element.classList.toggle("near", Boolean(chosen) && chosen.area === area);
      element.classList.toggle("chosen", Boolean(chosen) && chosen.area === area && chosen.corner === n);
    } else {
      const n = Number(element.dataset.after), next = corners[(n + 1) % corners.length];
      place(element, middle(corners[n], next));
      element.hidden = Math.hypot((next[0] - corners[n][0]) * box.width, (next[1] - corners[n][1]) * box.height) < SHORT_PX;
    }
  }
  at("undo").disabled = !past.length;
  for (const id of ["corner-add", "corner-remove", "remove"]) at(id).disabled = !chosen;
  at("save").disabled = ended;
}

const cornerElement = (area, corner) => at("handles").querySelector(`[data-area="${area}"][data-corner="${corner}"]`);

function focusChosen(preventScroll = false) {
  if (chosen) cornerElement(chosen.area, chosen.corner)?.focus({ preventScroll });
}

function choose(area, corner) {
  const other = !chosen || chosen.area !== area;
  chosen = { area, corner };
  if (other) draw(); else refresh();
}

/* -- finger and mouse --------------------------------------------------------------------------------------------- */

let drag = null;

function share(event) {
  const box = at("stage").getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function grabbed(event) {
  if (drag || event.button > 0 || ended) return;
  const data = event.target.dataset ?? {};
  if (data.area === undefined) return;
  event.preventDefault();
  const area = Number(data.area), start = share(event);
  if (data.after !== undefined) {
    addCorner(area, Number(data.after));
    drag = { pointer: event.pointerId, area, corner: chosen.corner, start, from: areas[area].map((corner) => [...corner]), kept: true };
  } else {
    choose(area, data.corner === undefined ? 0 : Number(data.corner));
    drag = { pointer: event.pointerId, area, corner: data.corner === undefined ? null : chosen.corner, start,
      from: areas[area].map((corner) => [...corner]), kept: false };
  }
  focusChosen(true);  /* what is under the finger must not move away from it */
  at("stage").setPointerCapture(event.pointerId);
}

function dragged(event) {
  if (!drag || event.pointerId !== drag.pointer) return;
  const [x, y] = share(event), dx = x - drag.start[0], dy = y - drag.start[1];
  if (!drag.kept) {
    if (Math.hypot(dx, dy) < 0.002) return;
    remember();
    drag.kept = true;
  }
  if (drag.corner === null) {
    moveArea(drag.area, drag.from, dx, dy);
  } else {
    const [ox, oy] = drag.from[drag.corner];
    areas[drag.area][drag.corner] = [clamp(ox + dx), clamp(oy + dy)];
  }
  refresh();
}

function released(event) {
  if (!drag || event.pointerId !== drag.pointer) return;
  drag = null;
  told();
}

const told = () => { const wrong = fault(); say(wrong || (dirty() ? word("unsaved") : word("ready")), wrong ? "bad" : ""); };

/* -- keys --------------------------------------------------------------------------------------------------------- */

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function pressed(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
    event.preventDefault();
    return undo();
  }
  const data = event.target.dataset ?? {};
  if (data.corner === undefined || ended) return undefined;
  const area = Number(data.area), corner = Number(data.corner), arrow = ARROWS[event.key];
  if (arrow) {
    event.preventDefault();
    const step = event.shiftKey ? 0.05 : 0.005;
    remember();
    if (event.altKey) moveArea(area, areas[area], arrow[0] * step, arrow[1] * step);
    else areas[area][corner] = [clamp(areas[area][corner][0] + arrow[0] * step), clamp(areas[area][corner][1] + arrow[1] * step)];
    chosen = { area, corner };
    refresh();
    say(fault() || label(area, corner), fault() ? "bad" : "");
  } else if (event.key === "Delete" || event.key === "Backspace") {
    event.preventDefault();
    removeCorner();
  } else if (event.key === "Insert" || event.key === "+") {
    event.preventDefault();
    addCorner(area, corner);
  }
  return undefined;
}

/* -- with the box ------------------------------------------------------------------------------------------------- */

async function ask(path, body) {
  const options = body === undefined ? {} : {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ csrf, ...body }),
  };
  try {
    const answer = await fetch(path, options), found = await answer.json();
    return { ok: answer.ok, ...found };
  } catch {
    return { ok: false, text: word("gone") };
  }
}

function showPicture(state) {
  aspect = state.width / state.height;
  at("stage").style.setProperty("--aspect", String(aspect));
  at("picture").onload = () => { document.body.dataset.picture = state.number; };
  at("picture").src = `picture.jpg?n=${state.number}`;
  at("seen").textContent = word("seen", { width: state.width, height: state.height, time: state.time });
}

async function waiting(button, work) {
  button.disabled = true;
  try { await work(); } finally { button.disabled = false; refresh(); }
}

async function begin() {
  const state = await ask("state");
  if (!state.ok) return say(state.text, "bad");
  words = state.words;
  areas = state.polygons;
  saved = JSON.stringify(areas);
  showPicture(state);
  chosen = areas.length ? { area: 0, corner: 0 } : null;
  draw();
  return say(state.note || (areas.length ? word("loaded", { count: areas.length }) : word("empty")), state.note ? "bad" : "");
}

async function save() {
  if (!areas.length) return say(word("nothing"), "bad");
  const wrong = fault();
  if (wrong) return say(wrong, "bad");
  const sent = JSON.stringify(areas), answer = await ask("save", { aspect, polygons: areas });
  if (answer.ok) saved = sent;
  return say(answer.text, answer.ok ? "ok" : "bad");
}

async function fresh() {
  say(word("taking"));
  const answer = await ask("fresh", {});
  if (!answer.ok) return say(answer.text, "bad");
  showPicture(answer);
  return say(answer.note || word("taken"), answer.note ? "bad" : "ok");
}

async function clear() {
  const answer = await ask("clear", {});
  if (answer.ok) {
    remember();
    [areas, chosen, saved] = [[], null, "[]"];
    draw();
  }
  say(answer.text, answer.ok ? "ok" : "bad");
}

async function done() {
  if (dirty()) return say(word("unsaved_end"), "bad");
  const answer = await ask("done", {});
  if (answer.ok) {
    ended = true;
    for (const button of document.querySelectorAll("button")) button.disabled = true;
  }
  return say(answer.text, answer.ok ? "ok" : "bad");
}

function toggle(button, name) {
  const on = at("stage").classList.toggle(name);
  button.setAttribute("aria-pressed", String(on));
  refresh();
}

at("stage").addEventListener("pointerdown", grabbed);
at("stage").addEventListener("pointermove", dragged);
for (const name of ["pointerup", "pointercancel"]) at("stage").addEventListener(name, released);
at("handles").addEventListener("focusin", (event) => {
  const data = event.target.dataset;
  if (!drag && data.corner !== undefined && (!chosen || chosen.area !== Number(data.area) || chosen.corner !== Number(data.corner))) {
    choose(Number(data.area), Number(data.corner));
    focusChosen();
  }
});
at("handles").addEventListener("click", (event) => {
  /* By keyboard or by a tap that did not move; a pointer has done it already at its press. */
  const data = event.target.dataset;
  if (data.after !== undefined && event.detail === 0) addCorner(Number(data.area), Number(data.after));
});
document.addEventListener("keydown", pressed);
at("add").addEventListener("click", addArea);
at("corner-add").addEventListener("click", () => chosen && addCorner(chosen.area, chosen.corner));
at("corner-remove").addEventListener("click", removeCorner);
at("remove").addEventListener("click", removeArea);
at("undo").addEventListener("click", undo);
at("preview").addEventListener("click", (event) => toggle(event.currentTarget, "preview"));
at("zoom").addEventListener("click", (event) => toggle(event.currentTarget, "large"));
at("save").addEventListener("click", (event) => waiting(event.currentTarget, save));
at("fresh").addEventListener("click", (event) => waiting(event.currentTarget, fresh));
at("done").addEventListener("click", done);
at("clear").addEventListener("click", () => at("ask").showModal());
at("ask-no").addEventListener("click", () => at("ask").close());
at("ask-yes").addEventListener("click", () => { at("ask").close(); clear(); });
window.addEventListener("resize", refresh);
window.addEventListener("beforeunload", (event) => { if (dirty() && !ended) event.preventDefault(); });
begin();
