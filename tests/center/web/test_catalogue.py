"""Indonesian is complete, and the compiled catalogue is the one whose source stands beside it."""

import ast
import gettext
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CENTER = Path(__file__).resolve().parents[3] / "center"
CATALOGUE = CENTER / "locale" / "id" / "LC_MESSAGES"
PLURAL = {"ngettext", "ngettext_lazy"}
PLAIN = {"_", "gettext", "gettext_lazy", "gettext_noop"} | PLURAL
STRING = r"u?('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"

COMMENT = re.compile(r"{% comment %}.*?{% endcomment %}|{#.*?#}", re.DOTALL)
TRANSLATED = re.compile(r"{% blocktranslate.*?{% endblocktranslate %}", re.DOTALL)
TAG = re.compile(r"{%.*?%}", re.DOTALL)
VALUE = re.compile(r"{{ *(.*?) *}}", re.DOTALL)
MARKUP = re.compile(r"<(script|style|code)\b.*?</\1>|<[^>]*>|&\w+;", re.DOTALL)
NAVIGATION = re.compile(r"{% block (?:nav_\w+|body_attributes) %}.*?{% endblock %}", re.DOTALL)
SAID_ATTRIBUTE = re.compile(r"\b(?:aria-label|title|placeholder|alt)=(\"[^\"]*\"|'[^']*')")
SAME_IN_EVERY_LANGUAGE = {"Sandi", "CPU", "CSV", "Bahasa", "Indonesia", "English"}
CODES = {
    "category", "classification", "closed_reason", "code", "kind", "quality", "at_quality", "reason", "reason_class",
    "severity", "state", "status", "stream", "verdict", "word", "what",
}  # fmt: skip
SHOWN_AS_THEY_ARE = {
    "complaint.code",  # the number of one, as the next
    "plain.code|default:complaint.code",  # the citizen's
    "one.code",
    "entered.code",
    "entry.other.code",
    "each.complaint.code",
    "form.code",  # a field
    "form.kind",  # a field
    "request_form.reason",  # a field
    "look.reason",  # what an officer wrote
    "place.code",  # the site's
    "case.code",  # of the quarantine: for maintainers, who look it up
    "finding.code",  # of a verdict, as the next
    "rung.code",  # of a verdict, beside its words: what technicians say to each other, and look up
    "row.code",
    "gap.reason",  # the box's own word, where there is none of ours
}


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
            yield ast.literal_eval(match[1])


def test_every_text_of_the_code_and_of_the_templates_is_translated(center_data: Path) -> None:
    known = source()
    used = {*used_in_python(), *used_in_templates()}
    assert len(used) > 150
    assert sorted(text for text in used if not known.get(text)) == []


def test_no_translation_is_left_over(center_data: Path) -> None:
    assert "fuzzy" not in (CATALOGUE / "django.po").read_text(encoding="utf-8").partition("\n\n")[2]
    assert all(source().values())
    used = {"", *used_in_python(), *used_in_templates()}
    assert sorted(text for text in source() if text not in used) == []


def seen_text(template: Path) -> Iterator[str]:
    """What a page shows of a template, with `{{ values }}` in place: its text and the attributes that are read out."""
    code = TRANSLATED.sub("", COMMENT.sub("", template.read_text(encoding="utf-8")))
    code = TAG.sub("", NAVIGATION.sub("", code))
    yield from (match[1] for match in SAID_ATTRIBUTE.finditer(code))
    yield MARKUP.sub(" ", code)


def templates() -> list[Path]:
    return sorted(CENTER.rglob("*.html"))


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_nothing_but_names_is_written_into_a_page_outside_the_catalogue(template: Path) -> None:
    words = {word for text in seen_text(template) for word in re.findall(r"[^\W\d_]{2,}", VALUE.sub("", text))}
    assert words <= SAME_IN_EVERY_LANGUAGE


@pytest.mark.parametrize("template", templates(), ids=lambda path: path.name)
def test_no_page_shows_a_code_where_there_is_a_word(template: Path) -> None:
    values = {value for text in seen_text(template) for value in VALUE.findall(text)}
    bare = {value for value in values if "." in value and value.rpartition(".")[2] in CODES}
    assert bare <= SHOWN_AS_THEY_ARE


def test_every_code_of_the_wire_and_of_the_audit_has_a_word_and_every_word_a_translation(center_data: Path) -> None:
    from center.connectivity.findings import ORDER
    from center.core.complaint_cycle import CLOSED_REASONS, STATUSES
    from center.core.gap_reasons import CLASSES
    from center.web.words import WORDS
    from wire.topics import STREAMS

    known = source()
    codes = {"stream": STREAMS, "missing": ORDER, "gap": CLASSES, "status": STATUSES, "reason": CLOSED_REASONS}
    assert [(name, code) for name, found in codes.items() for code in found if code not in WORDS[name]] == []
    assert [text for table in WORDS.values() for text in table.values() if not known.get(text)] == []


@pytest.mark.parametrize(("language", "words"), [
    ("id", ["pengaduan", "lampiran", "kejadian", "laporan", "gambar"]),
    ("en", ["complaints", "attachments", "events", "reports", "pictures"]),
])  # fmt: skip
def test_streams_are_called_what_people_call_them(center_data: Path, language: str, words: list[str]) -> None:
    from django.utils import translation

    from center.web.words import word
    from wire.topics import STREAMS

    with translation.override(language):
        assert [word("stream", stream) for stream in STREAMS] == words


def test_the_compiled_catalogue_says_what_its_source_says() -> None:
    with (CATALOGUE / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
    said = {key[0] if isinstance(key, tuple) else key: value for key, value in compiled.items() if key}
    assert said == {key: value for key, value in source().items() if key}


@pytest.mark.parametrize("text", ["All %(count)s sites are connected.", "%(age)s ago"])
def test_placeholders_survive_translation(text: str) -> None:
    assert set(re.findall(r"%\(\w+\)s", text)) == set(re.findall(r"%\(\w+\)s", source()[text]))


WRONG_WORDS = re.compile(r"\b(alat(?:nya)?|aduan)\b", re.IGNORECASE)
"""A node's hardware is a "kotak", and what citizens file is a "pengaduan"; "aduan" is one of its four kinds."""
RIGHT_THERE = {
    "complaint",  # the kind
    "cli.complain.help",  # names the four kinds
    "cli.complain.opt.category",
    "cli.panel_sim.opt.say",
    "cli.panel_sim.how",
}


def indonesian() -> Iterator[tuple[str, str]]:
    from center.phrases import PHRASES

    yield from source().items()
    yield from json.loads((CENTER.parent / "agent/locale/id.json").read_text(encoding="utf-8")).items()
    yield from ((key, text) for key, (text, _english) in PHRASES.items())
    for name in ("docs/hak-akses.md", "center/operations/sentences.py"):
        yield name, (CENTER.parent / name).read_text(encoding="utf-8")


def test_one_thing_has_one_word_over_all_catalogues(center_data: Path) -> None:
    texts = list(indonesian())
    assert len(texts) > 1500
    assert [(key, text) for key, text in texts if WRONG_WORDS.search(text) and key not in RIGHT_THERE] == []
