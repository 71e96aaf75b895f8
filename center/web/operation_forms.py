"""The form of an order: what a command needs to know, which boxes, and how it goes over many of them."""

import json
import re
from typing import Any, Final

import msgspec
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.commander.frames import MOST_NODES, Roll
from center.fleet.models import Release
from center.web import operation_nodes
from center.web.operation_words import ARGUMENTS, UNITS
from center.web.words import words
from wire.commands import COMMANDS, decode_arguments
from wire.errors import WireError

Scalar = str | int | float | bool | None
ELSEWHERE: Final = frozenset({"config", "keys", "witness"})
"""Commands ordered on pages of their own, or on the server alone."""
ROLLS: Final[dict[str, Roll]] = {
    "look": Roll(0, 0, 100, 0),
    "touch": Roll(1, 10, 20, 60),
    "grave": Roll(2, 10, 10, 300),
    "update": Roll(2, 10, 10, 900),
}
"""How an order goes over many boxes unless somebody says otherwise, by command or gravity: looking harms nobody, so it
goes to all at once; what takes boxes away begins with two, and leaves time to see how they are."""
LASTS_S: Final = (1800, 3600, 7200, 14_400, 28_800, 86_400, 172_800)
HOST: Final = re.compile(r"^[A-Za-z0-9._:%-]+$")


def _host(label: str, example: str) -> forms.CharField:
    field = forms.RegexField(HOST, label=_(label), max_length=253, strip=True, help_text=example)
    field.error_messages["invalid"] = _("A name or an address, without spaces.")
    return field


def _duration() -> forms.TypedChoiceField:
    from center.web.templatetags.sandi import duration

    choices = [(str(each), duration(each * 1000)) for each in LASTS_S]
    field = forms.TypedChoiceField(label=_("How long"), choices=[*choices, ("0", _("end it now"))], coerce=int)
    field.initial = "7200"
    return field


def _unit() -> forms.ChoiceField:
    return forms.ChoiceField(label=_(ARGUMENTS["unit"]), choices=list(words(UNITS).items()))


def _release() -> forms.ChoiceField:
    rows = Release.objects.filter(withdrawn_ms=None)
    choices = [(one.digest, f"{one.version} · {one.size_bytes // 1_000_000 or 1} MB") for one in rows]
    field = forms.ChoiceField(label=_(ARGUMENTS["version"]), choices=choices)
    field.help_text = "" if choices else _("There is none yet: on the server, sandi-center release add FILE.")
    return field


def _number(name: str, low: int, high: int, initial: int) -> forms.IntegerField:
    return forms.IntegerField(label=_(ARGUMENTS[name]), min_value=low, max_value=high, initial=initial)


def _text(name: str, most: int, help_text: str = "") -> forms.CharField:
    return forms.CharField(
        label=_(ARGUMENTS[name]), max_length=most, required=False, strip=True, help_text=help_text, empty_value=""
    )


def _fields_of(command: str) -> dict[str, forms.Field]:
    """The fields of a command's arguments, by the name of the argument."""
    if command in {"ping", "trace"}:
        hosts = {"host": _host(ARGUMENTS["host"], _("gateway, center, a name, or a number such as 8.8.8.8"))}
        hosts["host"].initial = "gateway" if command == "ping" else "center"
        return {**hosts, "count": _number("count", 1, 50, 5)} if command == "ping" else dict(hosts)
    if command == "dns":
        return {"name": _host(ARGUMENTS["name"], _("for example serangkota.go.id"))}
    if command == "site":
        return {"url": forms.CharField(label=_(ARGUMENTS["url"]), max_length=500, initial="https://")}
    if command == "snapshot":
        return {"camera": _text("camera", 40, _("Empty: every camera of the box."))}
    if command == "logs":
        return {"unit": _unit(), "lines": _number("lines", 1, 500, 200)}
    if command == "maintenance":
        return {"lasts_s": _duration(), "ticket": _text("ticket", 64), "note": _text("note", 200)}
    if command == "update":
        return {"digest": _release(), "forced": forms.BooleanField(label=_(ARGUMENTS["forced"]), required=False)}
    return {}


