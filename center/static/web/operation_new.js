// The form of an order: ticking a box, or choosing a kecamatan or a kind, chooses the way of choosing too; and how many
// are ticked is said. Without this script the form works the same, by hand.
"use strict";
(() => {
  const picked = document.getElementById("picked");
  const count = () => {
    const many = document.querySelectorAll('input[name="node"]:checked').length;
    picked.textContent = many ? `(${many})` : "";
  };
  document.addEventListener("change", (event) => {
    const way = event.target.closest(".how")?.querySelector('input[name="how"]');
    if (way && event.target !== way) way.checked = true;
    count();
  });
  count();
})();
