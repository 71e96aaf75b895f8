"""Is this page the agency's own, although its status says 200? A table of what stands in a site's place instead.

Each row says what the page then is (`reason`), what the finding is called, where to look, and what must all be there.
Texts of error pages are quoted in news as well, so a row that looks at the text counts on short pages only; a title
that only a server or a panel would use counts anyway, and the source is looked at for addresses nobody writes by hand.

Signs of an intrusion (gambling, defacement) are a note: the site still answers, and its agency must be told at once.
"""

from dataclasses import dataclass
from typing import Final, Literal

from agent.core.observation import Reason
from agent.core.site_markup import Page

Where = Literal["title", "short_title", "text", "brief", "source"]
SHORT: Final = 3_500
"""Characters of visible text in which `text` and `short_title` are looked at: Debian's Apache page has some 3,000."""
BRIEF: Final = 600
"""The same for `brief`: words that a small site may use of one of its services stand alone on such a page."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A page with all `words` (lower case) at `where` is `reason`; `name` is the evidence people read."""

    reason: Reason
    name: str
    where: Where
    words: tuple[str, ...]


def _rows(reason: Reason, where: Where, *rows: tuple[str, ...]) -> tuple[Sign, ...]:
    """One sign per row: its name, then the words that must all be there."""
    return tuple(Sign(reason, row[0], where, row[1:]) for row in rows)


