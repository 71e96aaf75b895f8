"""Files waiting to be confirmed; and for cities that have their sites already, what each kecamatan's sites hang on."""

import re
from typing import Any

from django.db import migrations, models


def hang_on_areas(apps: Any, _schema_editor: Any) -> None:
    """One upstream per kecamatan, with its official number, and a link from each of its sites."""
    Site, Upstream, Link = (apps.get_model("sites", name) for name in ("Site", "Upstream", "Link"))
    numbers: dict[str, str] = {}
    for code, kecamatan in Site.objects.filter(kind="kel").exclude(kecamatan="").values_list("code", "kecamatan"):
        if found := re.match(r"kel-([0-9]{6})", code):
            numbers.setdefault(kecamatan, found[1])
    for kecamatan, number in sorted(numbers.items()):
        area, made = Upstream.objects.get_or_create(
            code=f"area-{number}", defaults={"name": f"Kecamatan {kecamatan}", "kind": "area"}
        )
        if made:
            Link.objects.bulk_create(Link(site=site, upstream=area) for site in Site.objects.filter(kecamatan=kecamatan))


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0002_registry'),
    ]

    operations = [
        migrations.CreateModel(
            name='Upload',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at_ms', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('table', models.CharField(max_length=32)),
                ('name', models.CharField(max_length=200)),
                ('content', models.TextField()),
            ],
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.UniqueConstraint(fields=('site', 'order'), name='person_identity'),
        ),
        migrations.RunPython(hang_on_areas, migrations.RunPython.noop),
    ]
