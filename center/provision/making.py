"""Makes one node's card: what is asked for, judged whole, then written. The composition of this package."""

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from center.commander.keys import published
from center.config import CenterConfig
from center.errors import CenterError
from center.provision import card as cards
from center.provision.catalogue import Catalogue
from center.provision.facts import Facts
from center.provision.render import Order, Rendered, render

_HOST = re.compile(r"[A-Za-z0-9.:-]{1,253}")
WILD = frozenset({"", "0.0.0.0", "::", "127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Wish:
    """One card as it is asked for."""

    node: str
    model: str
    role: str
    facts: Facts
    host: str = ""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A card that was judged and can be written. `confirm`: an operator compares the key's fingerprint."""

    order: Order
    place: cards.Place
    rendered: Rendered
    confirm: bool


def prepare(wish: Wish, out: Path, catalogue: Catalogue, config: CenterConfig, *, force: bool = False) -> Prepared:
    """Judge everything; nothing is written. The database must be open.

    Raises:
        CenterError: what is wrong, in one sentence.
    """
    from center.sites.enrolment import site_of

    site = site_of(wish.node)
    model, role = catalogue.pair(wish.model, wish.role)
    place = cards.judge(out, wish.node, force=force)
    made_at = datetime.now(UTC).isoformat(timespec="seconds")
    order = Order(
        wish.node, model, role, wish.facts, host_of(wish, config), config.enrolment_endpoint[1], config.mqtt.port,
        site.name, made_at,
    )  # fmt: skip
    rendered = render(catalogue, order)
    former = place.card
    if former is not None:
        again = replace(order, made_at=former.made_at)
        if (earlier := render(catalogue, again)).files["node.toml"] == _text(place):
            order, rendered = again, earlier  # the same card once more: only its token changes
    cards.plan(place, rendered)
    return Prepared(order, place, rendered, wish.role in config.enrolment.confirm)


def make(
    prepared: Prepared,
    data: Path,
    config: CenterConfig,
    by: str,
    *,
    packages: Path | None = None,
    predecessor: str = "",
    replaces: bool = False,
) -> None:
    """Write a prepared card with a new token; tokens of earlier, unused cards of the node end.

    `replaces`: its box takes another's place, whose certificates end then. `predecessor`: JSON of the epoch that it
    continues, "" where the other was never heard. A replacement's card written once more, before its token was used,
    stays a replacement's.

    Raises:
        CenterError: the authority is not there, or the card cannot be written.
    """
    from center.enrolment.models import Purpose
    from center.enrolment.tokens import new_token

    order = prepared.order
    waiting = None if replaces else _unused_replacement(order.node)
    if waiting is not None:
        replaces, predecessor = True, waiting

    def token() -> str:
        return new_token(
            order.node, role=order.role.name, model=order.model.name, by=by, days=config.enrolment.token_days,
            confirm=prepared.confirm, purpose=Purpose.REPLACE if replaces else Purpose.NEW, predecessor=predecessor,
        )  # fmt: skip

    cards.write(
        prepared.place,
        prepared.rendered,
        authority=authority(data),
        new_token=token,
        packages=packages,
        predecessor=predecessor.encode(),
        keys={cards.RELEASE_KEY: release_key(data), cards.COMMAND_KEYS: published(data).encode()},
    )


def _unused_replacement(node: str) -> str | None:
    """The predecessor on a replacement's card whose token nobody has used yet; None when there is no such card."""
    from center.enrolment.models import Purpose, Token

    waiting = Token.objects.filter(node=node, used_at=None, revoked_at=None, purpose=Purpose.REPLACE)
    return waiting.order_by("-id").values_list("predecessor", flat=True).first()


def release_key(data: Path) -> bytes:
    """The public key of releases, PEM; nothing where this centre knows none."""
    with suppress(OSError):
        return (data / "keys" / "release.pub").read_bytes()
    return b""


def authority(data: Path) -> bytes:
    """The authorities a box trusts, PEM."""
    path = data / "pki" / "ca.crt"
    try:
        return path.read_bytes()
    except OSError as error:
        raise CenterError(
            f"{path} cannot be read ({error.strerror}); set the centre up first: sandi-center init",
            f"{path} tidak dapat dibaca ({error.strerror}); siapkan pusat dulu: sandi-center init",
        ) from error


def host_of(wish: Wish, config: CenterConfig) -> str:
    """How boxes call the centre: the option, the site's facts, else the first name in center.toml."""
    for host in (wish.host, wish.facts.host, *config.mqtt.names, config.enrolment.host, config.mqtt.host):
        if host not in WILD or (host and host == wish.host):
            if not _HOST.fullmatch(host):
                raise CenterError(f"{host!r} is no host name or address", f"{host!r} bukan nama host atau alamat")
            return host
    raise CenterError(
        "under which name do boxes reach the centre? Say it with --host, or in center.toml: [mqtt] names",
        "dengan nama apa kotak menghubungi pusat? Sebutkan dengan --host, atau di center.toml: [mqtt] names",
    )


def _text(place: cards.Place) -> bytes:
    try:
        return (place.sandi / "node.toml").read_bytes()
    except OSError:
        return b""
