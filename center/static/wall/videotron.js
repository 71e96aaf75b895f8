// The public screen asks every four seconds for what it may say, and says it; a notice stays 20 s. What it has not
// been able to ask for during a minute it no longer shows. The clock is the centre's.
"use strict";
(() => {
  const ASK_MS = 4000, NOTICE_MS = 20000, LOST_MS = 60000, SHIFT_EVERY_MS = 300000, LONG = 260;
  const texts = JSON.parse(document.getElementById("texts").textContent);
  const body = document.body, stage = document.getElementById("stage"), language = document.documentElement.lang;
  const $ = (selector) => document.querySelector(selector);
  const fill = (text, values) => text.replace(/%\((\w+)\)s/g, (_, name) => values[name]);
  const setText = (node, text) => { if (node.textContent !== text) node.textContent = text; };
  let offset = null, heardAt = performance.now(), told = null, at = -1, turnedAt = 0, shift = 0;

  async function ask() {
    const answer = await fetch(body.dataset.now, { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(10000) });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) { ended(); return; }
    if (!answer.ok) return;
    told = await answer.json();
    offset = told.now - performance.now(); heardAt = performance.now();
    $("#lost").hidden = true;
    stage.removeAttribute("data-loading");
    draw();
  }
  function ended() {
    if (body.dataset.door) location.replace(body.dataset.door);
    else lost(texts.ended);
  }
  function lost(why) {
    $("#lost").hidden = false;
    setText($("#lost p"), why);
  }
  function sentence(service, all, some, none) {
    if (!service.total) return none;
    return fill(service.well === service.total ? all : some, service);
  }
  function draw() {
    setText($("#offices"), sentence(told.offices, texts.officesWell, texts.officesSome, texts.officesNone));
    setText($("#sites"), sentence(told.sites, texts.sitesWell, texts.sitesSome, ""));
    const count = Object.values(told.answered).reduce((sum, one) => sum + one, 0);
    const parts = Object.entries(told.answered).filter(([, one]) => one > 0).map(([category, one]) => `${texts.categories[category]} ${one}`);
    setText($("#answered"), count ? `${fill(texts.answered, { count })}: ${parts.join(" · ")}` : texts.noneAnswered);
    if (at < 0 || at >= Math.max(1, told.notices.length)) turn();
    else show();
  }
  function turn() {
    at = told.notices.length ? (at + 1) % told.notices.length : 0;
    turnedAt = performance.now();
    show();
  }
  function show() {
    const notice = told.notices[at] ?? { title: texts.welcome, text: texts.invitation }, panel = $("#notice");
    setText($("#position"), told.notices.length > 1 ? `${at + 1} / ${told.notices.length}` : "");
    if ($("#notice h1").textContent === notice.title && $("#notice p").textContent === notice.text) return;
    setText($("#notice h1"), notice.title);
    setText($("#notice p"), notice.text);
    panel.toggleAttribute("data-long", notice.text.length + 2 * notice.title.length > LONG);
    panel.classList.remove("changed"); panel.getBoundingClientRect(); panel.classList.add("changed");
  }
  const zone = { timeZone: "Asia/Jakarta" };
  const dateFormat = new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { weekday: "long", day: "numeric", month: "long", year: "numeric", ...zone });
  const timeFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit", ...zone });
  function tick() {
    const now = performance.now();
    if (now - heardAt > LOST_MS) lost(texts.noServer);
    if (offset === null) return;
    const moment = new Date(now + offset);
    setText($("#clock"), `${timeFormat.format(moment).replaceAll(":", ".")} WIB`);
    setText($("#date"), dateFormat.format(moment));
    if (told.notices.length > 1 && now - turnedAt >= NOTICE_MS) turn();
  }
  function fit() {
    const scale = Math.min(innerWidth / 1920, innerHeight / 1080);
    const x = Math.max(0, (innerWidth - 1920 * scale) / 2) + shift, y = Math.max(0, (innerHeight - 1080 * scale) / 2) + shift;
    stage.style.transform = `translate(${x}px, ${y}px) scale(${scale})`;
  }
  addEventListener("resize", fit);
  setInterval(() => { shift = (shift + 1) % 3; fit(); }, SHIFT_EVERY_MS);
  fit();
  const again = () => ask().catch(() => {}).finally(() => setTimeout(again, ASK_MS));
  again();
  setInterval(tick, 1000);
})();
