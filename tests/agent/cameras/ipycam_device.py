"""An ipycam (PyPI), the ONVIF device of somebody else: run inside its own network namespace by test_onvif_ipycam.py.

    python -m tests.agent.cameras.ipycam_device ADDRESS PORT

Reads user and password, a line each, from its input; says "ready" once a picture lies there; ends with its input.
"""

import sys
import threading

import numpy as np
from ipycam import CameraConfig, IPCamera

WIDTH, HEIGHT, FPS = 640, 360, 10


def main() -> None:
    address, port = sys.argv[1], int(sys.argv[2])
    user, password = sys.stdin.readline().strip(), sys.stdin.readline().strip()
    camera = IPCamera(
        CameraConfig(
            local_ip=address, onvif_port=port, username=user, password=password, main_width=WIDTH, main_height=HEIGHT,
            main_fps=FPS, sub_width=320, sub_height=180, sub_fps=FPS, show_timestamp=False,
        )
    )  # fmt: skip
    camera.start()
    threading.Thread(target=show, args=(camera,), daemon=True).start()
    while camera.get_snapshot_frame() is None:
        threading.Event().wait(0.02)
    print("ready", flush=True)
    sys.stdin.read()
    camera.stop()


def show(camera: IPCamera) -> None:
    """A bar that wanders: no two pictures in a row are the same."""
    number = 0
    while True:
        number += 1
        frame = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
        frame[:, (number * 8) % WIDTH :][:, :8] = 255
        camera.stream(frame)


if __name__ == "__main__":
    main()
