"""What the channels by HTTP really send, and what they make of every kind of answer."""

import hashlib
import hmac
import json
import time
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from center.alerts.channel import DeliveryError, Message
from center.alerts.channels import ntfy, telegram, webhook, whatsapp
from center.alerts.http_post import MAX_ANSWER_BYTES, post
from center.errors import ConfigError
from tests.support.alerts import Receiver, free_address, listening

MESSAGE = Message(
    key="7.opened.0.1.", what="opened", severity="critical", made_ms=1_764_000_000_000, incident=7,
    text="[KRITIS] Kelurahan Satu – tidak terhubung\nSejak 14.05 WIB.",
)  # fmt: skip
TOKEN = "123456:rahasia-sekali"
LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=9)
JSON = st.dictionaries(
    st.sampled_from(["ok", "status", "success", "description", "parameters", "retry_after"]),
    LEAF | st.dictionaries(st.just("retry_after"), LEAF),
)


def test_telegram_gets_plain_text_for_its_chat(receiver: Receiver) -> None:
    base = receiver.url.removesuffix("/masuk")
    telegram.send(telegram.Settings(chat="-100200", base_url=base), TOKEN, MESSAGE)
    ((path, headers, body),) = receiver.seen
    assert path == f"/bot{TOKEN}/sendMessage" and headers["content-type"] == "application/json"
    assert json.loads(body) == {
        "chat_id": "-100200", "text": MESSAGE.text, "link_preview_options": {"is_disabled": True},
        "disable_notification": False,
    }  # fmt: skip


def test_telegram_that_asks_for_patience_gets_it(receiver: Receiver) -> None:
    receiver.status = 429
    receiver.answer = b'{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":17}}'
    with pytest.raises(DeliveryError) as caught:
        telegram.send(telegram.Settings("1", receiver.url), TOKEN, MESSAGE)
    assert (caught.value.wait_s, caught.value.permanent, caught.value.uncertain) == (17, False, False)


