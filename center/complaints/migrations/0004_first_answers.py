"""When each complaint of before was first answered: from its log, else from its last step."""

from django.db import migrations

FILL = """
UPDATE complaints_complaint SET first_answer_ms = COALESCE(
  (SELECT MIN(e.at_ms) FROM complaints_event e WHERE e.complaint_id = complaints_complaint.service_request_id
     AND ((e.status = 'answered' AND e.kind IN ('status', 'told'))
          OR (e.kind = 'closed' AND e.status = 'closed' AND (e.about IN ('resolved', 'information')
              OR (e.about = '' AND closed_reason IN ('resolved', 'information')))))),
  CASE WHEN status = 'answered' OR (status = 'closed' AND closed_reason IN ('resolved', 'information'))
    THEN changed_ms END)
WHERE first_answer_ms IS NULL
"""


class Migration(migrations.Migration):
    dependencies = [
        ('complaints', '0003_desk_permissions'),
    ]

    operations = [migrations.RunSQL(FILL, migrations.RunSQL.noop)]
