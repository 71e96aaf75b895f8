"""One renewal: a new key, vouched for by the old one, in place only after the broker has taken its certificate.

1. The listener is asked which authorities are to be trusted. A bundle that names none we trust changes nothing; one
   that differs from ours is tried on the broker first.
2. `agent.core.renewal` says whether a certificate is due, and why; so does a broker that turns the present one down.
3. The new key is on the disk before it is asked for, and asks until there is an answer; the old key signs the request,
   which the centre accepts from a certificate that is over, too.
4. The answer is checked as at enrolment, and shown to the broker. Only a yes lets it in.
Whatever fails leaves everything as it was.
"""

import base64

from agent.core import renewal
from agent.core.enrolment import Seen, State
from agent.core.renewal import Certificate, Reason
from agent.enrol import brokertest, bundle, keys, openssl
from agent.enrol.attempt import Step, asked, checked, enrolled, is_over, now_ms, refused_or_waiting
from agent.enrol.door import Address, ask
from agent.enrol.errors import EnrolError, disk_trouble
from agent.enrol.keys import Keys
from agent.enrol.places import Places
from agent.enrol.turn import turn
from agent.enrol.vault import COMMAND_KEYS, About, Held, Vault
from agent.version import VERSION
from wire import enrolment
from wire.enrolment import RENEW_CONTEXT, Issued, Renew, Trust
from wire.errors import WireError
from wire.shape import Struct, replace


class Outcome(Struct, frozen=True):
    """`seen` for the state file. `done`: new credentials are in place. `reason`: why they were asked for."""

    seen: Seen
    reason: Reason = ""
    done: bool = False
    taught: bool = False
    """Other authorities are trusted from now on."""

    @property
    def well(self) -> bool:
        """Nothing is wanted that was not got."""
        return self.seen.state == "enrolled"


class Ends(Struct, frozen=True):
    """Whom a renewal speaks to."""

    listener: Address
    broker: Address


def renew(where: Places, ends: Ends, *, asked_for: bool = False, step: Step = lambda _: None) -> Outcome:
    """Renew when it is due. Never raises for what can happen in the field."""
    try:
        with turn(where.state):
            return _in_turn(where, ends, step, asked_for=asked_for)
    except OSError as error:  # there is no folder for states: nothing was ever enrolled here
        return Outcome(Seen("unprovisioned", "no_keys", disk_trouble(error).seen.detail))


def _in_turn(where: Places, ends: Ends, step: Step, *, asked_for: bool) -> Outcome:
    vault = Vault(where.credentials)
    held = vault.held()
    if held is None:
        return Outcome(Seen("unprovisioned", "no_keys", vault.complaint() or str(where.credentials)))
    try:
        vault.settle()
        return _Renewal(where, ends, vault, held).made(step, asked_for=asked_for)
    except EnrolError as error:
        return Outcome(_troubled(held, error.seen))
    except OSError as error:
        return Outcome(_troubled(held, disk_trouble(error).seen))


class _Renewal:
    def __init__(self, where: Places, ends: Ends, vault: Vault, held: Held) -> None:
        self._where = where
        self._ends = ends
        self._vault = vault
        self._held = held

    def made(self, step: Step, *, asked_for: bool) -> Outcome:
        trusted, trouble = self._held.files["ca.crt"], None
        try:
            trusted = self._offered(trusted)
        except EnrolError as error:
            trouble = error
        why = self._reason(trusted, asked_for=asked_for)
        if trouble is None:
            return self._with_new_key(trusted, why, step) if why else self._taught(trusted)
        if why:
            return Outcome(_troubled(self._held, trouble.seen), why)
        return Outcome(replace(enrolled(self._held), detail=trouble.seen.detail))

    def _offered(self, trusted: bytes) -> bytes:
        """The authorities to trust from now on. Raises EnrolError."""
        reply = ask(self._ends.listener, trusted, "GET", enrolment.TRUST_PATH)
        try:
            if reply.status != 200:
                raise WireError("schema", f"status {reply.status}")
            offered = enrolment.parse(reply.body, Trust)
        except WireError as error:
            raise EnrolError("unreachable", "answer", f"{self._ends.listener}: {error}") from error
        return bundle.accepted(trusted, offered.ca)

    def _reason(self, trusted: bytes, *, asked_for: bool) -> Reason:
        held = self._held
        certificate = Certificate(held.node, held.expires_at_ms, held.about.got_at_ms)
        of_newest = openssl.made_by(held.files["node.crt"], bundle.newest(trusted))
        why = renewal.reason(certificate, now_ms(), asked=asked_for, of_newest=of_newest)
        # What this clock calls good the broker may not: a clock that is wrong, a certificate that was taken back.
        if not why and brokertest.test(self._ends.broker, self._vault.directory).verdict == "refused":
            return "refused"
        return why

    def _taught(self, trusted: bytes) -> Outcome:
        """The certificate stays; another bundle comes in when the broker is believed with it and takes us."""
        held = self._held
        if bundle.same(trusted, held.files["ca.crt"]):
            return Outcome(enrolled(held))
        folder = self._vault.stage({**held.files, "ca.crt": trusted}, held.about)
        tested = brokertest.test(self._ends.broker, folder)
        if tested.verdict != "accepted":
            self._vault.discard()
            return Outcome(replace(enrolled(held), code=f"broker_{tested.verdict}", detail=tested.detail))
        self._vault.install()
        return Outcome(enrolled(held), taught=True)

    def _with_new_key(self, trusted: bytes, why: Reason, step: Step) -> Outcome:
        held, folder = self._held, self._where.state / keys.NEXT
        mine = keys.kept_or_new(folder, held.node, keys.seed_of(held.files["sign.key"]))
        step("keys")
        answer = asked(self._ends.listener, trusted, enrolment.RENEW_PATH, enrolment.encode(self._request(mine)))
        step("asked")
        if not isinstance(answer, Issued):
            return Outcome(_troubled(held, refused_or_waiting(answer, mine.fingerprint)), why)
        files = checked(answer, held.node, mine, bundle.accepted(trusted, answer.ca), held.files[COMMAND_KEYS])
        staged = self._vault.stage(files, About(now_ms(), held.about.token))
        step("staged")
        tested = brokertest.test(self._ends.broker, staged)
        if tested.verdict != "accepted":
            self._vault.discard()
            return Outcome(_troubled(held, Seen("refused", f"broker_{tested.verdict}", tested.detail)), why)
        self._vault.install()
        step("installed")
        keys.forget(folder)
        expires_at_ms = openssl.facts(files["node.crt"]).expires_at_ms
        return Outcome(Seen("enrolled", fingerprint=mine.fingerprint, expires_at_ms=expires_at_ms), why, done=True)

    def _request(self, mine: Keys) -> Renew:
        held = self._held
        csr = openssl.request(mine.key, held.node)
        vouched = openssl.sign(held.files["node.key"], RENEW_CONTEXT + csr)
        return Renew(
            node=held.node, csr=csr.decode("ascii"), certificate=held.files["node.crt"].decode("ascii"),
            signature=base64.b64encode(vouched).decode("ascii"), agent=VERSION[:32],
        )  # fmt: skip


def _troubled(held: Held, seen: Seen) -> Seen:
    """What is shown of a renewal that did not come through: the certificate's own state, with the trouble's code."""
    state: State = "revoked" if seen.state == "revoked" else "expired" if is_over(held.expires_at_ms) else "renewing"
    code = seen.code or seen.state
    return Seen(state, code, seen.detail, seen.wait_s, seen.fingerprint, held.expires_at_ms)
