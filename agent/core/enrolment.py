"""Where a box stands with its certificate: the states a technician reads on the console and in `sandi status`.

1. An attempt ends in one thing seen (`Seen`), which names the state that follows from it.
2. Each state says how long the box waits before it tries again (`PATIENCE`): drawn evenly from a range that doubles
   with every attempt that brought the same, so that a city after a power cut does not ask in one second.
3. No state is the end. What only a person can change is asked about once an hour, for a person may have changed it.
4. A wait the centre names is kept, whatever the state.
"""

from typing import Final, Literal, get_args

from wire.shape import Struct

State = Literal[
    "unprovisioned",  # no card data and no keys: nobody has told this box who it is
    "no_network",  # no address or no route yet
    "unreachable",  # the network is there, the enrolment listener does not answer
    "wrong_ca",  # who answers is not of the authority on the card
    "waiting",  # an operator has to compare the fingerprint
    "token_expired",
    "token_used",  # by another box: a copied or a stolen card
    "token_refused",  # unknown or revoked: a newer card was made for this node
    "declined",  # an operator said no
    "card_reused",  # the card was made for another node than the keys on this box are
    "refused",  # any other refusal, by its code
    "enrolled",  # a certificate, good for a while
    "renewing",  # good, and a new one is being asked for
    "expired",  # no longer good; asked for with the old key
    "revoked",  # taken back by the centre: this box needs a new card
]
STATES: Final = get_args(State)
TERMINAL: Final[tuple[State, ...]] = (
    "token_expired",
    "token_used",
    "token_refused",
    "declined",
    "card_reused",
    "revoked",
)
"""A person has to do something first."""

_OF_CODE: Final[dict[str, State]] = {
    "token_unknown": "token_refused",
    "token_revoked": "token_refused",
    "token_expired": "token_expired",
    "token_used": "token_used",
    "declined": "declined",
    "revoked": "revoked",
}

MOST_WAIT_S: Final = 2 * 3600
"""Nobody is believed who asks for more patience; twice the longest wait the wire allows."""


class Patience(Struct, frozen=True):
    """The wait before the next attempt lies between `min_s` and a limit that doubles up to `max_s`."""

    min_s: float
    first_s: float
    max_s: float


_HOUR: Final = Patience(3000.0, 4200.0, 4200.0)
PATIENCE: Final[dict[State, Patience]] = {
    # Looking whether there is a route costs nothing, and the technician who plugs the cable in stands beside it.
    "no_network": Patience(2.0, 5.0, 60.0),
    "unreachable": Patience(2.0, 8.0, 300.0),
    "wrong_ca": Patience(20.0, 60.0, 900.0),
    "waiting": Patience(5.0, 15.0, 60.0),
    "refused": Patience(10.0, 60.0, 3600.0),
    "unprovisioned": Patience(30.0, 60.0, 300.0),
    "enrolled": _HOUR,
    "renewing": _HOUR,
    "expired": Patience(60.0, 300.0, 3600.0),
    **dict.fromkeys(TERMINAL, _HOUR),
}


class Seen(Struct, frozen=True):
    """What one attempt ended in. `code`: the refusal's, or what kind of trouble it was. `wait_s`: the centre's wish."""

    state: State
    code: str = ""
    detail: str = ""
    wait_s: int = 0
    fingerprint: str = ""
    expires_at_ms: int = 0


class Standing(Struct, frozen=True):
    """The state of the box, as it is kept and shown. `since_ms`, `at_ms`: wall clock, whatever it says."""

    state: State
    since_ms: int
    at_ms: int
    node: str = ""
    fingerprint: str = ""
    code: str = ""
    detail: str = ""
    retry_s: int = 0
    expires_at_ms: int = 0


def state_of_refusal(code: str) -> State:
    """The state a refusal's code leads to; codes of a newer centre too."""
    return _OF_CODE.get(code, "refused")


class Course(Struct, frozen=True):
    """What is remembered between attempts: the standing, and how often in a row the same state came."""

    standing: Standing
    failures: int = 0

    def after(self, seen: Seen, now_ms: int, chance: float) -> "Course":
        """The next standing; `chance` is a fresh random number in [0, 1)."""
        before = self.standing
        same = before.state == seen.state and before.code == seen.code
        failures = self.failures + 1 if same else 0
        since_ms = min(before.since_ms, now_ms) if same else now_ms
        standing = Standing(
            seen.state,
            since_ms,
            now_ms,
            before.node,
            seen.fingerprint or before.fingerprint,
            seen.code,
            seen.detail,
            0 if seen.state == "enrolled" else wait_s(seen, failures, chance),
            seen.expires_at_ms or before.expires_at_ms,
        )
        return Course(standing, failures)


def wait_s(seen: Seen, failures: int, chance: float) -> int:
    """Whole seconds until the next attempt, at least 1: `failures` attempts before this one brought the same."""
    patience = PATIENCE[seen.state]
    limit_s = min(patience.max_s, patience.first_s * 2.0 ** min(failures, 30))
    drawn_s = patience.min_s + chance * max(0.0, limit_s - patience.min_s)
    if seen.wait_s > 0:
        # The centre's wish, and up to a fifth more: those it told the same do not come back together.
        wished_s = seen.wait_s * (1.0 + 0.2 * chance)
        drawn_s = wished_s if seen.state == "waiting" else max(drawn_s, wished_s)
    return max(1, round(min(MOST_WAIT_S, drawn_s)))
