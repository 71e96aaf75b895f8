"""Subjects, agencies, deadlines, disclosures, photographs known by content, and survey answers."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('complaints', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_request_id', models.CharField(db_index=True, max_length=36)),
                ('at_ms', models.BigIntegerField()),
                ('actor', models.CharField(max_length=150)),
                ('what', models.CharField(max_length=16)),
                ('reason', models.CharField(max_length=300)),
            ],
            options={
                'ordering': ('id',),
            },
        ),
        migrations.CreateModel(
            name='SurveyAnswer',
            fields=[
                ('id', models.CharField(max_length=36, primary_key=True, serialize=False)),
                ('node', models.CharField(max_length=64)),
                ('place', models.CharField(max_length=64)),
                ('unit', models.CharField(max_length=64)),
                ('epoch', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField()),
                ('boot', models.CharField(max_length=64)),
                ('mono_ms', models.BigIntegerField()),
                ('wall_ms', models.BigIntegerField()),
                ('at_ms', models.BigIntegerField()),
                ('at_quality', models.CharField(max_length=10)),
                ('received_ms', models.BigIntegerField()),
                ('channel', models.CharField(max_length=16)),
                ('client_id', models.CharField(blank=True, default='', max_length=128)),
                ('service_request_id', models.CharField(blank=True, default='', max_length=36)),
                ('lang', models.CharField(blank=True, default='', max_length=8)),
                ('u1', models.SmallIntegerField()),
                ('u2', models.SmallIntegerField()),
                ('u3', models.SmallIntegerField()),
                ('u4', models.SmallIntegerField()),
                ('u5', models.SmallIntegerField()),
                ('u6', models.SmallIntegerField()),
                ('u7', models.SmallIntegerField()),
                ('u8', models.SmallIntegerField()),
                ('u9', models.SmallIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='event',
            name='about',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='event',
            name='batch',
            field=models.CharField(blank=True, default='', max_length=24),
        ),
        migrations.AddField(
            model_name='attachment',
            name='sha256',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='complaint',
            name='agency',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='complaint',
            name='area',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
        migrations.AddField(
            model_name='complaint',
            name='asked_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='assisted',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='complaint',
            name='closed_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='corrected_class',
            field=models.CharField(blank=True, default='', max_length=16),
        ),
        migrations.AddField(
            model_name='complaint',
            name='due_for',
            field=models.CharField(blank=True, default='', max_length=16),
        ),
        migrations.AddField(
            model_name='complaint',
            name='due_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='duplicate_of',
            field=models.CharField(blank=True, default='', max_length=36),
        ),
        migrations.AddField(
            model_name='complaint',
            name='erased_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='extended',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='complaint',
            name='external_id',
            field=models.CharField(blank=True, default='', max_length=128),
        ),
        migrations.AddField(
            model_name='complaint',
            name='first_answer_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='follows',
            field=models.CharField(blank=True, db_index=True, default='', max_length=36),
        ),
        migrations.AddField(
            model_name='complaint',
            name='identity',
            field=models.CharField(default='anonymous', max_length=16),
        ),
        migrations.AddField(
            model_name='complaint',
            name='lang',
            field=models.CharField(blank=True, default='', max_length=8),
        ),
        migrations.AddField(
            model_name='complaint',
            name='photos',
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name='complaint',
            name='pin_verifier',
            field=models.CharField(blank=True, default='', max_length=200),
        ),
        migrations.AddField(
            model_name='complaint',
            name='reply_key',
            field=models.CharField(blank=True, default='', max_length=44),
        ),
        migrations.AddField(
            model_name='complaint',
            name='subject',
            field=models.CharField(blank=True, default='', max_length=32),
        ),
        migrations.AddField(
            model_name='complaint',
            name='way',
            field=models.CharField(blank=True, default='', max_length=8),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(fields=['agency', 'status'], name='complaint_agency'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(fields=['due_ms'], name='complaint_due'),
        ),
        migrations.AddIndex(
            model_name='complaint',
            index=models.Index(condition=models.Q(('erased_ms__isnull', True)), fields=['closed_ms'], name='complaint_to_erase'),
        ),
        migrations.AddConstraint(
            model_name='attachment',
            constraint=models.UniqueConstraint(condition=models.Q(('sha256', ''), _negated=True), fields=('service_request_id', 'sha256'), name='attachment_content'),
        ),
        migrations.AddConstraint(
            model_name='complaint',
            constraint=models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('channel', 'external_id'), name='complaint_external'),
        ),
        migrations.AddIndex(
            model_name='disclosure',
            index=models.Index(fields=['actor', 'at_ms'], name='disclosure_actor'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('batch', ''), _negated=True), fields=['batch'], name='complaint_event_batch'),
        ),
        migrations.AddIndex(
            model_name='surveyanswer',
            index=models.Index(fields=['unit', 'at_ms'], name='survey_unit'),
        ),
        migrations.AddIndex(
            model_name='surveyanswer',
            index=models.Index(fields=['node', 'boot', 'mono_ms'], name='survey_boot'),
        ),
    ]
