"""Names, code and PIN: the same for a repeat, and nothing about one another."""

from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.naming import Names, former_index_secret, key_secret
from wire.tickets import handle_secret, normalize_code

roots = st.binary(min_size=32, max_size=32)
salts = st.binary(min_size=16, max_size=16)


@given(roots, salts)
def test_a_root_and_a_salt_give_a_code_that_can_be_checked_and_four_digits(root: bytes, salt: bytes) -> None:
    names = Names(root)
    assert normalize_code(names.code(salt)) == names.code(salt) == Names(root).code(salt)
    assert len(names.pin(salt)) == 4 and names.pin(salt).isdigit()
    assert len(names.client_hash) == 32 and root.hex() not in repr(names)


def test_codes_and_pins_of_other_salts_and_roots_are_others() -> None:
    names = Names(b"r" * 32)
    codes = {names.code(bytes([number]) * 16) for number in range(200)}
    pins = {names.pin(bytes([number]) * 16) for number in range(200)}
    assert len(codes) == 200 and len(pins) > 150
    assert Names(b"s" * 32).code(b"a" * 16) != names.code(b"a" * 16)
    assert Names(b"s" * 32).client_hash != names.client_hash


def test_what_is_stretched_for_the_handle_and_for_the_key_differs() -> None:
    assert handle_secret("K7F29QX31A") != former_index_secret("K7F29QX31A")
    assert handle_secret("K7F29QX31A") != key_secret("K7F29QX31A", "1234") != key_secret("K7F29QX31A", "1235")
