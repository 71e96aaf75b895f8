// Nobody has touched the screen for a while: ask, and when nobody answers, wipe everything.
const LOOK_MS = 250;
let touched = performance.now();
let wipe = () => {};

const asking = () => document.getElementById("still");

/** Whether the question is on the screen. */
export const atIdle = () => Boolean(asking()?.open);

/** Somebody is there: they touched something, or what they asked for is shown now. */
export function stillThere() {
  touched = performance.now();
}

/** All hangs on the moment of the last touch, so a page that was put up meanwhile by itself changes nothing. */
function look() {
  const dialog = asking();
  const { session, idleS, warnS } = document.body.dataset;
  if (!session || !dialog) return;
  const left = Math.ceil(Number(idleS) + Number(warnS) - (performance.now() - touched) / 1000);
  if (left > Number(warnS)) return;
  const text = dialog.querySelector("p");
  text.textContent = text.dataset.template.replace("{s}", Math.max(0, left));
  if (left > 0) {
    if (!dialog.open) dialog.showModal();
  } else {
    dialog.close();
    wipe();
  }
}

function stay() {
  asking()?.close();
  stillThere();
}

/** For the page that is shown now. `done` sends the wipe; it is called until the page is another. */
export function watchIdle(done) {
  wipe = done;
  asking()?.addEventListener("cancel", (event) => event.preventDefault());
  document.getElementById("stay")?.addEventListener("click", stay);
}

for (const kind of ["pointerdown", "keydown", "input"]) {
  document.addEventListener(kind, () => !atIdle() && stillThere(), { capture: true, passive: true });
}
setInterval(look, LOOK_MS);

/** A key while the question is there is an answer to it, and to nothing else. */
export function stayByKey() {
  if (!atIdle()) return false;
  stay();
  return true;
}
