"""Months as published."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='FrozenMonth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.IntegerField()),
                ('version', models.IntegerField()),
                ('frozen_ms', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('reason', models.CharField(blank=True, default='', max_length=500)),
                ('document', models.TextField()),
                ('digest', models.CharField(max_length=64)),
                ('signature', models.CharField(max_length=100)),
            ],
            options={
                'permissions': (('freeze_month', 'Can freeze and amend months'),),
                'constraints': [models.UniqueConstraint(fields=('month', 'version'), name='frozen_month_identity')],
            },
        ),
    ]
