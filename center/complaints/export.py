"""Everything that is kept of one complaint, for the citizen it belongs to: a zip of JSON and photographs."""


def export(complaint_id: str, *, actor: str, reason: str) -> bytes:
    """The zip; that it was made is on record. Hand it over after code and PIN, or after a check at the office.

    Raises:
        EntryError: "reason": none was given.
        SealingError: a key is missing.
        Complaint.DoesNotExist: there is no such complaint.
    """
    raise NotImplementedError
