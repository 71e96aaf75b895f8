"""The ending of an address that says in which format to answer."""

from center.open311.markup import FORMATS


class FormatConverter:
    """`json` or `xml` in a path."""

    regex = "|".join(FORMATS)

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
