"""Front-end files through WhiteNoise, handed over whole and packed: a technician's phone is on a bad line.

The largest file is under 60 kB: nothing is gained by streaming it, and the event loop is spared a thread per chunk.
Each body is packed once per process.
"""

import gzip
from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

PACKED_TYPES = ("text/", "image/svg+xml", "application/json", "application/javascript")
LEAST_BYTES = 500


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise, with the body in memory, and gzip for text where the browser takes it."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponseBase:
        answer = WhiteNoiseMiddleware.serve(static_file, request)
        body = answer.getvalue()
        answer.close()
        whole = HttpResponse(status=answer.status_code)
        whole.headers = answer.headers
        packable = answer.status_code == 200 and len(body) >= LEAST_BYTES
        if packable and answer.headers.get("Content-Type", "").startswith(PACKED_TYPES):
            whole.headers["Vary"] = "Accept-Encoding"
            if "gzip" in request.headers.get("Accept-Encoding", ""):
                body = _packed(body)
                whole.headers["Content-Encoding"] = "gzip"
                whole.headers["Content-Length"] = str(len(body))
        whole.content = body
        return whole


@lru_cache(maxsize=64)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
