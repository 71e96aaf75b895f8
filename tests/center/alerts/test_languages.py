"""Each channel is spoken to in its own language, whatever the message is about, and in no other."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.alerts import Receiver, add_channel, add_route, drain, incident, listening
from tests.support.languages import foreign, words

Make = Callable[[], Any]
MIN = 60_000


@pytest.fixture
def both(hooked: Path, receiver: Receiver) -> Any:
    """The channel "piket" is Indonesian as ever; "duty" is English, with a receiver and a route of its own."""
    with listening() as english:
        add_channel("duty", "webhook", {"url": english.url}, language="en")
        add_route("duty")
        yield {"id": receiver, "en": english}


def texts(receivers: dict[str, Receiver], what: str) -> tuple[list[str], list[str]]:
    """What was told of this sort, in Indonesian and in English; each without a word of the other."""
    found = []
    for language, one in receivers.items():
        said = [body["text"] for body in one.bodies if body["what"] == what]
        for text in said:
            assert not words(text) & foreign(language), text
        found.append(said)
    return found[0], found[1]


def test_an_incident_grows_and_ends_in_the_language_of_each_channel(both: Any, service: Make) -> None:
    from center.alerts.models import Delivery, Route

    process = service()
    values = {"kind": "parent", "subject": "line-1", "cause": "line", "text_id": "X1 putus", "text_en": "X1 is cut"}
    number = incident(**values)
    Delivery.objects.update(due_ms=0)
    drain(process)
    incident("grew", number, sites=("kel-1", "kel-2"), nodes=("kel-1", "kel-2"), **values)
    Delivery.objects.filter(what="grew").update(due_ms=0)
    drain(process)
    Route.objects.all().delete()  # who was told hears of the end all the same, and in the same words
    incident("resolved", number, why="recovered", **values)
    drain(process)
    for what, indonesian, english in (
        ("opened", "[KRITIS] X1 putus\nSejak ", "[CRITICAL] X1 is cut\nSince "),
        ("grew", "[KRITIS] X1 putus\nSejak ", "[CRITICAL] X1 is cut\nSince "),
        ("resolved", "[PULIH] X1 putus\nInsiden #", "[RECOVERED] X1 is cut\nIncident #"),
    ):
        (first,), (second,) = texts(both, what)
        assert first.startswith(indonesian) and second.startswith(english)


def test_a_digest_a_test_and_a_late_repeat_are_in_the_channels_language(both: Any, service: Make) -> None:
    from center.alerts.models import Channel, Delivery
    from center.alerts.testing import queue_test

    for name in ("piket", "duty"):
        queue_test(name, "operator")
    process = service()
    drain(process)
    for number in range(3):
        incident(subject=f"kel-{number}", text_id=f"X{number} putus", text_en=f"X{number} is cut")
    Delivery.objects.exclude(what="test").update(uncertain=True, due_ms=0)
    Channel.objects.update(per_minute=2)
    drain(process)
    assert [len(said) for said in texts(both, "test")] == [1, 1]
    (first,), (second,) = texts(both, "digest")
    assert first.startswith("[KRITIS] 3 kabar sekaligus") and "- [KRITIS] X1 putus" in first
    assert second.startswith("[CRITICAL] 3 messages at once") and "- [CRITICAL] X1 is cut" in second
    assert first.endswith("(Ulangan: mungkin sudah Anda terima sebelumnya.)")
    assert second.endswith("(Repeat: you may have received this before.)")


def test_a_message_that_is_late_says_so_in_the_channels_language(both: Any, service: Make) -> None:
    from center.alerts.models import Delivery

    incident(text_id="X1 putus", text_en="X1 is cut")
    Delivery.objects.update(due_ms=1)
    drain(service())
    (first,), (second,) = texts(both, "opened")
    assert "\n(Terlambat dikirim; dibuat " in first and "\n(Sent late; written " in second


def test_signs_of_life_and_what_was_missed_are_in_the_channels_language(both: Any, service: Make) -> None:
    from center.alerts.models import Beat, Channel

    Channel.objects.update(alive_every_min=60)
    died = time.time_ns() // 1_000_000 - 137 * MIN
    Beat.objects.create(owner="gone.1.x", since_ms=died - MIN, alive_ms=died)
    incident(text_id="X1", text_en="X1")
    drain(service())
    first, second = texts(both, "alive")
    assert len(first) == len(second) == 2
    assert any("\n2 kabar tertahan" in text for text in first) and any("bekerja" in text for text in first)
    assert any("go out now: 2." in text for text in second)
    assert any("does not come again within 1 h," in text for text in second)


def test_a_channel_that_fails_and_works_again_is_told_in_the_language_of_the_others(both: Any, service: Make) -> None:
    from center.alerts.models import Channel
    from center.alerts.trouble import channel_failed, channel_worked, forget_unused

    process, now = service(), time.time_ns() // 1_000_000
    add_channel("x7", "file", {"name": "x"})
    channel_failed("x7", now, "cannot write the file", permanent=True)
    drain(process)
    (first,), (second,) = texts(both, "opened")
    assert "x7 tidak berfungsi: berkas tidak dapat ditulis\n" in first and "Lakukan: Halaman alarm" in first
    assert "x7 does not work: cannot write the file\n" in second and "Do: The alerts page" in second
    channel_worked("x7", now)
    channel_failed("x7", now, "cannot write the file", permanent=True)
    drain(process)
    Channel.objects.filter(name="x7").delete()
    forget_unused(now)
    drain(process)
    first, second = texts(both, "resolved")
    assert [text.partition("\n")[0] for text in first] == [
        "[PULIH] Saluran alarm x7 berfungsi lagi", "[SELESAI] Saluran alarm x7 tidak dipakai lagi",
    ]  # fmt: skip
    assert [text.partition("\n")[0] for text in second] == [
        "[RECOVERED] The alert channel x7 works again", "[OVER] The alert channel x7 is no longer used",
    ]  # fmt: skip


def test_a_sites_own_people_are_spoken_to_in_the_language_of_the_channel(both: Any, service: Make) -> None:
    from center.alerts.models import Channel
    from center.sites.models import Person, Site

    Site.objects.create(code="kel-1", name="X1", kind="kel")
    Person.objects.create(site_id="kel-1", name="Y", phone="0812")
    Channel.objects.all().delete()
    receivers = {}
    for language, name in (("id", "wa"), ("en", "wa-en")):
        receivers[language] = both[language]
        add_channel(name, "whatsapp", {"url": both[language].url}, secret="x", language=language)
        add_route(name, to_site=True)
    process = service()
    number = incident(cause="L1", party="site", text_id="X1", text_en="X1")
    drain(process)
    incident("resolved", number, cause="L1", party="site", text_id="X1", text_en="X1", why="joined")
    drain(process)
    told = {language: [body["message"] for body in one.bodies] for language, one in receivers.items()}
    assert [len(said) for said in told.values()] == [2, 2]
    for language, said in told.items():
        assert not any(words(text) & foreign(language) for text in said), said
    assert told["id"][0].startswith("Jaringan di X1 terganggu") and "Tancapkan ulang kabel LAN" in told["id"][0]
    assert told["en"][0].startswith("The network at X1 has been in trouble") and "Plug the LAN cable" in told["en"][0]
    assert "part of a greater one" in told["en"][1] and "working again" not in told["en"][1]


def test_a_channels_language_is_changed_by_command_and_shown(hooked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from center.accounts.models import Act
    from center.alerts.models import Channel
    from center.cli import main

    assert Channel.objects.get().language == "id", "as it was before there was a choice"
    assert main(["alert", "language", "piket", "en", "--data", str(hooked)]) == 0
    assert Channel.objects.get().language == "en"
    act = Act.objects.get(what="alert-language")
    assert (act.subject, act.detail) == ("piket", "en")
    assert main(["alert", "list", "--data", str(hooked)]) == 0
    assert "webhook    en" in capsys.readouterr().out
    assert main(["alert", "language", "nowhere", "en", "--data", str(hooked)]) == 2
    assert "tidak ada saluran nowhere" in capsys.readouterr().err
    assert main(["alert", "language", "piket", "fr", "--data", str(hooked)]) == 2
