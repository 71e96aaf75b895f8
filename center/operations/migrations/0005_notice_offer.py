"""What each kiosk was last offered of each public notice."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('operations', '0004_node_reach'),
    ]

    operations = [
        migrations.CreateModel(
            name='NoticeOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('notice_id', models.BigIntegerField()),
                ('node', models.CharField(max_length=64)),
                ('revision', models.IntegerField()),
                ('shown', models.BooleanField()),
                ('epoch', models.CharField(max_length=64)),
                ('downlink_id', models.CharField(max_length=36)),
                ('at_ms', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('notice_id', 'node'), name='notice_offer_identity')],
            },
        ),
    ]