SIGNS: Final[tuple[Sign, ...]] = (
    # -- the database behind the site does not answer ------------------------------------------------------------
    *_rows(
        Reason.SITE_DATABASE_ERROR,
        "text",
        ("WordPress: database", "error establishing a database connection"),
        ("WordPress: basis data", "membangun koneksi", "basis data"),
        ("WordPress: basis data", "membuat koneksi", "basis data"),
        ("WordPress: database", "membuat koneksi", "database"),
        ("CodeIgniter: database", "a database error occurred"),
        ("CodeIgniter: database", "unable to connect to your database server"),
        ("CodeIgniter 4: database", "unable to connect to the database"),
        ("Joomla: database", "could not connect to the database"),
        ("Joomla: database", "error connecting to the database"),
        ("Drupal: database", "unable to connect to database server"),
        ("SQLSTATE", "sqlstate["),
        ("MySQL: access denied", "access denied for user", "using password"),
        ("MySQL: too many connections", "too many connections"),
        ("MySQL: server has gone away", "mysql server has gone away"),
        ("mysqli_connect", "mysqli_connect()"),
        ("mysqli", "mysqli_sql_exception"),
        ("mysql_connect", "mysql_connect()"),
        ("koneksi database", "koneksi database gagal"),
        ("koneksi database", "koneksi ke database gagal"),
        ("koneksi database", "gagal terhubung ke database"),
        ("koneksi database", "tidak dapat terhubung ke database"),
        ("koneksi basis data", "koneksi ke basis data gagal"),
        ("PostgreSQL", "could not connect to server", "postgresql"),
        ("Oracle", "ora-12541"),
    ),
    *_rows(Reason.SITE_DATABASE_ERROR, "title", ("database error", "database error")),
    *_rows(Reason.SITE_DATABASE_ERROR, "title", ("basis data", "kesalahan basis data")),
    # -- the host answers instead of the site --------------------------------------------------------------------
    *_rows(
        Reason.SITE_HOSTING_ERROR,
        "title",
        ("account suspended", "account suspended"),
        ("akun ditangguhkan", "akun ditangguhkan"),
        ("hosting suspended", "hosting suspended"),
        ("website suspended", "website suspended"),
        ("cPanel login", "cpanel login"),
        ("cPanel login", "cpanel", "login"),
        ("WHM login", "whm login"),
        ("webmail login", "webmail login"),
        ("Plesk login", "plesk obsidian"),
        ("DirectAdmin login", "directadmin login"),
        ("bandwidth limit", "bandwidth limit exceeded"),
        ("resource limit", "resource limit is reached"),
        ("hosting dinonaktifkan", "hosting dinonaktifkan"),
    ),
    *_rows(
        Reason.SITE_HOSTING_ERROR,
        "text",
        ("account suspended", "this account has been suspended"),
        ("akun ditangguhkan", "akun ini telah ditangguhkan"),
        ("akun ditangguhkan", "akun hosting", "ditangguhkan"),
        ("akun dinonaktifkan", "akun hosting", "dinonaktifkan"),
        ("akun disuspend", "akun", "telah disuspend"),
        ("layanan dihentikan", "layanan hosting", "dihentikan sementara"),
        ("cPanel default", "if you are the owner of this website, please contact your hosting provider"),
        ("bandwidth limit", "the server is temporarily unable to service your request due to the site owner reaching"),
        ("resource limit", "the website is temporarily unable to service your request as it exceeded resource limit"),
        ("not configured here", "there is no website configured at this address"),
        ("not configured here", "this domain is not configured on this server"),
    ),
    *_rows(
        Reason.SITE_HOSTING_ERROR,
        "source",
        ("cPanel default", "/cgi-sys/defaultwebpage.cgi"),
        ("cPanel suspended", "/cgi-sys/suspendedpage.cgi"),
    ),
    # -- the domain is for sale, has ended, or was never used -----------------------------------------------------
    *_rows(
        Reason.SITE_PARKED,
        "text",
        ("for sale", "this domain is for sale"),
        ("for sale", "this domain may be for sale"),
        ("for sale", "buy this domain"),
        ("dijual", "domain ini dijual"),
        ("parked", "this domain is parked"),
        ("parked", "domain is parked free"),
        ("parked", "parked domain name on"),
        ("parked", "this web page is parked"),
        ("diparkir", "domain ini", "diparkir"),
        ("terdaftar", "domain ini telah terdaftar"),
        ("terdaftar", "domain ini telah didaftarkan"),
        ("expired", "this domain has expired"),
        ("expired", "domain name has expired"),
        ("kedaluwarsa", "masa aktif domain", "habis"),
        ("kedaluwarsa", "domain ini telah kedaluwarsa"),
        ("kedaluwarsa", "domain ini sudah expired"),
    ),
    *_rows(
        Reason.SITE_PARKED,
        "source",
        ("sedoparking.com", "sedoparking.com"),
        ("parkingcrew.net", "parkingcrew.net"),
        ("bodis.com", "bodis.com/"),
        ("parklogic.com", "parklogic.com"),
    ),
    *_rows(Reason.SITE_PARKED, "title", ("domain parking", "domain parking"), ("parked domain", "parked domain")),
    # -- a program's error, shown with status 200 -----------------------------------------------------------------
    *_rows(
        Reason.SITE_APPLICATION_ERROR,
        "text",
        ("PHP fatal error", "fatal error:", " on line "),
        ("PHP parse error", "parse error:", " on line "),
        ("uncaught exception", "uncaught exception"),
        ("uncaught error", "uncaught error"),
        ("WordPress: critical error", "there has been a critical error on this website"),
        ("WordPress: eror serius", "eror serius", "situs"),
        ("WordPress: kesalahan kritis", "kesalahan kritis", "situs"),
        ("Laravel", "whoops, looks like something went wrong"),
        ("ASP.NET", "server error in '/' application"),
        ("Python", "traceback (most recent call last)"),
        ("CodeIgniter: exception", "an uncaught exception was encountered"),
        ("CodeIgniter: PHP error", "a php error was encountered"),
        ("Django debug", "you're seeing this error because you have", "debug = true"),
    ),
    *_rows(
        Reason.SITE_APPLICATION_ERROR,
        "title",
        ("500 in the title", "500 internal server error"),
        ("502 in the title", "502 bad gateway"),
        ("503 in the title", "503 service unavailable"),
        ("503 in the title", "503 service temporarily unavailable"),
        ("504 in the title", "504 gateway time-out"),
        ("404 in the title", "404 not found"),
        ("403 in the title", "403 forbidden"),
    ),
    # -- a server's or a program's first page: nobody has put a site there ----------------------------------------
    *_rows(
        Reason.SITE_DEFAULT_PAGE,
        "title",
        ("Apache", "apache2", "default page"),
        ("Apache", "test page for the apache http server"),
        ("Apache", "http server test page"),
        ("nginx", "welcome to nginx"),
        ("nginx", "test page for the nginx http server"),
        ("OpenResty", "welcome to openresty"),
        ("IIS", "iis windows"),
        ("IIS", "iis7"),
        ("Tomcat", "apache tomcat/"),
        ("XAMPP", "welcome to xampp"),
        ("Laragon", "laragon"),
        ("Plesk", "web server's default page"),
        ("Plesk", "domain default page"),
        ("Caddy", "caddy works"),
        ("Hostinger", "default page", "hostinger"),
        ("directory listing", "index of /"),
        ("directory listing", "directory listing for"),
        ("WordPress installer", "wordpress", "installation"),
        ("WordPress installer", "wordpress", "setup configuration file"),
        ("WordPress installer", "wordpress", "instalasi"),
        ("Joomla installer", "joomla! web installer"),
        ("CodeIgniter", "welcome to codeigniter"),
        ("phpinfo", "phpinfo()"),
        ("phpinfo", "php 8.", "phpinfo"),
        ("phpMyAdmin", "phpmyadmin"),
    ),
    *_rows(
        Reason.SITE_DEFAULT_PAGE,
        "short_title",
        ("coming soon", "coming soon"),
        ("segera hadir", "segera hadir"),
        ("under construction", "under construction"),
        ("maintenance", "maintenance mode"),
        ("maintenance", "under maintenance"),
        ("dalam perbaikan", "sedang dalam perbaikan"),
        ("dalam pengembangan", "sedang dalam pengembangan"),
        ("dalam pemeliharaan", "sedang dalam pemeliharaan"),
    ),
    *_rows(
        Reason.SITE_DEFAULT_PAGE,
        "text",
        ("Apache", "apache2 default page"),
        ("nginx", "if you see this page, the nginx web server is successfully installed"),
        ("Tomcat", "you've successfully installed tomcat"),
        ("LiteSpeed", "litespeed web server", "congratulations"),
        ("cPanel new account", "future home of something quite cool"),
        ("Laravel", "laravel has an incredibly rich ecosystem"),
        ("Laravel", "laravel has wonderful, thorough documentation"),
    ),
    *_rows(
        Reason.SITE_DEFAULT_PAGE,
        "brief",
        ("coming soon", "coming soon"),
        ("segera hadir", "segera hadir"),
        ("under construction", "under construction"),
        ("maintenance", "undergoing maintenance"),
        ("maintenance", "undergoing scheduled maintenance"),
        ("maintenance", "unavailable for scheduled maintenance"),
        ("dalam perbaikan", "sedang dalam perbaikan"),
        ("dalam pengembangan", "sedang dalam pengembangan"),
        ("dalam pemeliharaan", "sedang dalam pemeliharaan"),
    ),
)  # fmt: skip
_WHOLE_TEXTS: Final = {
    "it works!": "Apache",
    "it works": "Apache",
    "coming soon": "coming soon",
    "under construction": "under construction",
    "hello world": "hello world",
    "hello world!": "hello world",
    "404": "404",
    "test": "test",
    "tes": "tes",
}
"""Pages that say nothing else."""

