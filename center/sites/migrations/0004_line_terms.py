"""Since when each site hangs on its line: read back from the history of changes, as far as that goes.

Links entered before there was a history, or past it, have been what they are from the beginning. Of changes of more
than a year ago nothing is read back: their days can no longer be divided, and the reports of then are published.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from django.db import migrations, models

from center.core.terms import Line, Terms, lines, told

YEAR_MS = 366 * 86_400_000
TABLES = ("links", "upstreams")


def read_back(apps: Any, _schema_editor: Any) -> None:
    """Undo the history in thought, newest first, and note each time a site's line was another before."""
    LineTerm, Node, Due = (
        apps.get_model(app, name) for app, name in (("sites", "LineTerm"), ("sites", "Node"), ("availability", "Due"))
    )
    now_ms = time.time_ns() // 1_000_000
    sites = set(apps.get_model("sites", "Site").objects.values_list("code", flat=True))
    for site, terms in _terms(apps, now_ms).items():
        if site not in sites or not terms:
            continue
        LineTerm.objects.bulk_create(
            LineTerm(
                site_id=site, from_ms=one.from_ms, provider=one.line.provider, circuit=one.line.circuit,
                upstream=one.line.upstream,
            )  # fmt: skip
            for one in terms
        )
        for node in Node.objects.filter(site_id=site).values_list("id", flat=True):
            due, new = Due.objects.get_or_create(node=node, defaults={"from_ms": terms[1].from_ms, "since_ms": now_ms})
            if not new:
                due.from_ms, due.version = min(due.from_ms, terms[1].from_ms), due.version + 1
                due.save()


def _terms(apps: Any, now_ms: int) -> dict[str, Terms]:
    steps = list(_steps(apps, now_ms))
    found: dict[str, Terms] = {}
    for at_ms, how, before, after in reversed(steps):
        for site in before.keys() | after.keys():
            was, line, known = before.get(site, Line()), after.get(site, Line()), found.get(site, ())
            if was == line:
                continue
            undone = how == "undo" and len(known) > 1 and known[-2].line == line
            found[site] = known[:-1] if undone else told(known, was, line, at_ms)
            if len(found[site]) == 1:
                found[site] = ()
    last = steps[0][3] if steps else {}
    return {site: terms for site, terms in found.items() if terms and terms[-1].line == last.get(site, Line())}


def _steps(apps: Any, now_ms: int) -> Iterator[tuple[int, str, dict[str, Line], dict[str, Line]]]:
    """Moment, way, and every site's line before and after; the newest first."""
    Link, Upstream, Past = (apps.get_model("sites", name) for name in ("Link", "Upstream", "RegistryChange"))
    tables: dict[str, dict[str, dict[str, Any]]] = {
        "links": {
            f"{site}/{code}": {"site": site, "upstream": code, "circuit": circuit, "primary": primary}
            for site, code, circuit, primary in Link.objects.values_list("site_id", "upstream_id", "circuit", "primary")
        },
        "upstreams": {
            code: {"kind": kind, "provider": provider or ""}
            for code, kind, provider in Upstream.objects.values_list("code", "kind", "provider_id")
        },
    }
    after, at_ms, how = lines(tables), 0, ""
    for row in Past.objects.filter(table__in=TABLES, at_ms__gte=now_ms - YEAR_MS).order_by("-at_ms", "-id"):
        if row.at_ms != at_ms and at_ms:
            before = lines(tables)
            yield at_ms, how, before, after
            after = before
        at_ms, how = row.at_ms, row.how
        _take_back(tables[row.table], row.key, json.loads(row.before), json.loads(row.after))
    if at_ms:
        yield at_ms, how, lines(tables), after


def _take_back(rows: dict[str, dict[str, Any]], key: str, before: dict[str, Any], after: dict[str, Any]) -> None:
    if not before:
        rows.pop(key, None)
    elif not after:
        rows[key] = before
    elif key in rows:
        rows[key] = {**rows[key], **before}


class Migration(migrations.Migration):
    dependencies = [("sites", "0003_upload_and_areas"), ("availability", "0004_day_parts")]

    operations = [
        migrations.CreateModel(
            name="LineTerm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_ms", models.BigIntegerField()),
                ("provider", models.CharField(blank=True, max_length=32)),
                ("circuit", models.CharField(blank=True, max_length=64)),
                ("upstream", models.CharField(blank=True, max_length=64)),
                (
                    "site",
                    models.ForeignKey(
                        on_delete=models.deletion.CASCADE, related_name="terms", to="sites.site"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="lineterm",
            constraint=models.UniqueConstraint(fields=("site", "from_ms"), name="line_term_identity"),
        ),
        migrations.RunPython(read_back, migrations.RunPython.noop),
    ]
