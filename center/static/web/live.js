// The live connection of a page: one EventSource, a watchdog, and the centre's clock.
//
// SandiLive.start(url, {state, change, beat, lost, found}, check) asks `check` whether we are still let in when the
// stream was refused (an account's session by default), and calls back with:
//   state(data)   everything, after connecting;  change(data)  what differs since;  beat(data)  every 5 s
//   lost(reason)  nothing was heard for 10 s ("server"), or we are signed out ("session");  found()  heard again
// Times are the centre's: SandiLive.now() is its clock as of the last heartbeat, carried on by the page's own
// monotonic clock, so a screen with a wrong clock still shows right ages.
"use strict";
window.SandiLive = (() => {
  const SILENT_MS = 10000, RETRY_MS = 2000;
  let handlers = {}, url = "", session = "/api/v1/session", source = null, heardAt = performance.now(), lost = false, offset = null, reopenAt = 0, paused = false;

  const now = () => (offset === null ? Date.now() : performance.now() + offset);

  function heard() {
    heardAt = performance.now();
    if (lost) { lost = false; handlers.found?.(); }
  }
  function clock(data) { if (data.now) offset = data.now - performance.now(); }
  function on(name) {
    source.addEventListener(name, (event) => {
      const data = JSON.parse(event.data);
      clock(data); heard(); handlers[name]?.(data);
    });
  }
  function open() {
    source?.close();
    source = new EventSource(url);
    for (const name of ["state", "change", "beat"]) on(name);
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) refused(); };
  }
  // The server answered, but not with a stream: signed out, too many pages, or being restarted.
  async function refused() {
    reopenAt = performance.now() + RETRY_MS;
    try {
      const answer = await fetch(session, { cache: "no-store", redirect: "manual" });
      if (answer.status === 401 || answer.status === 403) { lost = true; handlers.lost?.("session"); }
    } catch { /* the watchdog below says it */ }
  }
  function watch() {
    if (paused) return;
    const silent = performance.now() - heardAt;
    if (silent > SILENT_MS) {
      if (!lost) { lost = true; handlers.lost?.("server"); }
      // A half-open connection never reports an error: start afresh.
      if (source.readyState === EventSource.OPEN) { heardAt = performance.now() - SILENT_MS + RETRY_MS; open(); }
    }
    if (source.readyState === EventSource.CLOSED && performance.now() >= reopenAt) {
      reopenAt = performance.now() + RETRY_MS; open();
    }
  }
  function start(address, calls, check) {
    url = address; handlers = calls; session = check || session;
    heardAt = performance.now();
    open();
    setInterval(watch, 500);
  }
  function stop() { paused = true; source?.close(); }
  function resume() { paused = false; heardAt = performance.now(); open(); }
  return { start, stop, resume, now };
})();

// Durations in one unit, as people say them; `units` = {s, min, h, d} in the page's language.
window.sandiAge = (ms, units) => {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 90) return `${s} ${units.s}`;
  if (s < 5400) return `${Math.round(s / 60)} ${units.min}`;
  if (s < 172800) return `${Math.round(s / 3600)} ${units.h}`;
  return `${Math.round(s / 86400)} ${units.d}`;
};