GAMBLING: Final = (
    "slot gacor", "slot online", "slot88", "slot777", "slot deposit", "slot dana", "slot thailand", "slot qris",
    "situs slot", "link slot", "akun slot", "bandar slot", "rtp slot", "rtp live", "maxwin", "gacor hari ini",
    "scatter hitam", "mahjong ways", "gates of olympus", "pragmatic play", "situs togel", "bandar togel", "toto slot",
    "togel online", "toto togel", "togel hongkong", "judi bola", "sbobet", "bonus new member", "deposit pulsa",
    "agen judi", "situs judi online terpercaya", "poker online", "bandarqq", "dominoqq", "link alternatif",
)  # fmt: skip
"""Words of the trade. An agency that warns of gambling says `judi online`; it does not offer deposits."""
ENOUGH_WORDS: Final = 3
"""Different ones on a page; a press release about a raid holds one or two."""
DEFACED: Final = ("hacked by", "defaced by", "pwned by", "owned by", "touched by", "h4cked by", "diretas oleh")


@dataclass(frozen=True, slots=True)
class Judgement:
    """`reason` NONE: the page is a page. `sign`: what gave it away. `suspicious`: signs of an intrusion, as a note."""

    reason: Reason = Reason.NONE
    sign: str = ""
    suspicious: str = ""


def judge(page: Page, source: str) -> Judgement:
    """What stands there. `source` is the page as it came."""
    title, text = page.title.lower(), page.text.lower()
    suspicious = _intrusion(title, text, _described(page))
    if (only := _WHOLE_TEXTS.get(text)) is not None:
        return Judgement(Reason.SITE_DEFAULT_PAGE, only, suspicious)
    short, brief = len(text) <= SHORT, len(text) <= BRIEF
    places: dict[Where, str] = {
        "title": title,
        "short_title": title if short else "",
        "text": text if short else "",
        "brief": text if brief else "",
        "source": source[:65_536].lower(),
    }
    for sign in SIGNS:
        if all(word in places[sign.where] for word in sign.words):
            return Judgement(sign.reason, sign.name, suspicious)
    if not title and not text and not page.data and "<script" not in source and "<frame" not in source:
        return Judgement(Reason.HTTP_CONTENT, "empty", suspicious)
    return Judgement(suspicious=suspicious)


def _described(page: Page) -> str:
    wanted = ("description", "keywords", "og:title", "og:description")
    found = (m.get("content", "") for m in page.metas if m.get("name", m.get("property", "")).lower() in wanted)
    return " ".join(found).lower()


def _intrusion(title: str, text: str, described: str) -> str:
    """`gambling: ...` or `defaced: ...`; empty when nothing speaks for it."""
    whole = f"{title} {described} {text}"
    words = [word for word in GAMBLING if word in whole]
    prominent = any(word in title or word in described for word in words)
    if len(words) >= ENOUGH_WORDS or (prominent and len(words) > 1):
        return f"gambling: {', '.join(words[:3])}"
    for word in DEFACED:
        if word in title or (len(text) <= SHORT and word in text):
            return f"defaced: {word}"
    return ""
