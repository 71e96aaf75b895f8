"""Who is where in a town of the laboratory, drawn from its seed."""

from dataclasses import dataclass
from random import Random

ANYCAST = ("1.1.1.1", "8.8.8.8", "9.9.9.9")
ANYCAST_6 = ("2606:4700:4700::1111", "2001:4860:4860::8888", "2620:fe::fe")
"""The world's well-known resolvers: what a box tries when it wants to know whether there is an internet."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Who is where, drawn from the seed; host parts are by convention of each network."""

    lan: str
    gateway: str
    node: str
    neighbour: str
    wan: str
    core: str
    handover: str
    centre_net: str
    centre: str
    out: str
    web: str
    resolver: str
    six: str


def draw_addresses(random: Random) -> Addresses:
    """A town's addresses: a private network at the site, carrier addresses outside, public ones beyond."""
    lan = random.choice(
        (f"192.168.{random.randrange(0, 250)}", f"10.{random.randrange(1, 250)}.{random.randrange(0, 250)}",
         f"172.{random.randrange(16, 32)}.{random.randrange(0, 250)}")
    )  # fmt: skip
    node, neighbour = random.sample(range(10, 200), 2)
    second = random.sample(range(64, 128), 2)
    third = random.sample(range(1, 250), 3)
    centre_net = f"103.{random.randrange(10, 250)}.{third[0]}"
    return Addresses(
        lan=lan,
        gateway=f"{lan}.{random.choice((1, 254))}",
        node=f"{lan}.{node}",
        neighbour=f"{lan}.{neighbour}",
        wan=f"100.{second[0]}.{third[1]}",
        core=f"100.{second[1]}.{third[2]}",
        handover=f"100.{second[1]}.{third[0]}",
        centre_net=centre_net,
        centre=f"{centre_net}.{random.randrange(5, 250)}",
        out=f"36.{random.randrange(64, 96)}.{third[1]}",
        web=f"45.{random.randrange(64, 128)}.{third[2]}.{random.randrange(5, 250)}",
        resolver=f"118.{random.randrange(96, 99)}.{third[0]}.{random.randrange(5, 250)}",
        six=f"2404:c0:{random.randrange(1, 0xFFFF):x}",
    )
