"""Where a replacement's card is made: a thin seam to provisioning."""

import datetime as dt
import json
from pathlib import Path

from django.conf import settings

from center.enrolment.models import Purpose
from center.enrolment.replacing import Plan
from center.enrolment.tokens import new_token
from center.errors import CenterError
from center.files import PRIVATE, make_directory, write_atomic
from wire.card import CARD_FILE, FOLDER, Card, card_text


def check(model: str, role: str, out: Path) -> None:
    """CenterError when a card for this box could not be written there."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise CenterError(
            f"{out} is not an empty directory; choose another", f"{out} bukan direktori kosong; pilih yang lain"
        )


def make_card(plan: Plan, out: Path, data: Path, *, by: str) -> None:
    """Everything of the card, with its token and its predecessor."""
    config = settings.CENTER
    token = new_token(
        plan.node,
        role=plan.role,
        model=plan.model,
        by=by,
        days=config.enrolment.token_days,
        confirm=plan.role in config.enrolment.confirm,
        purpose=Purpose.REPLACE,
        predecessor=plan.sidecar,
    )
    host, port = config.enrolment_endpoint
    card = Card(plan.node, plan.model, plan.role, host, port, dt.datetime.now(dt.UTC).isoformat(timespec="seconds"))
    folder = out / FOLDER
    make_directory(folder)
    write_atomic(folder / CARD_FILE, card_text(card).encode())
    write_atomic(folder / "token", f"{token}\n".encode(), PRIVATE)
    write_atomic(folder / "ca.crt", (data / "pki" / "ca.crt").read_bytes())
    if plan.sidecar:
        write_atomic(folder / "predecessor.json", json.dumps(json.loads(plan.sidecar), indent=2).encode())
