"""Puts a card that was made into a folder (one of many, from a CSV file) onto the boot partition of a flashed one.

Nothing is asked of the centre: no database, no keys, no new token.
"""

from pathlib import Path

from center.errors import CenterError
from center.provision import card as cards
from center.provision import cmdline, configtxt
from center.provision.catalogue import Catalogue
from center.provision.render import Rendered
from wire.card import CARD_FILE, FOLDER, Card

_BOOT_FILES = ("config.txt", "cmdline.txt")


def copy_card(source: Path, target: Path, catalogue: Catalogue, *, force: bool = False) -> Card:
    """Write the card in the folder `source` onto the boot partition `target`; whose it is.

    Raises:
        CenterError: `source` is no whole card, or `target` no boot partition that may become this node's.
    """
    sandi = source / FOLDER
    try:
        card = cards.read_card_file(sandi / CARD_FILE)
        if card is None:
            raise _not_whole(source, CARD_FILE)
        place = cards.judge(target, card.node, force=force)
        if not place.boot:
            raise CenterError(
                f"{target} is not the boot partition of a card: flash the card first",
                f"{target} bukan partisi boot kartu: tulis kartunya dulu",
            )
        files = {
            name: (sandi / name).read_bytes()
            for name in cards.files_of(sandi)
            if not name.startswith(f"{cards.PACKAGES}/")
        }
    except OSError as error:
        raise CenterError(
            f"{source} cannot be read: {error.strerror}", f"{source} tidak dapat dibaca: {error.strerror}"
        ) from error
    needed = {*_BOOT_FILES, cards.TOKEN, cards.AUTHORITY, "agent.toml", "firstrun.sh", "root.json"}
    if absent := sorted(needed.difference(files)):
        raise _not_whole(source, ", ".join(absent))
    token, authority = files.pop(cards.TOKEN).decode("ascii", "replace").strip(), files.pop(cards.AUTHORITY)
    predecessor = files.pop(cards.PREDECESSOR, b"")
    keys = {name: files.pop(name, b"") for name in (cards.RELEASE_KEY, cards.COMMAND_KEYS)}
    rendered = _rendered(source, files, catalogue)
    packages = sandi / cards.PACKAGES
    cards.write(
        place, rendered, authority=authority, new_token=lambda: token, predecessor=predecessor, keys=keys,
        packages=packages if packages.is_dir() else None,
    )  # fmt: skip
    return card


def _rendered(source: Path, files: dict[str, bytes], catalogue: Catalogue) -> Rendered:
    config, line = (files.pop(name) for name in _BOOT_FILES)
    try:
        lines = configtxt.ours(config)
        words = [word.decode("ascii") for word in cmdline.words(line)]
    except ValueError as error:
        raise _not_whole(source, str(error)) from error
    return Rendered(files, lines, words, catalogue.words_to_take)


def _not_whole(source: Path, what: str) -> CenterError:
    return CenterError(
        f"{source} holds no whole card ({what}); make it with sandi-center provision",
        f"{source} tidak berisi kartu yang lengkap ({what}); buat dengan sandi-center provision",
    )
