"""Why the door stays closed. Codes are for programs; the texts stand in the message catalogue under `intake.<code>`."""

from typing import Literal

IntakeCode = Literal[
    "bad_request",  # a field is missing, unknown or of the wrong type
    "text_empty",
    "text_too_long",
    "field_missing",  # what this kind of request cannot do without
    "identity_mixed",  # anonymous, and yet a name or a contact
    "client_id_reused",  # the same client_id came with other content
    "no_seal_key",  # nothing to seal with: accepting would put plain text on the disk
    "storage_full",  # the disk reserve is reached: paper form
    "storage",  # the disk refused; the same client_id may be tried again
    "busy",  # the box has no memory or time for it now; the same client_id may be tried again
    "bad_code",  # mistyped: no ticket can have this code
    "bad_pin",  # not four digits
    "not_found",  # code or PIN do not fit; which of them is not said
    "locked",  # too many wrong PINs for this code
    "too_many_tries",  # too many wrong PINs at this kiosk
    "photo_off",  # this box takes no photos
    "photo_busy",  # two are on their way already, or this one was given up; begin it again
    "photo_too_large",  # more bytes, or more pixels, than are taken
    "photo_unreadable",  # no picture, or a damaged one
    "photo_unknown",  # the photo a submission names is not here (any more)
]


class IntakeError(Exception):
    """Nothing was accepted, or nothing is shown. `permanent`: the same request will be refused again."""

    def __init__(self, code: IntakeCode, *, permanent: bool = False, **facts: object) -> None:
        super().__init__(code)
        self.code: IntakeCode = code
        self.permanent = permanent
        self.facts = facts

    def message(self, lang: str = "id") -> str:
        """What a person is told: what happened and what to do. Never anything they typed."""
        from agent.messages import Messages

        messages = Messages(lang)
        facts = dict(self.facts)
        if self.code == "field_missing":
            facts["field"] = messages.text(f"intake.field.{facts.get('field')}")
        return messages.text(f"intake.{self.code}", **facts)
