"""Commands about enrolment: what waits, comparing fingerprints, who was turned away, taking tokens back."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from center.commands.certificates import certificates
from center.commands.common import acted, data_option, say, word


@click.group()
@data_option
def enrolment(data: object) -> None:
    """Boxes that ask for a certificate with the token on their card."""
    from center.database import open_database

    open_database()


enrolment.add_command(certificates)


@enrolment.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, times in UTC.")
@click.option("--all", "everything", is_flag=True, help="Also tokens and requests that are done with.")
def list_enrolment(as_json: bool, everything: bool) -> None:
    """Keys that wait for an operator, and the tokens that still open something."""
    requests, tokens = _requests(everything), _tokens(everything)
    if as_json:
        click.echo(json.dumps({"requests": requests, "tokens": tokens}, indent=2))
        return
    if not requests and not tokens:
        say("enrolment-none")
    for row in requests:
        state = word(f"enrolment-{row['state']}")
        click.echo(f"{row['node']:<20}{row['fingerprint']:<22}{state:<14}{row['asked_at'][:16]}  {row['address']}")
    for row in tokens:
        state = word(f"enrolment-token-{row['state']}")
        click.echo(f"{row['node']:<20}{row['role']:<22}{state:<14}{row['expires_at'][:16]}  {row['made_by']}")


@enrolment.command()
@click.argument("node")
@click.argument("fingerprint", nargs=-1, required=True)
def confirm(node: str, fingerprint: tuple[str, ...]) -> None:
    """The key NODE shows (its first 16 digits) is the one that waits here: it gets its certificate."""
    from django.db import transaction

    from center.enrolment import deciding

    with transaction.atomic():
        found = deciding.find_waiting(node, " ".join(fingerprint))
        deciding.confirm(found.pk, acted("enrolment-confirm", node, found.fingerprint[:16]))
    say("enrolment-confirmed-now", node=node)


@enrolment.command()
@click.argument("node")
@click.argument("fingerprint", nargs=-1, required=True)
def decline(node: str, fingerprint: tuple[str, ...]) -> None:
    """The key that waits (its first 16 digits) is not the one NODE shows: it gets nothing."""
    from django.db import transaction

    from center.enrolment import deciding

    with transaction.atomic():
        found = deciding.find_waiting(node, " ".join(fingerprint))
        deciding.decline(found.pk, acted("enrolment-decline", node, found.fingerprint[:16]))
    say("enrolment-declined-now", node=node)


@enrolment.command("revoke-token")
@click.argument("node")
def revoke_token(node: str) -> None:
    """The cards made for NODE that have brought no certificate yet open nothing any more."""
    from center.enrolment.tokens import revoke_tokens
    from center.sites.enrolment import site_of

    site_of(node)
    count = revoke_tokens(node)
    if count:
        acted("enrolment-revoke-token", node, str(count))
    say("enrolment-tokens-revoked", node=node, count=count)


@enrolment.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC.")
@click.option("--days", type=click.IntRange(1, 30), default=7, show_default=True, help="Of so many days.")
def refusals(as_json: bool, days: int) -> int:
    """Who was turned away: why, as which node, from where, how often. Exit code 1 when there is any."""
    from center.enrolment.models import EnrolmentRefusal

    since_ms = int(datetime.now(UTC).timestamp() * 1000) - days * 86_400_000
    rows: list[dict[str, Any]] = [
        {"code": row.code, "node": row.node, "address": row.address, "count": row.count, "last_at": _utc(row.last_at)}
        for row in EnrolmentRefusal.objects.filter(hour_ms__gte=since_ms)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif not rows:
        say("enrolment-no-refusals")
    else:
        for row in rows:
            address, count = row["address"], row["count"]
            click.echo(f"{row['last_at'][:16]}  {row['code']:<16}{row['node'] or '-':<20}{address:<40}{count:>8}")
    return 1 if rows else 0


def _requests(everything: bool) -> list[dict[str, Any]]:
    from center.enrolment import deciding
    from center.enrolment.models import EnrolmentRequest
    from wire.enrolment import fingerprint_text

    found = list(EnrolmentRequest.objects.order_by("first_at")) if everything else deciding.pending()
    return [
        {
            "id": row.pk, "node": row.node, "fingerprint": fingerprint_text(row.fingerprint), "state": row.state,
            "board": row.board, "address": row.address, "asked_at": _utc(row.first_at), "decided_by": row.decided_by,
        }
        for row in found
    ]  # fmt: skip


def _tokens(everything: bool) -> list[dict[str, Any]]:
    from center.enrolment.models import EnrolmentRequest, State, Token

    issued = set(EnrolmentRequest.objects.filter(state=State.ISSUED).values_list("token_id", flat=True))
    now, rows = datetime.now(UTC), []
    for row in Token.objects.order_by("made_at"):
        state = "used" if row.pk in issued else "open"
        if row.revoked_at is not None:
            state = "revoked"
        elif state == "open" and not row.used_key and row.expires_at <= now:
            state = "expired"
        if everything or state == "open":
            rows.append({
                "node": row.node, "role": row.role, "model": row.model, "purpose": row.purpose, "state": state,
                "confirm": row.confirm, "made_by": row.made_by, "expires_at": _utc(row.expires_at),
            })  # fmt: skip
    return rows


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
