// Incidents at full width: what, where, who is taken along, whose it is, since when, ticket and acknowledgement.
//   incidents  {open: [{id, kind, fill, severity, calls, acknowledged, since, opened, until, count, members, ticket,
//              ticketed, where, who, what, party}], total, ended: [same], load: [alarms per 10 min], loadFrom}
"use strict";
(() => {
  const MAX_OPEN = 6, MAX_ENDED = 5, FLOOD = 10, BAR_TOP = 36, BAR_FOOT = 232, MEMBER_LETTERS = 80;
  const { $, state, texts, language, fill, age, span, setText, element, whereOf, badge, hour } = SandiWall;
  const NS = "http://www.w3.org/2000/svg";
  let drawn = "";
  SandiWall.ticketWords = (one) => (one.ticket ? fill(texts.ticket, { number: one.ticket }) : texts.noTicket);

  function membersLine({ members, count }) {
    let named = 0, letters = 0;
    while (named < members.length && (letters += members[named].length + 2) <= MEMBER_LETTERS) named += 1;
    const more = count - named;
    return members.slice(0, named).join(", ") + (more > 0 ? ` ${fill(texts.more, { count: more })}` : "");
  }
  function card(one) {
    const made = element("li");
    made.dataset.fill = one.fill; made.dataset.since = one.since;
    if (one.calls) made.dataset.calls = "";
    const where = one.who[language] ? `${one.where[language]} · ${one.who[language]}` : one.where[language];
    const what = [one.what[language], one.party[language]].filter(Boolean).join(" · ");
    const status = [one.acknowledged ? texts.acknowledged : texts.notAcknowledged];
    if (one.ticketed || one.ticket) status.push(SandiWall.ticketWords(one));
    made.append(badge(one.fill), whereOf(one, where), element("span", "age"),
      element("span", "what", what), element("span", "status", status.join(" · ")), element("span", "members", one.count > 1 ? membersLine(one) : ""));
    return made;
  }
  function endedLine(one) {
    const made = element("li");
    made.append(element("span", "where", one.where[language]),
      element("span", "what", fill(texts.lasted, { time: hour(one.until), age: span(one.until - one.since) })));
    return made;
  }
  function bars(load) {
    const width = 584 / load.length, scale = (BAR_FOOT - BAR_TOP) / FLOOD;
    return load.map((count, index) => {
      const bar = document.createElementNS(NS, "rect"), height = count ? Math.min(count * scale, BAR_FOOT) : 2;
      for (const [key, value] of Object.entries({ x: index * width + 3, width: width - 6, y: BAR_FOOT - height, height })) bar.setAttribute(key, value);
      if (count >= FLOOD) bar.setAttribute("class", "over");
      return bar;
    });
  }
  function draw() {
    const incidents = state.incidents, key = JSON.stringify(incidents);
    if (key === drawn) return;
    drawn = key;
    setText($("#incident-total"), String(incidents.total));
    $("#incident-list").replaceChildren(...incidents.open.slice(0, MAX_OPEN).map(card));
    const more = incidents.total - MAX_OPEN;
    const note = $("#incident-note");
    note.className = incidents.total ? "more" : "calm";
    setText(note, incidents.total ? (more > 0 ? fill(texts.more, { count: more }) : "") : texts.noIncidents);
    $("#load .bars").replaceChildren(...bars(incidents.load));
    const [first, last] = document.querySelectorAll("#load .hours span");
    setText(first, hour(incidents.loadFrom));
    setText(last, fill(texts.loadNow, { count: state.center?.alarms ?? 0 }));
    const ended = incidents.ended.slice(0, MAX_ENDED).map(endedLine);
    $("#ended ol").replaceChildren(...(ended.length ? ended : [element("li", "dim", texts.noneEnded)]));
  }
  function tick() {
    for (const item of document.querySelectorAll("#incident-list li")) setText(item.querySelector(".age"), age(Number(item.dataset.since)));
  }
  SandiWall.scene("incidents", { draw, tick });
})();
