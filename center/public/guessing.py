"""Counting wrong PINs for all web processes together, in the database: it outlives restarts, and nobody guesses twice.

With SQLite the table lies beside the sessions, so that guessing never holds up what nodes bring.
"""

import ipaddress
from collections.abc import Sequence

from django.db import router, transaction
from django.utils.crypto import salted_hmac

from center.core.guess_limits import LIMITS, Tries, forgotten_ms, given_back, locked_ms, tried
from center.public.models import Guess

Key = tuple[str, str]
"""Kind (`all`, `code`, `address`) and the keyed hash of which one."""


def keys_of(code: str, address: str) -> list[Key]:
    """What a try is counted under; first the one that every try has."""
    return [
        (kind, salted_hmac("center.public.guessing", f"{kind}:{value}", algorithm="sha256").hexdigest()[:40])
        for kind, value in (("all", ""), ("code", code), ("address", _network(address)))
    ]


def take(keys: Sequence[Key], now_ms: int) -> int:
    """Count one try before it is compared. 0: it may be made; else how many ms to wait, and nothing was counted."""
    with transaction.atomic(using=_database()):
        rows = _locked_rows(keys)
        waits = [locked_ms(_tries(rows[key]), LIMITS[kind], now_ms) for kind, key in keys]
        if any(waits):
            return max(waits)
        for kind, key in keys:
            _store(key, tried(_tries(rows[key]), LIMITS[kind], now_ms))
        for kind, limit in LIMITS.items():
            Guess.objects.filter(kind=kind, last_ms__lt=now_ms - forgotten_ms(limit)).delete()
    return 0


def fitted(keys: Sequence[Key]) -> None:
    """The try was no guess: the code's count begins anew, the others get theirs back."""
    with transaction.atomic(using=_database()):
        rows = _locked_rows(keys)
        for kind, key in keys:
            _store(key, Tries() if kind == "code" else given_back(_tries(rows[key])))


def _locked_rows(keys: Sequence[Key]) -> dict[str, Guess]:
    """The rows of these keys, made where missing, and nobody else's until the end of the transaction.

    Whoever has the row of all tries has the whole table: rows are made, counted and forgotten under it alone. Were they
    locked one by one, two tries could wait for each other, or one could miss the row that another just let go.
    """
    of_all, *own = [Guess(key=key, kind=kind) for kind, key in keys]
    Guess.objects.bulk_create([of_all], ignore_conflicts=True)
    Guess.objects.select_for_update().get(pk=of_all.pk)
    Guess.objects.bulk_create(own, ignore_conflicts=True)
    return Guess.objects.in_bulk([key for _kind, key in keys])


def _store(key: str, tries: Tries) -> None:
    Guess.objects.filter(pk=key).update(
        wrong=tries.wrong, since_ms=tries.since_ms, last_ms=tries.last_ms, locks=tries.locks
    )


def _tries(row: Guess) -> Tries:
    return Tries(row.wrong, row.since_ms, row.last_ms, row.locks)


def _network(address: str) -> str:
    """An IPv4 address; of an IPv6 one the /64 that one connection is given whole."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if known.version == 6 and known.ipv4_mapped is None:
        return str(ipaddress.ip_network(f"{known}/64", strict=False))
    return str(getattr(known, "ipv4_mapped", None) or known)


def _database() -> str:
    return router.db_for_write(Guess) or "default"
