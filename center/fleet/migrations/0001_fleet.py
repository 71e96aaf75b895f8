"""Configurations and releases of the boxes."""


from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='NodeConfig',
            fields=[
                ('node', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=12)),
                ('generation', models.CharField(blank=True, default='', max_length=64)),
                ('revision', models.BigIntegerField(default=0)),
                ('digest', models.CharField(blank=True, default='', max_length=64)),
                ('code', models.CharField(blank=True, default='', max_length=40)),
                ('detail', models.CharField(blank=True, default='', max_length=500)),
                ('tried', models.BigIntegerField(default=0)),
                ('overrides', models.TextField(default='[]')),
                ('problems', models.TextField(default='[]')),
                ('epoch', models.CharField(blank=True, default='', max_length=64)),
                ('seq', models.BigIntegerField(default=0)),
                ('record_id', models.BigIntegerField(default=0)),
                ('at_ms', models.BigIntegerField(default=0)),
                ('wanted_generation', models.CharField(blank=True, default='', max_length=64)),
                ('wanted_revision', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'configuration of a node',
                'verbose_name_plural': 'configurations of nodes',
            },
        ),
        migrations.CreateModel(
            name='NodeRelease',
            fields=[
                ('node', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('state', models.CharField(max_length=12)),
                ('version', models.CharField(max_length=40)),
                ('running', models.CharField(max_length=40)),
                ('digest', models.CharField(blank=True, default='', max_length=64)),
                ('code', models.CharField(blank=True, default='', max_length=40)),
                ('detail', models.CharField(blank=True, default='', max_length=500)),
                ('bytes_done', models.BigIntegerField(default=0)),
                ('bytes_total', models.BigIntegerField(default=0)),
                ('epoch', models.CharField(blank=True, default='', max_length=64)),
                ('seq', models.BigIntegerField(default=0)),
                ('record_id', models.BigIntegerField(default=0)),
                ('at_ms', models.BigIntegerField(default=0)),
            ],
            options={
                'verbose_name': 'release of a node',
                'verbose_name_plural': 'releases of nodes',
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('digest', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('version', models.CharField(max_length=40)),
                ('floor', models.CharField(max_length=40)),
                ('size_bytes', models.BigIntegerField()),
                ('manifest', models.TextField()),
                ('notes', models.CharField(blank=True, default='', max_length=500)),
                ('added_by', models.CharField(max_length=150)),
                ('added_ms', models.BigIntegerField()),
                ('withdrawn_ms', models.BigIntegerField(blank=True, null=True)),
            ],
            options={
                'verbose_name': 'release',
                'verbose_name_plural': 'releases',
                'ordering': ('-added_ms',),
            },
        ),
        migrations.CreateModel(
            name='ConfigPush',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('generation', models.CharField(max_length=64)),
                ('revision', models.BigIntegerField()),
                ('toml', models.TextField()),
                ('per_node', models.TextField(default='{}')),
                ('confirm_within_s', models.IntegerField(default=300)),
                ('operation', models.CharField(blank=True, db_index=True, default='', max_length=36)),
                ('note', models.CharField(blank=True, default='', max_length=200)),
                ('made_by', models.CharField(max_length=150)),
                ('made_ms', models.BigIntegerField()),
            ],
            options={
                'verbose_name': 'pushed configuration',
                'verbose_name_plural': 'pushed configurations',
                'ordering': ('-made_ms', '-id'),
                'constraints': [models.UniqueConstraint(fields=('generation', 'revision'), name='config_push_identity')],
            },
        ),
    ]
