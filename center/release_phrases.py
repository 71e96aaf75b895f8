"""Sentences of `sandi-center release`: Indonesian, English."""

RELEASE_PHRASES = {
    "release-key-made": (
        "Kunci rilis dibuat. {secret}: simpan di luar jaringan, jangan pernah di server ini. {public}: untuk pusat "
        "(sandi-center release trust {public}) dan untuk kartu.",
        "The release key is made. {secret}: keep it offline, never on this server. {public}: for the centre "
        "(sandi-center release trust {public}) and for cards.",
    ),
    "release-password": ("Kata sandi kunci rilis (kosong: tanpa)", "Password of the release key (empty: none)"),
    "release-signed": ("Ditandatangani: {file}, SHA-256 {digest}", "Signed: {file}, SHA-256 {digest}"),
    "release-trusted": (
        "Pusat ini kini memercayai rilis yang ditandatangani dengan {file}. Kotak mendapat kunci ini dari kartunya, "
        "atau dengan install.sh --release-pub.",
        "This centre now trusts releases signed with {file}. Boxes get the key from their card, or with "
        "install.sh --release-pub.",
    ),
    "release-added": (
        "Rilis {version} siap dibagikan: {digest}, {megabytes} MB.",
        "Release {version} is ready to be handed out: {digest}, {megabytes} MB.",
    ),
    "release-withdrawn": ("Rilis {version} ditarik.", "Release {version} is withdrawn."),
    "release-none": ("Belum ada rilis.", "There are no releases yet."),
    "release-row": (
        "{version:<16} {digest}  {megabytes:>4} MB  dari {floor:<10} {when}  {who}  "
        "dipakai {running}, dicoba {trying}{more}",
        "{version:<16} {digest}  {megabytes:>4} MB  from {floor:<10} {when}  {who}  "
        "run by {running}, tried by {trying}{more}",
    ),
    "release-row-withdrawn": ("  ditarik", "  withdrawn"),
    "release-row-missing": ("  berkasnya tidak ada: release add lagi", "  its file is missing: release add it again"),
    "release-sure": (
        "Perbarui {count} kotak ke {version}? Tiap kotak kembali sendiri bila tidak sehat.",
        "Update {count} boxes to {version}? Each goes back by itself if it is not well.",
    ),
}
