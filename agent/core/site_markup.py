"""A web page taken apart in one pass: title, visible text, and the few elements that say where and when.

No tree is built and nothing is repaired. The pass only goes forward, so its cost is linear whatever the page holds, and
it can be done in steps (`step`) between which others get their turn. Unclosed comments and scripts end with the page.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape

MAX_TEXT = 200_000
MAX_TITLE = 500
MAX_TAG = 4_096
"""A longer tag is cut there: its attributes behind are nobody's."""
MAX_KEPT = 300
"""Elements kept of each kind."""
_ATTRIBUTE = re.compile(
    r"([a-zA-Z][a-zA-Z0-9:_\-]{0,40})\s{0,4}=\s{0,4}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'>]{1,500}))"
)
_TAG_END = re.compile(r"(?:[^\"'>]++|\"[^\"]*+\"|'[^']*+')*+>")  # possessive: nothing is tried twice
# Text and tags that tell nothing, at one go: a page is mostly these. What is unusual in it is left to the slow way.
_PLAIN = re.compile(
    r"(?:[^<]++|<(?!/?(?:title|meta|link|time|input|script|style|noscript|textarea|svg)\b)/?[a-z][a-z0-9]{0,20}+(?![\w])"
    r"(?:[^\"'<>]{1,2000}+|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'){0,40}+>)++",
    re.IGNORECASE,
)
_WITHIN_WORDS = re.compile(r"</?(?:b|i|u|em|strong|sup|sub|abbr|mark)(?:[^\w>\"'][^>\"']{0,200})?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<(?:[^\"'<>]{1,2000}+|\"[^\"]{0,2000}+\"|'[^']{0,2000}+'){0,40}+>")
_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9]{0,20}")
_SPACES = re.compile(r"\s+")
_RAW = {name: re.compile(rf"</{name}\b", re.IGNORECASE) for name in ("script", "style", "noscript", "textarea", "svg")}
_TELLING = frozenset({"title", "/title", "meta", "link", "time", "input", *_RAW})
_INLINE = frozenset({"b", "i", "u", "em", "strong", "sup", "sub", "abbr", "mark"})
"""Within words; every other element ends one: author and date stand in neighbouring <span>s without a blank."""


@dataclass(slots=True)
class Page:
    """What a page says. `links`, `metas`: attributes of <link> and <meta>; `times`: of <time datetime>; `data`: the
    texts of JSON-LD scripts; `password_fields`: how many <input type=password> there are."""

    title: str = ""
    text: str = ""
    metas: list[Mapping[str, str]] = field(default_factory=list)
    links: list[Mapping[str, str]] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    password_fields: int = 0