class OrderForm(forms.Form):
    """An order for `command`. After `is_valid`: `nodes`, `arguments` (as the wire takes them) and `roll`."""

    how = forms.ChoiceField(choices=[(how, how) for how in operation_nodes.HOWS])
    node = forms.MultipleChoiceField(required=False)
    kecamatan = forms.ChoiceField(label=gettext_lazy("Kecamatan"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind of place"), required=False)
    heard_only = forms.BooleanField(label=gettext_lazy("Only boxes that are connected now"), required=False)
    canary = forms.IntegerField(label=gettext_lazy("Boxes that go first, alone"), min_value=0, max_value=100)
    batch_size = forms.IntegerField(label=gettext_lazy("Then so many at a time"), min_value=0, max_value=MOST_NODES)
    pause_min = forms.IntegerField(label=gettext_lazy("Minutes between two waves"), min_value=0, max_value=1440)
    abort_pct = forms.IntegerField(label=gettext_lazy("Stop when more than so many % fail"), min_value=0, max_value=100)
    note = forms.CharField(
        label=gettext_lazy("Why (for whoever reads it later)"), max_length=200, required=False, strip=True
    )

    def __init__(self, command: str, every: list[operation_nodes.Box], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.command, self.every = command, every
        self.nodes: list[str] = []
        self.arguments: dict[str, Scalar] = {}
        fields = _fields_of(command)
        self.names = tuple(fields)
        for name, field in fields.items():
            self.fields[f"arg_{name}"] = field
        self._choices("node", [(box.id, box.name) for box in every])
        self._choices("kecamatan", [("", _("(choose)")), *((one, one) for one in operation_nodes.kecamatans(every))])
        self._choices("kind", [("", _("(choose)")), *operation_nodes.kinds(every)])

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    @property
    def details(self) -> list[Any]:
        """The bound fields of the command's own arguments."""
        return [self[f"arg_{name}"] for name in self.names]

    @property
    def rolling(self) -> list[Any]:
        """The bound fields of how it goes over many boxes."""
        return [self[name] for name in ("canary", "batch_size", "pause_min", "abort_pct")]

    def clean(self) -> dict[str, Any]:
        """Which boxes it means, and whether the arguments are such as the wire takes."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if self.errors:
            return values
        how = values["how"]
        which = values[how] if how in {"kecamatan", "kind"} else ""
        self.nodes = operation_nodes.chosen(self.every, how, values["node"], which, heard_only=values["heard_only"])
        if not self.nodes:
            raise forms.ValidationError(_("No box is chosen, or none of them is connected now."))
        self.arguments = self._arguments(values)
        try:
            decode_arguments(self.command, self.arguments)
        except WireError as error:
            raise forms.ValidationError(_("The details do not fit this command.")) from error
        return values

    def _arguments(self, values: dict[str, Any]) -> dict[str, Scalar]:
        found = {name: values[f"arg_{name}"] for name in self.names}
        if self.command == "update":
            release = Release.objects.get(pk=found["digest"])
            found |= {"size_bytes": release.size_bytes, "version": release.version}
        return found

    @property
    def roll(self) -> Roll:
        """How it goes over the boxes; one box needs no groups."""
        if len(self.nodes) == 1:
            return Roll(0, 0, 100, 0)
        values = self.cleaned_data
        return Roll(values["canary"], values["batch_size"], values["abort_pct"], values["pause_min"] * 60)


def first_values(command: str, nodes: list[str], how: str) -> dict[str, Any]:
    """What a new form of this command holds."""
    roll = ROLLS.get(command) or ROLLS[COMMANDS[command].gravity]
    return {
        "how": how, "node": nodes, "heard_only": True, "canary": roll.canary, "batch_size": roll.batch_size,
        "pause_min": roll.pause_s // 60, "abort_pct": roll.abort_pct,
    }  # fmt: skip


def json_of(value: msgspec.Struct) -> str:
    """A struct as text for a hidden field; read back by its own strict decoder."""
    return json.dumps(msgspec.to_builtins(value), separators=(",", ":"))
