"""`sandi-center enrolment certificates`: when every node's certificate ends, the one that ends first first."""

import json
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from center.commands.common import say, word

if TYPE_CHECKING:
    from center.web.enrolment_rows import CertificateRow

NEAR = ("expired", "urgent")
"""States somebody has to do something about: boxes renew by themselves long before."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON list, times in UTC.")
@click.option("--ending", is_flag=True, help="Only those with less than 60 days left.")
def certificates(as_json: bool, ending: bool) -> int:
    """When every node's certificate ends. Exit code 1 when one has ended or has less than 14 days left."""
    from center.web.enrolment_rows import certificate_rows

    everything = certificate_rows(int(time.time() * 1000))
    rows = [row for row in everything if not ending or row.state in (*NEAR, "soon")]
    if as_json:
        click.echo(json.dumps([_told(row) for row in rows], indent=2))
    elif not rows:
        say("certificates-none-ending" if ending else "certificates-none")
    else:
        for row in rows:
            state, ends = word(f"certificate-{row.state}"), _utc(row.expires_ms)[:10]
            click.echo(f"{row.node.pk:<20}{state:<22}{ends:<12}{row.node.site.name}")
    return 1 if any(row.state in NEAR for row in everything) else 0


def _told(row: "CertificateRow") -> dict[str, Any]:
    return {
        "node": row.node.pk, "site": row.node.site.name, "state": row.state, "expires_at": _utc(row.expires_ms),
        "enrolled_at": _utc(row.enrolled_ms), "serial": row.serial, "authority": row.authority,
    }  # fmt: skip


def _utc(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="seconds")
