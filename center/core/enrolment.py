"""Whether a box gets a certificate: a token's row, what was asked and the time in, a decision out.

First certificate, for the token on a card:

1. An unknown token and another node's are one answer: who guesses learns nothing from it.
2. A request that is not for a P-256 key of exactly this node gets nothing.
3. A revoked token opens nothing, whoever asks.
4. A token that a key has used belongs to that key. It gets the same certificate again, also after the token's last day:
   the answer may have been lost on the way. Any other key is turned away: the card was copied, or stolen.
5. A token nobody has used is good until its last day.
6. Where an operator has to compare the key, each key waits until that was done; at most MOST_KEYS of them.

Another certificate, for a key vouched for by the old one: the old certificate must be in the authority's book under
this name and the request signed with its key. It may have expired, it must not have been taken back.
"""

from dataclasses import dataclass
from typing import Final, Literal

WAIT_S: Final = 10
"""How soon a box asks again whether the operator has compared: the technician stands beside it."""
RENEWALS_A_DAY: Final = 4
DAY_MS: Final = 86_400_000
MOST_KEYS: Final = 8
"""That wait for an operator with one token. A box makes one key; who has copied the card could make thousands."""
_LONGEST_WAIT_S: Final = 3600

CsrProblem = Literal["", "csr", "name"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a box asked for. `key`: the fingerprint of the request's key; `problem`: what is wrong with the request."""

    node: str
    key: str
    problem: CsrProblem = ""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """A token's row. `used_key`: the fingerprint of the key it belongs to, "" while it is nobody's."""

    node: str
    confirm: bool
    expires_ms: int
    revoked: bool = False
    used_key: str = ""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """What is known of one key that asked with this token. `state` as in `center.enrolment.models.State`."""

    state: Literal["waiting", "confirmed", "declined", "issued"]
    certificate_revoked: bool = False


@dataclass(frozen=True, slots=True)
class Refuse:
    """No. `wait_s`: when asking again may help, 0 for never."""

    code: str
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """An operator has to compare the fingerprint."""

    wait_s: int = WAIT_S


@dataclass(frozen=True, slots=True)
class Issue:
    """Sign it: the token is this key's from now on."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """The certificate that was signed for this key already."""


Decision = Refuse | Wait | Issue | Repeat


def decide_enrol(asked: Asked, token: TokenFacts | None, known: KeyFacts | None, keys: int, now_ms: int) -> Decision:
    """What a box is answered. `known`: what this key asked before; `keys`: how many keys asked with this token."""
    if token is None or token.node != asked.node:
        return Refuse("token_unknown")
    if asked.problem:
        return Refuse(asked.problem)
    if token.revoked:
        return Refuse("token_revoked")
    if token.used_key:
        return _of_its_key(known) if token.used_key == asked.key else Refuse("token_used")
    if now_ms >= token.expires_ms:
        return Refuse("token_expired")
    if known is not None and known.state == "declined":
        return Refuse("declined")
    if not token.confirm:
        return Issue()
    if known is None and keys >= MOST_KEYS:
        return Refuse("rate", _LONGEST_WAIT_S)
    return Wait()


def _of_its_key(known: KeyFacts | None) -> Decision:
    """The token is this key's. Claimed and nothing signed: the signer was cut off in between, it goes on from there."""
    if known is None or known.state != "issued":
        return Issue()
    return Refuse("revoked") if known.certificate_revoked else Repeat()


@dataclass(frozen=True, slots=True)
class RenewFacts:
    """What was found about a renewal.

    `known`: database or book know the node; `retired`: None without a row in the database. `vouched`: the certificate
    is ours, stands in the book under this name, and its key has signed the request. `renewed_ms`: when this node
    got certificates in this way, the newest last.
    """

    known: bool
    vouched: bool
    retired: bool | None
    certificate_revoked: bool
    problem: CsrProblem
    repeat: bool
    renewed_ms: tuple[int, ...]


def decide_renew(facts: RenewFacts, now_ms: int) -> Refuse | Issue | Repeat:
    """What a box that asks for its next certificate is answered."""
    if not facts.known:
        return Refuse("node_unknown")
    if not facts.vouched:
        return Refuse("key_unknown")
    if facts.certificate_revoked or facts.retired:
        return Refuse("revoked")
    if facts.retired is None:
        return Refuse("node_unknown")
    if facts.problem:
        return Refuse(facts.problem)
    if facts.repeat:
        return Repeat()
    recent = [at_ms for at_ms in facts.renewed_ms if 0 <= now_ms - at_ms < DAY_MS]
    if len(recent) < RENEWALS_A_DAY:
        return Issue()
    free_ms = recent[-RENEWALS_A_DAY] + DAY_MS - now_ms
    return Refuse("rate", max(1, min(_LONGEST_WAIT_S, -(-free_ms // 1000))))
