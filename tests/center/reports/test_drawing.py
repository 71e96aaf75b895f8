"""Tables of a report as markup."""

from pathlib import Path
from typing import Any

HOSTILE = "<script>alert(\"1\")</script> & 'co'"


def body_of(columns: list[tuple[str, ...]], row: dict[str, Any]) -> str:
    from center.reports.drawing import texts
    from center.reports.tables import Column, Table

    return str(texts(Table("t", "title", tuple(Column(*one) for one in columns), (row,)))["body"])


def test_a_text_with_markup_in_it_stands_in_the_table_as_text(center_data: Path) -> None:
    body = body_of([("key", "key"), ("name", "name")], {"key": HOSTILE, "name": HOSTILE})
    assert "<script" not in body
    assert body.count("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#x27;co&#x27;") == 2


def test_names_are_the_headings_of_their_rows_and_numbers_stand_right(center_data: Path) -> None:
    row = {"key": "a", "name": "b", "count": 1}
    body = body_of([("key", "key"), ("name", "name"), ("count", "count", "count")], row)
    assert body == '<tr><th scope="row">a</th><td>b</td><td class="num">1</td></tr>\n'
    assert body_of([("count", "count", "count")], row) == '<tr><td class="num">1</td></tr>\n'
