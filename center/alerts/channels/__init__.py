"""Ways to reach people, one file each.

Each has `Settings` (a frozen dataclass), `CREDENTIAL` ("needed", "optional" or "none": whether it works with a secret),
and `send(settings, secret, message)`.
"""
