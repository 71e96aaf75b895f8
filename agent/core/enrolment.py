"""Where a box stands with its certificate: the states a technician reads on the console and in `sandi status`."""

from typing import Final, Literal, get_args

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
