"""What can be set on the fake sensor, and what it tells of a frame."""

import enum

from fake_values import ControlType


class ControlId:
    def __init__(self, name, kind=ControlType.Integer):
        self.name, self.type = name, kind


class ControlInfo:
    def __init__(self, low, high, default):
        self.min, self.max, self.default = low, high, default


AnalogueGain = ControlId("AnalogueGain", ControlType.Float)
AnalogueGainMode = ControlId("AnalogueGainMode")
ExposureTime = ControlId("ExposureTime")
ExposureTimeMode = ControlId("ExposureTimeMode")
FrameDurationLimits = ControlId("FrameDurationLimits")
NoiseReductionMode = ControlId("NoiseReductionMode")
ScalerCrop = ControlId("ScalerCrop", ControlType.Rectangle)
SensorTimestamp = ControlId("SensorTimestamp")


class draft:  # noqa: N801 - the binding's own name
    class NoiseReductionModeEnum(enum.IntEnum):
        Off = 0
        Fast = 1
        HighQuality = 2
        Minimal = 3
