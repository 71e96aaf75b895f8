"""A fake of libcamera's Python binding, small and honest about it: one sensor made of arithmetic, for the tests.

The real picamera2 runs on it unchanged: its threads, its queue of jobs, its buffers, its way of hanging. What no fake
can show is the hardware: memory of the CMA heap, a sensor's timing and exposure, the kernel's driver. Put this folder
on `sys.path` (PYTHONPATH for a worker) and write `scene.json` into the folder named by `fake_machine.place`.
"""

import sys

import fake_controls as controls
import fake_dma_heap
import fake_properties as properties
import fake_values as _libcamera
from fake_configuration import CameraConfiguration
from fake_machine import Camera, CameraManager, Request
from fake_values import (
    ColorSpace,
    ControlType,
    FrameBuffer,
    FrameMetadata,
    Orientation,
    PixelFormat,
    Rectangle,
    SensorConfiguration,
    Size,
    StreamRole,
    Transform,
)

__all__ = [
    "Camera",
    "CameraConfiguration",
    "CameraManager",
    "ColorSpace",
    "ControlType",
    "FrameBuffer",
    "FrameMetadata",
    "Orientation",
    "PixelFormat",
    "Rectangle",
    "Request",
    "SensorConfiguration",
    "Size",
    "StreamRole",
    "Transform",
    "_libcamera",
    "controls",
    "properties",
]

# There is no /dev/dma_heap here, so this one module of picamera2 is not its own.
sys.modules["picamera2.dma_heap"] = fake_dma_heap
