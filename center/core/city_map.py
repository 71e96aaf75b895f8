"""The schematic city: from the sites' centroids to cells on a grid, north up, kecamatan kept together.

No basemap and no boundaries are needed. The steps, for n sites on a grid with at least n slots:

1. Every centroid gets a wished place on the grid: part true position, part rank, so that the dense centre is
   spread out and the empty rim is drawn in.
2. The sites take slots one by one, those furthest from the centre first (the rim has the least choice).
3. Pairs of slots are exchanged as long as that lowers the energy: squared distance from the wished place plus
   a price for every edge between two different groups, which keeps each kecamatan in one piece.
4. The distance a site is drawn from its slot's edge tells the border: narrow inside a kecamatan, wide across.

The result depends on the input alone, not on its order: the same city is always drawn the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

# The price of one edge between two groups, in squared slots, and the share of true position against rank.
# Lower prices tear kecamatan apart, higher ones move sites away from where people know them to be: they are
# tried in this order until every group is in one piece.
BORDER_PRICES = (1.0, 1.5, 2.5, 4.0, 6.0)
POSITION_SHARES = (0.5, 0.65, 0.35, 0.8, 0.2)
MAX_SWEEPS = 40

Slot = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """A site to draw: its code, the group whose border it belongs to, and its centroid in degrees."""

    code: str
    group: str
    latitude: float
    longitude: float


@dataclass(frozen=True, slots=True)
class Cell:
    """A site's rectangle, in the pixels of the drawing."""

    code: str
    group: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """Where to draw: slots, size and offset in pixels; `gap` between neighbours, `border` between groups."""

    columns: int
    rows: int
    width: float
    height: float
    top: float = 0
    gap: float = 4
    border: float = 14


def city_cells(places: Iterable[Place], sheet: Sheet) -> list[Cell]:
    """Cells of all places, in reading order. Raises ValueError when the sheet has too few slots."""
    ordered = sorted(places, key=lambda place: place.code)
    slots = assign_slots(ordered, sheet.columns, sheet.rows)
    group_at = {slot: place.group for place, slot in zip(ordered, slots, strict=True)}

    def insets(column: int, row: int) -> tuple[float, float, float, float]:
        """Half the gap to the left, right, upper and lower neighbour."""
        group = group_at[column, row]
        left, right, above, below = (
            (sheet.gap if group_at.get((column + dx, row + dy), group) == group else sheet.border) / 2
            for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1))
        )
        return left, right, above, below

    cells = [
        _cell(place.code, place.group, slot, sheet, insets(*slot)) for place, slot in zip(ordered, slots, strict=True)
    ]
    return sorted(cells, key=lambda cell: (round(cell.y), cell.x))


def grid_cells(codes: Sequence[str], sheet: Sheet) -> list[Cell]:
    """Cells of a plain grid, in the given order. Raises ValueError when the sheet has too few slots."""
    if len(codes) > sheet.columns * sheet.rows:
        raise ValueError(f"{len(codes)} places do not fit a grid of {sheet.columns} x {sheet.rows}")
    half = sheet.gap / 2
    return [
        _cell(code, "", (index % sheet.columns, index // sheet.columns), sheet, (half, half, half, half))
        for index, code in enumerate(codes)
    ]


def _cell(code: str, group: str, slot: Slot, sheet: Sheet, insets: tuple[float, float, float, float]) -> Cell:
    step_x, step_y = sheet.width / sheet.columns, sheet.height / sheet.rows
    left, right, above, below = insets
    x, y = slot[0] * step_x + left, sheet.top + slot[1] * step_y + above
    return Cell(
        code, group, round(x, 2), round(y, 2), round(step_x - left - right, 2), round(step_y - above - below, 2)
    )


def assign_slots(places: Sequence[Place], columns: int, rows: int) -> list[Slot]:
    """One slot (column, row) for each place; groups in one piece whenever one of the border prices achieves it."""
    if len(places) > columns * rows:
        raise ValueError(f"{len(places)} places do not fit a grid of {columns} x {rows}")
    groups = [place.group for place in places]
    best: list[Slot] = []
    fewest = len(places) + 1
    for price in BORDER_PRICES:
        for share in POSITION_SHARES:
            wishes = _wishes(places, columns, rows, share)
            slots = _improve(_first_slots(wishes, columns, rows), wishes, groups, (columns, rows), price)
            count = pieces(groups, slots)
            if count < fewest:
                best, fewest = slots, count
            if count == len(set(groups)):
                return slots
    return best


def pieces(groups: Sequence[str], slots: Sequence[Slot]) -> int:
    """Into how many connected pieces the groups fall; equal to the number of groups when none is torn."""
    group_at = dict(zip(slots, groups, strict=True))
    seen: set[Slot] = set()
    count = 0
    for start in slots:
        if start in seen:
            continue
        count += 1
        stack = [start]
        seen.add(start)
        while stack:
            column, row = stack.pop()
            for near in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)):
                if near not in seen and group_at.get(near) == group_at[start]:
                    seen.add(near)
                    stack.append(near)
    return count


