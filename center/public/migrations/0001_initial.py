"""Wrong PINs, counted."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Guess',
            fields=[
                ('key', models.CharField(max_length=40, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=8)),
                ('wrong', models.IntegerField(default=0)),
                ('since_ms', models.BigIntegerField(default=0)),
                ('last_ms', models.BigIntegerField(default=0)),
                ('locks', models.IntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['kind', 'last_ms'], name='guess_age')],
            },
        ),
    ]
