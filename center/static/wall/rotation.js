// Which scene is shown. They take turns; whoever stands before the screen turns with the arrow keys or the numbers and
// holds with the space bar. A new incident that calls brings its scene and keeps it until somebody has acknowledged it,
// at most two minutes; a scene that was held comes back then. Scenes with nothing to show are passed over. While the centre is not heard, nothing turns.
"use strict";
window.SandiTurn = (() => {
  const CALLED_MS = 120000, MOST_KNOWN = 500;
  const { texts } = SandiWall, body = document.body;
  const order = body.dataset.order.split(" "), periodMs = Math.max(20, Number(body.dataset.sceneS)) * 1000;
  const known = new Set();
  let shown = "", since = performance.now(), held = false, called = null, back = "";

  function show(name) {
    since = performance.now();
    if (shown === name) return;
    shown = name;
    for (const scene of document.querySelectorAll(".scene")) scene.hidden = scene.dataset.scene !== name;
    mark();
    document.dispatchEvent(new CustomEvent("scene", { detail: name }));
  }
  function mark() {
    for (const button of document.querySelectorAll("#turn button")) {
      button.hidden = !order.includes(button.dataset.scene) && button.dataset.scene !== shown;
      button.toggleAttribute("aria-current", button.dataset.scene === shown);
    }
    const nav = document.getElementById("turn");
    nav.toggleAttribute("data-held", held || called !== null);
    document.body.dataset.scene = shown;
  }
  function turn(step) {
    const at = Math.max(0, order.indexOf(shown));
    called = null;
    show(order[(at + step + order.length) % order.length]);
  }
  function turnByItself() {
    const at = Math.max(0, order.indexOf(shown));
    const later = order.map((_, step) => order[(at + step + 1) % order.length]);
    show(later.find((name) => !SandiWall.isEmpty(name)) ?? shown);
  }
  // Told of every state: who calls now, and did not before?
  function told({ incidents, now }) {
    const calling = (incidents?.open ?? []).filter((one) => one.calls);
    const fresh = calling.filter((one) => !known.has(one.id) && SandiLive.now() - one.opened < CALLED_MS);
    for (const one of calling) known.add(one.id);
    if (known.size > MOST_KNOWN) for (const id of [...known].slice(0, MOST_KNOWN / 2)) known.delete(id);
    if (called && !calling.some((one) => one.id === called.id)) release();
    if (fresh.length) {
      if (!called) back = held ? shown : "";
      called = { id: fresh[0].id, until: performance.now() + CALLED_MS };
      if (order.includes("incidents")) show("incidents");
      mark();
    }
  }
  function release() { // whoever held a scene gets it back
    called = null; since = performance.now();
    if (held && back) show(back);
    mark();
  }
  function tick() {
    const now = performance.now();
    if (called && now >= called.until) release();
    if (held || called || order.length < 2 || SandiWall.isLost()) { since = Math.max(since, now - periodMs); return; }
    if (now - since >= periodMs) turnByItself();
  }
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "ArrowRight") turn(1);
    else if (event.key === "ArrowLeft") turn(-1);
    else if (event.key === " " && event.target.tagName !== "BUTTON") { held = !held; mark(); }
    else if (/^[1-9]$/.test(event.key) && order[event.key - 1]) { called = null; show(order[event.key - 1]); }
    else return;
    event.preventDefault();
  });
  for (const button of document.querySelectorAll("#turn button"))
    button.addEventListener("click", () => { called = null; held = held || shown === button.dataset.scene ? !held : held; show(button.dataset.scene); mark(); });
  held = body.dataset.held !== "";
  document.getElementById("turn").dataset.word = texts.held;
  document.addEventListener("DOMContentLoaded", () => { show(body.dataset.held || order[0]); setInterval(tick, 1000); });
  return { told };
})();
