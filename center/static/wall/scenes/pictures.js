// The mosaic: twelve cameras at a time, the next twelve whenever the scene comes up again.
//   pictures  [{url, site, camera, at, period, verdict}]   hatched at two intervals of its camera, blank at five;
//             `verdict`: what the box finds wrong with it, as a badge; "" for nothing
"use strict";
(() => {
  const TILES = 12;
  const { $, state, texts, fill, age, ageClass, setText, element } = SandiWall;
  const mosaic = $("#mosaic");
  let page = -1;

  function tile() {
    const made = element("figure"), image = element("img");
    image.alt = ""; image.decoding = "async";
    image.addEventListener("error", () => { made.dataset.gone = ""; });
    image.addEventListener("load", () => { delete made.dataset.gone; });
    made.append(image, element("div", "hatching"), element("p"), element("figcaption"), element("b", "verdict"));
    return made;
  }
  function shown() {
    const pages = Math.max(1, Math.ceil(state.pictures.length / TILES));
    page = Math.min(Math.max(page, 0), pages - 1);
    return [state.pictures.slice(page * TILES, (page + 1) * TILES), pages];
  }
  function tick() {
    if ($("#scene-pictures").hidden) return; // its pictures are not loaded while nobody sees them
    const [pictures, pages] = shown();
    mosaic.dataset.tiles = pictures.length > 6 ? "12" : pictures.length > 1 ? "6" : "1";
    while (mosaic.children.length > pictures.length) mosaic.lastChild.remove();
    while (mosaic.children.length < pictures.length) mosaic.append(tile());
    pictures.forEach((picture, index) => draw(mosaic.children[index], picture));
    setText($("#picture-total"), String(state.pictures.length));
    setText($("#picture-page"), pages > 1 ? fill(texts.pageOf, { page: page + 1, pages }) : "");
    setText($("#mosaic-note"), pictures.length ? "" : texts.noPictures);
  }
  // The camera's own name only where its place has several.
  function nameOf({ site, camera }) {
    const several = state.pictures.some((other) => other.site === site && other.camera !== camera);
    return several ? `${site} · ${camera}` : site;
  }
  function draw(made, picture) {
    const [image, , note, caption, verdict] = made.children;
    const name = nameOf(picture);
    if (image.getAttribute("src") !== picture.url) { image.src = picture.url; image.alt = name; }
    const how = ageClass(picture.at, picture.period), gone = "gone" in made.dataset;
    made.dataset.age = how;
    image.hidden = how === "blank" || gone;
    setText(note, how === "blank" ? fill(texts.noPictureFor, { age: age(picture.at) }) : gone ? texts.pictureGone : "");
    if (caption.dataset.key !== name) {
      caption.dataset.key = name;
      caption.replaceChildren(element("span", "site", name), element("span", "age"));
    }
    setText(caption.lastChild, age(picture.at));
    verdict.dataset.verdict = how === "blank" ? "" : picture.verdict;
    setText(verdict, how === "blank" ? "" : texts.verdicts[picture.verdict] || "");
  }
  document.addEventListener("scene", (event) => {
    if (event.detail !== "pictures" || !state.pictures) return;
    page = (page + 1) % Math.max(1, Math.ceil(state.pictures.length / TILES));
    tick();
  });
  SandiWall.scene("pictures", { tick, empty: () => state.pictures.length === 0 });
})();
