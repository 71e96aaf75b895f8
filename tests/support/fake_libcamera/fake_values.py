"""libcamera's values: sizes, formats, colour spaces, transforms, buffers. No behaviour but theirs."""

import enum


class StreamRole(enum.Enum):
    Raw = 0
    StillCapture = 1
    VideoRecording = 2
    Viewfinder = 3


class ControlType(enum.Enum):
    Integer = 0
    Float = 1
    Rectangle = 2
    Size = 3


class Orientation(enum.Enum):
    Rotate0 = 1
    Rotate0Mirror = 2
    Rotate180 = 3
    Rotate180Mirror = 4
    Rotate90Mirror = 5
    Rotate270 = 6
    Rotate270Mirror = 7
    Rotate90 = 8


class Transform:
    def __init__(self, other=None, hflip=0, vflip=0, transpose=0):
        self.hflip = bool(other.hflip if other else hflip)
        self.vflip = bool(other.vflip if other else vflip)
        self.transpose = bool(other.transpose if other else transpose)

    def __str__(self):
        return f"hflip={self.hflip} vflip={self.vflip} transpose={self.transpose}"


class ColorSpace:
    class YcbcrEncoding(enum.Enum):
        Null = 0
        Rec601 = 1
        Rec709 = 2

    class Range(enum.Enum):
        Full = 0
        Limited = 1

    def __init__(self, other):
        self.primaries, self.transferFunction = other.primaries, other.transferFunction
        self.ycbcrEncoding, self.range = other.ycbcrEncoding, other.range

    @classmethod
    def _of(cls, primaries, transfer, encoding, span):
        made = cls.__new__(cls)
        made.primaries, made.transferFunction, made.ycbcrEncoding, made.range = primaries, transfer, encoding, span
        return made

    def __str__(self):
        return f"{self.primaries}/{self.transferFunction}/{self.ycbcrEncoding.name}/{self.range.name}"

    @classmethod
    def Raw(cls):
        return cls._of("raw", "linear", cls.YcbcrEncoding.Null, cls.Range.Full)

    @classmethod
    def Sycc(cls):
        return cls._of("rec709", "srgb", cls.YcbcrEncoding.Rec601, cls.Range.Full)

    @classmethod
    def Smpte170m(cls):
        return cls._of("smpte170m", "rec709", cls.YcbcrEncoding.Rec601, cls.Range.Limited)

    @classmethod
    def Rec709(cls):
        return cls._of("rec709", "rec709", cls.YcbcrEncoding.Rec709, cls.Range.Limited)


class Size:
    def __init__(self, width=0, height=0):
        self.width, self.height = width, height


class Rectangle:
    def __init__(self, x=0, y=0, width=0, height=0):
        self.x, self.y, self.width, self.height = x, y, width, height


class PixelFormat:
    def __init__(self, name):
        self._name = name

    def __str__(self):
        return self._name


class SensorConfiguration:
    bit_depth = 0
    output_size = Size()


class FrameMetadata:
    class Status(enum.Enum):
        Success = 0
        Error = 1
        Cancelled = 2
        Startup = 3

    status = Status.Success


class FrameBuffer:
    class Plane:
        fd = -1
        offset = 0
        length = 0

    def __init__(self, planes):
        self.planes = planes
        self.metadata = FrameMetadata()
