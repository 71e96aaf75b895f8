"""What is said about a reason at any probe. `@router`: somebody on the way said so, `@us`: this box itself did."""

from wire.evidence_text import Pair

GENERAL: dict[str, Pair] = {
    "ok": ("{subject} menjawab[ dalam {rtt:ms}]", "{subject} answered[ in {rtt:ms}]"),
    "failed": ("{subject} tidak lulus", "{subject} did not pass"),
    # -- what a packet met on its way
    "no_reply": ("{subject} tidak menjawab", "{subject} did not answer"),
    "timeout": (
        "{subject} tidak menjawab dalam batas waktu[ (saat {phase:word})]",
        "{subject} did not answer in time[ (at {phase:word})]",
    ),
    "refused": (
        "{subject} menolak sambungan: mesinnya hidup, layanannya tidak",
        "{subject} refused the connection: the machine lives, the service does not",
    ),
    "reset": (
        "{subject} memutus sambungan di tengah jalan[ (saat {phase:word})]",
        "{subject} hung up half-way[ (at {phase:word})]",
    ),
    "host_unreachable": ("mesin tujuan tidak terjangkau: {subject}", "host unreachable: {subject}"),
    "host_unreachable@router": (
        "{offender} menjawab: mesin tujuan tidak terjangkau[ ({who})]",
        "{offender} answered: host unreachable[ ({who})]",
    ),
    "host_unreachable@us": (
        "tidak ada alat di jaringan ini yang menjawab untuk alamat {address}",
        "nobody on this network answers for the address {address}",
    ),
    "net_unreachable": ("jaringan tujuan tidak terjangkau: {subject}", "network unreachable: {subject}"),
    "net_unreachable@router": (
        "{offender} menjawab: jaringan tujuan tidak terjangkau[ ({who})]",
        "{offender} answered: network unreachable[ ({who})]",
    ),
    "port_unreachable": ("tidak ada layanan di port itu: {subject}", "nothing listens on that port: {subject}"),
    "port_unreachable@router": (
        "{offender} menjawab: port tidak terjangkau[ ({who})]",
        "{offender} answered: port unreachable[ ({who})]",
    ),
    "prohibited": ("dilarang oleh penyaring di jalan: {subject}", "prohibited by a filter on the way: {subject}"),
    "prohibited@router": (
        "{offender} menjawab: dilarang oleh penyaring[ ({who})]",
        "{offender} answered: prohibited by a filter[ ({who})]",
    ),
    "prohibited@us": (
        "tembok api kotak ini sendiri melarangnya: {subject}",
        "this box's own firewall prohibits it: {subject}",
    ),
    "ttl_exceeded": (
        "paket ke {subject} kehabisan lompatan (TTL), mungkin berputar",
        "packets to {subject} ran out of hops (TTL), perhaps circling",
    ),
    "ttl_exceeded@router": (
        "{offender} menjawab: paket kehabisan lompatan (TTL)[ ({who})]",
        "{offender} answered: packet ran out of hops (TTL)[ ({who})]",
    ),
    "packet_too_big": (
        "paket terlalu besar untuk jalur ke {subject}[, paling besar {mtu:bytes}]",
        "packet too big for the way to {subject}[, at most {mtu:bytes}]",
    ),
    "packet_too_big@router": (
        "{offender} menjawab: paket terlalu besar[, paling besar {mtu:bytes}]",
        "{offender} answered: packet too big[, at most {mtu:bytes}]",
    ),
    # -- this box
    "no_route": ("kotak ini tidak tahu jalan ke {subject}", "this box knows no way to {subject}"),
    "not_permitted": (
        "kotak ini tidak boleh mengukur {subject}[: {error}]",
        "this box may not measure {subject}[: {error}]",
    ),
    "not_now": (
        "{subject} tidak diukur sekarang[: {refusal:word}][, boleh lagi dalam {free_in_s:span}]",
        "{subject} is not measured now[: {refusal:word}][, possible again in {free_in_s:span}]",
    ),
    "no_target": ("tidak ada yang diukur: {subject} tidak dikenal", "nothing to measure: {subject} is not known"),
    "resolve_failed": ("alamat untuk {subject} tidak ditemukan", "no address was found for {subject}"),
    "no_interface": ("tidak ada antarmuka jaringan[ {interface}]", "there is no network interface[ {interface}]"),
    "link_off": ("antarmuka[ {interface}] dimatikan", "the interface[ {interface}] is switched off"),
    "no_carrier": ("kabel[ {interface}] tidak tersambung", "no carrier[ on {interface}]"),
    "no_address": ("kotak tidak mendapat alamat (DHCP diam)", "the box got no address (DHCP is silent)"),
    "link_local_only": (
        "hanya alamat buatan sendiri[ {ipv4}]: DHCP tidak menjawab",
        "only a self-given address[ {ipv4}]: DHCP did not answer",
    ),
    "duplicate_address": (
        "alamat kotak[ {ipv4}] juga dipakai alat lain[ (MAC {conflict_mac})]",
        "the box's address[ {ipv4}] is also used by another machine[ (MAC {conflict_mac})]",
    ),
    "no_default_route": ("tidak ada rute bawaan: gateway tidak dikenal", "no default route: no gateway is known"),
    "no_arp": (
        "tidak ada yang menjawab ARP untuk {subject}[ di {interface}]",
        "nobody answers ARP for {subject}[ on {interface}]",
    ),
    "undervoltage": (
        "tegangan di bawah 4,63 V menurut papan[ (throttled {throttled:int})]",
        "supply below 4.63 V, says the board[ (throttled {throttled:int})]",
    ),
    "credentials": (
        "kredensial kotak tidak dapat dibaca[: {error}]",
        "the box's credentials cannot be read[: {error}]",
    ),
    "local_error": ("kesalahan di kotak sendiri[: {error}]", "an error on the box itself[: {error}]"),
    "probe_failed": (
        "pengukuran {probe} gagal karena salahnya sendiri[: {error}]",
        "the probe {probe} failed by itself[: {error}]",
    ),
    "deadline": (
        "pengukuran {subject} dihentikan: melewati batas waktunya",
        "measuring {subject} was cut off at its deadline",
    ),
    # -- names
    "dns_servfail": (
        "{subject} menjawab SERVFAIL[ untuk {query}]",
        "{subject} answered SERVFAIL[ for {query}]",
    ),
    "dns_nxdomain": (
        "{subject} menjawab: nama[ {query}] tidak ada",
        "{subject} answered: the name[ {query}] does not exist",
    ),
    "dns_refused": ("{subject} menolak bertugas[ untuk {query}]", "{subject} refuses to answer[ for {query}]"),
    "dns_rcode": ("{subject} menjawab kesalahan[ {rcode}]", "{subject} answered an error[ {rcode}]"),
    "dns_empty": ("{subject} menjawab tanpa alamat[ untuk {query}]", "{subject} answered no address[ for {query}]"),
    "dns_malformed": ("{subject} menjawab tidak terbaca[: {error}]", "{subject} answered nonsense[: {error}]"),
    "dns_wildcard": (
        "{subject} memberi alamat[ {canary_answer}] untuk nama yang tidak mungkin ada",
        "{subject} gave an address[ {canary_answer}] for a name that cannot exist",
    ),
    "dns_hijacked": (
        "{subject} menjawab palsu[: {answer}][ untuk {query}][, seharusnya {expected}]",
        "{subject} answered falsely[: {answer}][ for {query}][, it should be {expected}]",
    ),
    "dns_hijacked+intercepted": (
        "ada yang menjawab DNS atas nama alamat lain[ ({intercept_address})]: port 53 dibelokkan",
        "somebody answers DNS in the name of another address[ ({intercept_address})]: port 53 is intercepted",
    ),
    # -- TLS
    "tls_expired": (
        "sertifikat {subject} kedaluwarsa[ sejak {expired_days:days}]",
        "the certificate of {subject} has expired[, {expired_days:days} ago]",
    ),
    "tls_not_yet_valid": (
        "sertifikat {subject} belum berlaku: jam kotak atau sertifikatnya salah",
        "the certificate of {subject} is not valid yet: the box's clock or the certificate is wrong",
    ),
    "tls_untrusted": (
        "sertifikat {subject} dari otoritas yang tidak dipercaya",
        "the certificate of {subject} comes from an authority that is not trusted",
    ),
    "tls_hostname": (
        "sertifikat {subject} untuk nama lain[: {certificate_names}]",
        "the certificate of {subject} is for another name[: {certificate_names}]",
    ),
    "tls_refused_us": (
        "{subject} menolak sertifikat kotak ini[: {error}]",
        "{subject} refused this box's certificate[: {error}]",
    ),
    "tls_failed": ("jabat tangan TLS dengan {subject} gagal[: {error}]", "TLS with {subject} failed[: {error}]"),
    # -- MQTT
    "mqtt_refused": (
        "{subject} menolak CONNECT[: {reason_name}][ (kode {reason_code:int})]",
        "{subject} refused CONNECT[: {reason_name}][ (code {reason_code:int})]",
    ),
    "mqtt_malformed": ("{subject} menjawab bukan MQTT[: {error}]", "{subject} answered no MQTT[: {error}]"),
    # -- the way
    "mtu_reduced": (
        "hanya paket kecil sampai ke {who}[, terbesar {mtu:bytes}][ dari {interface_mtu:int}][, kata {reporter}]",
        "only small packets reach {who}[, at most {mtu:bytes}][ of {interface_mtu:int}][, says {reporter}]",
    ),
    "mtu_black_hole": (
        "paket besar ke {who} hilang tanpa kabar[, yang masih lewat {mtu:bytes}][ (diuji dengan {by:word})]",
        "large packets to {who} vanish in silence[, {mtu:bytes} still pass][ (tested with {by:word})]",
    ),
    "loop": (
        "jejak ke {who} berputar[ di {loop_at}][: {path}]",
        "the trace to {who} circles[ at {loop_at}][: {path}]",
    ),
    "ipv6_broken": (
        "IPv6 tidak sampai ke mana pun[ ({v6_answered:int} dari {v6_tried:int} dijawab)], IPv4 bekerja",
        "IPv6 gets nowhere[ ({v6_answered:int} of {v6_tried:int} answered)], IPv4 works",
    ),
    "captive_portal": (
        'halaman uji dibelokkan ke halaman masuk[: {location}][ (status {status:int})][ "{title}"]',
        'the test page was turned into a sign-in page[: {location}][ (status {status:int})][ "{title}"]',
    ),
    "bufferbloat": (
        "ping naik saat saluran penuh[, dari {idle_ms:ms} menjadi {loaded_ms:ms}]",
        "pings rise under load[, from {idle_ms:ms} to {loaded_ms:ms}]",
    ),
    # -- radio
    "wifi_weak": (
        "sinyal Wi-Fi[ {interface}] lemah[: {signal_dbm:dbm}][, {bitrate_mbps:mbps}]",
        "weak Wi-Fi signal[ on {interface}][: {signal_dbm:dbm}][, {bitrate_mbps:mbps}]",
    ),
    "lte_no_sim": (
        "modem tidak menemukan kartu SIM yang dapat dipakai[ ({lock})]",
        "the modem finds no SIM card it can use[ ({lock})]",
    ),
    "lte_not_registered": (
        "modem belum terdaftar di jaringan seluler[ ({state:word})]",
        "the modem is not registered with a mobile network[ ({state:word})]",
    ),
    "lte_weak": (
        "sinyal seluler lemah[: {signal_pct:pct}][, RSRP {rsrp_dbm:dbm}][ ({operator})]",
        "weak mobile signal[: {signal_pct:pct}][, RSRP {rsrp_dbm:dbm}][ ({operator})]",
    ),
    # -- time
    "clock_wrong": (
        "jam kotak salah[: selisih {offset_s:s}][ dari server waktu {server}]",
        "the box's clock is wrong[: off by {offset_s:s}][ from the time server {server}]",
    ),
    # -- HTTP
    "http_status": (
        "{subject} menjawab status galat[ {status:int}]",
        "{subject} answered an error status[ {status:int}]",
    ),
    "http_malformed": ("{subject} menjawab bukan HTTP[: {error}]", "{subject} answered no HTTP[: {error}]"),
    "http_too_large": ("jawaban {subject} melebihi batas ukuran", "the response of {subject} is over the size limit"),
    "http_truncated": ("jawaban {subject} terpotong", "the response of {subject} was cut off"),
    "http_content": (
        "{subject} menjawab tanpa tulisan yang seharusnya ada",
        "{subject} answered without the text it should hold",
    ),
    # -- public sites
    "site_foreign_redirect": (
        "{subject} membelokkan pengunjung ke tempat lain[: {location}]",
        "{subject} sends visitors elsewhere[: {location}]",
    ),
    "site_default_page": (
        '{subject} hanya menampilkan halaman bawaan server[: "{title}"]',
        '{subject} shows only the server\'s default page[: "{title}"]',
    ),
    "site_parked": (
        '{subject} hanya halaman parkir domain[: "{title}"]',
        '{subject} is only a parked domain[: "{title}"]',
    ),
    "site_database_error": (
        '{subject} menampilkan galat basis data[: "{title}"]',
        '{subject} shows a database error[: "{title}"]',
    ),
    "site_application_error": (
        '{subject} menampilkan galat program dengan status baik[: "{title}"]',
        '{subject} shows a program error with a good status[: "{title}"]',
    ),
    "site_hosting_error": (
        '{subject} menampilkan halaman gangguan hosting[: "{title}"]',
        '{subject} shows a fault page of its hosting[: "{title}"]',
    ),
    "site_stale": (
        "{subject} sudah lama tidak diperbarui[: {fresh_days:days}][ ({fresh_source:word})]",
        "{subject} has long not been updated[: {fresh_days:days}][ ({fresh_source:word})]",
    ),
    "site_certificate_expiring": (
        "sertifikat {subject} hampir habis[, {days_left:days} lagi]",
        "the certificate of {subject} expires soon[, in {days_left:days}]",
    ),
}
