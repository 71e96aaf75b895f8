"""The whole agent.toml of one box, from its role and its site's facts."""

import re
from typing import Any

from msgspec import json

from center.provision.facts import Facts
from center.provision.shapes import Role

_CAMERA_EXAMPLE = """
# Kamera: satu tabel tiap kamera, nama bebas. Hapus tanda pagar, isi, lalu: sandi config check.
# Kata sandi kamera tidak ditulis di sini (docs/kamera.md).
# [cameras.halaman]
# type = "rtsp"
# url = "rtsp://10.20.3.40/stream1"
# purpose = "security"
# notice_posted = true
"""
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def agent_toml(node: str, *, host: str, port: int, role: Role, facts: Facts, place: str) -> str:
    """The file. What the site's facts say of the agent goes over what the role says."""
    tables: dict[str, dict[str, str]] = {"node": {"id": _value(node)}, "uplink": {"host": _value(host)}}
    if place := facts.place or place:
        tables["node"]["place"] = _value(place[:60])
    if port != 8883:
        tables["uplink"]["port"] = str(port)
    reasons: dict[tuple[str, str], str] = {}
    for setting in role.agent:
        key, _, value = (part.strip() for part in setting.line.partition("="))
        tables.setdefault(setting.table, {})[key] = value
        reasons[setting.table, key] = setting.why
    rest: dict[str, Any] = {}
    for name, table in facts.agent.items():
        if isinstance(table, dict) and name in tables:
            plain = {key: value for key, value in table.items() if not _is_table(value)}
            tables[name] |= {_key(key): _value(value) for key, value in plain.items()}
            rest |= {f"{_key(name)}.{_key(key)}": value for key, value in table.items() if key not in plain}
        else:
            rest[_key(name)] = table
    lines = [f"# Konfigurasi {node} ({role.name}); dibuat oleh sandi-center provision. Periksa: sandi config check"]
    for name, values in tables.items():
        lines += ["", f"[{name}]"]
        for key, value in values.items():
            lines += [f"# {reasons[name, key]}"] if (name, key) in reasons else []
            lines.append(f"{key} = {value}")
    for name, value in rest.items():
        lines += ["", *_table(name, value)]
    text = "\n".join(lines) + "\n"
    return text + _CAMERA_EXAMPLE if role.cameras and "cameras" not in facts.agent else text


def _table(name: str, value: Any) -> list[str]:
    if isinstance(value, list):
        return [line for item in value for line in (f"[[{name}]]", *_inside(name, item))]
    if not isinstance(value, dict):
        return [f"{name} = {_value(value)}"]
    return [f"[{name}]", *_inside(name, value)]


def _inside(name: str, table: dict[str, Any]) -> list[str]:
    plain = [f"{_key(key)} = {_value(value)}" for key, value in table.items() if not _is_table(value)]
    deeper = [_table(f"{name}.{_key(key)}", value) for key, value in table.items() if _is_table(value)]
    return [*plain, *(line for lines in deeper for line in lines)]


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) or (
        isinstance(value, list) and bool(value) and all(isinstance(item, dict) for item in value)
    )


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)


def _value(value: Any) -> str:
    """A value in TOML: JSON's spelling, but for what JSON does not escape and dates, which are written bare."""
    if isinstance(value, str):
        return json.encode(value).decode().replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items()) + " }"
    return repr(value) if isinstance(value, int | float) else value.isoformat()
