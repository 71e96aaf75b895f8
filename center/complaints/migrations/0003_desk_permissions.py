"""The desk's own permissions: routing and many at once, confidential identities, copies for citizens."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ('complaints', '0002_voices'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='complaint',
            options={
                'permissions': (
                    ('desk_complaint', 'Can pass complaints on, correct their class, and end many at once'),
                    ('identity_complaint', 'Can see who stands behind a confidential complaint'),
                    ('export_complaint', 'Can hand out what is kept of a complaint to whoever filed it'),
                )
            },
        ),
    ]
