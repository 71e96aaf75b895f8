"""Indonesian is complete, and the compiled catalogue is the one whose source stands beside it."""

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CENTER = Path(__file__).resolve().parents[3] / "center"
CATALOGUE = CENTER / "locale" / "id" / "LC_MESSAGES"
PLURAL = {"ngettext", "ngettext_lazy"}
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"} | PLURAL
STRING = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"


def source() -> dict[str, str]:
    """Message -> translation of the .po, contexts joined as gettext joins them."""
    entries: dict[str, str] = {}
    for block in (CATALOGUE / "django.po").read_text(encoding="utf-8").split("\n\n"):
        fields: dict[str, str] = {}
        key = ""
        for line in block.splitlines():
            match = re.match(r'(msg\S+) (".*")$', line)
            if match:
                key = match[1]
                fields[key] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                fields[key] += ast.literal_eval(line)
        if "msgid" in fields:
            context = fields.get("msgctxt", "")
            name = f"{context}\x04{fields['msgid']}" if context else fields["msgid"]
            entries[name] = fields.get("msgstr") or fields.get("msgstr[0]", "")
    return entries


def used_in_python() -> Iterator[str]:
    for path in CENTER.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            texts = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
            if node.func.id in PLAIN and texts:
                yield texts[0]
            elif node.func.id == "pgettext" and len(texts) == 2:
                yield "\x04".join(texts)


def used_in_templates() -> Iterator[str]:
    from django.utils.translation.template import templatize

    for path in CENTER.rglob("*.html"):
        code = templatize(path.read_text(encoding="utf-8"))
        for match in re.finditer(rf"\b(?:_|gettext|ngettext)\({STRING}", code):
            yield ast.literal_eval(match[1]).replace("%%", "%")


def test_every_text_of_the_code_and_of_the_templates_is_translated(center_data: Path) -> None:
    known = source()
    used = {*used_in_python(), *used_in_templates()}
    assert len(used) > 150
    assert sorted(text for text in used if not known.get(text)) == []


def test_no_translation_is_left_over() -> None:
    assert "fuzzy" not in (CATALOGUE / "django.po").read_text(encoding="utf-8").partition("\n\n")[2]
    assert all(source().values())


def test_the_compiled_catalogue_says_what_its_source_says() -> None:
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    said = {key[0] if isinstance(key, tuple) else key: value for key, value in compiled.items() if key}
    assert said == {key: value for key, value in source().items() if key}


@pytest.mark.parametrize("text", ["All %(count)s sites are connected.", "%(age)s ago"])
def test_placeholders_survive_translation(text: str) -> None:
    assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", source()[text]))
