"""The drawing of the city, computed once per list of sites: cells with the texts that fit them.

Pixels of the 1080-line wall. Kelurahan with a position are placed by it; everything else stands in a grid below.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import ceil

from center.core.cell_text import fit_lines, short_line
from center.core.city_map import Cell, Place, Sheet, city_cells, grid_cells
from center.sites.models import Kind, Site

WIDTH, HEIGHT = 1232, 896
TEXT_PX = 28  # the smallest of the wall's three sizes
LETTER_PX = 44
PADDING_PX = 3
LINE_PX = 4  # between letter and name
GAP_PX, BORDER_PX = 3, 14  # between cells of one kecamatan, and across a border
BOLD_OVER_MEDIUM = 1.038  # names are set bold only in trouble; measured over the letters of the face
GRID_COLUMNS = 11
GRID_ROW_PX = 60
SPACE_PX = 20  # between the map and the grid


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text, its baseline and the middle of its cell."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A site on the wall: its rectangle, its name when all is well, and mark, letter and short name when not."""

    code: str
    name: str
    cell: Cell
    lines: tuple[Line, ...]
    mark_x: float
    mark_y: float
    mark_scale: float
    letter: Line
    letter_size: int
    short: Line


@dataclass(frozen=True, slots=True)
class _Entry:
    code: str
    name: str
    label: str
    group: str
    latitude: float | None
    longitude: float | None


def draw_city(sites: Iterable[Site]) -> tuple[DrawnCell, ...]:
    """All cells, in reading order. The same list of sites is computed once per process."""
    return _draw(
        tuple(
            _Entry(
                site.code,
                site.name,
                site.display_name,
                site.kecamatan,
                site.latitude if site.kind == Kind.KELURAHAN else None,
                site.longitude if site.kind == Kind.KELURAHAN else None,
            )
            for site in sites
        )
    )


@lru_cache(maxsize=4)
def _draw(entries: tuple[_Entry, ...]) -> tuple[DrawnCell, ...]:
    placed = [
        Place(entry.code, entry.group, entry.latitude, entry.longitude)
        for entry in entries
        if entry.latitude is not None and entry.longitude is not None
    ]
    on_map = {place.code for place in placed}
    others = [entry.code for entry in entries if entry.code not in on_map]
    grid_rows = ceil(len(others) / GRID_COLUMNS)
    grid_height = min(grid_rows * GRID_ROW_PX, HEIGHT if not placed else HEIGHT // 2)
    map_height = HEIGHT - grid_height - (SPACE_PX if others else 0)
    cells = _map_cells(placed, map_height)
    if others:
        sheet = Sheet(GRID_COLUMNS, grid_rows, WIDTH, grid_height, top=HEIGHT - grid_height, gap=GAP_PX)
        cells += grid_cells(others, sheet)
    by_code = {entry.code: entry for entry in entries}
    return tuple(_drawn(cell, by_code[cell.code]) for cell in cells)


def _map_cells(placed: Sequence[Place], height: float) -> list[Cell]:
    """A square grid with about a fifth of its slots free: room for the city's outline."""
    if not placed:
        return []
    side = ceil((len(placed) * 1.2) ** 0.5)
    return city_cells(placed, Sheet(side, side, WIDTH, height, gap=GAP_PX, border=BORDER_PX))


def _drawn(cell: Cell, entry: _Entry) -> DrawnCell:
    limit_em = (cell.width - 2 * PADDING_PX) / TEXT_PX
    middle = cell.x + cell.width / 2
    texts = fit_lines(entry.label, limit_em * BOLD_OVER_MEDIUM)
    step = TEXT_PX - 2
    first = cell.y + cell.height / 2 + TEXT_PX * 0.34 - step * (len(texts) - 1) / 2
    lines = tuple(Line(text, round(middle, 1), round(first + step * index, 1)) for index, text in enumerate(texts))
    size = next((size for size in (LETTER_PX, TEXT_PX) if _loud_height(size) <= cell.height), TEXT_PX)
    cap = size * 0.7
    block = _loud_height(size)
    top = cell.y + (cell.height - block) / 2
    return DrawnCell(
        code=entry.code,
        name=entry.name,
        cell=cell,
        lines=lines,
        mark_x=round(middle - cap * 0.62, 1),
        mark_y=round(top + cap / 2, 1),
        mark_scale=round(cap / 24, 3),
        letter=Line("", round(middle + cap * 0.55, 1), round(top + cap, 1)),
        letter_size=size,
        short=Line(short_line(entry.label, limit_em), round(middle, 1), round(top + cap + LINE_PX + TEXT_PX * 0.7, 1)),
    )


def _loud_height(letter_px: int) -> float:
    """What a cell in trouble needs: cap height of the letter, the name, and its descenders."""
    return letter_px * 0.7 + LINE_PX + TEXT_PX * 0.7 + 5
