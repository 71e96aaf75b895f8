"""What the command line says while it starts, runs and stops, in Indonesian and English."""

from typing import Literal

from center.box_phrases import BOX_PHRASES
from center.config_phrases import CONFIG_PHRASES
from center.operation_phrases import OPERATION_PHRASES
from center.release_phrases import RELEASE_PHRASES

Language = Literal["id", "en"]
LANGUAGES: tuple[Language, ...] = ("id", "en")

PHRASES: dict[str, tuple[str, str]] = {
    "setup": ("Penyiapan pertama di {data}", "First set-up in {data}"),
    "setup-authority": ("  [{step}/{steps}] membuat otoritas sertifikat", "  [{step}/{steps}] making the authority"),
    "setup-keys": ("  [{step}/{steps}] membuat kunci penyegel", "  [{step}/{steps}] making the sealing key"),
    "setup-database": ("  [{step}/{steps}] membuat basis data", "  [{step}/{steps}] making the database"),
    "setup-sites": ("  [{step}/{steps}] mengisi {count} lokasi", "  [{step}/{steps}] filling in {count} sites"),
    "setup-account": ("  [{step}/{steps}] membuat akun admin", "  [{step}/{steps}] making the admin account"),
    "credentials-ready": ("Kredensial siap: {name}", "Credentials ready: {name}"),
    "setup-done": ("Penyiapan selesai.", "Set-up done."),
    "migrate": ("Memperbarui basis data ({count} langkah)", "Updating the database ({count} steps)"),
    "update-backup": (
        "Menyimpan salinan basis data sebelum pembaruan: {file}",
        "Keeping a copy of the database as it was before the update: {file}",
    ),
    "update-backup-impossible": (
        "Tidak ada salinan basis data sebelum pembaruan: {error}",
        "No copy of the database is made before the update: {error}",
    ),
    "password": (
        "Akun {username}, kata sandi: {password}   (ditampilkan sekali ini saja, simpanlah)",
        "Account {username}, password: {password}   (shown this once, keep it)",
    ),
    "commander-key": (
        "Kunci {id} menandatangani; dikenal {count} dari {total} kotak",
        "Key {id} signs; {count} of {total} boxes know it",
    ),
    "commander-second-key": (
        "Kunci {id} juga diumumkan; dikenal {count} dari {total} kotak",
        "Key {id} is published too; {count} of {total} boxes know it",
    ),
    "commander-key-signs": ("menandatangani", "signs"),
    "commander-key-waits": ("tidak menandatangani", "does not sign"),
    "commander-people": ("{count} orang boleh memerintah", "{count} people may order"),
    "commander-refusals": (
        "Sejam terakhir {count} permintaan ditolak; {foreign} baris basis data tidak ada di buku",
        "{count} refusals in the last hour; {foreign} rows of the database are not in the book",
    ),
    "commander-head": ("Buku: {entries} catatan, sidik {head}", "Book: {entries} entries, hash {head}"),
    "commander-nobody": (
        "Belum ada orang yang boleh memerintah. Tambah: sandi-center commander person add NAMA",
        "Nobody may order yet. Add somebody: sandi-center commander person add NAME",
    ),
    "commander-locked": ("terkunci {seconds} detik lagi", "locked for {seconds} s more"),
    "commander-person-added": (
        "{name} boleh memerintah. Pindai dengan aplikasi kode sekali pakai; ini ditampilkan sekali ini saja:",
        "{name} may order. Scan this with an app for one-time codes; it is shown this once:",
    ),
    "commander-person-secret": ("Rahasia: {secret}\nAlamat : {address}", "Secret : {secret}\nAddress: {address}"),
    "commander-person-unlocked": ("Kode {name} diperiksa lagi.", "{name}'s codes are looked at again."),
    "commander-person-removed": ("{name} tidak boleh memerintah lagi.", "{name} may not order any more."),
    "commander-key-prepared": (
        "Kunci {id} diumumkan. Beri tahu semua kotak: sandi-center commander keys push",
        "Key {id} is published. Tell all boxes: sandi-center commander keys push",
    ),
    "commander-keys-ordered": (
        "Operasi {operation} untuk {count} kotak menunggu persetujuan orang kedua",
        "Operation {operation} for {count} boxes waits for a second person",
    ),
    "commander-key-switched": (
        "Kunci {id} menandatangani mulai sekarang. Buat cadangan baru, lalu: sandi-center commander keys retire",
        "Key {id} signs from now on. Make a new backup, then: sandi-center commander keys retire",
    ),
    "commander-key-retired": (
        "Kunci {id} dibuang. Buat cadangan baru dan beri tahu kotak: sandi-center commander keys push",
        "Key {id} is gone. Make a new backup and tell the boxes: sandi-center commander keys push",
    ),
    "commander-audit-whole": (
        "Buku utuh: {entries} catatan, sidik {head}",
        "The book is as it was written: {entries} entries, hash {head}",
    ),
    "commander-audit-problem": ("Catatan {entry}: {what}", "Entry {entry}: {what}"),
    "commander-audit-number": ("hilang atau disisipkan", "missing, or put in"),
    "commander-audit-hash": ("diubah setelah ditulis", "changed after it was written"),
    "commander-audit-body": ("tidak dapat dibaca", "cannot be read"),
    "commander-audit-approval": ("persetujuan yang tidak sah", "an approval that is none"),
    "commander-audit-secret": ("rahasia seseorang bukan yang diberikan", "a person's secret is not the one given out"),
    "commander-audit-key": ("perintah tidak ditemukan lewat kuncinya", "an order cannot be found under its key"),
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
    "unattended": (
        "kesalahan pengawas sendiri pada {name}: {error}; semua dihentikan agar dapat dijalankan lagi",
        "a mistake of the supervisor itself at {name}: {error}; stopping all so that it can be started again",
    ),
    "status-unwritten": (
        "{path} tidak dapat ditulis ({error}); pusat tetap berjalan",
        "{path} cannot be written ({error}); the centre goes on",
    ),
    "status-written": ("{path} dapat ditulis lagi", "{path} can be written again"),
    "all-ready": ("Semua siap.", "All is ready."),
    "wall": ("  Layar dinding : {url}", "  Wall          : {url}"),
    "broker": (
        "  Broker MQTT   : {host}:{port} (TLS, wajib sertifikat)",
        "  MQTT broker   : {host}:{port} (TLS, by certificate)",
    ),
    "throughput": (
        "  Uji jalur     : {host}:{port} (TLS, wajib sertifikat node)",
        "  Line tests    : {host}:{port} (TLS, by a node's certificate)",
    ),
    "enrol": (
        "  Pendaftaran   : {host}:{port} (TLS, dengan token sekali pakai)",
        "  Enrolment     : {host}:{port} (TLS, by one-time token)",
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
    "revoked-by-book": (
        "{node} tidak ada di basis data (terdaftar setelah cadangan yang dipulihkan?); dicabut menurut buku otoritas.",
        "{node} is not in the database (enrolled after the restored backup?); revoked by the authority's book.",
    ),
    "user-added": (
        "Akun {username} ({role}) dibuat, kata sandi: {password}",
        "Account {username} ({role}) made, password: {password}",
    ),
    "user-reach": ("{username} sekarang melihat: {reach}", "{username} now sees: {reach}"),
    "user-totp-reset": (
        "Faktor kedua {username} dihapus; dipasang lagi di halaman Akun saya.",
        "The second factor of {username} is gone; it is set up again on the page My account.",
    ),
    "token-added": (
        "Token {name} (tingkat {level}): {token}   (ditampilkan sekali ini saja, simpanlah)",
        "Token {name} (level {level}): {token}   (shown this once, keep it)",
    ),
    "token-revoked": ("Token {name} tidak berlaku lagi.", "Token {name} opens nothing any more."),
    "token-none": ("Belum ada token.", "There is no token yet."),
    "token-valid": ("berlaku", "valid"),
    "token-over": ("tidak berlaku", "not valid"),
    "token-never-used": ("belum pernah dipakai", "never used"),
    "token-used": ("terakhir dipakai {at}", "last used {at}"),
    "user-password": ("Kata sandi baru untuk {username}: {password}", "New password for {username}: {password}"),
    "display-added": (
        "Layar {name} ({kind}) dibuat. Buka /wall/enter di layar itu dan ketik tokennya (ditampilkan sekali ini saja):",
        "Screen {name} ({kind}) made. On it, open /wall/enter and type its token (shown this once):",
    ),
    "display-revoked": ("Layar {name} dicabut", "Screen {name} revoked"),
    "no-displays": ("Belum ada layar", "There is no screen yet"),
    "display-state-revoked": ("dicabut", "revoked"),
    "display-state-entered": ("dibuka dari {address}", "entered from {address}"),
    "display-state-new": ("belum dibuka", "not entered yet"),
    "site-added": ("Lokasi {code} ditambahkan", "Site {code} added"),
    "registry-same": ("{count} baris sudah demikian", "{count} rows are so already"),
    "registry-preview": (
        "{new} baru, {changed} berubah. Belum ada yang dilakukan; lakukan dengan --yes",
        "{new} new, {changed} changed. Nothing was done; do it with --yes",
    ),
    "registry-done": ("Selesai: {new} baru, {changed} berubah.", "Done: {new} new, {changed} changed."),
    "registry-exported": ("{count} baris ditulis ke {file}", "{count} rows written to {file}"),
    "registry-new": ("baru", "new"),
    "registry-gone": ("dihapus", "removed"),
    "complaints-preview": (
        "{new} baru, {known} sudah ada, {bad} bermasalah. Belum ada yang dilakukan; lakukan dengan --yes",
        "{new} new, {known} here already, {bad} with problems. Nothing was done; do it with --yes",
    ),
    "complaints-taken": (
        "{new} baru, {known} sudah ada, {bad} bermasalah. Batalkan: sandi-center complaints import-undo {number}",
        "{new} new, {known} here already, {bad} with problems. Undo: sandi-center complaints import-undo {number}",
    ),
    "complaints-undone": (
        "{done} pengaduan diarsipkan; {left} dibiarkan karena sudah dikerjakan.",
        "{done} complaints archived; {left} left alone, somebody has worked on them.",
    ),
    "row-file_too_big": ("berkas lebih dari 20 MB; bagi menjadi beberapa", "the file is over 20 MB; make several"),
    "row-too_many_rows": ("lebih dari 20.000 baris; bagi menjadi beberapa", "over 20,000 rows; make several files"),
    "row-no_utf8": ("bukan UTF-8; simpan sebagai CSV UTF-8", "not UTF-8; save it as CSV UTF-8"),
    "row-nul": ("berisi karakter NUL", "holds a NUL character"),
    "row-no_json": ("bukan objek JSON", "no JSON object"),
    "row-no_text": ("harus teks", "must be a text"),
    "row-no_csv": ("bukan CSV; periksa tanda kutip", "no CSV; look at the quotation marks"),
    "row-cells": ("jumlah sel tidak sama dengan judul kolom", "not as many cells as the header has"),
    "row-unknown_column": ("kolom tidak dikenal", "unknown column"),
    "row-missing_column": ("kolom wajib tidak ada", "a required column is missing"),
    "row-twice": ("muncul dua kali", "stands there twice"),
    "row-required": ("wajib diisi", "must be filled in"),
    "row-too_long": ("terlalu panjang", "too long"),
    "row-no_moment": ("bukan waktu; tulis seperti 2026-11-23 08:15", "no moment; write it like 2026-11-23 08:15"),
    "row-unknown_word": ("kata atau kode tidak dikenal", "unknown word or code"),
    "row-refused": ("ditolak", "refused"),
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
    "security-unknown": ("(banyak alamat)", "(several addresses)"),
    "security-nodes": ("terakhir masuk dari sini: {nodes}", "last came in from here: {nodes}"),
    "security-broker-certificate": (
        "sertifikat dicabut, kedaluwarsa, atau bukan milik kota",
        "certificate revoked, expired or not the city's",
    ),
    "security-broker-no_certificate": ("tanpa sertifikat", "without a certificate"),
    "security-broker-no_tls": ("bukan TLS yang dikenal", "not TLS as spoken here"),
    "security-broker-garbage": ("bukan MQTT, atau diam lalu pergi", "no MQTT, or silent and gone"),
    "security-broker-oversize": ("paket terlalu besar", "packet too large"),
    "security-broker-slow": ("terhubung tetapi diam", "connected and silent"),
    "security-broker-full": ("broker penuh", "broker full"),
    "security-broker-foreign_topic": (
        "meminta topik yang tidak diminta agen kita",
        "asked for topics our agent does not ask for",
    ),
    "security-broker-left": (
        "datang dan pergi tanpa bicara (uji port; bukan penolakan)",
        "came and went without a word (a port test; no refusal)",
    ),
    "security-revoked": (
        "{node}: dicabut, masih mencoba, terakhir {at}, dari {who}",
        "{node}: revoked, still trying, last {at}, from {who}",
    ),
    "security-found": (
        "{count} kali ditolak dalam sehari terakhir.",
        "{count} refusals in the last day.",
    ),
    "security-quiet": ("Tidak ada yang ditolak dalam sehari terakhir.", "Nobody was refused in the last day."),
    "audit-fault": ("HILANG TANPA PENJELASAN", "MISSING WITHOUT EXPLANATION"),
    "audit-checking": ("sedang diperiksa", "being checked"),
    "audit-card": ("mungkin hilang bersama kartu", "perhaps lost with the card"),
    "audit-tail": (
        "{node}  {since} - {until}: hanya kartu yang hilang yang tahu; pengaduan di kios pada waktu itu tidak dapat "
        "diketahui.",
        "{node}  {since} - {until}: only the lost card knew; complaints at the kiosk in that time cannot be known.",
    ),
    "audit-restore": ("hilang saat pemulihan basis data", "lost when the database was restored"),
    "audit-intact": (
        "Utuh: tidak ada catatan yang hilang tanpa penjelasan.",
        "Intact: nothing is missing unexplained.",
    ),
    "audit-faults": (
        "{count} catatan hilang tanpa penjelasan. Simpan keluaran ini dan laporkan kepada pemelihara Sandi.",
        "{count} records are missing without explanation. Keep this output and report it to Sandi's maintainers.",
    ),
    "outage-lasts": ("masih berlangsung", "goes on"),
    "no-outages": ("Tidak ada gangguan dalam kurun waktu ini.", "No outage in this time."),
    "no-days": ("Belum ada hari yang terhitung dalam bulan ini.", "No day of this month has been worked out yet."),
    "not-enough-data": (
        "data tidak cukup (cakupan {coverage} %)",
        "not enough data (coverage {coverage} %)",
    ),
    "availability-bounds": (
        "(paling rendah {worst} %, paling tinggi {best} %)",
        "(at worst {worst} %, at best {best} %)",
    ),
    "recompute-due": (
        "{count} node akan dihitung ulang oleh worker yang berjalan.",
        "{count} nodes will be worked out again by the running worker.",
    ),
    "backup-database": ("Menyalin basis data ...", "Copying the database ..."),
    "backup-checking": ("Memeriksa salinan basis data ...", "Checking the copy of the database ..."),
    "backup-writing": ("Menulis cadangan ({count} berkas) ...", "Writing the backup ({count} files) ..."),
    "backup-verifying": ("Membaca ulang cadangan ...", "Reading the backup back ..."),
    "backup-percent": ("  {percent} %", "  {percent} %"),
    "backup-done": (
        "Cadangan selesai: {file} ({size_mb} MB, {nodes} node, {records} rekaman, {complaints} pengaduan)",
        "Backup done: {file} ({size_mb} MB, {nodes} nodes, {records} records, {complaints} complaints)",
    ),
    "backup-keys": (
        "Di dalamnya ada KUNCI kota: otoritas sertifikat dan kunci pembuka pengaduan warga. Simpan di tempat aman.",
        "It holds the city's KEYS: the certificate authority and the key to what citizens wrote. Keep it safe.",
    ),
    "backup-keys-sealed": (
        "Terenkripsi; tanpa frasa sandinya tidak seorang pun dapat memulihkannya.",
        "It is encrypted; without the passphrase nobody can restore it.",
    ),
    "backup-without-pictures": (
        "Tanpa gambar kamera (--without-pictures).",
        "Without the cameras' pictures (--without-pictures).",
    ),
    "backup-removed": ("Cadangan lama dihapus: {file}", "Old backup removed: {file}"),
    "backup-whole": (
        "{file} utuh: dibuat {created} oleh Sandi {sandi}, {nodes} node, {records} rekaman, {complaints} pengaduan",
        "{file} is whole: made {created} by Sandi {sandi}, {nodes} nodes, {records} records, {complaints} complaints",
    ),
    "backup-passphrase": ("Frasa sandi cadangan", "Passphrase of the backup"),
    "restore-reading": ("Membuka dan memeriksa cadangan ...", "Unpacking and checking the backup ..."),
    "restore-checking": ("Memeriksa kunci dan sertifikat ...", "Checking keys and certificates ..."),
    "restore-database": ("Menyiapkan basis data ...", "Preparing the database ..."),
    "restore-moving": ("Memindahkan ke tempatnya ...", "Moving it into place ..."),
    "restore-finishing": (
        "Menyelesaikan pemulihan yang terputus ...",
        "Finishing a restore that was cut off ...",
    ),
    "restore-undoing": ("Mengembalikan {aside} ...", "Putting back {aside} ..."),
    "restore-done": (
        "Pulih: keadaan {created}, {nodes} node, {records} rekaman, {complaints} pengaduan.",
        "Restored: as of {created}, {nodes} nodes, {records} records, {complaints} complaints.",
    ),
    "restore-undone": ("Keadaan sebelum pemulihan sudah kembali.", "What was there before the restore is back."),
    "restore-next": (
        "Jalankan pusat lagi. Node mengirim ulang pengaduan dan kejadian yang masih disimpannya; sisanya tercatat "
        "sebagai celah. Semua orang masuk lagi dengan kata sandinya dari saat cadangan dibuat.",
        "Start the centre again. Nodes send again the complaints and events they still keep; the rest is noted as a "
        "gap. Everybody signs in again, with the password of the day of the backup.",
    ),
    "restore-aside": (
        "Yang lama disisihkan di {aside}. Kembali: {command}. Hapus bila tidak perlu lagi.",
        "What was there is kept in {aside}. To go back: {command}. Delete it when it is not needed any more.",
    ),
    "restore-config": (
        "center.toml mesin ini tetap berlaku; bila yang dari cadangan berbeda, ada di center.toml.from-backup.",
        "This machine's center.toml stays in force; the backup's, if it differs, is center.toml.from-backup.",
    ),
    "restore-revocations-merged": (
        "Pencabutan sertifikat setelah cadangan dibuat tetap berlaku ({count} node dicabut).",
        "Certificates taken back after the backup stay taken back ({count} nodes are revoked).",
    ),
    "restore-revocations-lost": (
        "PENTING: pencabutan setelah cadangan dibuat tidak dikenal di mesin ini; ulangi dengan sandi-center revoke. "
        "Pencabutan terakhir yang dikenal: {newest}.",
        "IMPORTANT: what was revoked after the backup is not known on this machine; repeat it with sandi-center "
        "revoke. The last revocation known: {newest}.",
    ),
    "restore-none": ("belum ada", "none"),
    "restore-later": (
        "Didaftarkan atau diperpanjang setelah cadangan dibuat, daftarkan lagi dengan enroll --force (atau revoke): "
        "{nodes}",
        "Enrolled or renewed after the backup, enrol them again with enroll --force (or revoke them): {nodes}",
    ),
    "demo-enrolling": ("Mendaftarkan mesin ini sebagai {node}", "Enrolling this machine as {node}"),
    "demo-waiting": ("Menunggu data pertama dari {node} ...", "Waiting for the first data of {node} ..."),
    "demo-up": ("{node} hidup: datanya tampil di layar dinding.", "{node} is up: its data is on the wall."),
    "demo-password": (
        "  Masuk         : admin (kata sandi pertama tercetak saat penyiapan; lupa? {command})",
        "  Sign in       : admin (the first password was printed at set-up; lost? {command})",
    ),
    "report-written": ("Tertulis: {file}", "Written: {file}"),
    "report-published": (
        "{month} terbit sebagai versi {version}, sidik jari {digest}",
        "{month} is published as version {version}, digest {digest}",
    ),
    "report-unpublished": ("{month} belum diterbitkan", "{month} is not published"),
    "evidence-key": (
        "PENTING: tanpa --key hanya terbukti bahwa paket ini utuh. Bandingkan kuncinya dengan yang diumumkan: {public}",
        "IMPORTANT: without --key the pack is only proven to be whole. Compare its key with the city's: {public}",
    ),
    "evidence-written": (
        "Tertulis: {file}, {count} gambar ({missing} filenya sudah tidak ada). SHA-256 {digest}",
        "Written: {file}, {count} pictures (the files of {missing} are gone). SHA-256 {digest}",
    ),
    "demo-again": ("  Perintah lain : {command}", "  More commands : {command}"),
    **BOX_PHRASES,
    **CONFIG_PHRASES,
    **OPERATION_PHRASES,
    **RELEASE_PHRASES,
}


def phrase(language: Language, key: str, **fields: object) -> str:
    """One sentence in one language."""
    return PHRASES[key][LANGUAGES.index(language)].format(**fields)
