// The complaints' pages: parts that renew themselves leave alone what somebody is choosing, and what was opened is put
// in its place, also when the form did not fit.
"use strict";
(() => {
  const lost = document.querySelector(".lost");
  const old = (is) => { if (lost) lost.hidden = !is; };
  const picked = () => document.querySelectorAll('input[name="one"]:checked');
  const renews = (target) => target.id === "list" || target.id === "head";
  // A list that renews itself would forget what was ticked, and close what was unfolded, also since it was asked for.
  const busy = (list) => list.id === "list" && (picked().length || list.querySelector("details[open]:focus-within"));
  document.addEventListener("htmx:beforeRequest", (event) => { if (busy(event.detail.target)) event.preventDefault(); });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr, target } = event.detail;
    const there = (xhr.status === 200 || (xhr.status === 422 && !renews(target))) && xhr.responseText.includes(`id="${target.id}"`);
    event.detail.shouldSwap = there && !busy(target);
    event.detail.isError = !there;
    old(!there);
  });
  document.addEventListener("htmx:sendError", () => old(true));
  document.addEventListener("change", (event) => {
    if (!event.target.matches('input[name="one"]')) return;
    const count = picked().length;
    const said = document.getElementById("picked");
    if (said) said.textContent = count ? `(${count})` : "";
  });
  // A second press of the button would store a second complaint.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form[data-once]")) setTimeout(() => { for (const button of event.target.querySelectorAll("button")) button.disabled = true; });
  });
  // Coming back to the page shows no text that was opened before.
  window.addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });
})();
