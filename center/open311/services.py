"""What can be reported: the subjects every kiosk shows as services, and the questions that go with them.

`service_code` is the subject's code, for good; `group` what belongs together, whoever acts. A request for public
information (PPID) is no service here: the law asks who wants to know, and no bridge can vouch for that.
"""

from typing import Final

from django.utils.translation import gettext, gettext_noop

from center.open311.markup import Node
from center.open311.terms import CATEGORIES, OTHER
from center.web.words import word
from wire.subjects import BY_CODE, SUBJECTS, Subject

_WORKS, _CLEAN = gettext_noop("Roads and lights"), gettext_noop("Waste and water")
_OFFICE, _WELFARE = gettext_noop("Papers and permits"), gettext_noop("Health, schools, aid")
GROUPS: Final = {
    "jalan": _WORKS,
    "lampu": _WORKS,
    "sampah": _CLEAN,
    "banjir": _CLEAN,
    "air": _CLEAN,
    "kependudukan": _OFFICE,
    "izin": _OFFICE,
    "kesehatan": _WELFARE,
    "pendidikan": _WELFARE,
    "bansos": _WELFARE,
    "ketertiban": gettext_noop("Public order"),
    "lainnya": gettext_noop("All other matters"),
}
"""A subject without its group is a KeyError of the first test."""


def service_list(language: str) -> list[Node]:
    """GET services."""
    return [
        {
            "service_code": one.code,
            "service_name": name_of(one.code, language),
            "description": _hint(one, language),
            "metadata": True,
            "type": "realtime",
            "keywords": ", ".join(_keywords(one)),
            "group": gettext(GROUPS[one.code]),
        }
        for one in SUBJECTS
    ]


def name_of(code: str, language: str) -> str:
    """The service's name; of a subject a newer kiosk brought, its code."""
    subject = BY_CODE.get(code or OTHER)
    return code if subject is None else subject.label_en if language == "en" else subject.label_id


def definition(code: str) -> Node:
    """GET services/{code}: none of its questions must be answered."""
    kinds: list[Node] = [{"key": one, "name": word("category", one)} for one in CATEGORIES]
    return {
        "service_code": code,
        "attributes": [
            _attribute(1, "category", "singlevaluelist", gettext("What kind of message is it?"), kinds),
            _attribute(2, "rt_rw", "string", gettext("RT/RW, as 003/007"), []),
            _attribute(3, "external_id", "string", gettext("Your own number of this request: sent again with it, it "
                                                           "is kept once"), []),
        ],
    }  # fmt: skip


def _attribute(order: int, code: str, datatype: str, description: str, values: list[Node]) -> Node:
    return {
        "variable": True,
        "code": code,
        "datatype": datatype,
        "required": False,
        "datatype_description": None,
        "order": order,
        "description": description,
        "values": values,
    }


def _hint(subject: Subject, language: str) -> str:
    return subject.hint_en if language == "en" else subject.hint_id


def _keywords(subject: Subject) -> list[str]:
    """The other language's words: what somebody might look for."""
    texts = (subject.label_id, subject.label_en, *subject.hint_id.split(", "), *subject.hint_en.split(", "))
    return list(dict.fromkeys(texts))