def _wishes(places: Sequence[Place], columns: int, rows: int, share: float) -> list[tuple[float, float]]:
    """The wished place of each site in slot units; row 0 is the north."""
    across = _spread([place.longitude for place in places], share)
    down = _spread([-place.latitude for place in places], share)
    return [(x * (columns - 1), y * (rows - 1)) for x, y in zip(across, down, strict=True)]


def _spread(values: Sequence[float], share: float) -> list[float]:
    """Values to 0..1, `share` of it by position and the rest by rank; ties share a rank."""
    if not values:
        return []
    low, high = min(values), max(values)
    ordered = sorted(values)
    last = max(1, len(values) - 1)
    return [share * (value - low) / ((high - low) or 1) + (1 - share) * ordered.index(value) / last for value in values]


def _first_slots(wishes: Sequence[tuple[float, float]], columns: int, rows: int) -> list[Slot]:
    free = {(column, row) for row in range(rows) for column in range(columns)}
    middle = ((columns - 1) / 2, (rows - 1) / 2)
    slots: dict[int, Slot] = {}
    for index in sorted(range(len(wishes)), key=lambda index: -_squared(wishes[index], middle)):
        slot = min(free, key=lambda slot: (_squared(wishes[index], slot), slot))
        free.remove(slot)
        slots[index] = slot
    return [slots[index] for index in range(len(wishes))]


def _improve(
    slots: list[Slot], wishes: Sequence[tuple[float, float]], groups: Sequence[str], size: Slot, price: float
) -> list[Slot]:
    """Exchange pairs of slots (an empty one counts) while the energy falls; steepest exchange per site."""
    columns, rows = size
    who: dict[Slot, int] = {slot: index for index, slot in enumerate(slots)}
    every = [(column, row) for row in range(rows) for column in range(columns)]

    def energy(index: int | None, slot: Slot) -> float:
        """What the site costs in this slot, given everybody else's."""
        if index is None:
            return 0.0
        column, row = slot
        edges = 0.0
        for near in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)):
            other = who.get(near)
            if other is None:
                edges += 0.4  # a free slot is half a border: sites stay together, gaps move to the rim
            elif groups[other] != groups[index]:
                edges += 1
        return _squared(wishes[index], slot) + price * edges

    def exchange(one: Slot, two: Slot) -> None:
        first, second = who.pop(one, None), who.pop(two, None)
        if first is not None:
            who[two] = first
        if second is not None:
            who[one] = second

    for _ in range(MAX_SWEEPS):
        moved = False
        for one in every:
            if one not in who:
                continue
            best, best_gain = None, 1e-9
            for two in every:
                if one == two:
                    continue
                before = energy(who.get(one), one) + energy(who.get(two), two)
                exchange(one, two)
                gain = before - energy(who.get(one), one) - energy(who.get(two), two)
                exchange(one, two)
                if gain > best_gain:
                    best, best_gain = two, gain
            if best is not None:
                exchange(one, best)
                moved = True
        if not moved:
            break
    by_index = {index: slot for slot, index in who.items()}
    return [by_index[index] for index in range(len(slots))]


def _squared(one: tuple[float, float], two: tuple[float, float]) -> float:
    return (one[0] - two[0]) ** 2 + (one[1] - two[1]) ** 2
