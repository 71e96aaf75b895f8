"""E-mail by SMTP. The Message-ID is made of the delivery's key: mail programs show a repeat once."""

import hashlib
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate

from center.alerts.channel import DeliveryError, Message
from center.errors import ConfigError

CREDENTIAL = "optional"
TIMEOUT_S = 20.0
_SECURITY = ("starttls", "tls", "none")
_HERE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Settings:
    """`to`: addresses with commas between. `security`: starttls, tls, or none for a server on this machine."""

    host: str
    sender: str
    to: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""

    def __post_init__(self) -> None:
        if self.security not in _SECURITY:
            raise ConfigError("setting security must be starttls, tls or none",
                              "pengaturan security harus starttls, tls, atau none")  # fmt: skip
        if self.security == "none" and self.user and self.host not in _HERE:
            raise ConfigError("a password is sent to another machine with security starttls or tls only",
                              "kata sandi dikirim ke mesin lain hanya dengan security starttls atau tls")  # fmt: skip


def payload(settings: Settings, message: Message) -> EmailMessage:
    """The mail. Mails of one incident belong to one thread; machines do not answer it (RFC 3834)."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.head.split())
    mail["From"] = settings.sender
    mail["To"] = message.to or settings.to
    mail["Date"] = formatdate(message.made_ms / 1000)
    mail["Message-ID"] = _name(message.key)
    mail["Auto-Submitted"] = "auto-generated"
    if message.incident is not None:
        mail["References"] = _name(f"incident.{message.incident}")
    if message.severity == "critical" and message.what != "resolved":
        mail["Importance"] = "high"
    mail.set_content(message.text)
    return mail


def send(settings: Settings, secret: str, message: Message) -> None:
    """Hand it to the server; who breaks off after the text was sent may have taken it."""
    try:
        mail = payload(settings, message)
    except (ValueError, TypeError) as error:
        raise DeliveryError("an address of this channel cannot be used", permanent=True) from error
    if not mail["To"]:
        raise DeliveryError("no address is set for this channel", permanent=True)
    try:
        server = _connected(settings, secret)
    except smtplib.SMTPAuthenticationError as error:
        raise DeliveryError("the mail server refused user or password", permanent=True) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"cannot reach the mail server: {type(error).__name__}") from error
    try:
        _hand_over(server, mail, bool(message.to))
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.quit()


def _connected(settings: Settings, secret: str) -> smtplib.SMTP:
    if settings.security == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.host, settings.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        server = smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT_S)
    try:
        if settings.security == "starttls":
            server.starttls(context=ssl.create_default_context())
        if settings.user:
            server.login(settings.user, secret)
    except BaseException:
        server.close()
        raise
    return server


def _hand_over(server: smtplib.SMTP, mail: EmailMessage, one_address: bool) -> None:
    try:
        server.send_message(mail)
    except smtplib.SMTPRecipientsRefused as error:
        lasting = all(code >= 500 for code, _ in error.recipients.values())
        raise DeliveryError(
            "the mail server refused the address", permanent=lasting, one_address=one_address
        ) from error
    except smtplib.SMTPResponseException as error:
        raise DeliveryError(f"the mail server answered: {error.smtp_code}", permanent=error.smtp_code >= 500) from error
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryError(f"the mail server broke off: {type(error).__name__}", uncertain=True) from error


def _name(key: str) -> str:
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@sandi-center.invalid>"
