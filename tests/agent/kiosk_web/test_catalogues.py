"""The texts: complete in Indonesian and English, honest about what is partial, and never in the way of a page."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.kiosk.web import journey, pages, view
from agent.kiosk.web.catalogue import BUILT_IN, CatalogueError, Catalogues
from agent.kiosk.web.flow import _TOLD, CLOSED

TEXTS = {lang: json.loads((BUILT_IN / f"{lang}.json").read_text(encoding="utf-8")) for lang in ("id", "en", "su")}
WEB = Path(pages.__file__).parent


def test_indonesian_and_english_say_the_same_things_with_the_same_gaps() -> None:
    assert TEXTS["id"].keys() == TEXTS["en"].keys()
    for key, text in TEXTS["id"].items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", TEXTS["en"][key])), key


def test_nobody_reads_a_key() -> None:
    """Every text a page can ask for is there."""
    asked = set()
    for source in [*WEB.glob("*.py"), *(WEB / "templates").glob("*.html")]:
        asked |= set(re.findall(r"""(?:\bt|texts)\(["']([a-z_0-9.]+)["']""", source.read_text(encoding="utf-8")))
        asked |= set(re.findall(r"""Fault\(["']([a-z_0-9.]+)["']""", source.read_text(encoding="utf-8")))
    asked |= {f"error.{code}" for code in _TOLD} | {f"closed.{code}" for code in (*CLOSED, "other")}
    asked |= {f"status.{word}" for word in pages.KNOWN_STATUS} | {f"kind.{kind}" for kind in journey.KINDS}
    asked |= {f"survey.{n}" for n in range(1, journey.ELEMENTS + 1)} | {f"score.{n}" for n in range(1, 5)}
    asked |= {f"title.{step}" for step in (*journey.FIELDS, "review", "receipt", "identity", "staff", "way", "photo")}
    assert len(asked) > 100
    assert asked - TEXTS["id"].keys() == set()


def test_a_partial_catalogue_says_so_and_falls_back_to_indonesian() -> None:
    catalogues = Catalogues(("id", "en", "su"))
    indonesian, english, sundanese = catalogues
    assert (indonesian.partial, english.partial, sundanese.partial) == (False, False, True)
    assert sundanese("nav.back") == "Balik"
    assert sundanese("title.identity") == indonesian("title.identity")
    assert sundanese("no.such.text") == "no.such.text"
    assert TEXTS["su"].keys() <= TEXTS["id"].keys()


def test_the_city_s_own_catalogue_goes_before_ours(tmp_path: Path) -> None:
    (tmp_path / "jv.json").write_text('{"_name": "Jawa Serang", "nav.back": "Balik"}')
    own = Catalogues(("id", "jv"), tmp_path).texts("jv")
    assert (own.name, own.partial, own("nav.exit")) == ("Jawa Serang", True, TEXTS["id"]["nav.exit"])


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"a": 1}', b'{"a": "{"}', b"\xff", b'{"a": "{0}"}', b'{"a": "' + b"x" * 300_000 + b'"}']
)
def test_a_catalogue_that_is_none_is_refused_with_its_name(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "jv.json").write_bytes(content)
    with pytest.raises(CatalogueError, match=r"jv\.json"):
        Catalogues(("jv",), tmp_path)


def test_a_language_without_a_catalogue_is_refused() -> None:
    with pytest.raises(CatalogueError, match="xx"):
        Catalogues(("xx",))


@given(st.one_of(st.integers(), st.none(), st.text(max_size=5), st.floats()))
def test_any_moment_can_be_shown(at_ms: object) -> None:
    assert view.when(Catalogues(("id",)).texts("id"), at_ms)