class Scanner:
    """`step` until it says False, then `page` is complete."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._at = 0
        self._parts: list[str] = []
        self._kept = 0
        self._title_open = False
        self.page = Page()

    def step(self, characters: int = 32_768) -> bool:
        """Go about this much further; whether there is more."""
        until = self._at + characters
        while self._at < len(self._source) and self._at < until:
            self._next(until)
        if self._at < len(self._source):
            return True
        self.page.text = _SPACES.sub(" ", unescape("".join(self._parts))).strip()
        self.page.title = _SPACES.sub(" ", unescape(self.page.title)).strip()[:MAX_TITLE]
        self._parts = []
        return False

    def _next(self, until: int) -> None:
        """One stretch of plain text and tags (not beyond `until`), or one tag."""
        start = self._source.find("<", self._at)
        plain = None if self._title_open else _PLAIN.match(self._source, self._at, until)
        if plain is not None:
            self._text(_ANY_TAG.sub(" ", _WITHIN_WORDS.sub("", plain[0])))
            self._at = plain.end()
        elif start != self._at:
            end = len(self._source) if start < 0 else start
            self._text(self._source[self._at : end])
            self._at = end
        elif self._source.startswith("<!--", start):
            end = self._source.find("-->", start + 4)
            self._at = len(self._source) if end < 0 else end + 3
        else:
            self._tag(start)

    def _text(self, text: str) -> None:
        if self._title_open:
            self.page.title += text[: MAX_TITLE - len(self.page.title)]
        elif self._kept < MAX_TEXT:
            self._parts.append(text)
            self._kept += len(text)

    def _tag(self, start: int) -> None:
        name = _NAME.match(self._source, start + 1)
        if name is None:  # a lone < is text; <! and <? are declarations
            if self._source[start + 1 : start + 2] in ("!", "?"):
                self._at = _behind(self._source, start)
            else:
                self._text("<")
                self._at = start + 1
            return
        source, self._at = self._source, _behind(self._source, start)
        word = name[0].lower()
        if word.lstrip("/") not in _INLINE:
            self._parts.append(" ")
        if word not in _TELLING:
            return
        if word in ("title", "/title"):
            self._title_open = word == "title" and not self.page.title
        elif word in _RAW:
            self._raw(word, source[name.end() : self._at])
        else:
            self._element(word, _attributes(source[name.end() : self._at]))

    def _raw(self, word: str, attributes: str) -> None:
        """An element whose content is no markup: passed over, but for JSON-LD. A <noscript> is read by nobody here."""
        closing = _RAW[word].search(self._source, self._at)
        end = closing.start() if closing is not None else len(self._source)
        if word == "script" and "ld+json" in attributes.lower() and len(self.page.data) < MAX_KEPT:
            self.page.data.append(self._source[self._at : end])
        self._at = _behind(self._source, end) if closing is not None else end

    def _element(self, word: str, found: Mapping[str, str]) -> None:
        page = self.page
        if word == "time":
            if found.get("datetime") and len(page.times) < MAX_KEPT:
                page.times.append(found["datetime"])
        elif word == "input":
            page.password_fields += found.get("type", "").lower() == "password"
        else:
            kept = page.metas if word == "meta" else page.links
            if found and len(kept) < MAX_KEPT:
                kept.append(found)


def read_page(source: str) -> Page:
    """The page, all at once."""
    scanner = Scanner(source)
    while scanner.step():
        pass
    return scanner.page


def decoded(body: bytes, content_type: str) -> str:
    """The body as text: by the header's charset, else the page's own, else UTF-8, else Windows-1252."""
    match = re.search(rb"charset\s{0,3}=\s{0,3}[\"']?([A-Za-z0-9_\-]{1,30})", content_type.encode("latin-1", "replace"))
    match = match or re.search(rb"charset\s{0,3}=\s{0,3}[\"']?([A-Za-z0-9_\-]{1,30})", body[:2048])
    named = match[1].decode("ascii").lower() if match is not None else "utf-8"
    # Only encodings that leave ASCII as it is: others turn markup into something else than the sender's server saw.
    charset = named if named in ("utf-8", "iso-8859-1", "windows-1252", "us-ascii") else "utf-8"
    try:
        return body.decode(charset)
    except UnicodeDecodeError as error:
        # Cut off in the middle of a letter: everything before it was fine.
        return body.decode(charset if "end of data" in error.reason else "cp1252", "replace")


def refresh_target(page: Page, longest_s: int = 10) -> str:
    """Where a <meta http-equiv=refresh> sends the reader within `longest_s`; empty when nowhere."""
    for meta in page.metas:
        if meta.get("http-equiv", "").lower() == "refresh":
            delay, _, rest = meta.get("content", "").partition(";")
            key, _, target = rest.strip().partition("=")
            if key.strip().lower() == "url" and delay.strip().isdigit() and int(delay.strip()[:6]) <= longest_s:
                return target.strip().strip("'\"")
    return ""


def feed_link(page: Page) -> str:
    """The address of the first feed the page names; empty when it names none."""
    for link in page.links:
        kind = link.get("type", "").lower()
        if "alternate" in link.get("rel", "").lower() and kind in ("application/rss+xml", "application/atom+xml"):
            return link.get("href", "")
    return ""


def _behind(source: str, start: int) -> int:
    """Just behind the `>` that ends the tag at `start`, passing over quoted ones; at most MAX_TAG further."""
    limit = min(len(source), start + MAX_TAG)
    whole = _TAG_END.match(source, start, limit)
    if whole is not None:
        return whole.end()
    first = source.find(">", start, limit)  # a quote that never closes: the first > ends the tag after all
    return first + 1 if first >= 0 else limit


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(text):
        found.setdefault(name.lower(), unescape(double or single or bare))
    return found
