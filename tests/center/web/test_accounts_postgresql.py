"""Permissions, tokens, the city's page, its metrics and own accounts once more, on PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.center.accounts import test_audit, test_own_account, test_second_factor
from tests.center.accounts.conftest import people, signed_in
from tests.center.test_postgresql import center_data, url
from tests.center.web import test_api_tokens, test_city_page, test_metrics, test_permissions
from tests.center.web.test_api_tokens import ask
from tests.center.web.test_permissions import names
from tests.support.torture import WHOLE

pytestmark = pytest.mark.full
MODULES = (
    test_permissions,
    test_api_tokens,
    test_city_page,
    test_metrics,
    test_own_account,
    test_second_factor,
    test_audit,
)
required = test_second_factor.required
time_stands_still = test_second_factor.time_stands_still

# Who may see what hangs on no database: each day the widest role and one that reaches a part open every page here.
EACH_ROLE = {"test_each_role_sees_exactly_its_own", "test_the_administration_is_for_administrators_alone"}
LEFT_OUT = set() if WHOLE else EACH_ROLE

for _module in MODULES:
    for _name, _test in vars(_module).items():
        if _name.startswith("test_") and _name not in LEFT_OUT:
            globals()[f"{_name}"] = _test
__all__ = ["ask", "center_data", "names", "people", "required", "signed_in", "time_stands_still", "url"]


@pytest.mark.parametrize("role", ["admin", "agency"])
def test_every_page_opens_or_is_closed_here_too(
    role: str, names: dict[str, Any], client_as: Callable[[str], Any]
) -> None:
    index, client = test_permissions.ROLES.index(role), client_as(role)
    for address, statuses in test_permissions.RULES.items():
        assert test_permissions.visit(client, address, names) == statuses[index], address
