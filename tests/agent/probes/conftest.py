"""The laboratory, and what is needed to run one probe by hand."""

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, laboratory


@pytest.fixture
def lab() -> Iterator[Lab]:
    with laboratory() as built:
        yield built
