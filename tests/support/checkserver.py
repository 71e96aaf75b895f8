"""A web server for a box of the laboratory: `python -m tests.support.checkserver ADDRESS 204|login`.

It listens on port 80 and answers each request like a connectivity check (204) or like a hotspot's gate, which sends to
its login page (login). It prints "ready" when it can be asked.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Check(BaseHTTPRequestHandler):
    login = False

    def do_GET(self) -> None:
        self.send_response(302 if self.login else 204)
        if self.login:
            self.send_header("Location", "http://login.hotspot.example/")
            self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads it."""


def main() -> None:
    _Check.login = sys.argv[2] == "login"
    server = ThreadingHTTPServer((sys.argv[1], 80), _Check)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
