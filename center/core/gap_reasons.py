"""Why records are missing: the reasons nodes write into their ledgers, sorted into the few kinds people are told about.

The texts are the agent's (`bound`, `disk`, `thinned_5min`, `refused: schema` ...) and part of stored records, so they
are matched here, never changed. A reason this version does not know is told as it stands.
"""

RENUMBERED = "numbers of the epoch before"
"""Count 0: nothing was lost, the node went on with these numbers used up by the epoch before."""
EPOCH_REASONS = frozenset({"first", "file_lost", "board_changed", "epoch_conflict", "card_replaced"})
REFUSED_CODES = frozenset({
    "topic", "too_large", "bomb", "zlib", "json", "depth", "schema", "version", "node_mismatch", "stream_mismatch",
    "hash_mismatch", "range", "jpeg", "blob", "ticket", "unstorable",
})  # fmt: skip
"""Codes of `wire.errors`: what the centre could not read and the node therefore gave up."""
CLASSES = (
    "bound", "disk", "thinned_5min", "thinned_1h", "age", "corrupt", "refused", "renumbered", "epoch", "restore",
    "card", "fault", "other",
)  # fmt: skip
"""`restore`, `card` and `fault` are the centre's own findings; the rest is what nodes declare."""


def gap_class(reason: str) -> str:
    """One of CLASSES for a ledger entry's reason."""
    code = reason.strip().lower()
    if code in {"bound", "disk", "thinned_5min", "thinned_1h", "age"}:
        return code
    if code == RENUMBERED:
        return "renumbered"
    if code in EPOCH_REASONS:
        return "epoch"
    if code.startswith("refused") or code in REFUSED_CODES:
        return "refused"
    if code.startswith(("corrupt", "damaged")):
        return "corrupt"
    return "other"
