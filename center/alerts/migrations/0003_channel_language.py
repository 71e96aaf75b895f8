"""In which language a channel is spoken to; those there are stay Indonesian."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('alerts', '0002_delivery_lives'),
    ]

    operations = [
        migrations.AddField(
            model_name='channel',
            name='language',
            field=models.CharField(db_default='id', default='id', max_length=2),
        ),
    ]
