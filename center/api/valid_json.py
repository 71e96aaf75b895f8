"""Answers that every reader of JSON understands, whatever a node has put into its reports."""

import json
import math
from typing import Any

from django.http import HttpRequest
from ninja.renderers import JSONRenderer


class ValidJson(JSONRenderer):
    """JSON as RFC 8259 has it. A number that is none of its (1e999 is read as infinity) is answered as null."""

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> str:
        try:
            return json.dumps(data, cls=self.encoder_class, allow_nan=False)
        except ValueError:
            return json.dumps(_finite(data), cls=self.encoder_class, allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
