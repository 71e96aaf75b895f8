"""Stands in for PiDNG, which writes raw pictures: picamera2 wants its names, Sandi takes no raw picture."""


class PICAM2DNG:
    """Never made."""
