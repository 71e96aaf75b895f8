"""Names of files the agent and its command line both have to find, inside `[node] data_dir` and `run_dir`."""

from typing import Final

HEARTBEAT_FILE: Final = "heartbeat"
MAINTENANCE_FILE: Final = "maintenance.json"
SPOOL_FOLDER: Final = "spool"
"""Of versions whose core ran the cameras itself; removed when found."""
JOURNAL_FOLDER: Final = "journal"
CONTROL_SOCKET: Final = "control.sock"
INTAKE_SOCKET: Final = "intake.sock"
PICTURES_SOCKET: Final = "pictures.sock"

MOST_ROWS: Final = 200
"""Entries of ledger and cemetery in one answer, the newest; it stays below 64 KiB."""
COMMANDS_FOLDER: Final = "commands"
CONFIG_FOLDER: Final = "config"
KEYS_FOLDER: Final = "command-keys"
WANT_FOLDER: Final = "want"
"""In `run_dir`: a file here, named as one of WANTS, is a wish to the root helper, which takes it away."""
WANTS: Final = ("restart-kiosk", "reboot", "update")
HEALTH_FILE: Final = "health.json"
"""In `run_dir`: what the helper that watches an update looks at."""
UPDATE_FOLDER: Final = "update"
"""In `data_dir`: a release that is being fetched, and the wish for it. The helper reads it and believes none of it."""
