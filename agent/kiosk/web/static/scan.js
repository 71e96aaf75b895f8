// Where a scanner is connected, a receipt held before it fills in the code. Asked for only while the screen wants one.
const EVERY_MS = 700;
let timer = 0;
let none = false; // this box has no scanner: not asked again

/** Begin to ask, or stop: called for every page. `send` makes a press. */
export function watchScanner(body, send) {
  clearTimeout(timer);
  if (!none && body.dataset.screen === "code") timer = setTimeout(() => look(body, send), EVERY_MS);
}

async function look(body, send) {
  try {
    const data = new URLSearchParams({ s: body.dataset.session || "" });
    const response = await fetch("/scan", { method: "POST", body: data, cache: "no-store" });
    const scan = response.status === 200 ? await response.json() : {};
    none = scan.scanner === false;
    if (body.dataset.screen === "code") {
      if (scan.code) {
        send({ field: scan.code, go: "next" });
        return;
      }
      if (scan.message) tell(scan.message);
    }
  } catch {
    // nobody answers: the beat says so
  }
  watchScanner(body, send);
}

function tell(message) {
  let place = document.getElementById("error");
  if (!place) {
    place = document.createElement("p");
    place.id = "error";
    place.className = "error";
    place.setAttribute("role", "alert");
    document.querySelector("header").append(place);
  }
  place.textContent = message;
}
