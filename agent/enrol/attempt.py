"""One attempt to enrol, from the card to credentials in place, or to the reason why not yet.

1. Who is this box? The card says it. Keys of another node, or good keys of this one, end the attempt.
2. The keys are made and on the disk before anything is sent; the same keys ask until there is an answer.
3. The request goes over HTTPS to who is certified by the authorities on the card.
4. A certificate is checked as if a stranger had made it: our key, our name, an authority we know.
5. It is shown to the broker. A broker that turns it down keeps it out; one that does not answer does not: the box had
   nothing before.
6. The credentials appear as a whole; then the token is wiped, and then the waiting keys go.
Cut anywhere, the next attempt goes on from there.
"""

import contextlib
import hashlib
import time
from collections.abc import Callable
from typing import Final

from agent.core.enrolment import Seen, state_of_refusal
from agent.enrol import brokertest, bundle, command_keys, keys, openssl, places
from agent.enrol.door import Address, ask
from agent.enrol.errors import EnrolError, disk_trouble
from agent.enrol.keys import Keys
from agent.enrol.openssl import NotGoodError
from agent.enrol.places import Places
from agent.enrol.turn import turn
from agent.enrol.vault import About, Held, Vault
from agent.version import VERSION
from wire import enrolment
from wire.card import Card
from wire.enrolment import PORT_AFTER_BROKER, Enrol, Issued, Refused, Waiting, parse_answer
from wire.errors import WireError

Step = Callable[[str], None]
STEPS: Final = ("keys", "asked", "staged", "installed", "wiped")
"""What an attempt reaches, in order; a test cuts it at each."""


def attempt(where: Places, broker: Address | None = None, step: Step = lambda _: None) -> Seen:
    """Never raises for what can happen in the field. `broker`: where to show the certificate; else by the card."""
    try:
        with turn(where.state):
            return _Attempt(where, broker, step).made()
    except EnrolError as error:
        return error.seen
    except OSError as error:
        return disk_trouble(error).seen


class _Attempt:
    def __init__(self, where: Places, broker: Address | None, step: Step) -> None:
        self._where = where
        self._broker = broker
        self._step = step
        self._vault = Vault(where.credentials)

    def made(self) -> Seen:
        where, held = self._where, self._vault.held()
        try:
            card = places.card(where)
        except EnrolError:
            if held is not None:  # keys that came by hand need no card
                return enrolled(held)
            raise
        if held is not None and held.node != card.node:
            return Seen("card_reused", "node", f"{held.node} / {card.node}", expires_at_ms=held.expires_at_ms)
        token = places.token(where)
        if held is not None and (not token or held.about.token == _digest(token)):
            self._finish()
            return enrolled(held)
        if not token:
            raise EnrolError("unprovisioned", "no_token", str(where.token))
        if complaint := self._vault.complaint():
            raise EnrolError("refused", "disk", complaint)
        seed = keys.seed_of(held.files["sign.key"]) if held is not None else None
        mine = keys.kept_or_new(where.state / keys.FIRST, card.node, seed)
        self._step("keys")
        return self._with_keys(card, token, mine)

    def _with_keys(self, card: Card, token: str, mine: Keys) -> Seen:
        trusted = places.pinned(self._where)
        request = Enrol(
            node=card.node, token=token, csr=openssl.request(mine.key, card.node).decode("ascii"),
            sign_key=keys.sign_public(mine.seed), board=places.board(), agent=VERSION[:32],
        )  # fmt: skip
        answer = asked(Address(card.host, card.port), trusted, enrolment.ENROL_PATH, enrolment.encode(request))
        self._step("asked")
        if not isinstance(answer, Issued):
            return refused_or_waiting(answer, mine.fingerprint)
        present = self._vault.command_keys() or places.command_keys(self._where)
        files = checked(answer, card.node, mine, bundle.accepted(trusted, answer.ca), present)
        folder = self._vault.stage(files, About(now_ms(), _digest(token)))
        self._step("staged")
        tested = brokertest.test(self._broker or Address(card.host, card.port - PORT_AFTER_BROKER), folder)
        if tested.verdict in ("refused", "unbelieved"):
            self._vault.discard()
            return Seen("refused", f"broker_{tested.verdict}", tested.detail, fingerprint=mine.fingerprint)
        self._vault.install()
        self._step("installed")
        self._finish()
        self._step("wiped")
        expires_at_ms = openssl.facts(files["node.crt"]).expires_at_ms
        return Seen("enrolled", fingerprint=mine.fingerprint, expires_at_ms=expires_at_ms)

    def _finish(self) -> None:
        """What is left to do behind the swap, also by the next attempt after a cut. Raises OSError."""
        with contextlib.suppress(PermissionError):
            self._vault.settle()
        places.wipe(self._where.token)
        keys.forget(self._where.state / keys.FIRST)


def enrolled(held: Held) -> Seen:
    """Good credentials are in place."""
    return Seen(
        "expired" if is_over(held.expires_at_ms) else "enrolled",
        fingerprint=openssl.fingerprint(held.files["node.key"]),
        expires_at_ms=held.expires_at_ms,
    )


def is_over(expires_at_ms: int) -> bool:
    return now_ms() >= expires_at_ms


def asked(listener: Address, trusted: bytes, path: str, body: bytes) -> Issued | Waiting | Refused:
    """What the listener answers. Raises EnrolError; `answer` for what is no answer of a listener."""
    reply = ask(listener, trusted, "POST", path, body)
    try:
        return parse_answer(reply.status, reply.body)
    except WireError as error:
        raise EnrolError("unreachable", "answer", f"{listener}: status {reply.status}, {error}") from error


def refused_or_waiting(answer: Waiting | Refused, fingerprint: str) -> Seen:
    """The state behind an answer that brings no certificate."""
    if isinstance(answer, Waiting):
        return Seen("waiting", wait_s=answer.wait_s, fingerprint=fingerprint)
    state = state_of_refusal(answer.code)
    return Seen(state, answer.code, answer.detail, wait_s=answer.wait_s, fingerprint=fingerprint)


def checked(answer: Issued, node: str, mine: Keys, trusted: bytes, present: bytes = b"") -> dict[str, bytes]:
    """The files of a new version, from an answer that passed every check. `present`: the command keys pinned so far.

    Raises EnrolError.
    """
    certificate = answer.certificate.encode("ascii", "replace")
    try:
        [certificate] = openssl.split(certificate, 1)
        facts = openssl.facts(certificate)
        if facts.public_der != openssl.public_der(mine.key):
            raise EnrolError("refused", "certificate", "the certificate is for another key")
        if facts.name != node:
            raise EnrolError("refused", "certificate", "the certificate is for another name")
        openssl.verify(certificate, trusted)
    except NotGoodError as error:
        raise EnrolError("refused", "certificate", f"the certificate is not good: {error}") from error
    return {
        "ca.crt": trusted,
        "command.pub": command_keys.accepted(answer, trusted, present),
        "node.crt": certificate,
        "node.key": mine.key,
        "seal.pub": answer.seal_key.encode("ascii") + b"\n",
        "sign.key": keys.seed_text(mine.seed),
    }


def now_ms() -> int:
    return time.time_ns() // 1_000_000


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
