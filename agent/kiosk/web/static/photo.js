// Photos: taken with the box's camera or chosen, sent to the server on this box, shown from this page's memory alone.
let kept = new Map(); // index at the server -> address of the picture in memory
let stream = null;

/** Whether this box has a camera. */
export async function camera() {
  try {
    return (await navigator.mediaDevices.enumerateDevices()).some((device) => device.kind === "videoinput");
  } catch {
    return false;
  }
}

/** Let go of every picture and of the camera. */
export function forgetPhotos() {
  for (const address of kept.values()) URL.revokeObjectURL(address);
  kept = new Map();
  stop();
}

function stop() {
  for (const track of stream ? stream.getTracks() : []) track.stop();
  stream = null;
}

function say(text) {
  const place = document.getElementById("photo-error");
  place.textContent = text;
  place.hidden = text === "";
}

async function upload(blob, send) {
  const busy = document.getElementById("photo-busy");
  busy.hidden = false;
  say("");
  const before = new Set([...document.querySelectorAll("[data-photo]")].map((image) => image.dataset.photo));
  try {
    const headers = { "x-session": document.body.dataset.session, "content-type": "application/octet-stream" };
    const response = await fetch("/photo", { method: "POST", headers, body: blob, cache: "no-store" });
    const answer = await response.json();
    if (!response.ok) {
      say(answer.error || document.getElementById("photo-error").dataset.failed);
      return;
    }
    const free = ["0", "1", "2"].find((index) => !before.has(index));
    kept.set(free, URL.createObjectURL(blob));
    await send({ go: "stay" });
  } catch {
    say(document.getElementById("photo-error").dataset.failed);
  } finally {
    busy.hidden = true;
  }
}

async function take(button, send) {
  const video = document.getElementById("camera");
  if (stream) {
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext("2d").drawImage(video, 0, 0);
    stop();
    video.hidden = true;
    await upload(await canvas.convertToBlob({ type: "image/jpeg", quality: 0.9 }), send);
    return;
  }
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1600 } }, audio: false });
    video.srcObject = stream;
    video.hidden = false;
    await video.play();
    button.querySelector(".label").textContent = button.dataset.shoot;
  } catch {
    stop();
    say(document.getElementById("photo-error").dataset.camera);
  }
}

/** Make the buttons of the photo screen work; elsewhere let the camera go. */
export function preparePhotos(send) {
  if (document.body.dataset.screen !== "photo") {
    stop();
    return;
  }
  for (const image of document.querySelectorAll("[data-photo]")) {
    if (kept.has(image.dataset.photo)) image.src = kept.get(image.dataset.photo);
  }
  document.getElementById("take")?.addEventListener("click", (event) => take(event.currentTarget, send));
  const file = document.getElementById("file");
  document.getElementById("choose")?.addEventListener("click", () => file.click());
  file?.addEventListener("change", () => file.files[0] && upload(file.files[0], send));
}
