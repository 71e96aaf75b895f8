"""The cameras' password file: strict about who may read it and what stands in it, and silent about the passwords."""

import os
import traceback
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agent.cameras.base import LoginsError, Secrets
from agent.cameras.keeping.passwords import MAX_FILE_BYTES, read_logins, secrets_of
from agent.cameras.replay import ReplayConfig

SECRET = "hunter2-sangat-rahasia"
CONFIG = ReplayConfig(folder=Path("/nowhere"))


def file(folder: Path, content: str | bytes, mode: int = 0o600) -> Path:
    path = folder / "camera-passwords.toml"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    path.chmod(mode)
    return path


def test_each_camera_finds_its_own_login(tmp_path: Path) -> None:
    path = file(tmp_path, f'[gate]\nuser = "admin"\npassword = "{SECRET}"\n[river]\npassword = "x"\n')
    logins = read_logins(path)
    assert secrets_of(logins, "gate", CONFIG) == Secrets("admin", SECRET)
    assert secrets_of(logins, "river", CONFIG) == Secrets("", "x")
    assert secrets_of(logins, "yard", CONFIG) == Secrets()


def test_several_cameras_may_share_a_login_by_its_name(tmp_path: Path) -> None:
    logins = read_logins(file(tmp_path, '[all]\nuser = "viewer"\npassword = "x"'))
    shared = ReplayConfig(folder=Path("/nowhere"), login="all")
    assert secrets_of(logins, "gate", shared) == secrets_of(logins, "yard", shared) == Secrets("viewer", "x")
    with pytest.raises(LoginsError, match='login = "none"'):
        secrets_of(logins, "gate", ReplayConfig(folder=Path("/nowhere"), login="none"))


def test_without_a_file_no_camera_has_a_password(tmp_path: Path) -> None:
    assert read_logins(tmp_path / "none.toml") == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666, 0o644])
def test_a_file_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    with pytest.raises(LoginsError, match="chmod 600"):
        read_logins(file(tmp_path, '[gate]\npassword = "x"', mode))


def test_a_link_or_a_folder_in_its_place_is_not_followed(tmp_path: Path) -> None:
    target = file(tmp_path, '[gate]\npassword = "x"')
    link = tmp_path / "link.toml"
    link.symlink_to(target)
    os.mkfifo(tmp_path / "pipe.toml", 0o600)
    for path in (link, tmp_path, tmp_path / "pipe.toml"):
        with pytest.raises(LoginsError):
            read_logins(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (f'[gate]\npassword = "{SECRET}\n', "line 2"),
        (f"[gate]\n{SECRET} = 1\n", "only user and password"),
        (f"{SECRET} = 1\n", "each camera is a table"),
        (f'password = "{SECRET}"\n', "each camera is a table"),
        ("[gate]\npassword = 12345678\n", "must be a text"),
        (f'[gate]\npassword = "{SECRET * 20}"\n', "at most 256"),
        (f'[gate]\nuser = "a\\nb"\npassword = "{SECRET}"\n', "line ends"),
        (SECRET.encode() + b"\xff\xfe", "UTF-8"),
        ("#" * (MAX_FILE_BYTES + 1), "larger than"),
        ("a = " + "[" * 5000, "TOML"),
    ],
)
def test_what_is_wrong_is_said_without_what_stands_there(tmp_path: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(LoginsError, match=said) as caught:
        read_logins(file(tmp_path, content))
    assert SECRET not in caught.value.message + "".join(traceback.format_exception(caught.value))


def test_neither_the_text_nor_the_repr_of_secrets_shows_them() -> None:
    secrets = Secrets("admin", SECRET)
    assert SECRET not in f"{secrets} {secrets!r} {[secrets]}" and "admin" not in repr(secrets)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(
    st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda text: f'[gate]\npassword = "{text}"'.encode()))
)
def test_any_bytes_are_logins_or_one_kind_of_error(tmp_path: Path, content: bytes) -> None:
    path = file(tmp_path, content)
    try:
        logins = read_logins(path)
    except LoginsError as error:
        assert not error.permanent and len(error.message) < 500
    else:
        assert all(isinstance(found, Secrets) for found in logins.values())
