"""Forms of channels and routes. A channel's own fields come from the settings class of its kind."""

import json
from dataclasses import MISSING, fields
from typing import Any, get_type_hints

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.alerts.channel import load_settings
from center.alerts.channels.table import settings_class
from center.alerts.models import Channel, Route
from center.core.hours import HoursError, parse
from center.core.routing_facts import SEVERITIES
from center.errors import ConfigError
from center.sites.models import Site
from center.web.advice import language
from center.web.alert_words import CHANNEL_LANGUAGES, INCIDENT_KINDS, LABELS, PARTIES, SEVERITY, party_name

MAX_SITES = 200


class ChannelForm(forms.Form):
    """A channel of one kind; `own_...` are the fields of its kind."""

    name = forms.SlugField(
        label=gettext_lazy("Name of the channel"), max_length=40,
        help_text=gettext_lazy("Small letters, digits and -, for example telegram-piket."),
    )  # fmt: skip
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of its messages"), choices=tuple(CHANNEL_LANGUAGES.items()), initial="id",
        help_text=gettext_lazy("Also of what goes through it to sites' people."),
    )  # fmt: skip
    per_minute = forms.IntegerField(
        label=gettext_lazy("Messages a minute at most"), min_value=1, max_value=600, initial=10,
        help_text=gettext_lazy("What is more is put together as one."),
    )  # fmt: skip
    alive_every_min = forms.IntegerField(
        label=gettext_lazy("Sign of life every so many minutes"), min_value=0, max_value=10_080, initial=0,
        help_text=gettext_lazy("0: none. Once a day is 1440. When it does not come, alerts are dead."),
    )  # fmt: skip

    def __init__(self, kind: str, channel: Channel | None, data: Any = None) -> None:
        initial: dict[str, Any] = {}
        if channel is not None:
            try:
                stored = json.loads(channel.settings)
            except ValueError:
                stored = {}
            initial = {f"own_{key}": value for key, value in stored.items()} if isinstance(stored, dict) else {}
            for name in ("name", "enabled", "language", "per_minute", "alive_every_min"):
                initial[name] = getattr(channel, name)
        super().__init__(data, initial=initial)
        self._settings = settings_class(kind)
        self._channel = channel
        hints = get_type_hints(self._settings)
        for one in fields(self._settings):
            self.fields[f"own_{one.name}"] = _own_field(one.name, hints[one.name], one.default)
        if channel is not None:
            self.fields["name"].disabled = True
        self.order_fields(["name", *(f"own_{one.name}" for one in fields(self._settings))])

    def clean_name(self) -> str:
        """A name of its own."""
        name = str(self.cleaned_data["name"])
        if self._channel is None and Channel.objects.filter(pk=name).exists():
            raise forms.ValidationError(_("There is a channel of this name already."))
        return name

    def clean(self) -> dict[str, Any]:
        """The kind's own fields as its settings; what they refuse is said in their words."""
        cleaned: dict[str, Any] = super().clean() or {}
        own = {key.removeprefix("own_"): value for key, value in cleaned.items() if key.startswith("own_")}
        text = json.dumps({key: value for key, value in own.items() if value is not None}, ensure_ascii=False)
        if not self.errors:
            try:
                load_settings(self._settings, text)
            except ConfigError as error:
                raise forms.ValidationError(error.text(language())) from error
        cleaned["settings"] = text
        return cleaned


def _own_field(name: str, kind: type, default: Any) -> forms.Field:
    label = _(LABELS.get(name, name))
    needed = default is MISSING
    if kind is bool:
        return forms.BooleanField(label=label, required=False, initial=default)
    if kind is int:
        return forms.IntegerField(label=label, min_value=1, max_value=65_535, initial=default)
    return forms.CharField(label=label, required=needed, max_length=400, initial="" if needed else default)


