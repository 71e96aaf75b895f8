// The screen's own script. It sends each press, puts the answer in place of the page, and leaves no history behind.
// Without it every form still works; with it there is one entry of history, "/", whatever was done.
import { atIdle, stillThere, watchIdle } from "./idle.js";
import { onKey } from "./keypad.js";
import { showKeyboard } from "./keyboard.js";
import { camera, forgetPhotos, preparePhotos } from "./photo.js";
import { watchScanner } from "./scan.js";

const trusted = window.trustedTypes
  ? window.trustedTypes.createPolicy("kiosk", { createHTML: (text) => text })
  : { createHTML: (text) => text };
// The vendored keyboard writes its labels as HTML: words pass, markup does not.
if (window.trustedTypes) {
  window.trustedTypes.createPolicy("default", { createHTML: (text) => (text.includes("<") ? null : text) });
}
const RETRY_MS = 2000;
const BEAT_MS = 5000;
const IDLE_REFRESH_MS = 20000;
let busy = false;
let again = 0;
let active = false;

const body = () => document.body;
const session = () => body().dataset.session;
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** Ask the server until it answers; while it does not, the screen says so. */
async function answer(options) {
  for (;;) {
    try {
      const response = await fetch("/", { cache: "no-store", ...options });
      const text = await response.text();
      const lost = document.getElementById("lost");
      if (lost?.open) lost.close();
      return new DOMParser().parseFromString(trusted.createHTML(text), "text/html");
    } catch {
      const lost = document.getElementById("lost");
      if (!lost.open) lost.showModal();
      await pause(RETRY_MS);
    }
  }
}

/** Put a new page in place of this one: no address, no history, nothing of the old one left. */
function show(page) {
  const was = session();
  clearTimeout(again);
  document.documentElement.lang = page.documentElement.lang;
  const old = body();
  for (const name of Object.keys(old.dataset)) delete old.dataset[name];
  for (const [name, value] of Object.entries(page.body.dataset)) old.dataset[name] = value;
  old.replaceChildren(...page.body.childNodes);
  if (was && !session()) {
    forgetPhotos();
    // And then even this page's memory goes: after the answer to a press of the next, where one is on its way.
    const leave = () => (busy ? (again = setTimeout(leave, 500)) : location.replace("/"));
    again = setTimeout(leave, 4000);
  }
  begin();
}

/** One press: the fields of its form and the button's own name. `byItself`: nobody did it, so nobody is there for it. */
export async function send(fields, byItself = false) {
  if (busy) return;
  busy = true;
  body().setAttribute("aria-busy", "true");
  try {
    const data = new URLSearchParams(fields);
    if (session() && !data.has("s")) data.set("s", session());
    if (session() && !data.has("at")) data.set("at", body().dataset.screen);
    show(await answer({ method: "POST", body: data }));
    if (!byItself) stillThere();
  } finally {
    body().removeAttribute("aria-busy");
    busy = false;
  }
}

async function refresh() {
  if (busy || session()) return;
  busy = true;
  try {
    const page = await answer({});
    if (!session()) show(page);
  } finally {
    busy = false;
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.method === "get") {
    location.replace("/");
    return;
  }
  const data = new FormData(form, event.submitter);
  const field = document.querySelector(".field");
  if (form.id === "way" && field && !data.has("field")) data.set("field", field.value);
  send(data);
});
document.addEventListener("keydown", onKey);
document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("dragstart", (event) => event.preventDefault());
for (const kind of ["pointerdown", "keydown", "input"]) {
  document.addEventListener(kind, () => (active = true), { capture: true, passive: true });
}
// A page that comes back from the browser's memory shows what was wiped: begin again instead.
window.addEventListener("pageshow", (event) => event.persisted && location.replace("/"));

/** Say every few seconds that the page lives, and whether somebody is there: the watchdog and the session hang on it. */
async function beat() {
  const data = new URLSearchParams({ s: session() || "", active: active ? "1" : "0" });
  active = false;
  try {
    const response = await fetch("/beat", { method: "POST", body: data, cache: "no-store" });
    // 205: that visit is over. While a press of it is on its way, its answer says the same and more.
    if (response.status === 205 && !busy && session() === data.get("s")) location.replace("/");
  } catch {
    // the next press, or the idle screen's own refresh, says that nobody answers
  }
  setTimeout(beat, BEAT_MS);
}

function listen() {
  const button = document.getElementById("listen");
  if (!button) return;
  const sound = new Audio(button.dataset.sound);
  const word = button.querySelector("span");
  const stopped = () => {
    button.setAttribute("aria-pressed", "false");
    word.textContent = button.dataset.play;
  };
  sound.addEventListener("ended", stopped);
  button.addEventListener("click", () => {
    if (sound.paused) {
      sound.play().catch(stopped);
      button.setAttribute("aria-pressed", "true");
      word.textContent = button.dataset.stop;
    } else {
      sound.pause();
      sound.currentTime = 0;
      stopped();
    }
  });
  new MutationObserver((_, watching) => {
    if (!button.isConnected) {
      sound.pause();
      watching.disconnect();
    }
  }).observe(body(), { childList: true });
}

/** What a page needs once it is there. */
function begin() {
  const data = body().dataset;
  watchIdle(() => send({ go: "wipe" }, true));
  showKeyboard();
  preparePhotos(send);
  watchScanner(body(), send);
  listen();
  if (data.screen === "idle") {
    camera().then((there) => {
      const told = document.querySelector("input[name=camera]");
      if (told) told.value = there ? "1" : "";
    });
    if (!again || !document.querySelector(".wiped")) {
      again = setTimeout(refresh, data.againS ? Number(data.againS) * 1000 : IDLE_REFRESH_MS);
    }
  } else if (data.againS) {
    const retry = () => {
      if (atIdle()) again = setTimeout(retry, RETRY_MS);
      else send({ go: "retry" }, true);
    };
    again = setTimeout(retry, Number(data.againS) * 1000);
  }
  const first = document.querySelector(".field") || document.querySelector("h1");
  if (first) first.focus({ preventScroll: true });
  if (first && first.setSelectionRange) first.setSelectionRange(first.value.length, first.value.length);
}

begin();
beat();
