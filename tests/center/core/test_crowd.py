"""How often an address may connect, and that the table of addresses stays small whoever comes."""

from hypothesis import given
from hypothesis import strategies as st

from center.core.crowd import OTHERS, Crowd, group


def test_an_ipv6_line_is_one_address_and_an_ipv4_address_in_its_clothes_is_ipv4() -> None:
    assert group("10.9.1.2") == "10.9.1.2"
    assert group("::ffff:10.9.1.2") == "10.9.1.2"
    assert group("2001:db8:1:2:3:4:5:6") == group("2001:db8:1:2::1") == "2001:db8:1:2::/64"
    assert group("fe80::1%eth0") == "fe80::/64"
    assert group("nonsense") == OTHERS


def test_more_in_a_minute_is_told_when_and_much_more_is_cut() -> None:
    crowd = Crowd(total=100, per_address=100, per_minute=3)
    seen = [crowd.enter("10.0.0.1", 10.0 + number) for number in range(7)]
    assert [wait for _, wait in seen] == [0, 0, 0, 58, 57, 56, None]
    assert crowd.enter("10.0.0.2", 16.0)[1] == 0
    assert crowd.enter("10.0.0.1", 71.0)[1] == 0, "a minute later it begins anew"


def test_so_many_are_open_of_one_address_and_of_all() -> None:
    crowd = Crowd(total=3, per_address=2, per_minute=100)
    first = crowd.enter("10.0.0.1", 0.0)
    assert [crowd.enter("10.0.0.1", 0.0)[1] for _ in range(2)] == [0, None]
    assert [crowd.enter(f"10.0.0.{number}", 0.0)[1] for number in (2, 3)] == [0, None]
    crowd.leave(first[0])
    assert crowd.enter("10.0.0.3", 0.0)[1] == 0


def test_when_the_table_is_full_newcomers_share_one_row_until_others_have_gone() -> None:
    crowd = Crowd(total=10_000, per_address=5, per_minute=10, most=50)
    for number in range(50):
        crowd.enter(f"10.0.1.{number}", 0.0)
    assert crowd.enter("10.0.2.1", 1.0) == (OTHERS, 0)
    for number in range(50):
        crowd.leave(f"10.0.1.{number}")
    assert crowd.enter("10.0.2.2", 70.0)[0] == "10.0.2.2"


addresses = st.ip_addresses(v=4).map(str)


@given(st.lists(st.tuples(addresses, st.floats(0, 5), st.booleans()), max_size=200))
def test_the_table_is_bounded_and_counts_never_go_wrong(arrivals: list[tuple[str, float, bool]]) -> None:
    crowd, inside, now_s = Crowd(total=20, per_address=3, per_minute=4, most=10), [], 0.0
    for address, pause_s, leaves in arrivals:
        now_s += pause_s
        name, wait_s = crowd.enter(address, now_s)
        if wait_s is not None:
            inside.append(name)
        if leaves and inside:
            crowd.leave(inside.pop(0))
        assert crowd.open == len(inside) <= 20
        assert len(crowd) <= 11
        assert all(inside.count(one) <= 3 for one in inside)
