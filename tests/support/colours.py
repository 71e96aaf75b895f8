"""How far apart two colours look: CIE 1976 difference in L*a*b*, from sRGB, D65."""

Rgb = tuple[int, int, int]
_WHITE = (0.95047, 1.0, 1.08883)


def difference(one: Rgb, other: Rgb) -> float:
    """dE*ab; about 2 is just seen, 100 is black against white."""
    return float(sum((a - b) ** 2 for a, b in zip(_lab(one), _lab(other), strict=True)) ** 0.5)


def _lab(colour: Rgb) -> tuple[float, float, float]:
    red, green, blue = (_linear(part / 255) for part in colour)
    xyz = (
        0.4124564 * red + 0.3575761 * green + 0.1804375 * blue,
        0.2126729 * red + 0.7151522 * green + 0.0721750 * blue,
        0.0193339 * red + 0.1191920 * green + 0.9503041 * blue,
    )
    x, y, z = (_cube(value / white) for value, white in zip(xyz, _WHITE, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _cube(value: float) -> float:
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116
