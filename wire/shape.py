"""What small immutable things of the agent and the wire are made of: msgspec's Struct in place of a dataclass.

A dataclass of five fields compiles 12 kB of methods of its own, a Struct shares those of its library. The agent loads
some 160 of them: that is 2 MiB of the 24 it may have.
"""

from msgspec import Struct, field
from msgspec.structs import asdict, force_setattr, replace

__all__ = ["Struct", "asdict", "field", "force_setattr", "replace"]
