// Nobody has touched the screen for a while: ask, and when nobody answers, wipe everything.
let timer = 0;
let ticking = 0;
let wipe = () => {};

const asking = () => document.getElementById("still");

/** Whether the question is on the screen. */
export const atIdle = () => Boolean(asking() && asking().open);

function rest() {
  clearTimeout(timer);
  clearInterval(ticking);
  if (!document.body.dataset.session) return;
  timer = setTimeout(ask, Number(document.body.dataset.idleS) * 1000);
}

function ask() {
  const dialog = asking();
  const text = dialog.querySelector("p");
  const end = performance.now() + Number(document.body.dataset.warnS) * 1000;
  const tell = () => {
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    text.textContent = text.dataset.template.replace("{s}", left);
    if (left > 0) return;
    clearInterval(ticking);
    dialog.close();
    wipe();
  };
  tell();
  dialog.showModal();
  ticking = setInterval(tell, 250);
}

function stay() {
  const dialog = asking();
  if (dialog && dialog.open) dialog.close();
  rest();
}

/** Begin to count for the page that is shown now. `done` sends the wipe. */
export function watchIdle(done) {
  wipe = done;
  asking()?.addEventListener("cancel", (event) => event.preventDefault());
  document.getElementById("stay")?.addEventListener("click", stay);
  rest();
}

for (const kind of ["pointerdown", "keydown", "input"]) {
  document.addEventListener(kind, () => !atIdle() && rest(), { capture: true, passive: true });
}

/** A key while the question is there is an answer to it, and to nothing else. */
export function stayByKey() {
  if (!atIdle()) return false;
  stay();
  return true;
}
