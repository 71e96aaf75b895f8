"""Two faults at once: the inner one is the verdict, the outer one must be mentioned beside it."""

from tests.netlab import beyond, broker, pages, quality, services
from tests.netlab.fault import Break, Breaking, Expected


def _both(on: Breaking, inner: Break, outer: Break) -> Expected:
    first, second = inner(on), outer(on)
    # without names and without any address of the centre nobody can see further than that
    hidden = second.exact & {"D1"} if on.town.nameless else frozenset[str]()
    return Expected(
        exact=first.exact,
        shows=lambda: first.shows() and second.shows(),
        coarse=first.coarse | hidden,
        also=second.exact,
        params={**first.params, **second.params},
    )


def broker_and_names(on: Breaking) -> Expected:
    """The broker is down, and no resolver answers."""
    return _both(on, broker.broker_down, services.names_failing)


def broker_and_site(on: Breaking) -> Expected:
    """The broker's certificate has run out, and a site shows an error."""
    return _both(on, broker.certificate_expired, pages.site_error)


def names_and_clock(on: Breaking) -> Expected:
    """No resolver answers, and the clock is wrong."""
    return _both(on, services.names_silent, services.clock_wrong)


def loss_and_certificate(on: Breaking) -> Expected:
    """The broker's certificate has run out, on a line that loses packets."""
    return _both(on, broker.certificate_expired, quality.loss_up)


def loop_and_names(on: Breaking) -> Expected:
    """The way to the centre goes in circles, and no resolver answers."""
    return _both(on, beyond.routing_loop, services.names_failing)


def internet_and_clock(on: Breaking) -> Expected:
    """The internet is down, and the clock is wrong."""
    return _both(on, services.internet_down, services.clock_wrong)