def test_a_webhook_is_signed_so_that_its_receiver_can_check_it(receiver: Receiver) -> None:
    webhook.send(webhook.Settings(receiver.url), "kunci", MESSAGE)
    ((_path, headers, body),) = receiver.seen
    stamp = headers["x-sandi-timestamp"]
    assert abs(time.time() - int(stamp)) < 60
    wanted = hmac.new(b"kunci", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    assert headers["x-sandi-signature"] == f"sha256={wanted}"
    assert headers["idempotency-key"] == MESSAGE.key and headers["x-sandi-event"] == "opened"
    assert json.loads(body)["text"] == MESSAGE.text and json.loads(body)["version"] == 1


def test_ntfy_gets_title_and_priority_in_any_alphabet(receiver: Receiver) -> None:
    ntfy.send(ntfy.Settings("sandi-piket", receiver.url.removesuffix("/masuk")), "tk_1", MESSAGE)
    ((path, headers, body),) = receiver.seen
    assert path == "/" and headers["authorization"] == "Bearer tk_1"
    said = json.loads(body)
    assert (said["topic"], said["priority"], said["title"]) == ("sandi-piket", 5, MESSAGE.head)
    assert said["message"] == "Sejak 14.05 WIB."


@pytest.mark.parametrize("as_form", [False, True])
def test_a_whatsapp_gateway_gets_its_own_field_names(receiver: Receiver, as_form: bool) -> None:
    settings = whatsapp.Settings(
        receiver.url, to="0812-3456-789", to_field="chatId", text_field="text", fixed='{"session":"piket"}',
        header="X-Api-Key", as_form=as_form,
    )  # fmt: skip
    whatsapp.send(settings, "kunci", MESSAGE)
    ((_path, headers, body),) = receiver.seen
    assert headers["x-api-key"] == "kunci"
    if as_form:
        assert body.startswith(b"session=piket&chatId=628123456789&text=%5BKRITIS%5D")
    else:
        assert json.loads(body) == {"session": "piket", "chatId": "628123456789", "text": MESSAGE.text}


def test_a_gateway_that_says_ok_and_means_no_is_believed(receiver: Receiver) -> None:
    receiver.answer = b'{"status": false, "reason": "device disconnected"}'
    with pytest.raises(DeliveryError) as caught:
        whatsapp.send(whatsapp.Settings(receiver.url, to="0812"), "k", MESSAGE)
    assert caught.value.permanent and not caught.value.uncertain


@pytest.mark.parametrize(
    ("status", "permanent", "uncertain"),
    [(301, True, False), (400, True, False), (401, True, False), (404, True, False), (408, False, False),
     (500, False, True), (503, False, True)],
)  # fmt: skip
def test_every_refusal_says_whether_to_try_again_and_whether_it_may_have_arrived(
    receiver: Receiver, status: int, permanent: bool, uncertain: bool
) -> None:
    receiver.status = status
    with pytest.raises(DeliveryError) as caught:
        webhook.send(webhook.Settings(receiver.url), "", MESSAGE)
    assert (caught.value.permanent, caught.value.uncertain) == (permanent, uncertain)
    assert str(status) in str(caught.value)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_receiver_that_sends_on_to_another_address_is_not_followed(receiver: Receiver, status: int) -> None:
    with listening() as inside:
        receiver.status, receiver.location = status, inside.url
        for send in (
            lambda: webhook.send(webhook.Settings(receiver.url), "", MESSAGE),
            lambda: ntfy.send(ntfy.Settings("kota", receiver.url), "", MESSAGE),
            lambda: whatsapp.send(whatsapp.Settings(receiver.url, "0812"), "x", MESSAGE),
            lambda: telegram.send(telegram.Settings("1", receiver.url), TOKEN, MESSAGE),
        ):
            with pytest.raises(DeliveryError) as caught:
                send()
            assert caught.value.permanent
        assert inside.seen == [] and len(receiver.seen) == 4


def test_nobody_at_the_other_end_is_a_sure_failure_and_shows_neither_address_nor_token() -> None:
    with pytest.raises(DeliveryError) as caught:
        telegram.send(telegram.Settings("1", free_address()), TOKEN, MESSAGE)
    assert not caught.value.uncertain and not caught.value.permanent
    assert TOKEN not in str(caught.value) and "127.0.0.1" not in str(caught.value)


def test_who_breaks_off_without_an_answer_may_have_taken_it(receiver: Receiver) -> None:
    receiver.breaks_off = True
    with pytest.raises(DeliveryError) as caught:
        webhook.send(webhook.Settings(receiver.url), "", MESSAGE)
    assert caught.value.uncertain


def test_an_answer_without_end_is_read_to_its_limit_only(receiver: Receiver) -> None:
    receiver.answer = b"[" * (MAX_ANSWER_BYTES * 3)
    assert post(receiver.url, b"{}", {}) == b"[" * MAX_ANSWER_BYTES
    webhook.send(webhook.Settings(receiver.url), "", MESSAGE)  # and it is no fault of the message's
    assert len(receiver.seen) == 2


@pytest.mark.parametrize(
    "url", ["ftp://x/", "file:///etc/passwd", "nowhere", "", "http://", "http://x:99999/", "http://[x/"]
)
def test_what_is_no_address_of_the_web_is_refused(url: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        webhook.send(webhook.Settings(url), "", MESSAGE)
    assert caught.value.permanent


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: whatsapp.Settings("http://x", header="A: b\r\nC"), "header"),
        (lambda: whatsapp.Settings("http://x", fixed="[1]"), "fixed"),
        (lambda: whatsapp.Settings("http://x", fixed="{"), "fixed"),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(make: Any, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        make()


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    status=st.integers(200, 599), answer=st.binary(max_size=300) | JSON.map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_server_answers_is_a_success_or_a_delivery_error(
    receiver: Receiver, status: int, answer: bytes
) -> None:
    receiver.status, receiver.answer = status, answer
    bodiless = status in {204, 304}
    for send in (
        lambda: webhook.send(webhook.Settings(receiver.url), "k", MESSAGE),
        lambda: whatsapp.send(whatsapp.Settings(receiver.url, to="0812"), "k", MESSAGE),
        lambda: telegram.send(telegram.Settings("1", receiver.url), TOKEN, MESSAGE),
    ):
        try:
            send()
        except DeliveryError as error:
            assert TOKEN not in str(error) and len(str(error)) < 200
        else:
            assert 200 <= status < 300 or bodiless
