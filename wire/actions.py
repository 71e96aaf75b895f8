"""What to do next, one sentence per verdict in Indonesian and English: read by a technician at the box or an operator.

Which site, circuit or ticket is meant stands beside the sentence, never in it. Only who shows a verdict loads this.
`docs/saluran-mati.md` says more about each.
"""

ACTIONS: dict[str, tuple[str, str]] = {
    "OK": ("Tidak ada yang perlu dilakukan.", "Nothing to do."),
    "N0": (
        "Tanyakan pemadaman ke PLN (telepon 123); minta lokasi memeriksa MCB dan adaptor kotak.",
        "Ask PLN about an outage (telephone 123); ask the site to look at the circuit breaker and the box's supply.",
    ),
    "N1": (
        "Ganti adaptor dan kabel daya kotak dengan yang resmi, lalu lepas alat USB yang tidak perlu.",
        "Replace the box's power supply and cable by official ones, then unplug USB devices it does not need.",
    ),
    "A1": (
        "Agen sudah berjalan lagi; buat sandi bundle di kotak dan kirim ke tim kota.",
        "The agent runs again; make a sandi bundle on the box and send it to the city team.",
    ),
    "A2": (
        "Catat waktunya; bila terulang, ganti adaptor dan kartu SD, lalu kirim sandi bundle ke tim kota.",
        "Note the time; if it happens again, replace power supply and SD card, then send a sandi bundle to the city.",
    ),
    "L0": (
        "Nyalakan antarmukanya: lihat ip link di kotak, lepas-pasang adaptor USB atau hidupkan Wi-Fi.",
        "Switch the interface on: look at ip link on the box, replug a USB adapter or enable Wi-Fi.",
    ),
    "L1": (
        "Tancapkan ulang kabel LAN di kotak dan di router; bila lampunya tetap mati, coba kabel dan port lain.",
        "Plug the LAN cable in again at box and router; if the lamp stays dark, try another cable and another port.",
    ),
    "L2": (
        "Mulai ulang router; bila tetap tanpa alamat atau alamatnya ganda, minta pengelola router memeriksa DHCP.",
        "Restart the router; still no address, or an address used twice: have who runs the router look at DHCP.",
    ),
    "L3": (
        "Minta pengelola router memeriksa gateway yang dibagikan DHCP, atau perbaiki pengaturan alamat di kotak.",
        "Have who runs the router look at the gateway DHCP hands out, or mend the address settings on the box.",
    ),
    "L4": (
        "Periksa apakah router menyala dan kabelnya terpasang, lalu mulai ulang router dan ukur lagi.",
        "See that the router is on and its cable is in, then restart the router and measure again.",
    ),
    "L5a": (
        "Lihat lampu internet (PON, LOS, DSL) di router; bila merah atau mati, lapor ke ISP dan catat nomor tiket.",
        "Look at the router's internet lamp (PON, LOS, DSL); red or dark: report to the ISP, note the ticket number.",
    ),
    "L5b": (
        "Lapor ke ISP: router kami hidup, jaringan ISP di belakangnya diam; catat nomor tiket.",
        "Report to the ISP: our router is alive, the ISP's network behind it is silent; note the ticket number.",
    ),
    "L5c": (
        "Minta pengelola router membuka jalan ke pusat: routernya sendiri yang menolak.",
        "Have who runs the router open the way to the centre: the router itself refuses it.",
    ),
    "L5d": (
        "Mulai ulang router satu kali; bila tetap diam, lapor ke ISP dan catat nomor tiket.",
        "Restart the router once; if it stays silent, report to the ISP and note the ticket number.",
    ),
    "L6a": (
        "Lapor ke ISP dan bacakan alamat router yang menjawab tidak terjangkau (ada di bukti); catat nomor tiket.",
        "Report to the ISP and read out the address of the router that said unreachable (in the evidence).",
    ),
    "L6b": (
        "Minta ISP membuka blokir ke pusat dan bacakan alamat router yang menolak (ada di bukti).",
        "Have the ISP lift the block towards the centre; read out the address of the router that refuses (evidence).",
    ),
    "L6c": (
        "Lapor ke ISP dan bacakan router terakhir yang menjawab (ada di bukti); sesudahnya paket hilang.",
        "Report to the ISP and read out the last router that answered (in the evidence); after it packets vanish.",
    ),
    "L6d": (
        "Lapor ke ISP: paket berputar di antara router mereka; bacakan jejaknya (sandi trace).",
        "Report to the ISP: packets circle between their routers; read out the trace (sandi trace).",
    ),
    "L7": (
        "Tim pusat memeriksa daya, jaringan, dan mesin server pusat; di lokasi ini tidak ada yang perlu dilakukan.",
        "The centre's team looks at power, network and the server machine; nothing to do at this site.",
    ),
    "B1": (
        "Tim pusat menjalankan lagi broker dan membaca lognya; di lokasi ini tidak ada yang perlu dilakukan.",
        "The centre's team starts the broker again and reads its log; nothing to do at this site.",
    ),
    "B2": (
        "Minta pengelola router atau ISP membuka port broker (bawaan 8883) ke alamat pusat.",
        "Have who runs the router, or the ISP, open the broker's port (8883 by default) to the centre's address.",
    ),
    "B3": (
        "Tim pusat memulai ulang broker: ia menerima sambungan tetapi tidak menjawab.",
        "The centre's team restarts the broker: it takes connections and does not answer.",
    ),
    "B4": (
        "Tim pusat memeriksa pendaftaran node ini; bila dicabut atau habis masa berlaku, daftarkan ulang.",
        "The centre's team looks at this node's enrolment; if it was revoked or has expired, enrol it again.",
    ),
    "B5": (
        "Periksa jam kotak; bila benar, tim pusat memperbarui sertifikat broker.",
        "Look at the box's clock; if it is right, the centre's team renews the broker's certificate.",
    ),
    "D1": (
        "Mulai ulang router; bila tetap gagal, lapor ke ISP dan pasang server nama kedua di DHCP.",
        "Restart the router; if names still fail, report to the ISP and add a second name server in DHCP.",
    ),
    "D2": (
        "Periksa DNS di router (diganti orang?); bila benar, laporkan jawaban palsu di bukti ke ISP.",
        "Check the DNS settings in the router (changed by somebody?); if they are right, report the lie to the ISP.",
    ),
    "P1": (
        "Buka halaman masuk jaringan itu dari peramban di lokasi, atau minta kotak dibebaskan darinya.",
        "Open the network's sign-in page in a browser at the site, or have the box exempted from it.",
    ),
    "I1": (
        "Pusat tetap terhubung; laporkan ke ISP bahwa internet putus, catat nomor tiket.",
        "The centre is still connected; report to the ISP that the internet is down, note the ticket number.",
    ),
    "I2": (
        "Tidak mendesak: IPv4 bekerja. Minta ISP memperbaiki IPv6, atau matikan IPv6 di router.",
        "Not urgent: IPv4 works. Have the ISP mend IPv6, or switch IPv6 off in the router.",
    ),
    "M1": (
        "Tidak mendesak; bila ada aplikasi yang tersendat, setel MTU router ke angka di bukti.",
        "Not urgent; if an application stalls, set the router's MTU to the figure in the evidence.",
    ),
    "M2": (
        "Setel MTU (atau MSS clamping) di router ke angka di bukti, lalu laporkan lubang MTU ke ISP.",
        "Set the router's MTU (or MSS clamping) to the figure in the evidence, then report the black hole to the ISP.",
    ),
    "Q1": (
        "Lihat siapa yang memakai salurannya; bila sepi tetapi tetap lambat, lapor ke ISP dengan angka di bukti.",
        "See who uses the line; if it is idle and still slow, report to the ISP with the figures in the evidence.",
    ),
    "Q2": (
        "Periksa kabel dan Wi-Fi di lokasi; bila gateway tidak kehilangan paket, lapor ke ISP dengan angka di bukti.",
        "Check cable and Wi-Fi at the site; if the gateway loses nothing, report to the ISP with these figures.",
    ),
    "Q3": (
        "Nyalakan pengatur antrean (SQM atau QoS) di router, atau batasi unduhan besar di jam kerja.",
        "Switch on queue management (SQM or QoS) in the router, or limit large downloads in working hours.",
    ),
    "Q4": (
        "Periksa kabel dan konektor yang longgar; bila baik, lapor ke ISP dengan jam-jam putusnya (sandi outages).",
        "Look for loose cables and plugs; if sound, report to the ISP with the times it broke (sandi outages).",
    ),
    "W1": (
        "Beri tahu pengelola situs dengan kode atau tulisan galat di bukti.",
        "Tell who runs the site, with the status or the error text in the evidence.",
    ),
    "W2": (
        "Beri tahu pengelola situs agar memperbarui sertifikatnya hari ini.",
        "Tell who runs the site to renew its certificate today.",
    ),
    "W3": ("Minta OPD memperbarui isi situsnya.", "Ask the agency to bring its site up to date."),
    "W4": (
        "Ingatkan pengelola situs memperpanjang sertifikat sebelum tanggalnya habis.",
        "Remind who runs the site to renew the certificate before it expires.",
    ),
    "T1": (
        "Periksa NTP di kotak (timedatectl) dan baterai RTC; buka UDP 123 ke server waktu.",
        "Look at NTP on the box (timedatectl) and the RTC battery; open UDP 123 to the time server.",
    ),
    "U0": (
        "Tunggu satu menit dan jalankan sandi diagnose lagi; bila tetap belum pasti, kirim sandi bundle ke tim kota.",
        "Wait a minute and run sandi diagnose again; if it stays unclear, send a sandi bundle to the city team.",
    ),
}


def action(code: str, lang: str) -> str:
    """The next action of a verdict in `lang` (id or en); empty for codes of newer agents."""
    known = ACTIONS.get(code)
    return "" if known is None else known[lang == "en"]
