"""From a blank card to a green cell on the wall, and the swap of a broken box, step by step.

python -m bench.field [--pictures DIR]

Real parts: a whole centre with its wall in a browser, the Debian package of this checkout, a booted systemd per box
that runs the card's first run and starts again by itself (root). What a Raspberry Pi adds is not in the figures: its
slower processor and card, its firmware's start, DHCP, an operator who reads. `--pictures`: the box's own screen, for
docs/img/teknisi.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench import table

NODE = "kel-3673011001"
GOAL_SWAP_S = 600.0
"""Ten minutes, of which people need most."""


def run(pictures: Path | None = None) -> list[table.Row]:
    """Rows: what each step took, and the sums."""
    from tests.support import field_journey as journey
    from tests.support.field_town import town

    with tempfile.TemporaryDirectory(prefix="sandi-field-") as name, town(Path(name)) as place:
        first = journey.made_card_starts(place, NODE, "first box", cable=False)
        fingerprint = journey.shows_its_fingerprint(place, first, "first box")
        frames = {"layar-menunggu": _frame(first, fingerprint[:4], "enrol", "--watch")} if pictures else {}
        journey.gets_green(place, first, NODE, "first box", fingerprint)
        if pictures is not None:
            from tests.support.field_show import photograph

            frames |= {"layar-hijau": _frame(first, "Putusan", "watch")}
            photograph(place.wall.page.context.browser, frames, pictures)
        journey.is_destroyed(place, first, NODE)
        spare = journey.spare_goes_in(place, NODE, "spare box")
        fingerprint = journey.shows_its_fingerprint(place, spare, "spare box")
        journey.gets_green(place, spare, NODE, "spare box", fingerprint)
        return _rows(place.steps)


def _frame(box: object, text: str, *words: str) -> str:
    from tests.support.field_box import FieldBox
    from tests.support.field_show import frame

    assert isinstance(box, FieldBox)
    return frame(box.machine, text, *words)


def _rows(steps: list[tuple[str, float]]) -> list[table.Row]:
    rows = [table.figure(name, seconds, "s") for name, seconds in steps]
    first = sum(seconds for name, seconds in steps if name.startswith("first"))
    spare = sum(seconds for name, seconds in steps if name.startswith("spare"))
    return [*rows, table.figure("blank card to green", first, "s"), table.below("swap", spare, "s", GOAL_SWAP_S)]


def main() -> None:
    """Run it alone."""
    options = argparse.ArgumentParser(prog="bench.field", description=__doc__)
    options.add_argument("--pictures", type=Path, metavar="DIR", help="write the box's screens there too")
    chosen = options.parse_args()
    sys.stdout.write(f"{table.machine()}\n")
    table.show("a box in the field", run(chosen.pictures))


if __name__ == "__main__":
    main()
