"""What nodes bring: complaints, requests for information, survey answers, photographs. Stored once, whatever repeats.

Raw SQL on purpose: the insert says itself what a repeat is, and no NULL or CHECK violation passes for one.
"""

import msgspec

from center.complaints.asking import follow
from center.complaints.deadlines import due_on_arrival
from center.complaints.log import write_log
from center.ingest.database import execute, select
from wire import bodies

UNTOUCHED: dict[str, object] = {
    "corrected_class": "",
    "agency": "",
    "duplicate_of": "",
    "asked_ms": None,
    "due_ms": None,
    "due_for": "",
    "extended": False,
    "first_answer_ms": None,
    "closed_ms": None,
    "erased_ms": None,
    "pin_verifier": "",
    "external_id": "",
}
"""The desk's columns of a complaint nobody has worked on. The database has no defaults of its own."""


def receive_complaint(body: bodies.Complaint, columns: dict[str, object], received_ms: int) -> bool:
    """Store a complaint and open its log; whether it was new. `columns`: identity and times of its record.

    The same request under another record (offered again in a new epoch) is the same complaint.
    """
    clear = {
        "category": body.category,
        "classification": body.classification,
        "reasons": msgspec.json.encode(body.reasons).decode(),
        "urgent": body.urgent,
        "subject": body.subject,
        "follows": body.follows,
        "photos": body.photos,
        "identity": body.identity,
        "way": "",
        "assisted": False,
    }
    return _insert({**columns, **_common(body), **clear}, received_ms)


def receive_request(body: bodies.InformationRequest, columns: dict[str, object], received_ms: int) -> bool:
    """Store a request for public information: a complaint of the category `ppid`, whose applicant must be known."""
    clear: dict[str, object] = {
        "category": "ppid",
        "classification": "information",
        "reasons": "[]",
        "urgent": False,
        "subject": "",
        "follows": "",
        "photos": 0,
        "identity": "contact",
        "way": body.way,
        "assisted": body.assisted,
    }
    return _insert({**columns, **_common(body), **clear}, received_ms)


def receive_survey(body: bodies.SurveyAnswer, columns: dict[str, object]) -> bool:
    """Store one answered survey; whether it was new."""
    values = {
        **columns,
        "id": body.id,
        "place": body.place,
        "unit": body.unit,
        "channel": body.channel,
        "client_id": body.client_id,
        "service_request_id": body.service_request_id,
        "lang": body.lang,
        **{f"u{number}": score for number, score in enumerate(body.answers, 1)},
    }
    return _insert_into("complaints_surveyanswer", "(id)", values)


def _common(body: bodies.Complaint | bodies.InformationRequest) -> dict[str, object]:
    return {
        "service_request_id": body.service_request_id,
        "code": free_code(body.code, body.service_request_id),
        "place": body.place,
        "area": f"kel-{body.area}" if body.area else "",
        "channel": body.channel,
        "client_id": body.client_id,
        "lang": body.lang,
        "reply_key": body.reply_key,
        "sealed": msgspec.json.encode(body.sealed).decode(),
        "key_id": body.sealed.key_id,
    }


def _insert(values: dict[str, object], received_ms: int) -> bool:
    term = due_on_arrival(str(values["category"]), received_ms)
    fresh = {"status": "received", "closed_reason": "", "changed_ms": received_ms}
    due = {"due_ms": term.at_ms, "due_for": term.term}
    if not _insert_into("complaints_complaint", "(service_request_id)", {**values, **fresh, **UNTOUCHED, **due}):
        return False
    write_log(
        str(values["service_request_id"]),
        "received",
        str(values["node"]),
        received_ms,
        status="received",
        about=str(values["channel"]),
    )
    follow(str(values["service_request_id"]), str(values["follows"]), str(values["node"]), received_ms)
    return True


def _insert_into(table: str, identity: str, values: dict[str, object]) -> bool:
    marks = ", ".join(["%s"] * len(values))
    sql = f"INSERT INTO {table} ({', '.join(values)}) VALUES ({marks}) ON CONFLICT {identity} DO NOTHING"  # noqa: S608
    return execute(sql, list(values.values())) == 1


def free_code(code: str, complaint_id: str) -> str:
    """The ticket code; with a suffix in the (1 in 10^13) case that another complaint has it. No voice is refused."""
    sql = "SELECT COUNT(*) FROM complaints_complaint WHERE {} AND service_request_id <> %s"
    if not select(sql.format("code = %s"), (code, complaint_id))[0][0]:  # by the index: LIKE reads every code there is
        return code
    taken = int(select(sql.format("code LIKE %s"), (f"{code}%", complaint_id))[0][0])
    return f"{code}-{taken + 1}"
