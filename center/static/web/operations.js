// The pages of operations: their parts are fetched again as soon as the centre says that an operation changed, and at
// least every 20 s while the page is looked at. What was unfolded stays unfolded; a field somebody types in stays.
"use strict";
(() => {
  const { events, now, operation } = document.body.dataset;
  const LEAST_MS = 150, MOST_MS = 20000;
  const lost = document.querySelector(".lost");
  let wanted = false, busy = false, renewedAt = performance.now(), seen = null;

  async function renew() {
    busy = true; wanted = false; renewedAt = performance.now();
    try {
      const answer = await fetch(now, { cache: "no-store", redirect: "error" });
      if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
      lost.hidden = answer.ok;
    } catch { lost.hidden = false; }
    busy = false;
  }
  function put(fresh) {
    for (const part of fresh.querySelectorAll("[data-part]")) {
      const place = document.querySelector(`[data-part="${part.dataset.part}"]`);
      // What somebody types stays, as long as it is still asked for.
      if (part.querySelector("input:not([type=hidden])") && [...place.querySelectorAll("input:not([type=hidden])")].some((one) => one.value || one === document.activeElement)) continue;
      const pressing = place.contains(document.activeElement) ? document.activeElement.closest("form")?.getAttribute("action") : null;
      const folds = new Map([...place.querySelectorAll("[id] > details")].map((one) => [one.parentElement.id, one.open]));
      const at = new Map([...place.querySelectorAll("[id] pre")].map((one) => [one.closest("[id]").id, one.scrollTop]));
      place.replaceChildren(...part.childNodes);
      if (pressing) place.querySelector(`form[action="${pressing}"] button`)?.focus({ preventScroll: true });
      for (const [id, open] of folds) {
        const fold = document.getElementById(id)?.querySelector("details");
        if (fold) fold.open = open;
      }
      for (const [id, top] of at) {
        const text = document.getElementById(id)?.querySelector("pre");
        if (text) text.scrollTop = top;
      }
    }
  }
  setInterval(() => {
    const since = performance.now() - renewedAt;
    if (!busy && !document.hidden && ((wanted && since > LEAST_MS) || since > MOST_MS)) renew();
  }, 50);

  const told = (data) => {
    if (!data.operations) return;
    const number = operation ? data.operations[operation] : JSON.stringify(data.operations);
    if (number !== undefined && number !== seen) wanted = true;
    seen = number;
  };
  const live = {
    state(data) { wanted = true; told(data); }, change: told,
    lost() { lost.hidden = false; }, found() { lost.hidden = true; wanted = true; },
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
