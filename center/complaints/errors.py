"""What can go wrong with a complaint in an expected way."""

from center.core.complaint_cycle import LifeCycleError
from center.errors import CenterError


class StepError(LifeCycleError):
    """A step that makes no sense for this complaint. `code` is what pages translate:

    moved (somebody else was quicker) | agency (no such agency) | same (already there) | self (a duplicate of itself) |
    other (no such other complaint) | text (needs words) | kind (not for this kind) | extended (once only) |
    erased (what was typed is gone) | unseen (bulk: not what was counted) | late (nothing to undo any more).
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class EntryError(CenterError):
    """An entry of the desk that cannot be taken as it is. `field` names what is wrong."""

    def __init__(self, field: str, english: str, indonesian: str = "") -> None:
        super().__init__(english, indonesian)
        self.field = field


class ErasedError(CenterError):
    """What was typed has been erased; only numbers are left."""

    def __init__(self) -> None:
        super().__init__(
            "what was typed here has been erased, as the law asks; only its dates and steps are left",
            "isi pengaduan ini sudah dihapus sesuai aturan; yang tersisa hanya tanggal dan langkahnya",
        )


class WithheldError(CenterError):
    """The citizen asked for confidence, and this account is not among those who may know."""

    def __init__(self) -> None:
        super().__init__(
            "the citizen asked to stay unknown; this picture is for the desk alone",
            "pelapor minta identitasnya dirahasiakan; foto ini hanya untuk meja pengaduan",
        )
