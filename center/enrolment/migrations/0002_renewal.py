"""Renewals: which key of a node got which certificate."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('enrolment', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Renewal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('node', models.CharField(max_length=64, verbose_name='node')),
                ('fingerprint', models.CharField(max_length=64, verbose_name='fingerprint')),
                ('certificate', models.TextField()),
                ('serial', models.CharField(max_length=40)),
                ('expires_at', models.DateTimeField(verbose_name='expires at')),
                ('at', models.DateTimeField(verbose_name='renewed at')),
            ],
            options={
                'verbose_name': 'renewal',
                'verbose_name_plural': 'renewals',
                'ordering': ('-at', '-id'),
                'constraints': [models.UniqueConstraint(fields=('node', 'fingerprint'), name='enrolment_renewal_identity')],
                'indexes': [models.Index(fields=['at'], name='enrolment_renewal_at')],
            },
        ),
    ]
