"""Public notices may be for a part of the city, and may be changed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('wall', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='publicnotice',
            name='revision',
            field=models.IntegerField(default=1),
        ),
        migrations.AddField(
            model_name='publicnotice',
            name='target',
            field=models.CharField(blank=True, default='', max_length=64),
        ),
    ]
