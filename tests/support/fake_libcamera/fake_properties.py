"""What the fake sensor is."""

import enum

from fake_controls import ControlId

ColorFilterArrangement = ControlId("ColorFilterArrangement")
Location = ControlId("Location")
Model = ControlId("Model")
Rotation = ControlId("Rotation")


class draft:  # noqa: N801 - the binding's own name
    class ColorFilterArrangementEnum(enum.IntEnum):
        RGGB = 0
        MONO = 4
