// Every step by a keypad alone: digits choose, Enter goes on, * goes back, 0 leaves. In a text, 2 is a, b, c.
import { begins, told } from "./keyboard.js";
import { stayByKey } from "./idle.js";

const TAPS = {
  text: { 0: " 0", 1: ".,?!-/1", 2: "abc2", 3: "def3", 4: "ghi4", 5: "jkl5", 6: "mno6", 7: "pqrs7", 8: "tuv8", 9: "wxyz9" },
  code: { 0: "0", 1: "1", 2: "2ABC", 3: "3DEF", 4: "4GH", 5: "5JK", 6: "6MN", 7: "7PQRS", 8: "8TV", 9: "9WXYZ" },
};
const TAP_MS = 1100;
let number = "";
let settle = 0;
let tap = { key: "", count: 0, until: 0 };

const press = (name) => {
  const button = document.querySelector(`[data-key="${name}"]`);
  if (button) button.click();
  return Boolean(button);
};
const options = () => [...document.querySelectorAll("[data-number]")];

/** A digit while there are options: at once when no longer number begins with it. */
function choose(digit) {
  clearTimeout(settle);
  number += digit;
  const fitting = options().filter((option) => option.dataset.number.startsWith(number));
  for (const option of options()) option.classList.toggle("picked", option.dataset.number === number);
  if (fitting.length === 1 && fitting[0].dataset.number === number) return take();
  if (fitting.length === 0) return clear();
  settle = setTimeout(take, 2500); // "1" while there is a 10: Enter is quicker, waiting does it too
}

function take() {
  const option = options().find((found) => found.dataset.number === number);
  clear();
  if (option) option.click();
}

function clear() {
  clearTimeout(settle);
  number = "";
  for (const option of options()) option.classList.remove("picked");
}

/** A digit of the keypad in a field: letters by pressing again, where the field takes letters. */
function write(field, digit) {
  const letters = TAPS[document.body.dataset.keys]?.[digit] ?? digit;
  const now = performance.now();
  const again = tap.key === digit && now < tap.until && letters.length > 1;
  tap = { key: digit, count: again ? tap.count + 1 : 0, until: now + TAP_MS };
  const before = again ? field.value.slice(0, -1) : field.value;
  if (before.length >= field.maxLength) return;
  const letter = letters[tap.count % letters.length];
  field.value = before + (document.body.dataset.keys === "text" && begins(before) ? letter.toUpperCase() : letter);
  field.setSelectionRange(field.value.length, field.value.length);
  changed(field);
}

function changed(field) {
  told();
  field.dispatchEvent(new Event("input", { bubbles: true }));
  const help = document.querySelector(".keyhelp");
  if (help) help.hidden = false;
}

/** `*`: takes back a letter, and where there is none, the step. */
function back(field) {
  tap = { key: "", count: 0, until: 0 };
  if (number) return clear();
  if (!field || field.value === "") return press("back");
  field.value = field.value.slice(0, -1);
  changed(field);
}

function digitOf(event) {
  if (/^Numpad[0-9]$/.test(event.code)) return event.code.at(-1); // with NumLock off, 2 calls itself ArrowDown
  const main = /^Digit[0-9]$/.test(event.code) && /^[0-9]$/.test(event.key);
  const writes = document.activeElement?.classList.contains("field") && document.body.dataset.digits !== "yes";
  return main && !writes ? event.key : "";
}

function enter(field) {
  tap = { key: "", count: 0, until: 0 };
  if (number) return take();
  if (press("next")) return undefined;
  const all = options();
  return all.length === 1 && !field ? all[0].click() : undefined;
}

/** One key. What is none of ours goes its usual way. */
export function onKey(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (stayByKey()) {
    event.preventDefault();
    return;
  }
  const active = document.activeElement;
  const field = active?.classList.contains("field") ? active : null;
  const digit = digitOf(event);
  const star = event.code === "NumpadMultiply" || (event.key === "*" && (!field || document.body.dataset.digits === "yes"));
  if (event.key === "Enter" || (event.key === "#" && !field)) {
    if (event.shiftKey || (active && active.tagName === "BUTTON" && !number)) return;
    event.preventDefault();
    enter(field);
  } else if (star) {
    event.preventDefault();
    back(field);
  } else if (digit) {
    event.preventDefault();
    const target = field ?? document.querySelector(".field");
    if (target) write(target, digit);
    else if (digit === "0" && !number) press("exit");
    else choose(digit);
  } else if (event.key === "Escape" || event.code === "NumpadDivide") {
    event.preventDefault();
    press("back");
  } else if (event.code === "NumpadAdd" && press("listen")) {
    event.preventDefault();
  } else if (event.code === "NumpadSubtract" && press("reach")) {
    event.preventDefault();
  }
}
