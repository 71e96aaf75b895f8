"""Camera types: one line each. Names are dotted strings, so that nothing is imported before it is used.

The settings class must be importable without its driver: the core loads it to check the configuration.
"""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import cast, get_type_hints

from agent.cameras.base import Camera, CameraConfig, CameraSetupError, Secrets
from agent.cameras.lines import Value
from wire.shape import Struct, asdict


class CameraType(Struct, frozen=True):
    """Where a type's settings class and adapter class are, as `module:name`."""

    config: str
    camera: str


CAMERAS: dict[str, CameraType] = {
    "http_jpeg": CameraType("agent.cameras.http_jpeg:HttpJpegConfig", "agent.cameras.http_jpeg:HttpJpegCamera"),
    "onvif": CameraType("agent.cameras.onvif:OnvifConfig", "agent.cameras.onvif:OnvifCamera"),
    "picamera2": CameraType("agent.cameras.pi:Picamera2Config", "agent.cameras.pi:Picamera2Camera"),
    "replay": CameraType("agent.cameras.replay:ReplayConfig", "agent.cameras.replay:ReplayCamera"),
    "rtsp": CameraType("agent.cameras.rtsp:RtspConfig", "agent.cameras.rtsp:RtspCamera"),
    "v4l2": CameraType("agent.cameras.v4l2:V4l2Config", "agent.cameras.v4l2:V4l2Camera"),
}


def config_class(type_name: str) -> type[CameraConfig]:
    """The settings class of `[cameras.NAME] type = "..."`."""
    return cast(type[CameraConfig], _load(_entry(type_name).config))


def flatten(config: CameraConfig) -> dict[str, Value]:
    """The settings as plain values, for the worker's stdin; `revive` makes them settings again."""
    return {name: str(value) if isinstance(value, Path) else value for name, value in asdict(config).items()}


def revive(config_type: type[CameraConfig], values: Mapping[str, Value]) -> CameraConfig:
    """Settings from plain values. TypeError or ValueError when these are not the settings of this type."""
    hints = get_type_hints(config_type)
    return config_type(
        **{name: Path(str(value)) if hints.get(name) is Path else value for name, value in values.items()}  # type: ignore[arg-type]
    )


def make_camera(config: CameraConfig, secrets: Secrets) -> Camera:
    """The adapter for these settings (worker only: this imports the driver)."""
    adapter = cast(type, _load(_entry(config.type).camera))
    return cast(Camera, adapter(config, secrets))


def _entry(type_name: str) -> CameraType:
    entry = CAMERAS.get(type_name)
    if entry is None:
        raise CameraSetupError(f'type = "{type_name}": known camera types are {", ".join(sorted(CAMERAS))}')
    return entry


def _load(dotted: str) -> object:
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)
