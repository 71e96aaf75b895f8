"""E-mail to a real server, the file, Apprise, and what settings and secrets may be."""

import json
import subprocess
import sys
from dataclasses import replace
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from center.alerts.channel import Centre, DeliveryError, Message, full_text, load_settings
from center.alerts.channels import email, file
from center.alerts.channels.table import CHANNELS, secret_of, sender, settings_class
from center.alerts.secret_files import read_secret, write_secret
from center.errors import ConfigError
from tests.support.alerts import Receiver, listening
from tests.support.small_smtp import mail_server

MESSAGE = Message(
    key="7.opened.0.1.", what="opened", severity="critical", made_ms=1_764_000_000_000, incident=7,
    text="[KRITIS] Kelurahan Satu – tidak terhubung\nSejak 14.05 WIB.",
)  # fmt: skip


def test_a_mail_has_one_name_for_ever_and_joins_its_incidents_thread() -> None:
    with mail_server() as server:
        settings = email.Settings("127.0.0.1", "sandi@kota.example", "piket@kota.example, kepala@kota.example",
                                  port=server.port, security="none", user="sandi")  # fmt: skip
        email.send(settings, "kata sandi", MESSAGE)
        email.send(settings, "kata sandi", replace(MESSAGE, repeat=True))
    assert server.mails[0][0] == ["piket@kota.example", "kepala@kota.example"]
    first, second = (message_from_string(text, policy=default) for _to, text in server.mails)
    assert first["Subject"] == "[KRITIS] Kelurahan Satu – tidak terhubung"
    assert first["Message-ID"] == second["Message-ID"] != first["References"]
    assert first["Auto-Submitted"] == "auto-generated" and first["Importance"] == "high"
    assert "Sejak 14.05 WIB." in first.get_content()
    assert any(line.startswith("AUTH PLAIN") for line in server.said)


@pytest.mark.parametrize(
    ("refuse", "permanent", "uncertain"),
    [
        ({"AUTH": "535 no"}, True, False),
        ({"RCPT": "550 unknown"}, True, False),
        ({"RCPT": "450 later"}, False, False),
        ({"DATA": "552 full"}, True, False),
        ({"MAIL": ""}, False, True),
        ({"END": ""}, False, True),
    ],
)
def test_a_mail_server_that_refuses_is_understood(refuse: dict[str, str], permanent: bool, uncertain: bool) -> None:
    with mail_server() as server:
        server.refuse = refuse
        settings = email.Settings("127.0.0.1", "a@b.example", "c@d.example", server.port, "none", "sandi")
        with pytest.raises(DeliveryError) as caught:
            email.send(settings, "x", MESSAGE)
    assert (caught.value.permanent, caught.value.uncertain) == (permanent, uncertain)
    assert "@" not in str(caught.value)


def test_an_address_with_a_line_break_sends_nothing() -> None:
    with mail_server() as server, pytest.raises(DeliveryError):
        email.send(email.Settings("127.0.0.1", "a@b.example", "c@d.example\nBcc: e@f.example", server.port, "none"), "",
                   MESSAGE)  # fmt: skip
    assert server.mails == []


def test_a_file_gets_one_whole_line_per_message(tmp_path: Path) -> None:
    message = replace(MESSAGE, centre=Centre(tmp_path), to="0812")
    file.send(file.Settings("uji"), "", message)
    file.send(file.Settings("uji"), "", message)
    path = tmp_path / "alerts-out" / "uji.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert len(lines) == 2 and lines[0]["key"] == MESSAGE.key and lines[0]["to"] is True
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(ConfigError):
        file.Settings("../../etc/passwd")


PATIENT = "?cto=90&rto=90"
"""Of Apprise, which gives a service four seconds."""


@pytest.mark.full
def test_apprise_reaches_a_service_by_its_address_alone(receiver: Receiver) -> None:
    send = sender("apprise")
    send(settings_class("apprise")(), receiver.url.replace("http://", "json://") + PATIENT, MESSAGE)
    assert receiver.bodies[0]["message"] == MESSAGE.text
    with pytest.raises(DeliveryError) as caught:
        send(settings_class("apprise")(), "no address", MESSAGE)
    assert caught.value.permanent


