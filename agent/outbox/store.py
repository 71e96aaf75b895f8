"""The outbox: append, lease, acknowledge, give up. Synchronous; the writer calls it from one thread.

Rules every method keeps:
1. A stream's numbers have no gaps; what will not be sent stands in the gap ledger (`gap` events), written in the same
   transaction as the loss.
2. "Accepted" means on the disk when the call returns; for health, when `flush` returns. Only that is ever leased.
3. A record leaves when the centre has said that it committed it. Acknowledgements are noted in memory and written in
   batches: a crash in between offers a record twice, which the centre recognises by its identity.
4. Damage never stops a lane: a bad row is buried, a bad file is put aside and a new epoch begins.
"""

from agent.core.clock import Stamp
from agent.outbox import opening
from agent.outbox.accepting import Accepting
from agent.outbox.letting_go import LettingGo
from agent.outbox.looking import Looking
from agent.outbox.shelf import locked
from wire.shape import replace


class Outbox(Accepting, LettingGo, Looking):
    """One node's outbox, open. Get it from `open_outbox`. Every method may raise OutboxError."""

    @locked
    def new_epoch(self, reason: str, stamp: Stamp) -> str:
        """Begin a new epoch and move everything unacknowledged into it; returns its name."""
        self._stamp = stamp
        self.flush()
        self._bury_rest()
        opening.renew(self._opened, self.directory, self._opened.board, reason, stamp)
        self._begin()
        return self.epoch

    def close(self) -> None:
        """Commit what waits, write down what is acknowledged, close the file. The outbox is of no use afterwards."""
        with self.lock:
            try:
                self.heal()
                self.flush()
                if self._upkeep.count:
                    self._write_down(self._stamp)
                self._settle()
                opening.write_sidecar(self.directory, self._opened)
            finally:
                self._opened.db.close()

    def _settle(self) -> None:
        """Say on the disk how far numbers have really come, so that the next start need not leave any out."""
        with self._drafting() as draft:
            self._sessions.settle(draft)
            lane = draft.lane("health")
            if lane.mark != lane.head:
                draft.memory.lanes["health"] = replace(lane, mark=lane.head)
                draft.save("health")
