"""Providers, upstreams, links, contacts, boundaries, history."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('sites', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Boundary',
            fields=[
                ('site', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='boundary', serialize=False, to='sites.site')),
                ('rings', models.TextField()),
                ('source', models.CharField(max_length=200)),
                ('at_ms', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Provider',
            fields=[
                ('code', models.SlugField(max_length=32, primary_key=True, serialize=False, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('phone', models.CharField(blank=True, max_length=32, verbose_name='phone for faults')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail for faults')),
                ('contract_hours', models.CharField(blank=True, max_length=200, verbose_name='contract hours')),
                ('promised_pct', models.FloatField(default=99.5, verbose_name='promised availability, %')),
                ('credits', models.TextField(default='[]', verbose_name='credits')),
                ('holidays_count', models.BooleanField(default=True, verbose_name='holidays count as contract hours')),
            ],
            options={
                'verbose_name': 'internet provider',
                'verbose_name_plural': 'internet providers',
                'ordering': ('code',),
            },
        ),
        migrations.AddField(
            model_name='site',
            name='address',
            field=models.CharField(blank=True, max_length=300, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='site',
            name='agency',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='places', to='sites.site', verbose_name='agency'),
        ),
        migrations.AddField(
            model_name='site',
            name='office_hours',
            field=models.CharField(blank=True, max_length=200, verbose_name='office hours'),
        ),
        migrations.AlterField(
            model_name='site',
            name='kind',
            field=models.CharField(choices=[('kel', 'Kelurahan'), ('kec', 'Kecamatan'), ('opd', 'Agency'), ('cctv', 'Public place (CCTV)')], max_length=8, verbose_name='kind'),
        ),
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('role', models.CharField(blank=True, max_length=100, verbose_name='role')),
                ('phone', models.CharField(blank=True, max_length=32, verbose_name='phone')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                ('message_to', models.CharField(blank=True, max_length=200, verbose_name='messages to')),
                ('order', models.PositiveSmallIntegerField(default=1, verbose_name='order')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='people', to='sites.site')),
            ],
            options={
                'verbose_name': 'contact',
                'verbose_name_plural': 'contacts',
                'ordering': ('site', 'order', 'name'),
            },
        ),
        migrations.CreateModel(
            name='RegistryChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at_ms', models.BigIntegerField()),
                ('by', models.CharField(max_length=150)),
                ('how', models.CharField(max_length=16)),
                ('table', models.CharField(max_length=32)),
                ('key', models.CharField(max_length=140)),
                ('before', models.TextField(default='{}')),
                ('after', models.TextField(default='{}')),
            ],
            options={
                'indexes': [models.Index(fields=['at_ms'], name='registry_change_at'), models.Index(fields=['table', 'key', 'at_ms'], name='registry_change_key')],
            },
        ),
        migrations.CreateModel(
            name='Upstream',
            fields=[
                ('code', models.SlugField(max_length=64, primary_key=True, serialize=False, verbose_name='code')),
                ('name', models.CharField(max_length=100, verbose_name='name')),
                ('kind', models.CharField(choices=[('line', 'ISP link'), ('feeder', 'Power feeder'), ('area', 'Kecamatan'), ('core', 'City core')], max_length=8, verbose_name='kind')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('above', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='below', to='sites.upstream', verbose_name='hangs on')),
                ('provider', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='upstreams', to='sites.provider', verbose_name='provider')),
            ],
            options={
                'verbose_name': 'upstream',
                'verbose_name_plural': 'upstreams',
                'ordering': ('kind', 'code'),
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('circuit', models.CharField(blank=True, max_length=64, verbose_name='circuit id')),
                ('needs', models.CharField(default='any', max_length=3, verbose_name='needs')),
                ('primary', models.BooleanField(default=True, verbose_name='primary')),
                ('site', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='sites.site')),
                ('upstream', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='sites.upstream')),
            ],
            options={
                'verbose_name': 'link',
                'verbose_name_plural': 'links',
            },
        ),
        migrations.AddConstraint(
            model_name='upstream',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['line', 'feeder', 'area', 'core'])), name='upstream_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.UniqueConstraint(fields=('site', 'upstream'), name='link_identity'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.CheckConstraint(condition=models.Q(('needs__in', ['any', 'all'])), name='link_needs_known'),
        ),
    ]
