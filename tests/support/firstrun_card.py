"""The card of a node on the boot partition of a small system (`tests.support.box_root`), as provisioning writes it."""

from pathlib import Path

from center.provision import card as cards
from center.provision.catalogue import load_catalogue
from center.provision.facts import Facts
from center.provision.render import Order, render

NODE = "kel-3673011001"
TOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CATALOGUE = load_catalogue()
CMDLINE = b"console=tty1 root=PARTUUID=4e639091-02 rootwait quiet init=/usr/lib/raspberrypi-sys-mods/firstboot\n"


def write_card(root: Path, node: str = NODE, role: str = "kelurahan-kiosk", facts: Facts | None = None) -> None:
    """The card as provisioning writes it, on the boot partition of the system below `root`."""
    boot = root / "boot/firmware"
    (boot / "overlays").mkdir(exist_ok=True)
    for name, content in (("cmdline.txt", CMDLINE), ("config.txt", b"dtparam=audio=on\n")):
        if not (boot / name).exists():
            (boot / name).write_bytes(content)
    order = Order(
        node, CATALOGUE.models["pi-4b"], CATALOGUE.roles[role], facts or Facts(), "sandi.example.id", 8885, 8883, "", ""
    )
    place = cards.judge(boot, node, force=True)
    keys = {cards.COMMAND_KEYS: b"# none\n"}
    cards.write(place, render(CATALOGUE, order), authority=b"AUTHORITY\n", new_token=lambda: TOKEN, keys=keys)


def units(role: str = "kelurahan-kiosk") -> tuple[str, ...]:
    return tuple(unit.name.replace("@tty1", "@") for unit in CATALOGUE.roles[role].unit)
