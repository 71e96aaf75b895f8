"""What is wrong with `firmware_configs` as a whole: judged on what a card of every supported pair would hold."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from center.provision import cmdline, configtxt
from center.provision.catalogue import Catalogue
from center.provision.facts import Address, Facts, Wifi
from center.provision.render import Order, Rendered, render
from center.provision.shapes import Model, Role

EEPROM_MODELS: Final = frozenset({"pi4", "pi5"})
_FORBIDDEN_ON_FAT: Final = frozenset('"*:<>?\\|')
EXAMPLE: Final = "kel-3673011001"


@dataclass(frozen=True, slots=True)
class Finding:
    """One mistake: where, and what."""

    where: str
    what: str

    def as_json(self) -> dict[str, str]:
        """For `--json`."""
        return {"where": self.where, "what": self.what}


def findings(catalogue: Catalogue) -> list[Finding]:
    """All mistakes that can be seen without running a program."""
    return [*_matrix(catalogue), *_models(catalogue), *_paths(catalogue), *_pairs(catalogue)]


def examples() -> tuple[Facts, ...]:
    """Sites of every kind: by DHCP, with a fixed address and a modem, with Wi-Fi."""
    networks = ("10.20.0.0/16", "fd00::/8")
    return (
        Facts(),
        Facts(
            address=Address("10.20.3.4/24", "10.20.3.1", ("10.20.3.1", "9.9.9.9")), apn="internet", ssh_from=networks
        ),
        Facts(wifi=Wifi("Kantor Lurah", "rahasia-sekali"), lan_page_from=networks),
    )


def rendered_pairs(catalogue: Catalogue) -> Iterator[tuple[Model, Role, Facts, Rendered]]:
    """A card of every supported pair, for every kind of site."""
    for pair in catalogue.pairs.values():
        model, role = catalogue.models.get(pair.model), catalogue.roles.get(pair.role)
        if pair.supported and model is not None and role is not None:
            for facts in examples():
                order = Order(EXAMPLE, model, role, facts, "sandi.example.id", 8885, 8883, "Kelurahan Serang", "")
                yield model, role, facts, render(catalogue, order)


def _matrix(catalogue: Catalogue) -> Iterable[Finding]:
    for model in catalogue.models.values():
        for role in catalogue.roles.values():
            pair = catalogue.pairs.get((model.name, role.name))
            if pair is None:
                yield Finding("matrix.toml", f"{model.name} with {role.name} is missing")
            elif pair.supported and model.memory_mb.value < role.memory_mb.value:
                yield Finding(
                    "matrix.toml",
                    f"{model.name} has {model.memory_mb.value} MB and {role.name} needs {role.memory_mb.value}",
                )
    for name, role_name in catalogue.pairs:
        if name not in catalogue.models or role_name not in catalogue.roles:
            yield Finding("matrix.toml", f"{name} with {role_name}: there is no such model or role")


def _models(catalogue: Catalogue) -> Iterable[Finding]:
    sections = [model.section for model in catalogue.models.values()]
    for model in catalogue.models.values():
        where = f"models/{model.name}"
        if sections.count(model.section) > 1:
            yield Finding(where, f"another model has the section {model.section} too")
        if model.eeprom and model.section not in EEPROM_MODELS:
            yield Finding(where, "this board has no boot loader in an EEPROM")
        if not any(setting.line == "dtparam=watchdog=on" for setting in model.config):
            yield Finding(where, "no hardware watchdog: dtparam=watchdog=on is missing")
        keys = [setting.line.partition("=")[0] for setting in model.eeprom]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            yield Finding(where, f"eeprom: {key} stands there twice")
        for setting in (*model.config, *model.eeprom):
            if "-pi5" in setting.line and model.section != "pi5":
                yield Finding(where, f"{setting.line} is for a Raspberry Pi 5")
            if setting.line == "dtoverlay=disable-bt" and model.section == "pi5":
                yield Finding(where, "the overlay of this board is disable-bt-pi5")
    for role in catalogue.roles.values():
        names = [unit.name for unit in role.unit]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield Finding(f"roles/{role.name}", f"{name} stands there twice")


def _paths(catalogue: Catalogue) -> Iterable[Finding]:
    """Names on FAT: some characters are none, and capitals make no difference."""
    told: dict[tuple[str, str], str] = {}
    for path, when in [
        *((file.path, file.when) for file in catalogue.files),
        *((c.path, "always") for c in catalogue.copies),
    ]:
        if _FORBIDDEN_ON_FAT.intersection(path) or ".." in path:
            yield Finding(path, "a name that cannot stand on the card's boot partition")
        for other in {when, "always"} if when != "always" else {"always"}:
            earlier = told.get((path.lower(), other))
            if earlier is not None:
                yield Finding(path, f"another file goes to {earlier} too")
        told[path.lower(), when] = path


def _pairs(catalogue: Catalogue) -> list[Finding]:
    found: dict[Finding, None] = {}
    for model, role, _, card in rendered_pairs(catalogue):
        where = f"{model.name} x {role.name}"
        config = configtxt.edit(b"", card.config_lines).decode("ascii")
        found |= {Finding(f"config.txt, {where}", what): None for what in configtxt.findings(config)}
        line = cmdline.edit(b"console=tty1 root=PARTUUID=00000000-02 rootfstype=ext4 rootwait", card.add, card.take)
        found |= {Finding(f"cmdline.txt, {where}", what): None for what in cmdline.findings(line)}
    return list(found)
