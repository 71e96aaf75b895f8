"""A fake of libcamera's Python binding, small and honest about it: one sensor made of arithmetic, for the tests.

The real picamera2 runs on it unchanged: its threads, its queue of jobs, its buffers, its way of hanging. What no fake
can show is the hardware: memory of the CMA heap, a sensor's timing and exposure, the kernel's driver. Put the folder
above on `sys.path` (PYTHONPATH for a worker) and write `scene.json` into a folder named by `machine.place`.
"""

import sys

from . import _libcamera as _libcamera
from . import controls as controls
from . import dma_heap
from . import properties as properties
from ._libcamera import (
    ColorSpace as ColorSpace,
)
from ._libcamera import (
    ControlType as ControlType,
)
from ._libcamera import (
    FrameBuffer as FrameBuffer,
)
from ._libcamera import (
    FrameMetadata as FrameMetadata,
)
from ._libcamera import (
    Orientation as Orientation,
)
from ._libcamera import (
    PixelFormat as PixelFormat,
)
from ._libcamera import (
    Rectangle as Rectangle,
)
from ._libcamera import (
    SensorConfiguration as SensorConfiguration,
)
from ._libcamera import (
    Size as Size,
)
from ._libcamera import (
    StreamRole as StreamRole,
)
from ._libcamera import (
    Transform as Transform,
)
from .configuration import CameraConfiguration as CameraConfiguration
from .machine import Camera as Camera
from .machine import CameraManager as CameraManager
from .machine import Request as Request

# There is no /dev/dma_heap here, so this one module of picamera2 is not its own.
sys.modules["picamera2.dma_heap"] = dma_heap
