"""What the command line says about boxes: their cards, keys, replacement, and the authority behind them."""

BOX_PHRASES: dict[str, tuple[str, str]] = {
    "enrolment-none": (
        "Tidak ada kunci yang menunggu dan tidak ada token yang masih berlaku.",
        "No key waits, and no token opens anything.",
    ),
    "enrolment-waiting": ("menunggu", "waiting"),
    "enrolment-confirmed": ("dikonfirmasi", "confirmed"),
    "enrolment-declined": ("ditolak", "declined"),
    "enrolment-issued": ("terdaftar", "enrolled"),
    "enrolment-token-open": ("token berlaku", "token valid"),
    "enrolment-token-used": ("terpakai", "used"),
    "enrolment-token-expired": ("lewat waktu", "expired"),
    "enrolment-token-revoked": ("dicabut", "revoked"),
    "enrolment-confirmed-now": (
        "Kunci {node} dikonfirmasi; kotak mengambil sertifikatnya dalam setengah menit.",
        "The key of {node} is confirmed; the box fetches its certificate within half a minute.",
    ),
    "enrolment-declined-now": (
        "Kunci {node} itu ditolak. Periksa siapa yang memegang kartunya.",
        "That key of {node} is declined. Find out who holds its card.",
    ),
    "enrolment-tokens-revoked": (
        "{count} token {node} dicabut.",
        "{count} tokens of {node} revoked.",
    ),
    "enrolment-no-refusals": ("Tidak ada yang ditolak.", "Nobody was turned away."),
    "certificates-none": ("Belum ada node.", "There are no nodes yet."),
    "certificates-none-ending": (
        "Tidak ada sertifikat yang berakhir dalam 60 hari.",
        "No certificate ends within 60 days.",
    ),
    "certificate-expired": ("sudah berakhir", "expired"),
    "certificate-urgent": ("kurang dari 14 hari", "less than 14 days"),
    "certificate-soon": ("kurang dari 60 hari", "less than 60 days"),
    "certificate-good": ("berlaku", "good"),
    "certificate-revoked": ("dicabut", "revoked"),
    "certificate-retired": ("tidak dipakai lagi", "retired"),
    "replace-plan": (
        "Mengganti kotak {node} ({site}): {model}, peran {role}.",
        "Replacing the box of {node} ({site}): {model}, role {role}.",
    ),
    "replace-nothing-before": (
        "Pusat belum pernah mendengar node ini; riwayatnya mulai dengan kotak baru.",
        "The centre has never heard this node; its history begins with the new box.",
    ),
    "replace-before": (
        "Melanjutkan epoch {epoch}; nomor terakhir yang diketahui: {heads}.",
        "It continues epoch {epoch}; last numbers known: {heads}.",
    ),
    "replace-unknown": (
        "Terakhir terdengar {since}. Yang dicatat kotak lama sesudahnya dan belum terkirim, termasuk pengaduan di "
        "kios, tidak dapat diketahui bila kartunya hilang.",
        "Heard last {since}. What the old box noted after that and had not sent, complaints at the kiosk included, "
        "cannot be known when its card is lost.",
    ),
    "replace-dry": ("Percobaan saja: tidak ada yang diubah.", "A trial only: nothing was changed."),
    "replace-facts": (
        "Fakta lokasi: yang disimpan pada {date} (lihat: sandi-center provision facts {node}).",
        "Facts of the site: those kept on {date} (see: sandi-center provision facts {node}).",
    ),
    "facts-none": (
        "Tidak ada fakta lokasi {node} yang disimpan; dicatat saat kartunya dibuat dengan --site-file atau --set.",
        "No facts are kept of the site of {node}; they are when its card is made with --site-file or --set.",
    ),
    "facts-kept": ("Fakta lokasi {node}, disimpan {date}:", "Facts of the site of {node}, kept on {date}:"),
    "facts-forgotten": ("Fakta lokasi {node} tidak disimpan lagi.", "Nothing is kept of the site of {node} any more."),
    "replace-revoked": (
        "{count} sertifikat kotak lama dicabut; broker memutusnya dalam hitungan detik.",
        "{count} certificates of the old box are taken back; the broker cuts it off within seconds.",
    ),
    "replace-kept": (
        "Sertifikat kotak lama tetap berlaku sampai kotak baru mendapat sertifikatnya.",
        "The old box's certificate stays good until the new box has its own.",
    ),
    "replace-done": ("Isi kartu: {directory}. {command}", "The card's files: {directory}. {command}"),
    "replace-next": (
        "Salin ke partisi boot kartu, pasang di kotak cadangan, nyalakan.",
        "Copy them to the card's boot partition, put it into the spare box, switch it on.",
    ),
    "ca-single": ("Satu otoritas berlaku: {present}.", "One authority counts: {present}."),
    "ca-prepared": (
        "Otoritas {following} menandatangani; server masih memakai {present}. Keduanya dipercaya.",
        "Authority {following} signs; servers still show {present}. Both are trusted.",
    ),
    "ca-switched": (
        "Otoritas {following} menandatangani dan dipakai server; {present} masih dipercaya.",
        "Authority {following} signs and is shown by the servers; {present} is still trusted.",
    ),
    "ca-withdrawn": (
        "Pergantian dibatalkan: {present} menandatangani lagi; {following} masih dipercaya.",
        "The change was called off: {present} signs again; {following} is still trusted.",
    ),
    "ca-ready": (
        "{ready} dari {count} kotak memegang sertifikat otoritas yang menandatangani.",
        "{ready} of {count} boxes hold a certificate of the authority that signs.",
    ),
    "ca-next": ("Berikutnya: {command}", "Next: {command}"),
    "ca-next-prepared": (
        "sandi-center ca switch, setelah semua kotak memperpanjang (mundur: sandi-center ca undo)",
        "sandi-center ca switch, when all boxes have renewed (back: sandi-center ca undo)",
    ),
    "ca-next-switched": (
        "sandi-center ca retire, setelah beberapa hari tanpa kotak yang tertinggal (mundur: sandi-center ca undo)",
        "sandi-center ca retire, after some days without a box left behind (back: sandi-center ca undo)",
    ),
    "ca-next-withdrawn": (
        "sandi-center ca retire, setelah semua kotak memperpanjang lagi (atau lagi: sandi-center ca prepare)",
        "sandi-center ca retire, when all boxes have renewed again (or once more: sandi-center ca prepare)",
    ),
    "ca-box-old": (
        "  {name} {site}: hanya sertifikat otoritas yang akan berakhir. Di kotak: sandi renew --force; bila tidak "
        "terjangkau: sandi-center replace {name}",
        "  {name} {site}: a certificate of the leaving authority only. On the box: sandi renew --force; out of reach: "
        "sandi-center replace {name}",
    ),
    "ca-box-unheard": (
        "  {name} {site}: sertifikat baru dibuat, tetapi kotak belum terdengar sesudahnya",
        "  {name} {site}: has been given a new certificate and was not heard since",
    ),
    "card-made": (
        "Kartu {node} ({model}, {role}) siap di {folder}",
        "The card of {node} ({model}, {role}) is ready in {folder}",
    ),
    "card-next-boot": (
        "  1. Lepaskan kartu dengan aman (eject), pasang di kotak, sambungkan jaringan, lalu listrik.\n"
        "  2. Kotak menyiapkan diri beberapa menit dan mulai ulang sendiri; layar menunjukkan langkahnya.",
        "  1. Eject the card, put it into the box, connect network, then power.\n"
        "  2. The box sets itself up for some minutes and restarts by itself; its screen shows the steps.",
    ),
    "card-next-folder": (
        "  {folder} bukan partisi boot. Tulis kartunya, lalu: sandi-center provision copy {folder} PARTISI-BOOT;\n"
        "  atau salin sandi/ ke sana, lalu tambahkan isi sandi/config.txt ke config.txt dan kata-kata\n"
        "  sandi/cmdline.txt ke satu-satunya baris cmdline.txt.",
        "  {folder} is no boot partition. Flash the card, then: sandi-center provision copy {folder} BOOT-PARTITION;\n"
        "  or copy sandi/ to it, then add sandi/config.txt to config.txt and the words of sandi/cmdline.txt\n"
        "  to the only line of cmdline.txt.",
    ),
    "card-copied": ("Kartu {node} siap di {folder}", "The card of {node} is ready in {folder}"),
    "card-copy-left": (
        "  Hapus {source} setelah kotak menyala: tokennya hanya untuk satu kotak.",
        "  Delete {source} once the box is on: its token is good for one box.",
    ),
    "card-next-days": (
        "  Berlaku {days} hari dan hanya untuk satu kotak. Kartu ini berisi rahasia: jangan disalin.",
        "  Good for {days} days and for one box. This card holds secrets: do not copy it.",
    ),
    "card-next-confirm": (
        "  Setelah menyala, bandingkan sidik kunci di layar kotak {node} dengan yang di pusat, lalu setujui di sana.",
        "  Once it is on, compare the fingerprint on the screen of {node} with the centre's, then confirm it there.",
    ),
    "card-no-packages": (
        "  Kartu ini tidak membawa program (--packages): hanya untuk sistem yang sudah berisi Sandi.",
        "  This card brings no program (--packages): only for a system that already has Sandi.",
    ),
    "card-dry": (
        "Tidak ada yang ditulis; semuanya dapat dibuat di {folder}.",
        "Nothing was written; all of it can be made in {folder}.",
    ),
    "card-progress": ("[{number}/{count}] {node}  {folder}", "[{number}/{count}] {node}  {folder}"),
    "card-summary": (
        "{count} kartu siap, berlaku {days} hari. Ringkasan tanpa token: {file}",
        "{count} cards are ready, good for {days} days. Summary without tokens: {file}",
    ),
    "check-absent": (
        "tidak diperiksa: {program} tidak terpasang di mesin ini",
        "not checked: {program} is not installed on this machine",
    ),
    "check-good": ("Semua baik.", "All is well."),
    "check-findings": ("{count} temuan.", "{count} findings."),
}
"""Key -> Indonesian, English; part of `center.phrases.PHRASES`."""
