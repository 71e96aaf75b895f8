"""The centre's settings with everything it can log."""

from center.logs import logging_config
from center.settings import *  # noqa: F403

LOGGING = logging_config("DEBUG")
