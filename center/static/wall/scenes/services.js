// The city's public sites, worst first, and complaints as numbers.
//   services  {rows: [{name, fill, reason, since, days, stale}], total, well, stale, at,
//             complaints: {waiting, answered: {category: n}, urgent, oldest}}
"use strict";
(() => {
  const MAX_ROWS = 11, PERIOD_MS = 300000;
  const { $, state, texts, language, fill, age, ageClass, setText, element, badge } = SandiWall;
  let drawn = "";

  function row(one) {
    const made = element("li");
    made.dataset.fill = one.fill;
    const days = one.days === null ? texts.freshUnknown : one.days === 0 ? texts.freshToday : fill(one.stale ? texts.staleFor : texts.fresh, { days: one.days });
    const fresh = element("span", "days", days);
    if (one.stale) fresh.dataset.stale = "";
    const what = element("span", "what", one.reason[language] || (one.fill === "up" ? texts.answers : texts.labels[one.fill]));
    made.append(badge(one.fill), element("span", "where", one.name), what, fresh);
    return made;
  }
  function draw() {
    const services = state.services, key = JSON.stringify(services);
    if (key === drawn) return;
    drawn = key;
    setText($("#service-total"), String(services.total));
    $("#service-list").replaceChildren(...services.rows.slice(0, MAX_ROWS).map(row));
    const note = $("#service-note");
    note.className = services.total ? "more" : "calm";
    const more = services.total - MAX_ROWS;
    setText(note, !services.total ? texts.noServices : [more > 0 ? fill(texts.more, { count: more }) : "", fill(texts.servicesWell, services)].filter(Boolean).join(" · "));
    const { waiting, answered, urgent } = services.complaints;
    $("#complaint-counts tbody").replaceChildren(...Object.keys(waiting).map((category) => {
      const made = element("tr");
      made.append(element("th", "", texts.categories[category]), element("td", "", String(waiting[category])), element("td", "", String(answered[category])));
      return made;
    }));
    setText($("#complaint-urgent"), urgent ? fill(texts.urgent, { count: urgent }) : texts.noneUrgent);
    $("#complaint-urgent").toggleAttribute("data-some", urgent > 0);
  }
  function tick() {
    const { at, complaints } = state.services;
    const how = at === null ? "fresh" : ageClass(at, PERIOD_MS);
    $("#service-list").dataset.panelAge = how;
    setText($("#scene-services .panel-age"), at === null ? "" : fill(texts.dataAge, { age: age(at) }));
    setText($("#complaint-oldest"), complaints.oldest === null ? "" : fill(texts.oldestWaits, { age: age(complaints.oldest) }));
  }
  SandiWall.scene("services", { draw, tick, empty: () => state.services.total === 0 && state.services.complaints.oldest === null });
})();
