"""Stands in for python3-prctl, which comes with Raspberry Pi OS: picamera2 wants it for FFmpeg's output alone."""
