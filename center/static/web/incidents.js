// Keys on the incidents' pages: j and k move through the list; a letter presses what carries it in data-key; c and t
// go to the remark and to the ticket. Never while somebody writes, never with a modifier.
"use strict";
(() => {
  const FIELDS = { c: "#comment_text", t: "#id_ticket" };
  const links = () => [...document.querySelectorAll(".incidents .what a")];
  function move(step) {
    const all = links();
    if (!all.length) return;
    const at = all.indexOf(document.activeElement);
    all[Math.min(all.length - 1, Math.max(0, at < 0 ? 0 : at + step))].focus();
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
    if (event.key === "j" || event.key === "k") { move(event.key === "j" ? 1 : -1); return; }
    const field = FIELDS[event.key] && document.querySelector(FIELDS[event.key]);
    if (field) { event.preventDefault(); field.focus(); return; }
    if (/^[a-z]$/.test(event.key)) document.querySelector(`[data-key="${event.key}"]`)?.click();
  });
  // The parts are asked for again every ten seconds. An answer without the part (signed out) or none at all leaves what
  // is there, and says that it is old.
  const lost = document.querySelector(".lost");
  const old = (is) => { if (lost) lost.hidden = !is; };
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    const there = xhr.status === 200 && xhr.responseText.includes(`id="${target.id}"`);
    event.detail.shouldSwap = there;
    old(!there);
  });
  document.addEventListener("htmx:sendError", () => old(true));
})();
