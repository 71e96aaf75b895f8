"""Proving to an HTTP camera who asks: Digest (RFC 7616) with SHA-256 or MD5, Basic (RFC 7617) if nothing better works.

What worked is remembered, so that the next picture costs no refused request. After a refusal the next best that the
camera offers is tried, each once: some announce SHA-256 and reckon it wrong, or take Basic for pictures.
"""

import base64
import hashlib
import re
import secrets as chance
from collections.abc import Iterable, Mapping
from typing import Final

from agent.cameras.base import Secrets
from agent.cameras.http.address import PASSWORD_FILE
from wire.shape import Struct

MAX_CHALLENGE_CHARS: Final = 8192
_HASHES: Final = {"SHA-256": "sha256", "SHA-512-256": "sha512_256", "MD5": "md5"}
_ORDER: Final = ("SHA-512-256", "SHA-512-256-SESS", "SHA-256", "SHA-256-SESS", "MD5", "MD5-SESS", "BASIC")
_RENEWALS: Final = 2
"""How often one picture may be told that its nonce is stale."""
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - RFC 9110, 5.6.2
_PIECE: Final = re.compile(rf'({_TOKEN})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"=]+))|({_TOKEN})(?=[\s,]|\Z)')


class Challenge(Struct, frozen=True):
    """One way the camera offers. `kind` is one of _ORDER or something unknown; the parameters' names are lower case."""

    kind: str
    parameters: Mapping[str, str]


class Request(Struct, frozen=True):
    """What a proof is about."""

    method: str
    target: str
    body: bytes = b""


def challenges(headers: Iterable[str]) -> list[Challenge]:
    """The ways in one or several WWW-Authenticate headers, which may each hold several. Nonsense is passed over."""
    found: list[tuple[str, dict[str, str]]] = []
    for match in _PIECE.finditer(re.sub(r"\s+", " ", ", ".join(headers))[:MAX_CHALLENGE_CHARS]):
        name, quoted, plain, scheme = match.groups()
        if scheme is not None:
            found.append((scheme, {}))
        elif found:
            value = plain if plain is not None else re.sub(r"\\(.)", r"\1", quoted)
            found[-1][1].setdefault(name.lower(), value)
    return [Challenge(_kind(scheme, parameters), parameters) for scheme, parameters in found]


def _kind(scheme: str, parameters: Mapping[str, str]) -> str:
    return parameters.get("algorithm", "MD5").upper() if scheme.upper() == "DIGEST" else scheme.upper()


class Login:
    """User and password towards one camera, over many pictures."""

    def __init__(self, secrets: Secrets, *, allow_basic: bool = True) -> None:
        self._secrets = secrets
        self._allow_basic = allow_basic
        self._way: Challenge | None = None
        self._uses = 0
        self._given = False
        self._refused: set[str] = set()
        self._renewed = 0
        self._fresh = False
        self.only_basic = False
        """The camera offers only Basic, which is forbidden here."""

    def begin(self) -> None:
        """A new picture: what was refused before may be tried again."""
        self._refused.clear()
        self._renewed = 0
        self._fresh = False

    def proof(self, request: Request) -> str | None:
        """The Authorization header's value for the next attempt, its bytes as Latin-1; None while no way is known."""
        self._given = self._way is not None
        if self._way is None:
            return None
        self._uses += 1
        if self._way.kind == "BASIC":
            pair = f"{self._secrets.user}:{self._secrets.password}".encode()
            return "Basic " + base64.b64encode(pair).decode()
        return _digest(self._way, self._secrets, request, self._uses)

    def refused(self, offered: Iterable[Challenge]) -> bool:
        """The camera said no and offers these. True when there is something to try, which `proof` then is."""
        usable = [way for way in offered if _usable(way)]
        ways = {way.kind: way for way in reversed(usable)}  # the first of a kind counts
        if not self._allow_basic:
            self.only_basic = set(ways) == {"BASIC"}
            ways.pop("BASIC", None)
        used = self._way if self._given else None
        if used is not None and used.kind in ways and self._is_stale(ways[used.kind]):
            self._renewed += 1
            self._take(ways[used.kind])
            return True
        if used is not None:
            self._refused.add(used.kind)
        for kind in _ORDER:
            if kind in ways and kind not in self._refused and self._secrets.user:
                self._take(ways[kind])
                return True
        self._way = None
        return False

    def verdict(self, where: str) -> str:
        """What to tell after the last refusal."""
        if not self._secrets.user:
            return f"{where} asks for user and password: put them into {PASSWORD_FILE}"
        if self.only_basic and not self._refused:
            return f"{where} offers only Basic, and allow_basic is false: is it the camera, and is its Digest on?"
        if not self._refused:
            return f"{where} offers no way to log in that is known here (Digest, Basic): see its settings"
        return f"{where} refuses user or password: correct them in {PASSWORD_FILE}"

    def _is_stale(self, now: Challenge) -> bool:
        """The proof may have been right for an older nonce: of an earlier picture, or as the camera says itself."""
        if now.kind == "BASIC" or self._renewed >= _RENEWALS:
            return False
        return not self._fresh or now.parameters.get("stale", "").lower() == "true"

    def _take(self, way: Challenge) -> None:
        self._way, self._uses, self._fresh = way, 0, True


def _usable(way: Challenge) -> bool:
    if way.kind == "BASIC":
        return True
    known = way.kind.removesuffix("-SESS") in _HASHES and "nonce" in way.parameters
    return known and _quality(way) is not None


def _quality(way: Challenge) -> str | None:
    """ "" as in RFC 2069, "auth" or "auth-int"; None when the camera wants something else."""
    offered = {word.strip().lower() for word in way.parameters.get("qop", "").split(",")} - {""}
    if not offered:
        return ""
    return next((word for word in ("auth", "auth-int") if word in offered), None)


def _digest(way: Challenge, secrets: Secrets, request: Request, uses: int, cnonce: str | None = None) -> str:
    """RFC 7616, 3.4; texts of the camera are Latin-1 as they came, user and password UTF-8."""
    given = way.parameters
    quality, count, cnonce = _quality(way), f"{uses:08x}", cnonce or chance.token_hex(16)
    user, realm, nonce = (
        secrets.user.encode(),
        given.get("realm", "").encode("latin-1"),
        given["nonce"].encode("latin-1"),
    )

    def hashed(*parts: bytes) -> bytes:
        name = _HASHES[way.kind.removesuffix("-SESS")]
        return hashlib.new(name, b":".join(parts), usedforsecurity=False).hexdigest().encode()

    first = hashed(user, realm, secrets.password.encode())
    if way.kind.endswith("-SESS"):
        first = hashed(first, nonce, cnonce.encode())
    asked = [request.method.encode(), request.target.encode("latin-1")]
    second = hashed(*asked, hashed(request.body)) if quality == "auth-int" else hashed(*asked)
    middle = [nonce, count.encode(), cnonce.encode(), quality.encode()] if quality else [nonce]
    fields = {
        "username": user.decode("latin-1"),
        "realm": given.get("realm", ""),
        "nonce": given["nonce"],
        "uri": request.target,
        "response": hashed(first, *middle, second).decode(),
    }
    if "opaque" in given:
        fields["opaque"] = given["opaque"]
    words = [f"{name}={_quoted(value)}" for name, value in fields.items()]
    if "algorithm" in given:
        words.append(f"algorithm={given['algorithm']}")
    if quality:
        words += [f"qop={quality}", f"nc={count}", f'cnonce="{cnonce}"']
    return "Digest " + ", ".join(words)


def _quoted(value: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'
