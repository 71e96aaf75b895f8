"""Reads a stream all the time and keeps its newest keyframe, undecoded, for a camera that sends one only now and then.

A thread of the worker demuxes; decoding happens when somebody asks. No keyframe is handed over twice, and one whose
stream has stopped is thrown away: what is given is never older than its `age_ms` says, and never from before a fault.
"""

import itertools
import threading
import time
from typing import Final

from agent.cameras.base import (
    CameraAuthError,
    CameraError,
    CameraHungError,
    CameraUnavailableError,
    CameraUnreachableError,
    Frame,
    NoKeyframeError,
    PictureInvalidError,
    Secrets,
)
from agent.cameras.stream.keyframe import MOST_BROKEN, Keyframe, frame_of
from agent.cameras.stream.rtsp import Patience, Stream

_FIRST_WAIT_S: Final = 1.0
_LONGEST_WAIT_S: Final = 30.0
_WAIT_AFTER_REFUSAL_S: Final = 300.0
"""Many cameras lock an account that tries a wrong password too often."""
_LONGEST_GROUP_S: Final = 60.0
"""A camera that sends no keyframe for a minute sends none; its stream is opened anew."""


class KeyframeReader:
    """One stream, one thread. Begins to read at once; `grab` and `close` are for one caller."""

    def __init__(self, url: str, secrets: Secrets, patience: Patience) -> None:
        self._url, self._secrets, self._patience = url, secrets, patience
        self._news = threading.Condition()
        self._newest: Keyframe | None = None
        self._stream: Stream | None = None
        self._error: CameraError | None = None
        self._asked = False
        self._closed = False
        self._thread = threading.Thread(target=self._read_for_ever, name="keyframes", daemon=True)
        self._thread.start()

    def grab(self, deadline_s: float) -> Frame:
        """The newest keyframe nobody was given yet, waiting for one at most 0.9 `deadline_s`. Raises CameraError."""
        began_s = time.monotonic()
        until_s = began_s + 0.9 * deadline_s
        for count in itertools.count(1):
            keyframe = self._taken(until_s)
            waited_ms = round((time.monotonic() - began_s) * 1000)
            try:
                return frame_of(keyframe, {"keyframe": waited_ms})
            except PictureInvalidError:  # perhaps a part of one, whose rest is on its way
                if count >= MOST_BROKEN or time.monotonic() > until_s:
                    self._end_stream()
                    raise
        raise AssertionError("it counts for ever")

    def _end_stream(self) -> None:
        stream = self._stream
        if stream is not None:
            stream.until_s = 0.0  # its next packet ends it

    def _taken(self, until_s: float) -> Keyframe:
        with self._news:
            if not isinstance(self._error, CameraAuthError):
                self._error = None  # an old fault is no answer: try again now
            self._asked = True
            self._news.notify_all()
            self._news.wait_for(lambda: self._newest or self._error, max(0.0, until_s - time.monotonic()))
            keyframe, self._newest, self._asked = self._newest, None, False
            if keyframe is None:
                raise self._why_none() if self._error is None else _afresh(self._error)
            return keyframe

    def close(self) -> None:
        """End the reading; returns when the session is closed, after at most the patience of one step."""
        with self._news:
            self._closed = True
            self._end_stream()
            self._news.notify_all()
        self._thread.join()

    def _why_none(self) -> CameraError:
        if self._stream is None:
            return CameraUnreachableError("the camera has not answered yet: is it on, and the address right?")
        if time.monotonic() - self._stream.packet_s > 0.5 * self._patience.packet_s:
            return CameraHungError("the stream has stopped: check the camera's power and its cable, or restart it")
        return NoKeyframeError(
            "the stream runs, and sent no keyframe in time: set the camera's keyframe interval (I-frame, GOP) "
            "shorter, or deadline_s longer"
        )

    def _read_for_ever(self) -> None:
        wait_s = _FIRST_WAIT_S
        while not self._closed:
            try:
                self._read()
            except Exception as error:  # noqa: BLE001 - a thread that died would say nothing for ever
                wait_s = _FIRST_WAIT_S if self._stream is not None else wait_s
                self._rest(_afresh(error), wait_s)
                wait_s = min(2 * wait_s, _LONGEST_WAIT_S)

    def _read(self) -> None:
        stream = Stream(self._url, self._secrets, self._patience)
        try:
            with self._news:
                self._stream, self._error = stream, None
                stream.until_s = self._next_by_s()
            before: Keyframe | None = None
            for keyframe in stream.keyframes():
                before = keyframe.joined_to(before)
                with self._news:
                    self._newest = before
                    stream.until_s = self._next_by_s()
                    self._news.notify_all()
        finally:
            stream.close()

    def _next_by_s(self) -> float:
        return 0.0 if self._closed else time.monotonic() + _LONGEST_GROUP_S

    def _rest(self, error: CameraError, wait_s: float) -> None:
        """Tell who asks, and wait: until somebody asks again, or for a while."""
        with self._news:
            self._stream, self._newest, self._error = None, None, error
            self._news.notify_all()
            if isinstance(error, CameraAuthError):
                self._news.wait_for(lambda: self._closed, _WAIT_AFTER_REFUSAL_S)
            else:
                self._news.wait_for(lambda: self._closed or (self._asked and self._error is None), wait_s)


def _afresh(error: Exception) -> CameraError:
    """The same error without what it went through, which would be kept as long as the error is."""
    if isinstance(error, CameraError):
        return type(error)(error.message)
    return CameraUnavailableError(f"no stream ({type(error).__name__})")
