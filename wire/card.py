"""What the boot partition of a node's card holds for Sandi, agreed between `sandi-center provision` and the box.

Everything lies in `sandi/` there; FAT knows neither owners nor modes, so those stand in `root.json`.

    node.toml         who this box is, and where it enrols (`Card`)
    agent.toml        the agent's whole configuration
    token             the one-time token, one line; wiped once a certificate came
    ca.crt            the authorities this box trusts from now on, PEM
    predecessor.json  only on a replacement: the epoch it continues, as `epoch.json` beside an outbox
    root/             files of the operating system, by their path below /
    root.json         {"files": [{"path", "mode", "sha256"}]} for root/
    firstrun.sh       run once by systemd at the first boot; idempotent, may be cut at any point
    packages/         the Debian package and its wheels, for a box without internet
"""

from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from wire.errors import WireError
from wire.topics import NODE_ID_PATTERN

FOLDER: Final = "sandi"
CARD_FILE: Final = "node.toml"
FORMAT: Final = 1
MAX_CARD_BYTES: Final = 8 * 1024


class Card(Struct, frozen=True, forbid_unknown_fields=True):
    """`node.toml`. `host` and `port`: the enrolment listener. `made_at`: UTC, for people."""

    node: Annotated[str, Meta(pattern=f"^(?:{NODE_ID_PATTERN})$(?!\\n)", max_length=64)]
    model: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$(?!\n)")]
    role: Annotated[str, Meta(pattern=r"^[a-z0-9-]{1,32}$(?!\n)")]
    host: Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}$(?!\n)")]
    port: Annotated[int, Meta(ge=1, le=65535)]
    made_at: Annotated[str, Meta(max_length=40)] = ""
    format: Annotated[int, Meta(ge=1, le=FORMAT)] = FORMAT


def read_card(tree: object) -> Card:
    """A card from the parsed TOML of its file. Raises WireError."""
    try:
        return msgspec.convert(tree, Card)
    except msgspec.ValidationError as error:
        raise WireError("schema", str(error)) from error


def card_text(card: Card) -> str:
    """The file."""
    values = (f"{name} = {msgspec.json.encode(getattr(card, name)).decode()}" for name in card.__struct_fields__)
    return "# Written by sandi-center provision.\n" + "\n".join(values) + "\n"
