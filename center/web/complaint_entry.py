"""The form for what citizens say elsewhere: at the counter, on the telephone, in RABEG, on social media."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.complaints.entry_forms import new_word, opened_ms
from center.complaints.manual import Entry
from center.sites.models import Kind
from center.web.complaint_rows import all_names, name_of, subject_word
from center.web.complaint_words import CHANNELS, IDENTITIES, WAYS
from center.web.incident_forms import SKEW_MS, moment_field, to_ms
from center.web.live import now_ms
from center.web.words import CLASSES, WORDS, words
from wire.subjects import SUBJECTS

BY_HAND = ("counter", "phone112", "rabeg", "social", "ppid_site")
"""Channels somebody types in; programs come over the interface."""
OLDEST_MS = 366 * 86_400_000
OPEN_MS = 86_400_000
"""A form is filled in within a day."""


class EntryForm(forms.Form):
    """One voice. What is typed here is sealed before it is stored, like everything from a kiosk."""

    channel = forms.ChoiceField(label=gettext_lazy("Where it was said"))
    external_id = forms.CharField(
        label=gettext_lazy("Its number there"), max_length=128, required=False, strip=True,
        help_text=gettext_lazy("Of RABEG, 112 or the PPID site: the same number twice is the same complaint."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    at = moment_field(gettext_lazy("When (WIB)"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("Category"))
    subject = forms.ChoiceField(label=gettext_lazy("Subject"), required=False)
    area = forms.ChoiceField(label=gettext_lazy("Kelurahan it is about"), required=False)
    rt_rw = forms.CharField(label=gettext_lazy("RT/RW"), max_length=12, required=False, strip=True)
    text = forms.CharField(
        label=gettext_lazy("What the citizen said"), max_length=4000, strip=True,
        widget=forms.Textarea(attrs={"rows": 6}),
    )  # fmt: skip
    purpose = forms.CharField(
        label=gettext_lazy("What the information is for"), max_length=1000, required=False, strip=True,
        help_text=gettext_lazy("For requests for information, as the law asks."),
    )  # fmt: skip
    way = forms.ChoiceField(label=gettext_lazy("How the information is wanted"), required=False)
    identity = forms.ChoiceField(label=gettext_lazy("Who they are"))
    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, required=False, strip=True)
    contact = forms.CharField(label=gettext_lazy("Telephone or e-mail"), max_length=100, required=False, strip=True)
    kind = forms.ChoiceField(
        label=gettext_lazy("Class"),
        required=False,
        help_text=gettext_lazy("Of calls to 112 as the operator heard them."),
    )
    urgent = forms.BooleanField(label=gettext_lazy("Urgent"), required=False)
    form = forms.CharField(
        max_length=64, required=False, initial=lambda: new_word(now_ms()), widget=forms.HiddenInput()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = all_names()
        channels, identities = words(CHANNELS), words(IDENTITIES)
        wards = [(code, name_of(names, code)) for code in names if code.startswith(f"{Kind.KELURAHAN}-")]
        choices = {
            "channel": [(code, channels[code]) for code in BY_HAND],
            "category": list(words(WORDS["category"]).items()),
            "subject": [("", _("(none)")), *((one.code, subject_word(one.code)) for one in SUBJECTS)],
            "area": [("", _("(none)")), *sorted(wards, key=lambda one: one[1].casefold())],
            "way": list(words(WAYS).items()),
            "identity": [(code, identities[code]) for code in ("anonymous", "confidential", "contact")],
            "kind": list(words(CLASSES).items()),
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    def clean_form(self) -> str:
        """A word that is none, or of a form nobody has been filling in, is a new form's: nothing is refused for it."""
        word: str = self.cleaned_data["form"]
        at_ms = opened_ms(word)
        open_for_ms = -1 if at_ms is None else now_ms() - at_ms
        return word if 0 <= open_for_ms <= OPEN_MS else new_word(now_ms())

    def clean_at(self) -> int:
        moment = self.cleaned_data["at"]
        at_ms = 0 if moment is None else to_ms(moment)
        if at_ms > now_ms() + SKEW_MS:
            raise forms.ValidationError(_("This moment has not come yet."))
        if at_ms and at_ms < now_ms() - OLDEST_MS:
            raise forms.ValidationError(_("More than a year ago: is the year right?"))
        return at_ms

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("category") == "ppid":
            for field in ("purpose", "name", "contact"):
                if field not in self.errors and not cleaned.get(field):
                    self.add_error(field, _("A request for information needs this."))
        elif cleaned.get("identity") == "contact" and not cleaned.get("contact"):
            self.add_error("contact", _("Give a telephone number or an e-mail address, or choose anonymous."))
        return cleaned

    def entry(self) -> Entry:
        """As the service takes it; the form has been found right."""
        values = self.cleaned_data
        ppid = values["category"] == "ppid"
        named = values["identity"] != "anonymous" or ppid
        return Entry(
            channel=values["channel"],
            category=values["category"],
            text=values["text"],
            subject="" if ppid else values["subject"],
            place=values["area"],
            area=values["area"],
            rt_rw=values["rt_rw"],
            name=values["name"] if named else "",
            contact=values["contact"] if named else "",
            purpose=values["purpose"] if ppid else "",
            way=values["way"] or "copy",
            identity="contact" if ppid else values["identity"],
            external_id=values["external_id"],
            at_ms=values["at"],
            classification="information" if ppid else values["kind"] or "real",
            sure=values["channel"] == "phone112",
            urgent=values["urgent"],
            form=values["form"],
        )
