"""docs/hak-akses.md out of the roles themselves: `python -m center.accounts.matrix > docs/hak-akses.md`.

A test holds the file to this, so that what people read about permissions is what the centre enforces.
"""

from collections.abc import Iterable

from center.database import use_django

HEAD = """# Hak akses

Dibuat dari `center/accounts/roles.py`; jangan disunting: `python -m center.accounts.matrix`.

Dua pertanyaan terpisah: **apa** yang boleh dilakukan (peran) dan **baris siapa** yang terlihat (jangkauan: seluruh
kota, satu kecamatan, atau lokasi tertentu). Peran OPD dan lurah selalu terbatas pada lokasi yang diberikan; tanpa
lokasi tidak melihat apa pun. Baris orang lain dijawab seakan-akan tidak ada (404).

| apa | {roles} |
|---|{lines}|
"""
TAIL = """
Pengaduan tampak bagi OPD dan lurah bila diteruskan kepadanya, atau bila kiosnya atau kelurahan yang dimaksud adalah
lokasinya. Teksnya hanya dibuka dan dijawab oleh yang ditugasi: yang diteruskan ke OPD lain tampak di daftar, tetapi
tetap tersegel. Pengaduan rahasia dibuka tanpa nama dan kontak.

Jangkauan terbatas menutup halaman tentang seluruh kota (dinding, kota, metrik, laporan terbit), apa pun perannya.
`[web] require_totp = true`: operator dan admin wajib memakai faktor kedua. Siapa pun yang memasangnya wajib
memakainya. Token program ([api.md](api.md)) hanya membaca: tidak membuka halaman, gambar, pengaduan, atau data orang.
Yang bertingkat `exchange` hanya bertukar pengaduan lewat [Open311](open311.md), tanpa yang diketik warga.

Perubahan berlaku seketika: halaman yang sedang terbuka tidak lagi menerima data baru dalam 5 detik setelah orangnya
keluar, akunnya ditutup, atau peran, jangkauan, kata sandi atau faktor keduanya berubah; begitu juga token dan layar
yang dicabut.
"""
ROWS: tuple[tuple[str, str], ...] = (
    ("keadaan, pengukuran, dan gangguan node", "connectivity.view_nodestate"),
    ("gambar kamera (setiap kali dicatat)", "cctv.view_snapshot"),
    ("membawa gambar sebagai bukti (setiap kali dicatat)", "cctv.export_snapshot"),
    ("situs publik", "publicsites.view_look"),
    ("ketersediaan dan gangguan yang disimpulkan", "availability.view_day"),
    ("laporan terbit, halaman kota", "reports.view_frozenmonth"),
    ("membekukan dan mengamandemen laporan", "reports.freeze_month"),
    ("lokasi, hulu, penyedia", "sites.view_site"),
    ("mengubah lokasi", "sites.change_site"),
    ("kontak lokasi: data pribadi (setiap kali dicatat)", "sites.view_person"),
    ("insiden", "operations.view_incident"),
    ("mengerjakan insiden", "operations.work_incident"),
    ("siapa bekerja di kotak", "operations.view_maintenance"),
    ("pekerjaan terencana", "operations.add_work"),
    ("jumlah pengaduan", ""),
    ("daftar pengaduan dalam jangkauan", "complaints.view_complaint"),
    ("membuka teks dan foto pengaduan, menjawab (setiap kali dicatat)", "complaints.change_complaint"),
    ("identitas pengadu yang minta dirahasiakan", "complaints.identity_complaint"),
    ("meneruskan, membetulkan kelas, menutup banyak pengaduan sekaligus", "complaints.desk_complaint"),
    ("mencatat pengaduan dari saluran lain", "complaints.add_complaint"),
    ("siapa membuka apa dari sebuah pengaduan", "complaints.view_disclosure"),
    ("salinan data pribadi untuk pengadu", "complaints.export_complaint"),
    ("menghapus data pribadi atas permintaan", "complaints.delete_complaint"),
    ("perintah ke kotak, dan keadaannya: melihat", "operations.view_operation"),
    ("perintah yang hanya memeriksa", "operations.run_look"),
    ("perintah yang mengubah sesuatu (kode sekali pakai)", "operations.run_touch"),
    ("perintah berat (dua orang, masing-masing kode sekali pakai)", "operations.run_grave"),
    ("semua kotak: versi, konfigurasi, sertifikat", "fleet.view_nodeconfig"),
    ("mengirim konfigurasi dan rilis", "fleet.add_configpush"),
    ("pengumuman publik", "wall.add_publicnotice"),
    ("saluran dan rute alarm: melihat", "alerts.view_channel"),
    ("saluran dan rute alarm: mengubah", "alerts.change_channel"),
    ("layar dinding: menambah, mencabut", "wall.add_display"),
    ("muatan yang ditolak", "ingest.view_quarantined"),
    ("akun", "accounts.change_user"),
    ("catatan audit", "accounts.view_act"),
)
"""What people ask about, and the permission that decides it ("": everybody who is signed in)."""


def matrix() -> str:
    """The whole file."""
    from center.accounts.roles import ROLES

    roles = tuple(ROLES)
    body = [f"| {text} | " + " | ".join(_mark(role, permission) for role in roles) + " |" for text, permission in ROWS]
    return HEAD.format(roles=" | ".join(roles), lines="|".join(":-:" for _ in roles)) + "\n".join(body) + "\n" + TAIL


def _mark(role: str, permission: str) -> str:
    from center.accounts.roles import ROLES

    return "ya" if not permission or granted(ROLES[role], permission) else "-"


def granted(grants: Iterable[tuple[str, str]], permission: str) -> bool:
    """Whether a role's grants (application, action) include a permission: by its first word, or by its whole name."""
    app, _, name = permission.partition(".")
    return any(app == of and (name == action or name.startswith(f"{action}_")) for of, action in grants)


if __name__ == "__main__":
    use_django()
    print(matrix(), end="")  # noqa: T201 - what it is for
