"""One RTSP stream over TCP through PyAV: opened leanly, read until a keyframe, never decoded in passing.

Lean: probing does not collect several pictures first, so the first keyframe is the answer. FFmpeg's own bounds are
three: opening, looking at the streams (both `open_s`), and each packet (`packet_s`); they are chosen so that their sum
stays below what the caller allows. FFmpeg's errors quote the address with the password in it, so their text is never
passed on.
"""

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from agent.cameras.base import (
    CameraAuthError,
    CameraBusyError,
    CameraError,
    CameraHungError,
    CameraSetupError,
    CameraUnavailableError,
    CameraUnreachableError,
    NoKeyframeError,
    Secrets,
)
from agent.cameras.http.address import PASSWORD_FILE
from agent.cameras.http.hostname import numeric_host
from agent.cameras.stream.keyframe import NO_PYAV, Keyframe
from agent.cameras.stream.url import address_with_login, stream_address
from wire.shape import Struct

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.packet import Packet
    from av.video import VideoStream

_LEAN: Final = {
    "rtsp_transport": "tcp",
    "allowed_media_types": "video",
    "probesize": "32",
    "analyzeduration": "0",
    "protocol_whitelist": "rtsp,rtp,tcp",
}
"""No `fflags=nobuffer`: it throws the first keyframe away, and the second may be ten seconds later."""
_LARGEST_KEYFRAME_BYTES: Final = 8_000_000
LONGEST_SILENCE_S: Final = 3.0
"""In the middle of a stream, however long the caller would wait: a camera that runs sends some packets a second."""


class Patience(Struct, frozen=True):
    """How long the steps of one reading may take, in seconds: 2 x open_s + packet_s <= all_s."""

    all_s: float
    open_s: float
    packet_s: float

    @classmethod
    def within(cls, deadline_s: float) -> "Patience":
        """For a picture that must be there, or its refusal, before `deadline_s` is over."""
        all_s = 0.9 * deadline_s  # the rest is for the process around it
        return cls(all_s, 0.35 * all_s, min(LONGEST_SILENCE_S, 0.3 * all_s))

    def open_left_s(self, since_s: float) -> float:
        """For one more opening, begun at `since_s` (time.monotonic), with its two bounds."""
        left_s = since_s + self.all_s - self.packet_s - time.monotonic()
        return max(0.05, min(self.open_s, left_s / 2))


class Stream:
    """An open stream.

    `connect_ms` is how long it took to get there, `packet_s` when the last packet came, `until_s` how long to wait for
    the next keyframe (both time.monotonic); whoever reads sets it, another thread may.
    """

    def __init__(self, url: str, secrets: Secrets, patience: Patience) -> None:
        """Connect and ask for the video. Raises CameraError."""
        address = stream_address(url)
        self._place = address.where
        self._too_long_s = 0.9 * patience.packet_s
        self._began_s = time.monotonic()
        number = numeric_host(address.host, patience.open_s)
        full = address_with_login(address, number, secrets)
        self._container = _opened(full, self._place, self._began_s, patience, secrets)
        self.packet_s = time.monotonic()
        self.connect_ms = round((self.packet_s - self._began_s) * 1000)
        self.until_s = float("inf")
        if not self._container.streams.video:
            self.close()
            raise CameraUnavailableError(f"the stream of {self._place} carries no picture: is the path right?")

    def keyframes(self) -> Iterator[Keyframe]:
        """Keyframes as they come; whoever asks for the next one skips the rest of this one's group.

        Raises NoKeyframeError when none came by `until_s`, CameraHungError when the stream stopped.
        """
        context = self._container.streams.video[0].codec_context
        before: Packet[VideoStream] | None = None
        held: Keyframe | None = None
        begun_s = self._began_s
        for packet in self._packets():
            # FFmpeg gives a picture when the next one begins, so this one has come when the one before was given.
            arrived_s, begun_s = begun_s, self.packet_s
            if packet.is_keyframe and not packet.is_corrupt and packet.size <= _LARGEST_KEYFRAME_BYTES:
                continues = context.name != "mjpeg" and before is not None and before.pts in (None, packet.pts)
                keyframe = Keyframe(context.name, context.extradata or b"", bytes(packet), arrived_s, continues)
                before = packet
                if context.name == "hevc":  # its decoder does not miss a part, so wait for what belongs together
                    if held is not None and not continues:
                        yield held
                    held = keyframe.joined_to(held)
                    continue
                yield keyframe
                continue
            before = None
            if held is not None:
                yield held
                held = None
            elif begun_s > self.until_s:
                raise NoKeyframeError(
                    f"{self._place} streams, and sent no keyframe in time: set its keyframe interval (I-frame, GOP) to "
                    'about 2 s, or use reader = "persistent"'
                )

    def close(self) -> None:
        """Let the camera's session go; may be called more than once."""
        self._container.close()

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        import av

        try:
            for packet in self._container.demux(video=0):
                silent_s = time.monotonic() - self.packet_s
                # FFmpeg answers a silence with what it still held, and only the next time with an error.
                if packet.size == 0 or silent_s >= self._too_long_s:
                    break
                self.packet_s += silent_s
                yield packet
                self.packet_s = time.monotonic()  # what the reader did meanwhile is not the camera's silence
        except av.error.FFmpegError as error:
            if time.monotonic() - self.packet_s < self._too_long_s:
                raise CameraHungError(f"{self._place} broke its stream off ({type(error).__name__})") from None
        silent_s = time.monotonic() - self.packet_s
        if silent_s < self._too_long_s:
            raise CameraHungError(f"{self._place} ended its stream")
        raise CameraHungError(
            f"{self._place} sent nothing for {silent_s:.1f} s in the middle of its stream: "
            "check its power and its cable, or restart it"
        )


