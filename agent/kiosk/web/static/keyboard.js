// The keyboard in the page: the system's own hides under a full-screen browser. Its layouts, and the field it writes to.
let keyboard = null;

const LETTERS = ["q w e r t y u i o p", "a s d f g h j k l", "{shift} z x c v b n m {bksp}", "{symbols} , {space} . ?"];
const CAPITALS = ["Q W E R T Y U I O P", "A S D F G H J K L", "{shift} Z X C V B N M {bksp}", "{symbols} , {space} . !"];
const SYMBOLS = ["1 2 3 4 5 6 7 8 9 0", "- / : ; ( ) & @ \"", "{letters} ' ! ? % + = {bksp}", "{letters} , {space} . #"];
const LAYOUTS = {
  text: { default: LETTERS, shift: CAPITALS, symbols: SYMBOLS },
  contact: {
    default: ["1 2 3 {bksp}", "4 5 6 +", "7 8 9 -", "{letters} 0 @ ."],
    letters: ["q w e r t y u i o p", "a s d f g h j k l @", "z x c v b n m . - _", "{numbers} .com {bksp}"],
  },
  code: { default: ["0 1 2 3 4 5 6 7 8 9", "A B C D E F G H", "J K M N P Q R S", "T V W X Y Z {bksp}"] },
  digits: { default: ["1 2 3", "4 5 6", "7 8 9", "0 {bksp}"] },
  rt_rw: { default: ["1 2 3", "4 5 6", "7 8 9", "/ 0 {bksp}"] },
};
const TURNS = { "{symbols}": "symbols", "{numbers}": "default" };

function labels(place) {
  const words = place.dataset;
  return {
    "{bksp}": words.delete, "{space}": words.space, "{shift}": words.shift,
    "{symbols}": words.symbols, "{letters}": words.letters, "{numbers}": "123",
  };
}

/** The word and the count that hang on what is in the field. */
export function told() {
  const field = document.querySelector(".field");
  if (!field) return;
  if (keyboard) keyboard.setInput(field.value);
  const next = document.querySelector("[data-skip]");
  if (next) next.querySelector("span").textContent = field.value ? next.dataset.next : next.dataset.skip;
  const left = document.querySelector(".left");
  if (left) {
    const letters = field.maxLength - field.value.length;
    left.textContent = letters <= Number(left.dataset.from) ? left.dataset.template.replace("{n}", letters) : "";
  }
}

/** Whether the next letter begins a sentence. */
export const begins = (text) => text === "" || /[.!?]\s+$/.test(text);

function turn(button, keys) {
  const now = keyboard.options.layoutName;
  if (button === "{shift}") keyboard.setOptions({ layoutName: now === "shift" ? "default" : "shift" });
  else if (button === "{letters}") keyboard.setOptions({ layoutName: keys === "contact" ? "letters" : "default" });
  else if (TURNS[button]) keyboard.setOptions({ layoutName: TURNS[button] });
}

/** Capitals where a sentence begins, small letters after it, whoever wrote the last letter. */
function suit(field) {
  const now = keyboard.options.layoutName;
  const wanted = begins(field.value) ? "shift" : "default";
  if (document.body.dataset.keys !== "text" || now === "symbols" || now === wanted) return;
  keyboard.setOptions({ layoutName: wanted });
}

/** A keyboard under the field of this page, when it has one. */
export function showKeyboard() {
  if (keyboard) keyboard.destroy();
  keyboard = null;
  const place = document.getElementById("keyboard");
  const field = document.querySelector(".field");
  if (!place || !field) return;
  const keys = document.body.dataset.keys;
  const Made = window.SimpleKeyboard.default;
  keyboard = new Made(place, {
    layout: LAYOUTS[keys],
    layoutName: keys === "text" && begins(field.value) ? "shift" : "default",
    display: labels(place),
    mergeDisplay: true,
    theme: "hg-theme-default keyboard",
    useButtonTag: true,
    preventMouseDownDefault: true,
    preventMouseUpDefault: true,
    maxLength: field.maxLength,
    onChange: (text) => {
      field.value = text;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    },
    onKeyPress: (button) => setTimeout(() => keyboard && turn(button, keys)),
    onRender: () => {
      for (const key of place.querySelectorAll("button")) {
        key.tabIndex = -1; // who has a Tab key has letters too
        key.type = "button";
      }
    },
  });
  keyboard.setInput(field.value);
  field.addEventListener("input", () => {
    told();
    suit(field);
  });
  told();
}
