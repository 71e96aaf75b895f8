"""Telling an agency that a complaint has become theirs, or is theirs again: through its own people's alert channels.

No word of the complaint travels: what it is about, its code, and where to look.
"""

from center.alerts.agencies import tell_site
from center.complaints.models import Complaint
from center.core.complaint_words import told_agency


def agency_told(complaint: Complaint, kind: str, at_ms: int) -> int:
    """Queue a message to everybody of the complaint's agency whom a channel reaches; how many. Caller's transaction.

    `kind`: routed | reopened. The same news of the same moment is told once.
    """
    if not complaint.agency:
        return 0
    texts = told_agency(kind, complaint.code, complaint.subject, complaint.due_ms)
    severity = "critical" if complaint.urgent else "warning"
    return tell_site(complaint.agency, f"complaint.{complaint.pk}.{kind}.{at_ms}", texts, severity=severity)
