// The QR code on the receipt brings the ticket's code behind "#": it fills the field, and is sent to nobody by itself.
"use strict";
(() => {
  const code = document.getElementById("code");
  const brought = decodeURIComponent(location.hash.slice(1)).toUpperCase();
  if (/^[0-9A-Z]{10}$/.test(brought)) {
    code.value = brought;
    history.replaceState(null, "", location.pathname + location.search);
    document.getElementById("pin").focus();
    document.getElementById("language").hash = brought;
  }
  // A page that comes back as it was, by "back", shows no PIN. On its first showing it keeps what was typed by then.
  addEventListener("pageshow", (shown) => { if (shown.persisted) document.getElementById("pin").value = ""; });
})();
