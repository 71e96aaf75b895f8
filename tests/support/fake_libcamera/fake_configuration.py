"""How the fake sensor is asked for streams, and what it makes of what it is asked for."""

import enum

from fake_values import ColorSpace, Orientation, PixelFormat, SensorConfiguration, Size, StreamRole

SENSOR = (2592, 1944)
MODES = ((1296, 972), SENSOR)
RAW_FORMAT = "SGBRG10_CSI2P"
ALIGNED = 64
"""As the Pi's image processor wants the rows of a plane."""


class _Formats:
    def __init__(self, raw):
        self.pixel_formats = [PixelFormat(RAW_FORMAT if raw else "YUV420")]

    def sizes(self, _pixel_format):
        return [Size(*size) for size in MODES]


class Stream:
    def __init__(self, configuration):
        self.configuration = configuration


class StreamConfiguration:
    def __init__(self, role):
        raw = role is StreamRole.Raw
        self.size = Size(*MODES[0])
        self.pixel_format = PixelFormat(RAW_FORMAT if raw else "YUV420")
        self.buffer_count = 1
        self.stride = 0
        self.frame_size = 0
        self.color_space = ColorSpace.Sycc()
        self.formats = _Formats(raw)
        self.stream = Stream(self)

    def settle(self):
        """Whether anything asked for had to be changed; rows and size are filled in."""
        asked = (self.size.width, self.size.height, str(self.pixel_format))
        self.size = Size(min(self.size.width, SENSOR[0]), min(self.size.height, SENSOR[1]))
        if str(self.pixel_format) not in ("YUV420", RAW_FORMAT):
            self.pixel_format = PixelFormat("YUV420")
        self.stride = -(-self.size.width // ALIGNED) * ALIGNED
        self.frame_size = self.stride * self.size.height * 3 // 2
        return asked != (self.size.width, self.size.height, str(self.pixel_format))


class CameraConfiguration:
    class Status(enum.Enum):
        Valid = 0
        Adjusted = 1
        Invalid = 2

    def __init__(self, roles):
        self._streams = [StreamConfiguration(role) for role in roles]
        self.orientation = Orientation.Rotate0
        self.sensor_config = SensorConfiguration()

    def __iter__(self):
        return iter(self._streams)

    def at(self, index):
        return self._streams[index]

    def validate(self):
        changed = [stream.settle() for stream in self._streams]
        return self.Status.Adjusted if any(changed) else self.Status.Valid