def _opened(address: str, place: str, since_s: float, patience: Patience, secrets: Secrets) -> "InputContainer":
    try:
        import av
        import av.logging
    except ImportError:
        raise CameraSetupError(NO_PYAV) from None
    av.logging.set_level(None)  # FFmpeg writes addresses into its log
    began_s = time.monotonic()
    open_s = patience.open_left_s(since_s)
    try:
        return av.open(address, options=_LEAN, timeout=(open_s, patience.packet_s))
    except av.error.HTTPOtherClientError as error:
        raise _refused_video(error, address, place, patience.open_left_s(since_s)) from None
    except (av.error.FFmpegError, ValueError) as error:
        took_s = time.monotonic() - began_s
        raise _refusal(error, place, took_s >= 0.9 * open_s, took_s, secrets) from None


def _refused_video(error: Exception, address: str, place: str, open_s: float) -> CameraError:
    """Whether there is a stream without a picture, which FFmpeg starts without having asked for any of it."""
    import av

    options = {name: value for name, value in _LEAN.items() if name != "allowed_media_types"}
    try:
        av.open(address, options=options, timeout=open_s).close()
    except (av.error.FFmpegError, ValueError):
        return _busy(error, place)
    return CameraUnavailableError(f"the stream of {place} carries no picture: is the path right?")


def _busy(error: Exception, place: str) -> CameraError:
    return CameraBusyError(
        f"{place} gives no stream now ({type(error).__name__}): too many viewers, or it does not stream over TCP"
    )


def _refusal(error: Exception, place: str, out_of_time: bool, took_s: float, secrets: Secrets) -> CameraError:
    """Why no stream could be opened. Time comes first: what FFmpeg calls an interruption depends on where it waited."""
    from av import error as av_error

    if isinstance(error, av_error.HTTPUnauthorizedError | av_error.HTTPForbiddenError):
        given = "refuses this user and password" if secrets.user or secrets.password else "asks for user and password"
        return CameraAuthError(f"{place} {given}: correct its entry in {PASSWORD_FILE}")
    if isinstance(error, av_error.HTTPNotFoundError):
        return CameraUnavailableError(f"{place} knows no such stream: correct the path in url")
    if isinstance(error, av_error.HTTPClientError | av_error.HTTPServerError):
        return _busy(error, place)
    if out_of_time:
        return CameraUnreachableError(
            f"{place} said nothing of a stream for {took_s:.1f} s: is it on, and are address and port right?"
        )
    if isinstance(error, av_error.ConnectionRefusedError):
        return CameraUnreachableError(f"{place} refuses the connection: is RTSP switched on, and the port right?")
    if isinstance(error, av_error.InvalidDataError):
        return CameraUnavailableError(f"{place} does not answer as RTSP does: is the port right?")
    if isinstance(error, OSError):
        return CameraUnreachableError(f"{place} cannot be reached: {error.strerror or type(error).__name__}")
    return CameraUnavailableError(f"{place} gives no stream FFmpeg can read ({type(error).__name__})")
