"""What the signer answers a box: the rules are `center.core.enrolment`, here they meet the database and the authority.

A first certificate, so that a cut at any point leaves nothing that does not mend itself when the box asks again:

1. The token becomes this key's, and what was asked is kept: one commit. From here on the box gets its certificate.
2. It is signed; the authority's book knows it before anybody else does.
3. For a replacement, whatever else this node had is taken back.
4. Certificate, node and signing key are written: one commit. Only then is it handed out.

A cut between 2 and 4 leaves a certificate in the book that nobody holds; the next answer brings another one. When the
node is revoked in between, 4 notices it, and what was just signed is taken back. A renewal is 2 and 4 alone.
"""

import base64
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone

from center.certificates import fingerprint, read_request
from center.core.enrolment import (
    DAY_MS,
    Asked,
    CsrProblem,
    Decision,
    KeyFacts,
    Refuse,
    RenewFacts,
    Repeat,
    TokenFacts,
    Wait,
    decide_enrol,
    decide_renew,
)
from center.enrolment.frames import Reply, refused
from center.enrolment.models import EnrolmentRequest, Purpose, Renewal, State, Token
from center.enrolment.tokens import digest
from center.errors import RequestError
from center.ingest.database import write
from center.pki import Authority, serial_of
from center.sites.enrolment import enter_node
from center.sites.models import Node
from wire.enrolment import RENEW_CONTEXT, Enrol, Issued, Renew, Trust, Waiting, encode, vouched_keys

log = logging.getLogger("center.enrolment")

_DETAILS = {
    "token_unknown": "no such token for this node",
    "token_expired": "the token is older than it may be; make a new card",
    "token_revoked": "the token was taken back; a newer card was made, or the node was revoked",
    "token_used": "another key has used this token",
    "csr": "not a request for a P-256 key signed by that key",
    "name": "the request asks for another name than the node's",
    "declined": "an operator has declined this key",
    "node_unknown": "no such node here",
    "key_unknown": "not signed with a key of this node",
    "revoked": "this node or certificate was taken back",
    "rate": "too many certificates or keys; ask later",
}


