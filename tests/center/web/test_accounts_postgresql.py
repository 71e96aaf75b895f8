"""Permissions, tokens, the city's page, its metrics and own accounts once more, on PostgreSQL."""

import pytest

from tests.center.accounts import test_audit, test_own_account, test_second_factor
from tests.center.accounts.conftest import people, signed_in
from tests.center.test_postgresql import center_data, url
from tests.center.web import test_api_tokens, test_city_page, test_metrics, test_permissions
from tests.center.web.test_api_tokens import ask
from tests.center.web.test_permissions import names

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

for _module in MODULES:
    for _name, _test in vars(_module).items():
        if _name.startswith("test_"):
            globals()[f"{_name}"] = _test
__all__ = ["ask", "center_data", "names", "people", "required", "signed_in", "url"]
