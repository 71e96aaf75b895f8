"""A birth may carry self-warnings."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('ingest', '0002_gap_audit'),
    ]

    operations = [
        migrations.AddField(
            model_name='presence',
            name='warnings',
            field=models.TextField(blank=True, default='[]'),
        ),
    ]
