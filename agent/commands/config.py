"""Which remote commands this node carries out."""

from agent.configuration.settings import Settings, field


class CommandsConfig(Settings, frozen=True):
    """Local, never pushed: what is asked from afar must not be able to lift the bounds of what may be asked."""

    allow: tuple[str, ...] = field(
        default=(), metadata={"help": "remote commands this box carries out; empty: all it knows"}
    )
    deny: tuple[str, ...] = field(
        default=(), metadata={"help": "remote commands it never carries out, also where allow names them"}
    )

    def __post_init__(self) -> None:
        """A slip of the pen in `deny` would let in what was to be kept out."""
        if not (self.allow or self.deny):
            return
        from wire.commands import COMMANDS

        unknown = sorted({*self.allow, *self.deny} - set(COMMANDS))
        if unknown:
            raise ValueError(f"{', '.join(unknown)}: no such command; there are {', '.join(sorted(COMMANDS))}")

    def allows(self, name: str) -> bool:
        """Whether a command of this name may run here."""
        return name not in self.deny and (not self.allow or name in self.allow)
