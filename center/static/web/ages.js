// Keeps the ages on a page current: every <time class="age" data-at="MS">, in the page's own words.
"use strict";
(() => {
  const { s, min, h, d, ago } = document.documentElement.dataset;
  const inUnits = (ms) => {
    const seconds = Math.max(0, Math.round(ms / 1000));
    if (seconds < 90) return `${seconds} ${s}`;
    if (seconds < 5400) return `${Math.round(seconds / 60)} ${min}`;
    if (seconds < 172800) return `${Math.round(seconds / 3600)} ${h}`;
    return `${Math.round(seconds / 86400)} ${d}`;
  };
  const now = () => (window.SandiLive ? SandiLive.now() : Date.now());
  setInterval(() => {
    for (const node of document.querySelectorAll("time.age")) node.textContent = ago.replace("%(age)s", inUnits(now() - Number(node.dataset.at)));
  }, 1000);
})();
