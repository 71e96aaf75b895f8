"""The kelurahan a complaint can be about: a list that comes with Sandi, or the city's own file.

A list is CSV with a heading; `code` and `name` must be there, `kecamatan` tells two of the same name apart, and other
columns are passed over, so that the file a city has for its sites will do. Codes may be written with dots.
"""

from pathlib import Path
from typing import Final

from wire.shape import Struct

LISTS: Final = Path(__file__).parent / "areas"
MAX_LIST_BYTES: Final = 64 * 1024
MAX_AREAS: Final = 500
CODE_LENGTHS: Final = (6, 16)  # a kecamatan's code has 6 digits, a kelurahan's 10; the wire carries 16


class Area(Struct, frozen=True):
    """One kelurahan of the kecamatan `district`. `name` is unique in its list: `Sukawana (Curug)` where two have it."""

    code: str
    name: str
    district: str = ""


def read_areas(listed: str) -> tuple[Area, ...]:
    """The areas of a list: a file by its absolute path, or one that comes with Sandi by its name; "" has none.

    ValueError with a sentence: no such list, or something in it is wrong.
    """
    if not listed:
        return ()
    path = Path(listed) if listed.startswith("/") else LISTS / f"{listed}.csv"
    if not listed.startswith("/") and (not listed.replace("-", "").isalnum() or not path.is_file()):
        known = ", ".join(sorted(found.stem for found in LISTS.glob("*.csv")))
        raise ValueError(f"areas_file {listed!r} is neither an absolute path nor one of the lists here: {known}")
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_LIST_BYTES + 1)
        if len(raw) > MAX_LIST_BYTES:
            raise ValueError(f"larger than {MAX_LIST_BYTES // 1024} KiB")
        return _parsed(raw.decode("utf-8-sig"))
    except (OSError, ValueError) as error:
        raise ValueError(f"areas_file {path}: {error}") from error


def own_first(areas: tuple[Area, ...], node: str) -> tuple[Area, ...]:
    """The kiosk's own kelurahan before all others, when the node's id names one (`kel-3673011001`)."""
    own = node.removeprefix("kel-").split("-")[0] if node.startswith("kel-") else ""
    return tuple(sorted(areas, key=lambda area: area.code != own))


def _parsed(text: str) -> tuple[Area, ...]:
    import csv

    reader = csv.DictReader(text.splitlines())
    if not {"code", "name"} <= set(reader.fieldnames or ()):
        raise ValueError("its first line must name the columns code and name")
    rows: dict[str, tuple[str, str]] = {}
    try:
        for row in reader:
            code, name = _cell(row, "code").replace(".", ""), _cell(row, "name")
            if not (code.isascii() and code.isdigit() and CODE_LENGTHS[0] <= len(code) <= CODE_LENGTHS[1] and name):
                raise ValueError(f"line {reader.line_num}: needs a code of digits, and a name")
            if code in rows or len(rows) == MAX_AREAS:
                raise ValueError(f"line {reader.line_num}: a code given before, or more than {MAX_AREAS} lines")
            rows[code] = (name, _cell(row, "kecamatan"))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    names = [name for name, _ in rows.values()]
    return tuple(
        Area(code, f"{name} ({district})" if district and names.count(name) > 1 else name, district)
        for code, (name, district) in rows.items()
    )


def _cell(row: dict[str, str], key: str) -> str:
    value = " ".join((row.get(key) or "").split())
    if not value.isprintable():
        raise ValueError(f"a {key} holds characters nobody can read")
    return value[:100]
