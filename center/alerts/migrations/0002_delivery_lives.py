"""Signs of life, what became of a delivery, and the process that sends them."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Beat',
            fields=[
                ('owner', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('since_ms', models.BigIntegerField()),
                ('alive_ms', models.BigIntegerField()),
            ],
        ),
        migrations.AddField(
            model_name='channel',
            name='alive_every_min',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='channel',
            name='failing_since_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='into',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='route',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='delivery',
            name='tried_ms',
            field=models.BigIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='delivery',
            name='uncertain',
            field=models.BooleanField(default=False),
        ),
    ]
