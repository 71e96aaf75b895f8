"""How `[cameras.NAME]` is read: each entry by the settings class of its type."""

from agent.cameras.lines import CAMERA_NAME
from agent.cameras.table import CAMERAS, config_class
from agent.configuration.typed import TypedTable

TABLE = TypedTable(tuple(CAMERAS), config_class, CAMERA_NAME, "halaman")
