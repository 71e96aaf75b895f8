"""What the fake sensor sees: four fields of pure colour, and in the middle two greys that count the frames."""

from fake_values import Orientation

# Luma and the two differences of colour, full range (JFIF): red, green / blue, white.
FIELDS = (((76, 85, 255), (150, 44, 21)), ((29, 255, 107), (255, 128, 128)))
GREY_PX = 32
GREYS = 16


def planes(stream, orientation):
    """One frame as a YUV420 buffer, rows padded to `stride`."""
    width, height, stride = stream.size.width, stream.size.height, stream.stride
    fields = FIELDS
    if orientation is Orientation.Rotate180:
        fields = tuple(row[::-1] for row in FIELDS[::-1])
    made = bytearray()
    for component, shrink in ((0, 1), (1, 2), (2, 2)):
        columns, rows, padding = width // shrink, height // shrink, bytes((stride - width) // shrink)
        for (left, right), lines in zip(fields, (rows // 2, rows - rows // 2), strict=True):
            half = bytes([left[component]]) * (columns // 2)
            made += (half + bytes([right[component]]) * (columns - columns // 2) + padding) * lines
    return bytes(made)


def grey(digit):
    """Luma of one half of the middle."""
    return digit % GREYS * 15 + 10


def middle(stream, count):
    """(offset, bytes) of the rows in the middle of frame `count`: luma alone, which the fields' colours tint."""
    left, top = (stream.size.width - GREY_PX) // 2, (stream.size.height - GREY_PX) // 2
    row = bytes([grey(count)]) * (GREY_PX // 2) + bytes([grey(count // GREYS)]) * (GREY_PX // 2)
    return [((top + line) * stream.stride + left, row) for line in range(GREY_PX)]
