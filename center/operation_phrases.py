"""What the command line says about operations from afar."""

OPERATION_PHRASES: dict[str, tuple[str, str]] = {
    "operation-state-waiting": ("menunggu orang kedua", "waiting for a second person"),
    "operation-state-running": ("berjalan", "running"),
    "operation-state-paused": ("dijeda", "paused"),
    "operation-state-done": ("selesai", "done"),
    "operation-state-aborted": ("berhenti di ambang", "stopped at its threshold"),
    "operation-state-cancelled": ("dibatalkan", "cancelled"),
    "operation-state-lapsed": ("tidak disetujui tepat waktu", "not approved in time"),
    "target-state-queued": ("belum dimulai", "not begun"),
    "target-state-due": ("akan dikirim", "to be sent"),
    "target-state-sent": ("terkirim", "sent"),
    "target-state-accepted": ("diterima kotak", "accepted"),
    "target-state-running": ("berjalan", "running"),
    "target-state-done": ("berhasil", "done"),
    "target-state-failed": ("gagal", "failed"),
    "target-state-rejected": ("ditolak kotak", "rejected by the box"),
    "target-state-expired": ("tidak sampai", "expired"),
    "target-state-skipped": ("tidak dijalankan", "not carried out"),
    "operation-ordered": ("Operasi {id}: {command}, {count} kotak.", "Operation {id}: {command}, {count} boxes."),
    "operation-needs-second": (
        "Menunggu orang kedua sampai {until}: sandi-center operations approve {id} --as NAMA",
        "Waiting for a second person until {until}: sandi-center operations approve {id} --as NAME",
    ),
    "operation-otp": ("Kode sekali pakai {person}", "One-time code of {person}"),
    "operation-left": (
        "Operasi {id} berjalan terus; lihat: sandi-center operations show, hentikan: sandi-center operations cancel",
        "Operation {id} goes on; look: sandi-center operations show, stop: sandi-center operations cancel",
    ),
    "operation-counts": (
        "{done} berhasil, {bad} gagal, {skipped} tidak dijalankan, {open} belum selesai; dari {total} kotak.",
        "{done} done, {bad} failed, {skipped} not carried out, {open} without an end; of {total} boxes.",
    ),
    "operation-why-canary": (
        "Berhenti pada percobaan pertama: {node} ({code}). {skipped} kotak tidak disentuh.",
        "Stopped at the first trial: {node} ({code}). {skipped} boxes were not touched.",
    ),
    "operation-why-threshold": (
        "Berhenti di ambang: {bad} dari {total} kotak gagal, batasnya {allowed} ({abort_pct} %); paling sering {code}, "
        "{code_count} kali. {skipped} kotak tidak disentuh.",
        "Stopped at the threshold: {bad} of {total} boxes failed, {allowed} were allowed ({abort_pct} %); most often "
        "{code}, {code_count} times. {skipped} boxes were not touched.",
    ),
    "operation-why-restored": (
        "Dibatalkan karena basis data dipulihkan dari cadangan.",
        "Cancelled because the database was restored from a backup.",
    ),
    "operation-none": ("Tidak ada operasi.", "There are no operations."),
    "operation-stopped-cancel": ("Dibatalkan: tidak ada lagi yang dikirim.", "Cancelled: nothing more is sent."),
    "operation-stopped-pause": ("Dijeda: gelombang berikutnya menunggu.", "Paused: the next wave waits."),
    "operation-stopped-resume": ("Dilanjutkan.", "It goes on."),
    "operation-approved": ("Disetujui; perintah dikirim.", "Approved; the command is sent."),
    "operation-wave": ("gelombang {wave} dari {waves}", "wave {wave} of {waves}"),
    "operation-output-cut": ("[keluaran dipotong di kotak]", "[output was cut at the box]"),
    "operation-output-gone": (
        "[keluaran sudah dihapus atau belum tiba]",
        "[the output was forgotten or has not arrived]",
    ),
}
REFUSALS: dict[str, tuple[str, str]] = {
    "otp": (
        "kode sekali pakai salah atau sudah terpakai; tunggu kode berikutnya",
        "the one-time code is wrong or was used; wait for the next one",
    ),
    "person": (
        "komandan tidak mengenal orang ini; daftarkan: sandi-center commander person add NAMA",
        "the commander does not know this person; add them: sandi-center commander person add NAME",
    ),
    "same_person": (
        "perintah berat harus disetujui oleh orang lain daripada pemesannya",
        "a grave order has to be approved by another person than who made it",
    ),
    "rate": ("terlalu banyak perintah dalam satu menit; tunggu sebentar", "too many orders within a minute; wait"),
    "command": ("perintah ini tidak dikenal", "there is no such command"),
    "arguments": ("isi perintah tidak cocok", "the arguments do not fit"),
    "nodes": ("ada kotak yang tidak dikenal atau sudah pensiun", "some box is unknown or retired"),
    "state": ("operasi ini tidak lagi dapat diubah begitu", "this cannot be done to the operation as it is now"),
    "too_many": ("terlalu banyak kotak sekaligus", "too many boxes at once"),
    "unavailable": ("komandan belum dapat menandatangani", "the commander cannot sign now"),
    "busy": ("komandan sedang sibuk; coba lagi", "the commander is busy; try again"),
}
"""Code of a refusal of the commander -> words; its own detail is added."""
