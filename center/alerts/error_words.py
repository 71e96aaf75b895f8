"""What went wrong with a message, in Indonesian. It is kept in English; the detail behind a colon stays as it is."""

INDONESIAN = {
    "Apprise could not deliver it": "Apprise tidak dapat mengirimnya",
    "Apprise does not know such an address": "Apprise tidak mengenal alamat seperti itu",
    "HTTP 429": "HTTP 429, terlalu banyak pesan",
    "Telegram did not say ok": "Telegram tidak menjawab ok",
    "an address of this channel cannot be used": "alamat pada saluran ini tidak dapat dipakai",
    "the channel cannot be used": "saluran ini tidak dapat dipakai",
    "cannot connect": "tidak dapat tersambung",
    "cannot reach the mail server": "server surel tidak terjangkau",
    "cannot write the file": "berkas tidak dapat ditulis",
    "no address is set for this channel": "alamat saluran ini belum diisi",
    "no number is set for this channel": "nomor saluran ini belum diisi",
    "the broker cannot be reached": "broker tidak terjangkau",
    "the broker did not confirm in time": "broker tidak menjawab tepat waktu",
    "the broker did not let us in": "broker menolak sambungan",
    "the broker's connection broke": "sambungan ke broker terputus",
    "the certificate for the broker is missing": "sertifikat untuk broker belum ada",
    "the channel does not exist any more": "saluran sudah dihapus",
    "the channel failed": "saluran gagal",
    "the channel's address is no http or https address": "alamat saluran bukan alamat http atau https",
    "the channel's secret is missing; put it there with sandi-center alert secret": (
        "rahasia saluran belum ada; pasang dengan sandi-center alert secret"
    ),
    "the connection broke": "sambungan terputus",
    "the gateway refused the message": "gateway menolak pesan",
    "the mail server answered": "server surel menjawab",
    "the mail server broke off": "server surel memutus sambungan",
    "the mail server refused the address": "server surel menolak alamat tujuan",
    "the mail server refused user or password": "server surel menolak nama atau kata sandi",
    "the settings are wrong": "pengaturan salah",
    "the site's person cannot be reached this way": "kontak lokasi tidak dapat dihubungi lewat saluran ini",
    "there is no channel of the kind": "tidak ada saluran jenis ini",
}


def said(error: str, language: str) -> str:
    """The error in "id" or "en"; what is not in the table is shown as it is."""
    if language != "id":
        return error
    words, colon, detail = error.partition(": ")
    return INDONESIAN.get(words, words) + colon + detail
