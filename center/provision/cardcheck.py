"""Whether a written card is good: whole, this centre's, and its token still valid. The database must be open."""

import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

from msgspec import ValidationError, json

from center.provision import card as cards
from center.provision import cmdline, configtxt
from center.provision.catalogue import Catalogue
from center.provision.lint import Finding
from center.provision.making import authority
from wire.card import CARD_FILE, FOLDER, Card, read_card
from wire.enrolment import ALPHABET, TOKEN_LENGTH
from wire.errors import WireError

_TOKEN: Final = re.compile(f"[{ALPHABET}]{{{TOKEN_LENGTH}}}")
WITHIN_S: Final = 60.0


def check_card(folder: Path, catalogue: Catalogue, data: Path) -> list[Finding]:
    """What is wrong with the card in this folder; nothing when it can go to its box."""
    sandi = folder / FOLDER
    try:
        card = read_card(tomllib.loads(_read(sandi / CARD_FILE).decode("utf-8")))
    except (OSError, ValueError, WireError) as error:
        return [Finding(CARD_FILE, f"is no card of ours: {error}")]
    found = [
        *_pair(card, catalogue),
        *_agent(sandi, card),
        *_root(sandi),
        *_authority(sandi, data),
        *_token(sandi, card),
    ]
    if not (sandi / "firstrun.sh").is_file():
        found.append(Finding("firstrun.sh", "is missing"))
    return [*found, *_boot_files(folder, catalogue)]


def _pair(card: Card, catalogue: Catalogue) -> list[Finding]:
    pair = catalogue.pairs.get((card.model, card.role))
    if pair is None:
        return [Finding(CARD_FILE, f"there is no {card.role} on {card.model}")]
    return [] if pair.supported else [Finding(CARD_FILE, f"{card.role} is not supported on {card.model}: {pair.why}")]


def _agent(sandi: Path, card: Card) -> list[Finding]:
    """The agent's own program judges its configuration."""
    path = sandi / "agent.toml"
    try:
        tree = tomllib.loads(_read(path).decode("utf-8"))
    except (OSError, ValueError) as error:
        return [Finding("agent.toml", f"cannot be read: {error}")]
    found = []
    named = tree.get("node", {}).get("id") if isinstance(tree.get("node"), dict) else None
    if named != card.node:
        found.append(Finding("agent.toml", f"is {named}'s, the card is {card.node}'s"))
    if complaint := agent_complaint(path):
        found.append(Finding("agent.toml", complaint))
    return found


def agent_complaint(path: Path) -> str:
    """What `sandi config check` says against a configuration; "" when it is good."""
    command = [sys.executable, "-m", "agent.cli", "config", "check", str(path)]
    root = Path(cards.__file__).resolve().parents[2]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"could not be checked: {error}"
    return " ".join((done.stderr or done.stdout).split())[:1000] if done.returncode else ""


def _root(sandi: Path) -> list[Finding]:
    try:
        files = json.decode(_read(sandi / "root.json"), type=dict[str, list[dict[str, str]]])["files"]
    except (OSError, KeyError, ValidationError, ValueError) as error:
        return [Finding("root.json", f"cannot be read: {error}")]
    found = []
    for row in files:
        path = row.get("path", "")
        if not path.startswith("/") or ".." in path:
            found.append(Finding("root.json", f"{path!r} is no path"))
            continue
        try:
            digest = hashlib.sha256(_read(sandi / "root" / path[1:])).hexdigest()
        except OSError as error:
            found.append(Finding(f"root{path}", f"is missing: {error.strerror}"))
            continue
        if digest != row.get("sha256"):
            found.append(Finding(f"root{path}", "is damaged: its SHA-256 is another one"))
    return found


def _authority(sandi: Path, data: Path) -> list[Finding]:
    try:
        same = _read(sandi / cards.AUTHORITY) == authority(data)
    except OSError as error:
        return [Finding(cards.AUTHORITY, f"cannot be read: {error.strerror}")]
    return [] if same else [Finding(cards.AUTHORITY, "is not this centre's authority: make the card again")]


def _token(sandi: Path, card: Card) -> list[Finding]:
    from django.utils import timezone

    from center.enrolment.models import Token
    from center.enrolment.tokens import digest

    try:
        text = _read(sandi / cards.TOKEN).decode("ascii").strip()
    except (OSError, ValueError):
        return [Finding(cards.TOKEN, "is missing: the card was used already, or is not complete")]
    if not _TOKEN.fullmatch(text):
        return [Finding(cards.TOKEN, "is no token")]
    token = Token.objects.filter(sha256=digest(text)).first()
    if token is None or token.node != card.node:
        return [Finding(cards.TOKEN, "is not of this centre and this node")]
    if token.used_at is not None:
        return [Finding(cards.TOKEN, "was used already: this card has done its work")]
    if token.revoked_at is not None:
        return [Finding(cards.TOKEN, "no longer valid: a newer card was made for this node")]
    if token.expires_at <= timezone.now():
        return [Finding(cards.TOKEN, "has expired: make the card again")]
    return []


def _boot_files(folder: Path, catalogue: Catalogue) -> list[Finding]:
    found = []
    config, line = folder / "config.txt", folder / "cmdline.txt"
    if config.is_file():
        text = _read(config).decode("utf-8", "replace")
        found += [Finding("config.txt", what) for what in configtxt.findings(text)]
        if configtxt.BEGIN not in text:
            found.append(Finding("config.txt", "our lines are missing: make the card again"))
    if line.is_file():
        content = _read(line)
        found += [Finding("cmdline.txt", what) for what in cmdline.findings(content)]
        words = content.decode("ascii", "replace").split()
        for word in (setting.line for setting in catalogue.boot.first_run):
            if word not in words:
                found.append(Finding("cmdline.txt", f"{word} is missing: the first run would not begin"))
        for word in (setting.line for setting in catalogue.boot.take):
            if word in words:
                found.append(Finding("cmdline.txt", f"{word} would give the whole card to the system"))
    return found


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(configtxt.MAX_BYTES)
