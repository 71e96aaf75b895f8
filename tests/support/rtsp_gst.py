"""A real RTSP server with GStreamer, run by the system's Python (Debian's python3-gi): `rtsp_server` starts it.

Like a camera it encodes all the time, whether somebody looks or not: a producer sends RTP to a port of this machine,
and one shared medium passes it on. Each picture carries the time it was made at (`_marks`).

First line on stdin: a JSON object, see `_DEFAULTS`. Then one order a line: "size WIDTH HEIGHT", "pause", "resume".
On stdout: {"port": ...} once pictures can be had. It ends with its stdin.
"""

import contextlib
import json
import os
import socket
import sys
import threading
import time
from pathlib import Path

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

_DEFAULTS = {
    "width": 640,
    "height": 360,
    "fps": 10,
    "gop_s": 1.0,
    "codec": "h264",
    "path": "/live",
    "port": 0,
    "auth": "digest",
    "user": "",
    "password": "",
    "background": "",
    "video": True,
    "slices": 1,
    "repeats": False,
}
_ENCODERS = {
    "h264": (
        "x264enc tune=zerolatency speed-preset=ultrafast sliced-threads=false bitrate=4000 key-int-max={gop}"
        " threads=1 option-string=slices={slices}",
        "H264",
        "rtph264",
    ),
    "h265": (
        "x265enc tune=zerolatency speed-preset=ultrafast bitrate=2000 key-int-max={gop}"
        " option-string=slices={slices}:log-level=none",
        "H265",
        "rtph265",
    ),
    "mjpeg": ("jpegenc quality=80", "JPEG", "rtpjpeg"),
}
_ROLE = "viewer"
_SO_RCVBUFFORCE = 33  # asm-generic/socket.h; Python does not name it
_INCOMING_BYTES = 16_000_000
_CELLS = 20
_BITS = 40


class Producer:
    """Draws, encodes and sends pictures to a UDP port, from a thread of its own, at its own pace."""

    def __init__(self, wanted, port):
        self._wanted = wanted
        self._port = port
        self._paused = False
        self._size = (wanted["width"], wanted["height"])
        self._lock = threading.Lock()
        self._start()
        threading.Thread(target=self._draw_for_ever, daemon=True).start()

    def order(self, line):
        words = line.split()
        with self._lock:
            if words[0] == "size":
                self._pipeline.set_state(Gst.State.NULL)
                self._size = (int(words[1]), int(words[2]))
                self._start()
            else:
                self._paused = words[0] == "pause"

    def _start(self):
        wanted = self._wanted
        width, height = self._size
        encoder, _, payload = _ENCODERS[wanted["codec"]]
        config = "" if payload == "rtpjpeg" else " config-interval=-1"
        self._pipeline = Gst.parse_launch(
            f"appsrc name=source is-live=true format=time do-timestamp=true max-buffers=2 leaky-type=downstream caps="
            f"video/x-raw,format=I420,width={width},height={height},framerate={wanted['fps']}/1"
            f" ! {encoder.format(gop=max(1, round(wanted['fps'] * wanted['gop_s'])), slices=wanted['slices'])}"
            f" ! {payload}pay pt=96{config} ! udpsink host=127.0.0.1 port={self._port} sync=false async=false"
        )
        self._source = self._pipeline.get_by_name("source")
        self._rest = self._background(width, height)
        self._pipeline.set_state(Gst.State.PLAYING)

    def _background(self, width, height):
        """The picture below the marks: an I420 file of the size, or plain grey."""
        size = width * height * 3 // 2
        if self._wanted["background"]:
            return Path(self._wanted["background"]).read_bytes()[:size].ljust(size, b"\x80")
        return b"\x60" * (width * height) + b"\x80" * (size - width * height)

    def _draw_for_ever(self):
        due_s = time.monotonic()
        while True:
            with self._lock:
                if not self._paused:
                    self._source.emit("push-buffer", Gst.Buffer.new_wrapped(self._drawn()))
            due_s = max(due_s + 1 / self._wanted["fps"], time.monotonic() - 1)
            time.sleep(max(0, due_s - time.monotonic()))

    def _drawn(self):
        """Marks at the top and, the same, at the bottom: only a whole picture has both."""
        marks = _marks(self._size[0], round(time.monotonic() * 1000))
        luma = self._size[0] * self._size[1]
        rest = self._rest
        return b"".join((marks, rest[len(marks) : luma - len(marks)], marks, rest[luma:]))


