"""Stands in for python3-kms++, which comes with Raspberry Pi OS: picamera2 wants it for a screen."""


class PixelFormat:
    """Named by picamera2's table of formats for a monitor."""

    RGB888 = BGR888 = XRGB8888 = XBGR8888 = YUV420 = YVU420 = NV12 = MJPEG = None
