"""Every warning an agent can give about itself, declared as data: both sides say the same words about the same code.

Rules of the table, read from top to bottom:
* a warning stands below those it depends on. While one of those is visible it explains this one, which would only be
  noise, so this one is hidden;
* a condition becomes visible after it has lasted `visible_after_s`; the reason of every number stands beside it;
* the text says what it means and what to do, without the detail: that is a short technical remark shown beside it.
"""

from typing import Final, Literal

from wire.shape import Struct

Severity = Literal["error", "warning"]
"""error: data is lost or the box cut off, somebody must act; warning: it still works, but not well or not for long."""


class WarningRule(Struct, frozen=True):
    """One thing that can be wrong with a box: its stable code, its words, how bad it is, and when it is told."""

    code: str
    severity: Severity
    visible_after_s: float = 0.0
    depends_on: tuple[str, ...] = ()
    title_id: str = ""
    title_en: str = ""
    text_id: str = ""
    text_en: str = ""

    def title(self, lang: str) -> str:
        """The title in Indonesian ("id") or English (anything else)."""
        return self.title_id if lang == "id" else self.title_en

    def text(self, lang: str) -> str:
        """What it means and what to do, in Indonesian ("id") or English (anything else)."""
        return self.text_id if lang == "id" else self.text_en


_RULES: Final = (
    # -- what it keeps -------------------------------------------------------------------------------------------------
    WarningRule(
        "outbox_readonly",
        "error",
        title_id="Penyimpanan tidak dapat ditulis",
        title_en="Storage cannot be written",
        text_id="Kartu atau disk menolak tulisan, jadi data baru tidak tersimpan dan pengaduan ditolak. "
        "Ganti kartu SD, lalu nyalakan ulang kotak.",
        text_en="The card or disk refuses to be written, so nothing new is kept and complaints are refused. "
        "Change the SD card, then restart the box.",
    ),
    WarningRule(
        "outbox_damaged",
        "error",
        title_id="Antrean rusak dan disisihkan",
        title_en="A damaged outbox was put aside",
        text_id="Berkas antrean rusak; yang masih terbaca diselamatkan dan antrean baru dimulai. "
        "Laporkan ke pusat komando dan siapkan kartu SD pengganti.",
        text_en="The outbox file was damaged; what could still be read was saved and a new outbox was begun. "
        "Report it to the command centre and have another SD card ready.",
    ),
    WarningRule(
        "disk_reserve",
        "error",
        depends_on=("outbox_readonly",),
        title_id="Ruang disk hampir habis",
        title_en="Disk space is nearly gone",
        text_id="Ruang cadangan untuk pengaduan mulai terpakai; data baru ditolak. "
        "Hapus berkas lain di kotak ini atau ganti kartu yang lebih besar.",
        text_en="The space kept back for complaints is being used up; new data is refused. "
        "Delete other files on this box or fit a larger card.",
    ),
    WarningRule(
        "giving_up",
        "error",
        depends_on=("outbox_readonly",),
        title_id="Data lama dilepas karena tidak muat",
        title_en="Old data is being given up for lack of room",
        text_id="Antrean penuh, jadi gambar dan laporan tertua dilepas; jumlahnya dicatat dan dilaporkan ke pusat. "
        "Pulihkan sambungan ke pusat; bila disk penuh, hapus berkas lain.",
        text_en="The outbox is full, so the oldest pictures and reports are given up; how many is noted and reported. "
        "Restore the connection to the centre; if the disk is full, delete other files.",
    ),
    # -- what it is asked from afar ------------------------------------------------------------------------------------
    WarningRule(
        "command_forged",
        "warning",
        title_id="Ada perintah palsu dari jauh",
        title_en="Forged commands came from afar",
        text_id="Datang perintah tanpa tanda tangan pusat yang dikenal kotak ini; tidak ada yang dijalankan. "
        "Laporkan ke pusat komando: broker mungkin dikuasai orang lain, atau kunci kotak ini usang.",
        text_en="Commands came without a signature of the centre that this box knows; none was carried out. "
        "Report it to the command centre: the broker may be in other hands, or the keys of this box out of date.",
    ),
    # -- how it sends --------------------------------------------------------------------------------------------------
    WarningRule(
        "not_authorised",
        "error",
        title_id="Pusat menolak kotak ini",
        title_en="The centre refuses this box",
        text_id="Broker menolak sertifikat atau hak akses kotak ini. "
        "Hubungi pusat komando; mungkin perlu didaftarkan ulang.",
        text_en="The broker refuses this box's certificate or rights. "
        "Call the command centre; it may have to be enrolled again.",
    ),
    WarningRule(
        "uplink_wedged",
        "error",
        title_id="Bagian pengirim macet",
        title_en="The sending part is stuck",
        text_id="Bagian yang berbicara dengan pusat macet dan disambung ulang sendiri; data tetap aman di kotak. "
        "Bila berulang: sudo systemctl restart sandi-agent, lalu laporkan ke pusat komando.",
        text_en="The part that talks to the centre was stuck and connects anew by itself; data is safe on this box. "
        "If it comes again: sudo systemctl restart sandi-agent, then report it to the command centre.",
    ),
    WarningRule(
        "uplink_down",
        "warning",
        visible_after_s=60,  # half-jitter reconnects of a router that restarts take up to a minute
        depends_on=("not_authorised", "uplink_wedged"),
        title_id="Tidak tersambung ke pusat",
        title_en="Not connected to the centre",
        text_id="Data dikumpulkan di kotak dan dikirim sendiri setelah tersambung. "
        "Periksa kabel, router, dan internet di lokasi.",
        text_en="Data is collected on this box and sent by itself once connected. "
        "Check cable, router and internet on site.",
    ),
    WarningRule(
        "refused_by_center",
        "error",
        visible_after_s=360,  # what is refused rests 300 s: a centre that was just being changed takes it the next time
        depends_on=("not_authorised", "uplink_wedged", "uplink_down"),
        title_id="Pusat tidak dapat membaca data ini",
        title_en="The centre cannot read this box's data",
        text_id="Pusat menolak semua data dari aliran ini, mungkin karena versinya lain; data aman dan dikirim ulang. "
        "Laporkan ke pusat komando bersama rinciannya.",
        text_en="The centre refuses all data of this stream, perhaps being of another version; data is safe and sent "
        "again. Report it to the command centre with the detail.",
    ),
    WarningRule(
        "too_large",
        "error",
        title_id="Data terlalu besar untuk pusat",
        title_en="Data too large for the centre",
        text_id="Pengaduan atau kejadian ini melebihi batas broker dan tidak dapat dikirim; tetap tersimpan di kotak. "
        "Minta pusat komando menaikkan max_packet_size; setelah itu terkirim sendiri.",
        text_en="This complaint or event exceeds the broker's limit and cannot be sent; it stays on this box. "
        "Ask the command centre to raise max_packet_size; it is then sent by itself.",
    ),
    WarningRule(
        "ack_stalled",
        "warning",
        visible_after_s=120,  # the adaptive re-send goes up to 60 s before it repeats a batch for the second time
        depends_on=("not_authorised", "uplink_wedged", "uplink_down", "refused_by_center"),
        title_id="Pusat belum mengonfirmasi data",
        title_en="The centre does not confirm data",
        text_id="Tersambung, tetapi pusat tidak menyatakan data tersimpan. "
        "Laporkan ke pusat komando; data aman di kotak ini.",
        text_en="Connected, but the centre does not say that data is stored. "
        "Report it to the command centre; data is safe on this box.",
    ),
    WarningRule(
        "budget_spent",
        "warning",
        title_id="Kuota data hari ini habis",
        title_en="Today's data budget is used up",
        text_id="Sampai besok hanya pengaduan dan keadaan kotak yang dikirim; sisanya menunggu di kotak. "
        "Bila sering terjadi, naikkan kuota di konfigurasi [uplink] atau ganti paket data.",
        text_en="Until tomorrow only complaints and the box's state are sent; the rest waits on this box. "
        "If it happens often, raise the budget in [uplink] of the configuration or change the data plan.",
    ),
    # -- how it runs ---------------------------------------------------------------------------------------------------
    WarningRule(
        "plugin_stuck",
        "error",
        title_id="Ada bagian yang macet",
        title_en="A part is stuck",
        text_id="Bagian ini tidak bergerak padahal seharusnya, dan dihentikan untuk dijalankan lagi. "
        "Bila menetap: sudo systemctl restart sandi-agent, lalu lihat journalctl -u sandi-agent.",
        text_en="This part does not move although it should, and was stopped to be started again. "
        "If it stays: sudo systemctl restart sandi-agent, then look at journalctl -u sandi-agent.",
    ),
    WarningRule(
        "plugin_failing",
        "warning",
        title_id="Ada bagian yang gagal",
        title_en="A part is failing",
        text_id="Bagian ini gagal dan dicoba lagi sendiri. Bila menetap, lihat: journalctl -u sandi-agent",
        text_en="This part fails and is tried again by itself. If it stays, look at: journalctl -u sandi-agent",
    ),
    WarningRule(
        "loop_slow",
        "warning",
        title_id="Layanan tersendat",
        title_en="The service stutters",
        text_id="Layanan berkali-kali terhenti beberapa detik, jadi ukuran jaringan kurang tepat. "
        "Biasanya karena kartu SD lambat, memori habis, atau kotak terlalu panas.",
        text_en="The service stood still for seconds again and again, so its measurements are less exact. "
        "Mostly because of a slow SD card, too little memory, or heat.",
    ),
    WarningRule(
        "clock_unsynced",
        "warning",
        visible_after_s=600,  # timesyncd asks again after 30 s, 64 s, 128 s ... when the network comes late
        depends_on=("not_authorised", "uplink_down"),
        title_id="Jam belum tepat",
        title_en="The clock is not set",
        text_id="Jam kotak belum disetel dari internet. Data tetap tercatat; waktunya diperkirakan oleh pusat. "
        "Periksa NTP dengan: timedatectl",
        text_en="The box's clock has not been set from the internet. Data is kept; the centre estimates its times. "
        "Check NTP with: timedatectl",
    ),
    WarningRule(
        "icmp_not_permitted",
        "warning",
        title_id="Ping tidak diizinkan",
        title_en="Ping is not permitted",
        text_id="Sistem tidak mengizinkan ping. "
        "Jalankan ulang systemd/install.sh atau setel net.ipv4.ping_group_range.",
        text_en="The system does not permit ping. Run systemd/install.sh again or set net.ipv4.ping_group_range.",
    ),
    # -- what it stands in ---------------------------------------------------------------------------------------------
    WarningRule(
        "undervoltage",
        "error",
        title_id="Tegangan listrik kurang",
        title_en="Supply voltage too low",
        text_id="Catu daya kotak terlalu lemah. Ganti adaptor dan kabel dengan yang resmi.",
        text_en="The power supply of the box is too weak. Use the official adapter and cable.",
    ),
    WarningRule(
        "overheated",
        "warning",
        visible_after_s=60,  # a soft limit touched for seconds is normal at noon
        title_id="Kotak terlalu panas",
        title_en="The box is too hot",
        text_id="Prosesor melambat karena panas. Beri ruang udara atau kipas.",
        text_en="The processor slows down because of heat. Give it air or a fan.",
    ),
    WarningRule(
        "storage_worn",
        "warning",
        title_id="Penyimpanan hampir aus",
        title_en="Storage is nearly worn out",
        text_id="Umur pakai kartu SD hampir habis. Siapkan pengganti.",
        text_en="The SD card is near the end of its life. Have another one ready.",
    ),
)

WARNINGS: Final[dict[str, WarningRule]] = {rule.code: rule for rule in _RULES}
"""By code, in the order they are judged and shown."""
