"""Every part of the agent, built once from the configuration and wired together. Nothing else constructs adapters."""

from collections.abc import Mapping
from pathlib import Path

from agent.clock import Clock
from agent.commanddoor import CommandDoor
from agent.conditions import BoxConditions
from agent.config import AgentConfig
from agent.configuring import Configuring
from agent.control import ControlError, ControlSocket, Operation
from agent.core.endings import classify, latest
from agent.deeper import Deeper
from agent.events import EventLog
from agent.health.board import Board
from agent.health.reading import SystemReader
from agent.heartbeat import Heartbeat
from agent.looker import Looker
from agent.loopwatch import LoopWatch
from agent.names import INTAKE_SOCKET
from agent.operations import KioskDoor, control_operations
from agent.outages import OutageWatch
from agent.outbox import OutboxWriter
from agent.plugins import pictures, plugins
from agent.probes.context import Center
from agent.probes.runner import ProbeRunner
from agent.reporter import Reporter
from agent.selfcheck import SelfCheck
from agent.status import status
from agent.stays import Stays
from agent.supervise import Plugin, Start, Supervisor
from agent.timekeeper import Timekeeper
from agent.update.watch import Facts, UpdateWatch, facts_of
from agent.uplink import SIGNED_LEAVES, Uplink
from agent.version import VERSION
from wire.bodies import Reach, StartNotice
from wire.messages import Downlink


