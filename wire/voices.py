"""What citizens say and what they are answered: complaints, requests for information, survey answers, replies, notices.

Everything typed or photographed is sealed on the node; what stands here in the clear is what the desk sorts by.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wire.messages import NodeName, WallMillis

RequestId = Annotated[str, Meta(pattern=r"^[0-9a-f-]{36}$(?!\n)")]
TicketCode = Annotated[str, Meta(pattern=r"^[0-9A-Z]{10}$(?!\n)")]
ClientId = Annotated[str, Meta(min_length=1, max_length=80)]
KioskChannel = Literal["cli", "web", "serial"]
ShortText = Annotated[str, Meta(max_length=500)]
ReplyText = Annotated[str, Meta(max_length=8000)]
Subject = Annotated[str, Meta(max_length=32, pattern=r"^[a-z0-9_]*$(?!\n)")]
Area = Annotated[str, Meta(max_length=16, pattern=r"^[0-9]*$(?!\n)")]
Language = Annotated[str, Meta(max_length=8, pattern=r"^[a-z]*$(?!\n)")]
PublicKey = Annotated[str, Meta(max_length=44, pattern=r"^([A-Za-z0-9+/]{43}=)?$(?!\n)")]
Identity = Literal["anonymous", "confidential", "contact"]
Score = Annotated[int, Meta(ge=1, le=4)]
MOST_PHOTOS = 3


class SealedBox(Struct, frozen=True):
    """Text only the holder of a key can read: an X25519 sealed box (libsodium `crypto_box_seal`), base64."""

    v: Literal[1]
    key_id: Annotated[str, Meta(pattern=r"^[0-9a-f]{16}$(?!\n)")]
    box: Annotated[str, Meta(min_length=64, max_length=48_000, pattern=r"^[A-Za-z0-9+/=]+$(?!\n)")]


class Complaint(Struct, frozen=True, omit_defaults=True):
    """One citizen's voice. Everything typed is in `sealed`: {text, name?, contact?, rt_rw?, code, pin}.

    `code` in the clear is the handle of the citizen's code (`wire.tickets`), which is in `sealed` alone: whoever holds
    the record cannot compute the one from the other. Nodes from before there were handles name the code itself here,
    and seal none.
    `subject` is one of `wire.subjects` (a newer node may know more), `area` the code of the kelurahan it is about
    where that is not the kiosk's own. `follows` is the earlier request this adds to or takes up again. `photos` says
    how many blobs come on `up/attachment`. `reply_key` (X25519, base64) is what answers are sealed to, so that only
    this ticket's code and PIN open them at the kiosk.
    """

    service_request_id: RequestId
    code: TicketCode
    category: Literal["aduan", "laporan", "saran", "pendapat"]
    place: NodeName
    classification: Literal["real", "information", "prank_suspect", "ghost"]
    reasons: Annotated[tuple[ShortText, ...], Meta(max_length=20)]
    urgent: bool
    sealed: SealedBox
    channel: KioskChannel
    client_id: ClientId
    subject: Subject = ""
    area: Area = ""
    follows: Annotated[str, Meta(pattern=r"^([0-9a-f-]{36})?$(?!\n)")] = ""
    photos: Annotated[int, Meta(ge=0, le=MOST_PHOTOS)] = 0
    identity: Identity = "anonymous"
    lang: Language = ""
    reply_key: PublicKey = ""


class InformationRequest(Struct, frozen=True, omit_defaults=True):
    """A request for public information (PPID). The law asks who requests it, so a name and a contact are required.

    `sealed` holds {text: what is asked for, purpose, name, contact, address?, code, pin}; `code` in the clear is that
    one's handle, as in `Complaint`. `way` says how the answer is
    wanted. `assisted`: a member of staff sat beside and checked the identity; no number of it is kept.
    """

    service_request_id: RequestId
    code: TicketCode
    place: NodeName
    sealed: SealedBox
    channel: KioskChannel
    client_id: ClientId
    way: Literal["look", "copy", "email"] = "copy"
    assisted: bool = False
    area: Area = ""
    lang: Language = ""
    reply_key: PublicKey = ""


class SurveyAnswer(Struct, frozen=True, omit_defaults=True):
    """One answered satisfaction survey (SKM): `answers` to its nine elements in order, 1 (worst) to 4 (best).

    `unit` is the site whose service is judged. Nothing says who answered. `service_request_id` only where somebody
    answers about one finished request.
    """

    id: RequestId
    place: NodeName
    unit: NodeName
    answers: Annotated[tuple[Score, ...], Meta(min_length=9, max_length=9)]
    channel: KioskChannel
    client_id: ClientId
    service_request_id: Annotated[str, Meta(pattern=r"^([0-9a-f-]{36})?$(?!\n)")] = ""
    lang: Language = ""


class Reply(Struct, frozen=True, omit_defaults=True):
    """The city's answer to a ticket, shown at the kiosk to whoever has code and PIN.

    `status` is what every version knows; `step` the finer place in the cycle, `closed_reason` why it ended, `ask`
    that the city needs to know more before it can go on. Where the ticket brought a `reply_key`, the text travels in
    `sealed` (to that key; the plain text is `wire.voices.ReplyText` in UTF-8) and `text` is empty.
    """

    service_request_id: RequestId
    status: Literal["received", "verified", "in_progress", "answered", "closed"]
    text: ReplyText
    at_ms: WallMillis
    step: Annotated[str, Meta(max_length=32, pattern=r"^[a-z_]*$(?!\n)")] = ""
    closed_reason: Annotated[str, Meta(max_length=32, pattern=r"^[a-z_]*$(?!\n)")] = ""
    ask: bool = False
    sealed: SealedBox | None = None


class Notice(Struct, frozen=True, omit_defaults=True):
    """A public announcement for the kiosk's idle screen.

    A notice replaces the one that came before with the same `id`; one whose `until_ms` has passed takes it down.
    """

    title: ShortText
    text: ReplyText
    until_ms: WallMillis
    id: Annotated[str, Meta(max_length=64)] = ""
    from_ms: WallMillis = 0


__all__ = [
    "MOST_PHOTOS",
    "Complaint",
    "InformationRequest",
    "Notice",
    "Reply",
    "SealedBox",
    "SurveyAnswer",
]
