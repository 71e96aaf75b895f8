"""Which sites an account sees, tokens of programs, and the audit log."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('sites', '0002_registry'),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, unique=True)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('level', models.CharField(default='city', max_length=12)),
                ('networks', models.CharField(blank=True, default='', max_length=500)),
                ('made_ms', models.BigIntegerField()),
                ('made_by', models.CharField(max_length=150)),
                ('expires_ms', models.BigIntegerField(blank=True, null=True)),
                ('revoked_ms', models.BigIntegerField(blank=True, null=True)),
                ('used_ms', models.BigIntegerField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='user',
            name='kecamatan',
            field=models.CharField(blank=True, max_length=64, verbose_name='kecamatan'),
        ),
        migrations.AddField(
            model_name='user',
            name='reach',
            field=models.CharField(choices=[('city', 'the whole city'), ('kecamatan', 'one kecamatan'), ('sites', 'single sites')], default='city', max_length=10, verbose_name='sees'),
        ),
        migrations.AddField(
            model_name='user',
            name='sites',
            field=models.ManyToManyField(blank=True, related_name='accounts', to='sites.site', verbose_name='sites'),
        ),
        migrations.CreateModel(
            name='Act',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at_ms', models.BigIntegerField()),
                ('who', models.CharField(max_length=150)),
                ('address', models.CharField(blank=True, default='', max_length=64)),
                ('what', models.CharField(max_length=40)),
                ('subject', models.CharField(blank=True, default='', max_length=140)),
                ('detail', models.CharField(blank=True, default='', max_length=500)),
            ],
            options={
                'indexes': [models.Index(fields=['at_ms'], name='act_at'), models.Index(fields=['subject', 'at_ms'], name='act_subject'), models.Index(fields=['who', 'at_ms'], name='act_who')],
            },
        ),
    ]
