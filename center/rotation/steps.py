"""Taking the steps of a change of authority: who would be locked out is asked first, servers follow at once."""

from pathlib import Path

from center.authorities import Register, register_of, take_step
from center.core.rotation import Rotation, Step, StepError
from center.errors import PkiError
from center.pki import open_authority
from center.rotation.servers import renew_own
from center.rotation.standing import boxes, lacking

_SAID = {
    "prepare": ("finish the change that is going on first: sandi-center ca retire",
                "selesaikan dulu pergantian yang berjalan: sandi-center ca retire"),
    "switch": ("prepare the following authority first: sandi-center ca prepare",
               "siapkan dulu otoritas berikutnya: sandi-center ca prepare"),
    "retire": ("the following authority only signs as yet: sandi-center ca switch (or undo) comes first",
               "otoritas berikutnya baru menandatangani: sandi-center ca switch (atau undo) dahulu"),
    "undo": ("there is nothing to undo; an authority that was retired stays retired",
             "tidak ada yang dapat dibatalkan; otoritas yang sudah dihapus tidak kembali"),
}  # fmt: skip
MOST_NAMED = 20


def take(pki: Path, step: Step, *, force: bool = False) -> Rotation:
    """Take one step and make the servers' certificates follow; the stage after it.

    Raises:
        PkiError: the step does not follow on the present stage, or would lock boxes out and `force` is not set.
    """
    open_authority(pki)  # finishes a step that was cut off
    register = register_of(pki)
    rotation = register.rotation
    if not force and ((step == "switch" and rotation.stage == "prepared") or (step == "retire" and rotation.leaving)):
        _refuse_lockout(register, step)
    try:
        after = take_step(pki, step, used={entry.get("authority", "") for entry in register.book})
    except StepError as error:
        raise PkiError(*_SAID[step]) from error
    renew_own(open_authority(pki))
    return after


def _refuse_lockout(register: Register, step: Step) -> None:
    """PkiError that names the boxes which would be locked out."""
    missing = lacking(boxes(register))
    if not missing:
        return
    names = ", ".join(box.name for box in missing[:MOST_NAMED])
    names += f" ... ({len(missing)})" if len(missing) > MOST_NAMED else ""
    raise PkiError(
        f"{len(missing)} boxes do not have a certificate of the following authority yet, or were not heard with it: "
        f"{names}. Let them renew (on the box: sandi renew --force), replace or revoke them; --force locks them out",
        f"{len(missing)} kotak belum memegang sertifikat otoritas berikutnya, atau belum terdengar dengannya: {names}. "
        f"Perpanjang (di kotak: sandi renew --force), ganti, atau cabut; --force mengunci mereka di luar ({step})",
    )
