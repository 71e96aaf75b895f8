"""An officer at the desk of a running centre, without a browser: fills in the forms that the pages offer."""

import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser
from http.cookiejar import CookieJar

from tests.support.city import City


class _Forms(HTMLParser):
    """Every form of a page: where it goes, and what it holds before anybody types."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str], set[str]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((found.get("action", ""), {}, set()))
        elif self.forms and tag in ("input", "textarea", "select", "button") and "name" in found:
            _, fields, names = self.forms[-1]
            names.add(found["name"])
            chosen = found.get("type") not in ("radio", "checkbox") or "checked" in found
            if tag == "input" and chosen:
                fields[found["name"]] = found.get("value", "")
            self._select = found["name"] if tag == "select" else ""
        elif self.forms and tag == "option" and self._select and "selected" in found:
            self.forms[-1][1][self._select] = found.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""


class Officer:
    """The admin whose password the first start printed once, signed in."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._jar = CookieJar()
        self._open = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar)).open
        self.fill("/login/", "", username="admin", password=city.password)

    def get(self, path: str) -> str:
        """A page."""
        return self.fetch(path).decode()

    def fetch(self, path: str) -> bytes:
        """What lies at an address, as it is."""
        with self._open(urllib.request.Request(self._city.url + path), timeout=60) as answer:
            return bytes(answer.read())

    def fill(self, path: str, action: str, **typed: str) -> str:
        """Fill in the form on the page `path` whose action holds `action` and that has all these fields, send it; the
        page that comes of it. AssertionError when there is no such form."""
        reader = _Forms()
        reader.feed(self.get(path))
        fits = [form for form in reader.forms if action in form[0] and typed.keys() <= form[2]]
        assert fits, f"no form for {action} with {sorted(typed)} on {path}: {reader.forms}"
        target, fields, _ = fits[0]
        return self.send(path, urllib.parse.urljoin(path, target), **(fields | typed))

    def send(self, page: str, target: str, **fields: str) -> str:
        """POST these fields to an address as from the page `page`; the page that comes of it, an error's too."""
        if "csrfmiddlewaretoken" not in fields:
            fields["csrfmiddlewaretoken"] = next(one.value or "" for one in self._jar if one.name.startswith("csrf"))
        headers = {"Referer": self._city.url + page, "Origin": self._city.url}
        body = urllib.parse.urlencode(fields).encode()
        try:
            with self._open(urllib.request.Request(self._city.url + target, body, headers), timeout=60) as answer:
                return str(answer.read().decode())
        except urllib.error.HTTPError as error:
            return str(error.read().decode(errors="replace"))
