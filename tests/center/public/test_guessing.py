"""Nobody guesses a PIN quickly: by code, by address, and over the whole city, however many ask at once."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support import voices, wall_city

NODE = "kel-3673011001"


def test_five_wrong_pins_lock_the_code_also_for_the_right_one_and_other_codes_stay_open(
    city: Path, ask: Callable[..., Any]
) -> None:
    from center.public.guessing import keys_of, take

    _id, code = voices.add_ticket(city, NODE)
    _other, free = voices.add_ticket(city, NODE)
    for number in range(5):
        assert ask(code, f"000{number}").status_code == 422
    locked = ask(code)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 600
    assert "10 menit" in locked.content.decode()
    assert ask(free).status_code == 200
    ghost = voices.code()
    for _ in range(4):  # as the page counts a try, without its third of a second of key derivation
        assert take(keys_of(ghost, "203.0.113.7"), wall_city.now_ms()) == 0
    assert [ask(ghost, "0000").status_code for _ in range(2)] == [422, 429]


def test_a_right_pin_begins_the_count_anew(city: Path, ask: Callable[..., Any]) -> None:
    from center.public.models import Guess

    _id, code = voices.add_ticket(city, NODE)
    for _ in range(2):
        for number in range(4):
            assert ask(code, f"000{number}").status_code == 422
        assert ask(code).status_code == 200
    assert Guess.objects.get(kind="code").wrong == 0
    assert Guess.objects.get(kind="address").wrong == 8


def test_an_address_and_all_addresses_together_are_bounded(city: Path, ask: Callable[..., Any]) -> None:
    from center.public.guessing import keys_of, take

    _id, code = voices.add_ticket(city, NODE)
    now = wall_city.now_ms()
    for _ in range(18):  # as the page counts a try, without its third of a second of key derivation
        assert take(keys_of(voices.code(), "203.0.113.7"), now) == 0
    for _ in range(2):
        assert ask(voices.code(), "0000", REMOTE_ADDR="203.0.113.7").status_code == 422
    assert ask(code, REMOTE_ADDR="203.0.113.7").status_code == 429
    assert ask(code, REMOTE_ADDR="203.0.113.8").status_code == 200
    for number in range(18):
        assert take(keys_of(voices.code(), f"2001:db8:0:1::{number:x}"), now) == 0
    six = [f"2001:db8:0:1::{number:x}" for number in range(101, 104)]
    answers = [ask(voices.code(), "0000", REMOTE_ADDR=address).status_code for address in six]
    assert answers == [422] * 2 + [429]


def test_all_wrong_tries_of_the_city_lock_together(city: Path) -> None:
    from center.public.guessing import keys_of, take

    now = wall_city.now_ms()
    for number in range(300):
        assert take(keys_of(voices.code(), f"198.51.{number // 250}.{number % 250}"), now) == 0
    assert take(keys_of(voices.code(), "192.0.2.1"), now) > 0
    assert take(keys_of(voices.code(), "192.0.2.1"), now + 600_000) == 0


def test_neither_code_nor_address_is_kept_and_nothing_for_long(city: Path) -> None:
    from center.public.guessing import keys_of, take
    from center.public.models import Guess

    code, now = voices.code(), wall_city.now_ms()
    take(keys_of(code, "203.0.113.7"), now)
    kept = " ".join(str(value) for row in Guess.objects.values_list() for value in row)
    assert code not in kept
    assert "203.0.113" not in kept
    take(keys_of(voices.code(), "203.0.113.9"), now + 8 * 86_400_000)
    assert Guess.objects.filter(last_ms=now).count() == 0


GUESS = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "center.settings"
django.setup()
from center.public.guessing import _database, keys_of, take
from django.db import connections
connections[_database()].cursor().execute("PRAGMA busy_timeout = 100000")  # a turn may be long on a busy machine
code, now = sys.argv[1], int(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
print(sum(take(keys_of(code, f"192.0.2.{n}"), now) == 0 for n in range(40)), flush=True)
"""


def test_several_processes_together_get_five_tries_and_no_more(city: Path) -> None:
    code, now = voices.code(), wall_city.now_ms()
    command = [sys.executable, "-c", GUESS, code, str(now)]
    pipe = subprocess.PIPE
    guessers = [
        subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=dict(os.environ), cwd=wall_city.ROOT)
        for _ in range(3)
    ]
    try:
        for one in guessers:
            assert one.stdout is not None and one.stdout.readline() == "ready\n"
        for one in guessers:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        allowed = [int(one.communicate(timeout=120)[0]) for one in guessers]
    finally:
        for one in guessers:
            one.kill()
            one.wait()
    assert sum(allowed) == 5