@dataclass(slots=True)
class Answering:
    """Answers one box at a time. `seal_key`: the centre's public sealing key; `now` is UTC; `command_keys`: what boxes
    are to pin, read each time, for keys change."""

    authority: Authority
    seal_key: bytes
    certificate_days: int
    now: Callable[[], datetime] = field(default=timezone.now)
    command_keys: Callable[[], str] = field(default=str)

    def trust(self) -> Reply:
        """The authorities to trust."""
        return Reply(200, encode(Trust(self.authority.trust_bundle().decode("ascii"))))

    def enrol(self, asked: Enrol, address: str) -> Reply:
        """A first certificate for a token."""
        key, problem = _key_of(asked.csr, asked.node)
        decision, _, _ = self._judge(asked, key, problem)
        if isinstance(decision, Refuse):  # whoever has nothing to show costs no turn among those who write
            return _refusal(decision)
        decision, request = write(lambda: self._claim(asked, key, problem, address))
        if isinstance(decision, Refuse):
            return _refusal(decision)
        assert request is not None
        if isinstance(decision, Wait):
            return Reply(202, encode(Waiting(key, decision.wait_s)))
        if isinstance(decision, Repeat):
            return self._issued(request.certificate)
        return self._sign(request)

    def _claim(
        self, asked: Enrol, key: str, problem: CsrProblem, address: str
    ) -> tuple[Decision, EnrolmentRequest | None]:
        """Step 1. In a transaction; the token's row is ours until its end."""
        decision, token, known = self._judge(asked, key, problem, lock=True)
        if isinstance(decision, Refuse):
            return decision, None
        assert token is not None
        now = self.now()
        waits = isinstance(decision, Wait)
        if not waits and not token.used_key:
            token.used_key, token.used_at = key, now
            token.save(update_fields=("used_key", "used_at"))
        if known is None:
            known = EnrolmentRequest(
                token=token, node=asked.node, fingerprint=key, csr=asked.csr, sign_key=asked.sign_key,
                board=asked.board, first_at=now, state=State.WAITING if waits else State.CONFIRMED,
            )  # fmt: skip
            log.info("enrolment-asked", extra={"node": asked.node, "key": key[:16], "from": address, "waits": waits})
        known.last_at, known.address = now, address
        known.save()
        return decision, known

    def _judge(
        self, asked: Enrol, key: str, problem: CsrProblem, *, lock: bool = False
    ) -> tuple[Decision, Token | None, EnrolmentRequest | None]:
        """The decision, and the rows it rests on."""
        tokens = Token.objects.select_for_update() if lock else Token.objects.all()
        token = tokens.filter(sha256=digest(asked.token)).first()
        asked_before = EnrolmentRequest.objects.filter(token=token) if token else EnrolmentRequest.objects.none()
        known = asked_before.filter(fingerprint=key).first()
        facts, key_facts, keys = _facts(token), self._key_facts(known), asked_before.count()
        decision = decide_enrol(Asked(asked.node, key, problem), facts, key_facts, keys, _ms(self.now()))
        return decision, token, known

    def _key_facts(self, known: EnrolmentRequest | None) -> KeyFacts | None:
        if known is None:
            return None
        issued = known.state == State.ISSUED
        return KeyFacts(known.state, issued and known.serial in self.authority.revoked_serials())  # type: ignore[arg-type]

    def _sign(self, request: EnrolmentRequest) -> Reply:
        """Steps 2 to 4."""
        validity = timedelta(days=self.certificate_days)
        issued, pem = self.authority.sign_csr(request.csr.encode("utf-8"), request.node, validity)
        if request.token.purpose == Purpose.REPLACE:
            self.authority.revoke(request.node, keep=issued.serial)

        def enter() -> bool:
            token = Token.objects.select_for_update().get(pk=request.token_id)
            if token.revoked_at is not None:
                return False
            request.state, request.certificate, request.serial = State.ISSUED, pem.decode("ascii"), issued.serial
            request.save()
            enter_node(token.site, issued, request.sign_key)
            return True

        if not write(enter):
            self.authority.revoke_serials({issued.serial})
            return _refusal(Refuse("token_revoked"))
        fields = {"node": request.node, "serial": issued.serial, "key": request.fingerprint[:16]}
        log.info("enrolment-issued", extra={**fields, "until": issued.expires_at.date().isoformat()})
        return self._issued(request.certificate)

    def renew(self, asked: Renew) -> Reply:
        """Another certificate, vouched for by the key of the present one."""
        key, problem = _key_of(asked.csr, asked.node)
        known = Renewal.objects.filter(node=asked.node, fingerprint=key).first() if key else None
        usable = known is not None and known.serial not in self.authority.revoked_serials()
        decision = decide_renew(self._renew_facts(asked, problem, usable), _ms(self.now()))
        if isinstance(decision, Refuse):
            return _refusal(decision)
        if isinstance(decision, Repeat):
            assert known is not None
            return self._issued(known.certificate)
        return self._sign_renewal(asked, key)

    def _renew_facts(self, asked: Renew, problem: CsrProblem, repeat: bool) -> RenewFacts:
        certificate = _vouched(asked)
        vouched = certificate is not None and self.authority.vouches_for(certificate, asked.node)
        node = Node.objects.filter(pk=asked.node).first()
        recent = Renewal.objects.filter(node=asked.node, at__gt=self.now() - timedelta(milliseconds=DAY_MS))
        return RenewFacts(
            known=node is not None or vouched,
            vouched=vouched,
            retired=None if node is None else node.retired,
            certificate_revoked=certificate is not None and serial_of(certificate) in self.authority.revoked_serials(),
            problem=problem,
            repeat=repeat,
            renewed_ms=tuple(sorted(_ms(at) for at in recent.values_list("at", flat=True))),
        )

    def _sign_renewal(self, asked: Renew, key: str) -> Reply:
        validity = timedelta(days=self.certificate_days)
        issued, pem = self.authority.sign_csr(asked.csr.encode("utf-8"), asked.node, validity)

        def enter() -> bool:
            node = Node.objects.select_for_update().filter(pk=asked.node, retired=False).first()
            if node is None:
                return False
            node.certificate_serial, node.certificate_expires_at = issued.serial, issued.expires_at
            node.save(update_fields=("certificate_serial", "certificate_expires_at"))
            Renewal.objects.update_or_create(
                node=asked.node,
                fingerprint=key,
                defaults={
                    "certificate": pem.decode("ascii"), "serial": issued.serial, "expires_at": issued.expires_at,
                    "at": self.now(),
                },
            )  # fmt: skip
            return True

        if not write(enter):
            self.authority.revoke_serials({issued.serial})
            return _refusal(Refuse("revoked"))
        fields = {"node": asked.node, "serial": issued.serial, "key": key[:16]}
        log.info("enrolment-renewed", extra={**fields, "until": issued.expires_at.date().isoformat()})
        return self._issued(pem.decode("ascii"))

    def _issued(self, certificate: str) -> Reply:
        until = x509.load_pem_x509_certificate(certificate.encode("ascii")).not_valid_after_utc
        bundle = self.authority.trust_bundle().decode("ascii")
        keys = self.command_keys()
        proof = base64.b64encode(self.authority.vouch(vouched_keys(certificate, keys))).decode() if keys else ""
        seal_key = base64.b64encode(self.seal_key).decode()
        issued = Issued(certificate, bundle, seal_key, _ms(until), command_keys=keys, command_keys_proof=proof)
        return Reply(200, encode(issued))


def _refusal(decision: Refuse) -> Reply:
    return refused(decision.code, _DETAILS.get(decision.code, ""), decision.wait_s)


def _key_of(csr: str, node: str) -> tuple[str, CsrProblem]:
    """The fingerprint of a request's key, or "" and what is wrong with the request."""
    try:
        return fingerprint(read_request(csr.encode("utf-8"), node)), ""
    except RequestError as error:
        return "", error.code


def _facts(token: Token | None) -> TokenFacts | None:
    if token is None:
        return None
    return TokenFacts(token.node, token.confirm, _ms(token.expires_at), token.revoked_at is not None, token.used_key)


def _vouched(asked: Renew) -> x509.Certificate | None:
    """The certificate a renewal names, when its key has signed the request; None when not."""
    try:
        certificate = x509.load_pem_x509_certificate(asked.certificate.encode("utf-8"))
        key = certificate.public_key()
        if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name != "secp256r1":
            return None
        signature = base64.b64decode(asked.signature, validate=True)
        key.verify(signature, RENEW_CONTEXT + asked.csr.encode("utf-8"), ec.ECDSA(hashes.SHA256()))
    except Exception:  # noqa: BLE001 - a library's own error about a stranger's bytes: they vouch for nothing
        return None
    return certificate


def _ms(at: datetime) -> int:
    return int(at.astimezone(UTC).timestamp() * 1000)