class RouteForm(forms.Form):
    """Which incidents go to a channel, and when."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=80)
    channel = forms.ModelChoiceField(label=gettext_lazy("Channel"), queryset=Channel.objects.order_by("name"))
    least_severity = forms.ChoiceField(label=gettext_lazy("How severe"), initial="warning")
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("What about (nothing ticked: everything)"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    parties = forms.MultipleChoiceField(
        label=gettext_lazy("Whose fault (nothing ticked: anybody's)"), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    kecamatan = forms.MultipleChoiceField(
        label=gettext_lazy("Kecamatan (nothing ticked: all)"), required=False, widget=forms.CheckboxSelectMultiple
    )
    sites = forms.CharField(
        label=gettext_lazy("Only these sites"), required=False, max_length=8000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Codes with spaces between, such as kel-3673011001. Empty: all."),
    )  # fmt: skip
    hours = forms.CharField(
        label=gettext_lazy("Speaks during"), required=False, max_length=200,
        help_text=gettext_lazy("Such as Mon-Fri 07:30-16:00. Empty: always. What comes outside waits until then."),
    )  # fmt: skip
    quiet_hours = forms.CharField(
        label=gettext_lazy("Quiet during"), required=False, max_length=200,
        help_text=gettext_lazy("Such as 22:00-06:00. Recoveries of what was told go out all the same."),
    )  # fmt: skip
    quiet_severity = forms.ChoiceField(label=gettext_lazy("Breaks the quiet"), initial="critical")
    after_min = forms.IntegerField(
        label=gettext_lazy("Only when nobody acknowledged for so many minutes"), min_value=0, max_value=1440, initial=0
    )
    level = forms.IntegerField(
        label=gettext_lazy("Level of escalation"), min_value=0, max_value=9, initial=0,
        help_text=gettext_lazy("0: told first. 1 and more: after so many escalations, or after the minutes above."),
    )  # fmt: skip
    to_site = forms.BooleanField(
        label=gettext_lazy("To the site's own people, with what to check"), required=False,
        help_text=gettext_lazy("Goes to the contacts in the registry instead of the channel's own address."),
    )  # fmt: skip
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        severities = [(one, _(SEVERITY[one])) for one in SEVERITIES]
        areas = Site.objects.exclude(kecamatan="").order_by("kecamatan").values_list("kecamatan", flat=True).distinct()
        self._choose("least_severity", severities)
        self._choose("quiet_severity", severities)
        self._choose("kinds", [(code, _(word)) for code, word in INCIDENT_KINDS.items()])
        self._choose("parties", [(one, party_name(one)) for one in PARTIES])
        self._choose("kecamatan", [(one, one) for one in areas])

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def clean_sites(self) -> list[str]:
        """Codes of sites there are."""
        codes = list(dict.fromkeys(str(self.cleaned_data["sites"]).replace(",", " ").split()))
        known = set(Site.objects.filter(pk__in=codes[:MAX_SITES]).values_list("pk", flat=True))
        unknown = [one for one in codes if one not in known]
        if unknown:
            raise forms.ValidationError(_("There is no site %(code)s.") % {"code": unknown[0][:64]})
        return codes

    def clean_hours(self) -> str:
        """Hours that can be read."""
        return _hours(str(self.cleaned_data["hours"]))

    def clean_quiet_hours(self) -> str:
        """Hours that can be read."""
        return _hours(str(self.cleaned_data["quiet_hours"]))

    def clean(self) -> dict[str, Any]:
        """A siren has no people, and a level without a time needs somebody to escalate: both are as they are meant."""
        cleaned: dict[str, Any] = super().clean() or {}
        channel = cleaned.get("channel")
        if cleaned.get("to_site") and channel is not None and channel.kind not in {"telegram", "email", "whatsapp"}:
            self.add_error("to_site", _("This channel cannot reach single people."))
        return cleaned

    def stored(self) -> dict[str, Any]:
        """The columns of the route."""
        values = dict(self.cleaned_data)
        for name in ("kinds", "parties", "kecamatan", "sites"):
            values[name] = json.dumps(list(values[name]))
        return values


def route_initial(route: Route) -> dict[str, Any]:
    """The form's values of a stored route."""
    values = {name: getattr(route, name) for name in RouteForm.base_fields}
    for name in ("kinds", "parties", "kecamatan", "sites"):
        values[name] = words_of(values[name])
    values["sites"] = " ".join(values["sites"])
    return values


def words_of(text: str) -> list[str]:
    """A JSON list of words; [] for anything else."""
    try:
        values = json.loads(text or "[]")
    except ValueError:
        return []
    return [one for one in values if isinstance(one, str)] if isinstance(values, list) else []


def _hours(text: str) -> str:
    text = " ".join(text.split())
    try:
        parse(text)
    except HoursError as error:
        raise forms.ValidationError(
            _("“%(word)s” is not understood here. Write it like Mon-Fri 07:30-16:00; Sat 08:00-12:00.")
            % {"word": error.word or text[:40]}
        ) from error
    return text
