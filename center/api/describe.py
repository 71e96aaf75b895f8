"""The description of the interface as it is checked in: `python -m center.api.describe > docs/openapi.json`.

Programs elsewhere are built on it. A test holds it to what is served, so that it changes on purpose only.
"""

import json

from center.database import use_django


def description() -> str:
    """The OpenAPI description as text with a fixed order."""
    from center.api.api import api

    return (
        json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    )


if __name__ == "__main__":
    use_django()
    print(description(), end="")  # noqa: T201 - what it is for
