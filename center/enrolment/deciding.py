"""What an operator decides about keys that wait: the fingerprint on the box is compared with the one here.

Who confirms gives the token to that one key; any other that holds the same token is turned away from then on.
"""

import re
from typing import Final

from django.db.models import Q
from django.utils import timezone

from center.enrolment.models import EnrolmentRequest, State, Token
from center.errors import CenterError
from center.ingest.database import write

COMPARED_DIGITS: Final = 16
"""64 bits, as boxes show them: nobody makes a key whose fingerprint begins with these."""
_HEX = re.compile(r"[0-9a-f]{16,64}", re.ASCII)


def pending() -> list[EnrolmentRequest]:
    """The requests that wait for an operator, the oldest first: their token still opens something."""
    open_tokens = Q(token__revoked_at=None, token__used_key="", token__expires_at__gt=timezone.now())
    waiting = EnrolmentRequest.objects.filter(open_tokens, state=State.WAITING)
    return list(waiting.select_related("token", "token__site").order_by("first_at", "id"))


def confirm(request_id: int, who: str) -> EnrolmentRequest:
    """The operator has compared the key: the box gets its certificate when it asks next. Again is the same.

    Raises:
        CenterError: no such request, or its token opens nothing any more.
    """
    return write(lambda: _confirm(request_id, who))


def decline(request_id: int, who: str) -> EnrolmentRequest:
    """It is not the box's key: it gets nothing with this token. Another key may still ask.

    Raises:
        CenterError: no such request, or it was confirmed already; then the node is revoked instead.
    """
    return write(lambda: _decline(request_id, who))


def find_waiting(node: str, typed: str) -> EnrolmentRequest:
    """The waiting request of a node with this fingerprint: its first 16 digits or more, spaces and case do not matter.

    Raises:
        CenterError: too few digits, or none that waits.
    """
    digits = re.sub(r"[\s:-]", "", typed).lower()
    if not _HEX.fullmatch(digits):
        raise CenterError(
            f"{typed!r} is not a fingerprint: type the {COMPARED_DIGITS} digits the box shows",
            f"{typed!r} bukan sidik kunci: ketik {COMPARED_DIGITS} angka yang tampil di kotak",
        )
    for request in pending():
        if request.node == node and request.fingerprint.startswith(digits):
            return request
    raise CenterError(
        f"no key {digits[:COMPARED_DIGITS]} of {node} waits; sandi-center enrolment list shows what does",
        f"tidak ada kunci {digits[:COMPARED_DIGITS]} dari {node} yang menunggu; daftarnya: sandi-center enrolment list",
    )


def _locked(request_id: int) -> tuple[EnrolmentRequest, Token]:
    """The request and its token, whose row is ours until the end of the transaction."""
    found = EnrolmentRequest.objects.filter(pk=request_id).first()
    if found is None:
        raise CenterError("there is no such request", "tidak ada permintaan itu")
    token = Token.objects.select_for_update().get(pk=found.token_id)
    return EnrolmentRequest.objects.get(pk=request_id), token


def _confirm(request_id: int, who: str) -> EnrolmentRequest:
    request, token = _locked(request_id)
    if request.state in {State.CONFIRMED, State.ISSUED}:
        return request
    now = timezone.now()
    if token.revoked_at is not None or token.used_key or token.expires_at <= now:
        raise CenterError(
            f"the token of {request.node} opens nothing any more; make a new card",
            f"token {request.node} tidak berlaku lagi; buat kartu baru",
        )
    token.used_key, token.used_at = request.fingerprint, now
    token.save(update_fields=("used_key", "used_at"))
    return _decided(request, State.CONFIRMED, who)


def _decline(request_id: int, who: str) -> EnrolmentRequest:
    request, _token = _locked(request_id)
    if request.state == State.DECLINED:
        return request
    if request.state != State.WAITING:
        raise CenterError(
            f"that key of {request.node} was confirmed already; take it back with: sandi-center revoke {request.node}",
            f"kunci {request.node} itu sudah dikonfirmasi; cabut dengan: sandi-center revoke {request.node}",
        )
    return _decided(request, State.DECLINED, who)


def _decided(request: EnrolmentRequest, state: State, who: str) -> EnrolmentRequest:
    request.state, request.decided_by, request.decided_at = state, who[:150], timezone.now()
    request.save(update_fields=("state", "decided_by", "decided_at"))
    return request