def _marks(width, now_ms):
    """Four rows of cells at the top of the luma: two rows of bits, highest first, and the same turned round."""
    cell = width // _CELLS
    bits = [now_ms >> shift & 1 for shift in reversed(range(_BITS))]
    rows = [bits[:_CELLS], bits[_CELLS:]]
    rows += [[1 - bit for bit in row] for row in rows]
    return b"".join(
        (b"".join((b"\xeb" if bit else b"\x10") * cell for bit in row) + b"\x10" * (width - cell * _CELLS)) * 16
        for row in rows
    )


def _guard(server, factory, wanted):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", _ROLE)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(_ROLE, "media.factory.access", True)
    permissions.add_permission_for_role(_ROLE, "media.factory.construct", True)
    factory.set_permissions(permissions)
    if wanted["auth"] == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(wanted["user"], wanted["password"], token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(wanted["user"], wanted["password"]), token)
    server.set_auth(auth)


def _give(medium, incoming):
    source = medium.get_element().get_by_name("incoming")
    if source is not None:
        source.set_property("socket", incoming)
        source.set_property("close-socket", False)


def _launch(wanted):
    if not wanted["video"]:
        return "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )"
    _, encoding, payload = _ENCODERS[wanted["codec"]]
    # The second payloader repeats the parameters before each slice, not only before each picture.
    repeats = payload != "rtpjpeg" and (wanted["repeats"] or wanted["slices"] == 1)
    config = " config-interval=-1" if repeats else ""
    caps = f"application/x-rtp,media=video,clock-rate=90000,encoding-name={encoding},payload=96"
    return f'( udpsrc name=incoming caps="{caps}" ! {payload}depay ! {payload}pay name=pay0 pt=96{config} )'


def _incoming():
    """A UDP socket with room for a large keyframe (as root; others must send small ones), and its port."""
    incoming = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    incoming.bind(("127.0.0.1", 0))
    with contextlib.suppress(PermissionError):
        incoming.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _INCOMING_BYTES)
    port = incoming.getsockname()[1]
    return Gio.Socket.new_from_fd(incoming.detach()), port


def _watch(wanted, port):
    """A first viewer, who stays: without one the server would stand still, and give the next one old pictures."""
    keeper = Gst.parse_launch(
        f"rtspsrc name=watched location=rtsp://127.0.0.1:{port}{wanted['path']} protocols=tcp latency=0"
        " ! fakesink name=seen sync=false signal-handoffs=true"
    )
    watched, seen = keeper.get_by_name("watched"), keeper.get_by_name("seen")
    watched.set_property("user-id", wanted["user"])
    watched.set_property("user-pw", wanted["password"])

    def told(sink, *_):
        sink.disconnect(handler)
        print(json.dumps({"port": port}), flush=True)

    handler = seen.connect("handoff", told)
    keeper.set_state(Gst.State.PLAYING)
    return keeper


def main():
    wanted = {**_DEFAULTS, **json.loads(sys.stdin.readline())}
    Gst.init(None)
    incoming, udp_port = _incoming()
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(wanted["port"]))
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(_launch(wanted))
    factory.connect("media-configure", lambda _, medium: _give(medium, incoming))
    factory.set_shared(True)
    factory.set_suspend_mode(GstRtspServer.RTSPSuspendMode.NONE)
    if wanted["auth"] != "none":
        _guard(server, factory, wanted)
    server.get_mount_points().add_factory(wanted["path"], factory)
    if server.attach(None) == 0:
        sys.exit("no port")
    keeper = _watch(wanted, server.get_bound_port())
    producer = Producer(wanted, udp_port) if wanted["video"] else None

    def obey():
        for line in sys.stdin:
            producer.order(line)
        os._exit(0)

    threading.Thread(target=obey, daemon=True).start()
    GLib.MainLoop().run()
    keeper.set_state(Gst.State.NULL)


if __name__ == "__main__":
    main()
