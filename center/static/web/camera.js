// The page of a camera: left and right go to the picture before and after, as the links below it do.
"use strict";
(() => {
  const goes = { ArrowLeft: "before", ArrowRight: "after" };
  document.addEventListener("keydown", (event) => {
    const link = goes[event.key] && document.getElementById(goes[event.key]);
    if (!link || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest("input, select, textarea, [contenteditable], .days, .hours, .scroll")) return;
    event.preventDefault();
    link.click();
  });
})();
