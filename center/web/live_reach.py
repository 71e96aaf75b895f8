"""What of the live stream an account of a reach gets: its own cells, and whether the centre hears. Nothing else.

Keys are let through by name, so a section somebody adds to the state later is kept back until somebody lets it in.
"""

import json
from typing import Any

OF_THE_CENTER = ("ingest", "since", "commit")
CLOCK = ("now", "read")


def narrow(body: bytes, sites: frozenset[str]) -> bytes | None:
    """One frame of `center.web.live.frame` as somebody who sees `sites` may see it; None: there is nothing in it."""
    lines = body.decode().split("\n")
    at = next((index for index, line in enumerate(lines) if line.startswith("data: ")), None)
    if at is None:
        return None
    own = _own(json.loads(lines[at].removeprefix("data: ")), sites)
    if "event: change" in lines and not own:
        return None
    lines[at] = f"data: {json.dumps(own, separators=(',', ':'), ensure_ascii=False)}"
    return "\n".join(lines).encode()


def _own(data: dict[str, Any], sites: frozenset[str]) -> dict[str, Any]:
    own = {key: data[key] for key in CLOCK if key in data}
    cells = data.get("sites")
    if isinstance(cells, dict) and (seen := {code: cell for code, cell in cells.items() if code in sites}):
        own["sites"] = seen
    if isinstance(center := data.get("center"), dict):
        own["center"] = {key: center[key] for key in OF_THE_CENTER if key in center}
    return own
