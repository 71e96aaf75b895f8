"""What the command line says while it starts, runs and stops, in Indonesian and English."""

from typing import Literal

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

PHRASES: dict[str, tuple[str, str]] = {
    "setup": ("Penyiapan pertama di {data}", "First set-up in {data}"),
    "setup-authority": ("  [{step}/{steps}] membuat otoritas sertifikat", "  [{step}/{steps}] making the authority"),
    "setup-keys": ("  [{step}/{steps}] membuat kunci penyegel", "  [{step}/{steps}] making the sealing key"),
    "setup-database": ("  [{step}/{steps}] membuat basis data", "  [{step}/{steps}] making the database"),
    "setup-sites": ("  [{step}/{steps}] mengisi {count} lokasi", "  [{step}/{steps}] filling in {count} sites"),
    "setup-account": ("  [{step}/{steps}] membuat akun admin", "  [{step}/{steps}] making the admin account"),
    "setup-done": ("Penyiapan selesai.", "Set-up done."),
    "migrate": ("Memperbarui basis data ({count} langkah)", "Updating the database ({count} steps)"),
    "password": (
        "Akun {username}, kata sandi: {password}   (ditampilkan sekali ini saja, simpanlah)",
        "Account {username}, password: {password}   (shown this once, keep it)",
    ),
    "starting": ("menjalankan {name}", "starting {name}"),
    "restarting": ("menjalankan kembali {name}", "starting {name} again"),
    "ready": ("{name} siap", "{name} is ready"),
    "fell": (
        "{name} berhenti sendiri ({how}); dijalankan lagi dalam {pause_s:g} detik",
        "{name} ended by itself ({how}); starting again in {pause_s:g} s",
    ),
    "changed": ("{path} berubah; {name} dijalankan ulang", "{path} changed; restarting {name}"),
    "slow": ("{name} belum siap setelah {after_s:g} detik", "{name} is not ready after {after_s:g} s"),
    "cannot-start": ("{name} tidak dapat dijalankan: {error}", "cannot start {name}: {error}"),
    "gave-up": (
        "{name} berulang kali gagal ({how}); lihat baris-barisnya di atas",
        "{name} keeps failing ({how}); see its lines above",
    ),
    "all-ready": ("Semua siap.", "All is ready."),
    "wall": ("  Layar dinding : {url}", "  Wall          : {url}"),
    "broker": (
        "  Broker MQTT   : {host}:{port} (TLS, wajib sertifikat)",
        "  MQTT broker   : {host}:{port} (TLS, by certificate)",
    ),
    "data": ("  Data          : {data}", "  Data          : {data}"),
    "stop-hint": ("Ctrl-C untuk berhenti.", "Ctrl-C to stop."),
    "stopping": ("Menghentikan semua ...", "Stopping all ..."),
    "stopped": ("Semua telah berhenti.", "All has stopped."),
    "by-signal": ("sinyal {number}", "signal {number}"),
    "by-code": ("kode {number}", "code {number}"),
    "enrolled": (
        "{node} terdaftar di {site}; kredensial di {directory}, berlaku sampai {expires}",
        "{node} enrolled at {site}; credentials in {directory}, valid until {expires}",
    ),
    "revoked": (
        "{node} dicabut ({count} sertifikat). Broker yang sedang berjalan memutusnya dalam beberapa detik.",
        "{node} revoked ({count} certificates). A running broker cuts it off within seconds.",
    ),
    "user-added": (
        "Akun {username} ({role}) dibuat, kata sandi: {password}",
        "Account {username} ({role}) made, password: {password}",
    ),
    "user-password": ("Kata sandi baru untuk {username}: {password}", "New password for {username}: {password}"),
    "site-added": ("Lokasi {code} ditambahkan", "Site {code} added"),
    "sites-seeded": ("{count} lokasi ditambahkan", "{count} sites added"),
    "no-nodes": (
        "Belum ada node terdaftar; daftarkan dengan: sandi-center enroll NODE --out DIR",
        "No node is enrolled yet; enrol one with: sandi-center enroll NODE --out DIR",
    ),
    "column-node": ("NODE", "NODE"),
    "column-name": ("LOKASI", "SITE"),
    "column-state": ("KEADAAN", "STATE"),
    "column-since": ("SEJAK", "SINCE"),
    "column-seen": ("TERAKHIR", "LAST SEEN"),
    "column-verdict": ("DIAGNOSIS", "VERDICT"),
    "not-enrolled": ("belum terdaftar", "not enrolled"),
    "audit-fault": ("HILANG TANPA PENJELASAN", "MISSING WITHOUT EXPLANATION"),
    "audit-checking": ("sedang diperiksa", "being checked"),
    "audit-card": ("mungkin hilang bersama kartu", "perhaps lost with the card"),
    "audit-restore": ("hilang saat pemulihan basis data", "lost when the database was restored"),
    "audit-intact": (
        "Utuh: tidak ada catatan yang hilang tanpa penjelasan.",
        "Intact: nothing is missing unexplained.",
    ),
    "audit-faults": (
        "{count} catatan hilang tanpa penjelasan. Simpan keluaran ini dan laporkan kepada pemelihara Sandi.",
        "{count} records are missing without explanation. Keep this output and report it to Sandi's maintainers.",
    ),
    "demo-enrolling": ("Mendaftarkan mesin ini sebagai {node}", "Enrolling this machine as {node}"),
    "demo-waiting": ("Menunggu data pertama dari {node} ...", "Waiting for the first data of {node} ..."),
    "demo-up": ("{node} hidup (UP): datanya tampil di layar dinding.", "{node} is UP: its data is on the wall."),
    "demo-password": (
        "  Masuk         : admin (kata sandi pertama tercetak saat penyiapan; lupa? {command})",
        "  Sign in       : admin (the first password was printed at set-up; lost? {command})",
    ),
    "demo-again": ("  Perintah lain : {command}", "  More commands : {command}"),
}


def phrase(language: Language, key: str, **fields: object) -> str:
    """One sentence in one language."""
    return PHRASES[key][LANGUAGES.index(language)].format(**fields)