class Parts:
    """All of it, not yet running: `service` runs `core()` and `plugins()`."""

    def __init__(
        self,
        config: AgentConfig,
        clock: Clock,
        board: Board,
        heartbeat: Heartbeat,
        writer: OutboxWriter,
        *,
        file: Path | None = None,
    ) -> None:
        """`file`: where the configuration was read from; without it no other process can be given it (`deeper`)."""
        self.config, self.clock, self.heartbeat, self.writer = config, clock, heartbeat, writer
        self.started_s = clock.mono_s()
        self.events = EventLog(writer, clock)
        self.conditions = BoxConditions(self)
        self.selfcheck = SelfCheck(clock, self.events, self.conditions.gather)
        self.supervisor = Supervisor(self.selfcheck.stir)
        self.loop = LoopWatch()
        self.configuring = Configuring(config, clock, writer, self.events, warnings=self.selfcheck.codes)
        self.stays = Stays(config.node.data_dir, clock, self.events)
        self.reader = SystemReader(config.health, config.node.data_dir, board)
        self.ending = classify(
            latest(heartbeat.previous, writer.outbox.last_life),
            clock.boot,
            self.reader.reset_reason,
            left_something=heartbeat.existed,
        )
        self.timekeeper = Timekeeper(clock, heartbeat, self.events, lambda: writer.flushed_s)
        self._build_network()
        self._build_outages(file)
        self._build_kiosk_and_cameras()
        self.commands = CommandDoor(self)
        self.update = UpdateWatch(
            clock, self.events, data_dir=config.node.data_dir, run_dir=config.node.run_dir, facts=self._health
        )
        self.reporter = Reporter(
            interval_s=config.health.interval_s,
            clock=clock,
            reader=self.reader,
            probes=self.probes.known,
            events=self.events,
            held=writer.held,
            warnings=self.selfcheck.codes,
        )

    def _build_network(self) -> None:
        node, uplink = self.config.node.id, self.config.uplink
        self.uplink = Uplink(
            uplink,
            node,
            self.writer,
            self.clock,
            version=VERSION,
            on_downlink=self._on_downlink,
            on_undecodable=self._on_undecodable,
            report_every_s=self.config.health.interval_s,
            standing=self.conditions.standing,
        )
        self.probes = ProbeRunner(
            self.config.probes,
            node,
            self.clock,
            center=Center(uplink.host, uplink.port, uplink.credentials),
            uplink_connected=lambda: self.uplink.connected,
            uplink_refusal=lambda: self.uplink.refusal,
            data_dir=self.config.node.data_dir,
            metered=uplink.profile == "metered",
            changed=self._on_change,
        )

    def _build_outages(self, file: Path | None) -> None:
        node = self.config.node
        self.deeper = self._looks(file)
        self.outages = OutageWatch(
            self.probes.known,
            self.events,
            self.clock,
            node.id,
            node.data_dir,
            last=self.ending.last,
            on_trouble=lambda: self.deeper.trouble() if self.deeper is not None else None,
            on_well=lambda: self.deeper.well() if self.deeper is not None else None,
            on_outage=self._on_outage,
        )

    def _looks(self, file: Path | None) -> Deeper | None:
        if file is None:
            return None
        looker = Looker(file.absolute(), lambda: self.uplink.connected, lambda: self.uplink.refusal)
        return Deeper(looker, self.probes.known, self.events, self.clock, self.config.node.id, changed=self._on_change)

    def _build_kiosk_and_cameras(self) -> None:
        node, keys = self.config.node, self.config.uplink.credentials
        self.kiosk = KioskDoor(
            node.id, self.writer, self.clock, node.data_dir, keys / "seal.pub",
            config=self.config.kiosk, online=lambda: self.uplink.connected, on_urgent=self._on_urgent,
        )  # fmt: skip
        self.pictures = pictures(self.config, self.clock, self.writer, lambda: self.timekeeper.synced)

    # -- what runs ---------------------------------------------------------------------------------------------------

    def core(self) -> dict[str, Start]:
        """What the agent cannot be without: its end is the end of the process."""
        return {"uplink": self.uplink.run, "outbox": self.writer.run}

    def plugins(self) -> dict[str, Plugin]:
        """What is started again when it fails or stands still."""
        return plugins(self)

    async def run_probes(self) -> None:
        """Until cancelled."""
        await self.probes.run(self._on_reach)

    def socket(self, name: str) -> ControlSocket:
        """One of the two sockets in `run_dir`."""
        path: Path = self.config.node.run_dir / name
        groups = self.config.control
        if name == INTAKE_SOCKET:
            return ControlSocket(path, self.kiosk.operations(), groups.kiosk_group)
        return ControlSocket(path, self.operations(), groups.technicians_group, tell_peer=True)

    def operations(self) -> dict[str, Operation]:
        """What technicians may ask at the control socket, and remote commands of their tools."""
        more = {
            "maintenance": self.stays.operation,
            "watch": self._on_watch,
            "snapshot": self._on_snapshot,
            "configuration": self.configuring.operation,
            "commands": self.commands.operation,
        }
        return control_operations(lambda: status(self), self.writer, self.config.node.data_dir, more)

    def start_notice(self) -> StartNotice:
        """How the previous run ended, for the first event of this one."""
        last = self.ending.last
        return StartNotice(
            previous_run=last.run if last else None,
            previous_boot=last.boot if last else None,
            verdict=self.ending.verdict,
            reset_reason=self.reader.reset_reason,
            last_alive_mono_ms=last.mono_ms if last else None,
            last_alive_wall_ms=last.wall_ms if last and last.synced else None,
        )

    def one_line(self) -> str:
        """For `systemctl status`."""
        line = "connected" if self.uplink.connected else "not connected"
        return f"{self.config.node.id}: {line}, verdict {self.probes.known.verdict()}"

    # -- how they are tied together ----------------------------------------------------------------------------------

    async def _on_watch(self, _: "Mapping[str, object]") -> "Mapping[str, object]":
        from agent.watching import watched

        return await watched(self)

    async def _on_snapshot(self, request: "Mapping[str, object]") -> "Mapping[str, object]":
        if self.pictures is None:
            raise ControlError("not_configured", "this node has no cameras")
        return await self.pictures.operation(request)

    def _health(self) -> Facts:
        return facts_of(self.uplink.status(), self.pictures.status() if self.pictures is not None else {})

    def _on_outage(self, ident: str, what: str) -> None:
        if self.pictures is not None:
            self.pictures.event(f"outage-{ident}-{what}")

    def _on_urgent(self) -> None:
        if self.pictures is not None:
            self.pictures.emergency()

    def _on_change(self) -> None:
        """A run of a probe may have changed the verdict."""
        self.outages.stir()

    async def _on_reach(self, reach: Reach) -> None:
        await self.events.file("reach", reach)
        if reach.state == "up":
            self.uplink.nudge()

    async def _on_downlink(self, leaf: str, downlink: Downlink) -> str:
        if leaf in SIGNED_LEAVES:
            return await self.commands.take(leaf, downlink)
        taking = {"reply": self.kiosk.take_reply, "notice": self.kiosk.take_notice}.get(leaf)
        return await taking(downlink) if taking is not None else "unsupported"

    def _on_undecodable(self, leaf: str) -> None:
        if leaf in SIGNED_LEAVES:
            self.commands.forged("undecodable")
