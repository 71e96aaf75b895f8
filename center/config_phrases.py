"""What the command line says about pushed configurations."""

CONFIG_PHRASES: dict[str, tuple[str, str]] = {
    "config-none": ("Belum ada konfigurasi yang dikirim.", "No configuration was pushed yet."),
    "config-row": (
        "{revision:>5}  {when}  {nodes:>4} kotak  {running:>4} memakai  {who}  {note}",
        "{revision:>5}  {when}  {nodes:>4} boxes  {running:>4} run it  {who}  {note}",
    ),
    "config-head": (
        "Nomor {revision}, dikirim {who} pada {when}; batas jawaban {within} detik. Operasi {operation}.",
        "Revision {revision}, pushed by {who} at {when}; to be answered within {within} s. Operation {operation}.",
    ),
    "config-common": ("Untuk semua kotak:", "For every box:"),
    "config-over": ("Di atasnya, untuk {node}:", "Over it, for {node}:"),
    "config-same": ("{count} kotak: tidak ada yang berubah.", "{count} boxes: nothing changes."),
    "config-change": ("{count} kotak, dari nomor {before}: {nodes}", "{count} boxes, from revision {before}: {nodes}"),
    "config-change-card": ("{count} kotak, dari isi kartunya: {nodes}", "{count} boxes, from their cards: {nodes}"),
    "config-change-unknown": (
        "{count} kotak, yang isinya sekarang tidak diketahui: {nodes}",
        "{count} boxes, what they run now is not known: {nodes}",
    ),
    "config-problem": ("{node}: {text}", "{node}: {text}"),
    "config-everybody": ("semua", "all"),
    "config-valid": ("Isinya benar.", "It is valid."),
    "config-sure": ("Kirim ke {count} kotak?", "Send it to {count} boxes?"),
    "config-drift-none": ("Semua kotak memakai yang seharusnya.", "Every box runs what it should."),
    "drift-same": ("sesuai", "as wanted"),
    "drift-waiting": ("menunggu", "under way"),
    "drift-trying": ("sedang dicoba", "on trial"),
    "drift-reverted": ("dibatalkan kotak", "taken back by the box"),
    "drift-refused": ("ditolak kotak", "refused by the box"),
    "drift-skipped": ("tidak dikirim", "not sent"),
    "drift-other": ("lain dari seharusnya", "other than wanted"),
    "drift-changed": ("diubah di kotak", "changed on the box"),
    "drift-unheard": ("belum pernah melapor", "never told"),
}
