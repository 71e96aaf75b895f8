"""The form of a configuration to be pushed: its TOML, what single boxes get over it, which boxes, and how fast."""

import re
import tomllib
from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from center.core.toml_over import text_of
from center.web import operation_nodes
from center.web.operation_forms import OrderForm
from wire.topics import NODE_ID_PATTERN

MOST_CHARACTERS: Final = 32_000
WITHIN_MIN: Final = (1, 2, 5, 10, 30, 60)


class ConfigForm(OrderForm):
    """After `is_valid`: `toml`, `per_node` (node -> TOML over it) and `within_s`, beside those of an order."""

    toml = forms.CharField(
        label=gettext_lazy("Settings for every box (TOML)"),
        max_length=MOST_CHARACTERS,
        required=False,
        strip=False,
        widget=forms.Textarea,
    )
    over = forms.CharField(
        label=gettext_lazy("Over that, for single boxes"),
        max_length=5 * MOST_CHARACTERS,
        required=False,
        strip=False,
        widget=forms.Textarea,
    )
    within = forms.TypedChoiceField(label=gettext_lazy("A box waits for the centre's answer"), coerce=int)

    def __init__(self, every: list[operation_nodes.Box], *args: Any, **kwargs: Any) -> None:
        from center.web.templatetags.sandi import duration

        super().__init__("config", every, *args, **kwargs)
        self.per_node: dict[str, str] = {}
        self._choices("within", [(str(each), duration(each * 60_000)) for each in WITHIN_MIN])

    def clean_toml(self) -> str:
        """TOML, with the line ends of a file."""
        text = re.sub(r"\r\n?", "\n", self.cleaned_data["toml"])
        _tables(text)
        return text

    def clean_over(self) -> str:
        """`[node.table]` of one text as a text for each node."""
        text = re.sub(r"\r\n?", "\n", self.cleaned_data["over"])
        known = {box.id for box in self.every}
        for node, tables in _tables(text).items():
            if re.fullmatch(NODE_ID_PATTERN, node) is None or node not in known or not isinstance(tables, dict):
                raise forms.ValidationError(_("%(node)s is no box: write [box.table].") % {"node": node[:64]})
            self.per_node[node] = text_of(tables)
        return text

    @property
    def toml_text(self) -> str:
        """What every box gets; the card alone is said in words, since an empty order would be a slip."""
        text: str = self.cleaned_data["toml"]
        return text if text.strip() else "# the card alone\n"

    @property
    def within_s(self) -> int:
        """How long a box waits for the centre's answer."""
        return int(self.cleaned_data["within"]) * 60


def over_text(per_node: dict[str, str]) -> str:
    """The texts of single boxes as one, as the form shows it."""
    tables = {node: tomllib.loads(text) for node, text in sorted(per_node.items())}
    return text_of(tables) if tables else ""


def _tables(text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise forms.ValidationError(_("This is no TOML: %(detail)s") % {"detail": str(error)[:200]}) from error