@pytest.mark.full
def test_a_service_of_apprise_that_sends_on_to_another_address_is_not_followed(receiver: Receiver) -> None:
    with listening() as inside:
        receiver.status, receiver.location = 307, inside.url
        with pytest.raises(DeliveryError):
            sender("apprise")(
                settings_class("apprise")(), receiver.url.replace("http://", "json://") + PATIENT, MESSAGE
            )
        assert len(receiver.seen) == 1 and inside.seen == []


def test_a_password_goes_to_another_machine_under_tls_only() -> None:
    with pytest.raises(ConfigError, match="starttls or tls"):
        email.Settings("mail.example", "a@b.example", security="none", user="sandi")
    assert email.Settings("mail.example", "a@b.example", security="none").user == ""


@pytest.mark.full
def test_no_other_process_of_the_centre_loads_apprise() -> None:
    code = (
        "import django, sys; django.setup(); import center.urls, center.asgi, center.worker.service, "
        "center.ingest.service, center.alerts.queue, center.alerts.service; assert 'apprise' not in sys.modules"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "center.settings", "SANDI_CENTER_DATA": "/nonexistent", "PATH": "/usr/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_kind_of_channel_keeps_the_contract() -> None:
    for kind in CHANNELS:
        assert callable(sender(kind))
        assert secret_of(kind) in {"needed", "optional", "none"}
        assert settings_class(kind).__dataclass_params__.frozen


def test_settings_name_what_is_wrong() -> None:
    kind = settings_class("telegram")
    assert load_settings(kind, '{"chat": "-100"}').chat == "-100"
    for text, word in (('{"chatt": "1"}', "chatt"), ('{"chat": 5}', "a text"), ("{}", "chat"), ("[", "JSON"),
                       ("[]", "object"), ('{"chat": "1", "silent_info": "yes"}', "true or false")):  # fmt: skip
        with pytest.raises(ConfigError, match=word):
            load_settings(kind, text)


@settings(max_examples=40)
@given(st.sampled_from(sorted(CHANNELS)), st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_whatever_settings_are_they_load_or_say_why(kind: str, value: object) -> None:
    for text in (json.dumps(value), json.dumps({"url": value, "chat": value, "name": value}), str(value)):
        try:
            loaded = load_settings(settings_class(kind), text)
        except ConfigError:
            continue
        assert isinstance(loaded, settings_class(kind))


def test_a_secret_is_one_line_for_the_centres_user_alone(tmp_path: Path) -> None:
    path = write_secret(tmp_path, "piket", b"abc\n")
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert read_secret(tmp_path, "piket") == "abc"
    for content in (b"", b"a\nb", b"\xff", b"x" * 5_000, b"a\x00b"):
        with pytest.raises(ConfigError):
            write_secret(tmp_path, "lain", content)
    with pytest.raises(ConfigError):
        write_secret(tmp_path, "../lain", b"abc")
    assert read_secret(tmp_path, "../piket") is None and read_secret(tmp_path, "lain") is None


def test_late_messages_and_repeats_say_so() -> None:
    late = full_text("x", made_ms=1_764_000_000_000, due_ms=0, now_ms=20 * 60_000, repeat=True, language="id")
    assert late == (
        "x\n(Terlambat dikirim; dibuat 24 Nov 2025 23.00 WIB.)\n(Ulangan: mungkin sudah Anda terima sebelumnya.)"
    )
    assert full_text("x", made_ms=0, due_ms=0, now_ms=5_000, repeat=False, language="id") == "x"


def test_every_error_a_channel_can_make_has_its_indonesian_words() -> None:
    import ast

    from center.alerts.error_words import INDONESIAN, said

    found = set()
    for path in (Path(__file__).resolve().parents[3] / "center" / "alerts").rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "DeliveryError" and call.args:
                first = call.args[0].values[0] if isinstance(call.args[0], ast.JoinedStr) else call.args[0]
                if isinstance(first, ast.Constant):
                    found.add(str(first.value).partition(": ")[0].rstrip(" :"))
    assert len(found) > 20 and found <= INDONESIAN.keys()
    assert said("cannot connect: no answer in time", "id") == "tidak dapat tersambung: no answer in time"
    assert said("HTTP 403: Forbidden", "id") == "HTTP 403: Forbidden" == said("HTTP 403: Forbidden", "en")
