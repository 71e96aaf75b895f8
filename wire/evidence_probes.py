"""What is said about a reason at one probe, where the probe knows more than the reason alone; and who was asked.

Names: a reason (`ok` for none), also with a phase `timeout/tls`, a complainer `prohibited@router` (`@us`: this box),
a detail that is true `ok+absent`, or where attempts were counted `ok+counted`.
"""

from wire.evidence_text import Pair

TARGETS: dict[str, Pair] = {
    "center": ("pusat", "centre"),
    "gateway": ("gateway", "gateway"),
    "local": ("", ""),
    "internet": ("internet", "internet"),
    "portal": ("", ""),
    "clock": ("", ""),
    "modem": ("", ""),
}
SUBJECTS: dict[str, Pair] = {
    "icmp": ("{who}", "{who}"),
    "tcp": ("{who}[ port {port}]", "{who}[ port {port}]"),
    "broker": ("broker {who}[ port {port}]", "the broker at {who}[ port {port}]"),
    "gateway": ("gateway[ {address}]", "the gateway[ {address}]"),
    "dns": ("{who}", "{who}"),
    "http": ("situs {target}", "the site {target}"),
    "site": ("situs {target}", "the site {target}"),
    "link": ("antarmuka[ {interface}]", "the interface[ {interface}]"),
    "address": ("alamat kotak", "the box's address"),
    "route": ("gateway", "the gateway"),
    "power": ("tegangan listrik", "the supply voltage"),
    "trace": ("{who}", "{who}"),
    "mtu": ("{who}", "{who}"),
    "ipv6": ("internet lewat IPv6", "the internet over IPv6"),
    "internet": ("internet", "the internet"),
    "portal": ("halaman uji[ {url}]", "the test page[ {url}]"),
    "ntp": ("server waktu[ {server}]", "the time server[ {server}]"),
    "wifi": ("Wi-Fi", "Wi-Fi"),
    "lte": ("modem seluler", "the mobile modem"),
    "throughput": ("uji kecepatan ke {who}", "the speed test with {who}"),
}
_PINGS: Pair = (
    "{answered:int} dari {sent:int} ping ke {who} dijawab[, tengah {rtt:ms}]",
    "{answered:int} of {sent:int} pings to {who} answered[, median {rtt:ms}]",
)
_SITE_OK: Pair = (
    "{subject} menjawab[ status {status:int}][ dalam {rtt:ms}][, isi terbaru {fresh_days:days} lalu]",
    "{subject} answered[ status {status:int}][ in {rtt:ms}][, newest content {fresh_days:days} old]",
)
_SAYING = "[; {answered:int} dari {sent:int} ping dijawab]"
_SAYING_EN = "[; {answered:int} of {sent:int} pings answered]"

SAID: dict[str, dict[str, Pair]] = {
    "power": {
        "ok": ("tegangan listrik cukup", "the supply voltage is sufficient"),
        "no_target": ("papan ini tidak menyebut tegangannya", "this board does not tell its voltage"),
    },
    "link": {
        "ok": (
            "antarmuka[ {interface}] tersambung[, {speed_mbps:mbps}]",
            "the interface[ {interface}] has a carrier[, {speed_mbps:mbps}]",
        ),
        "no_carrier": (
            "kabel[ {interface}] tidak tersambung[, {carrier_changes:int} kali putus-sambung sejak menyala]",
            "no carrier[ on {interface}][, {carrier_changes:int} changes since power-on]",
        ),
    },
    "address": {"ok": ("alamat kotak[ {ipv4}][ {ipv6}]", "the box's address[ {ipv4}][ {ipv6}]")},
    "route": {
        "ok": (
            "rute bawaan lewat[ {interface}][ ke {gateway}]",
            "the default route leads through[ {interface}][ to {gateway}]",
        ),
    },
    "gateway": {
        "ok": (
            "gateway[ {address}] hidup[ (ARP {arp:word})][, ketukan TCP {knock:word}]",
            "the gateway[ {address}] is alive[ (ARP {arp:word})][, TCP knock {knock:word}]",
        ),
        "no_reply": (
            "gateway[ {address}] tidak menjawab ping maupun ketukan TCP[ (ARP {arp:word})]",
            "the gateway[ {address}] answered neither pings nor TCP knocks[ (ARP {arp:word})]",
        ),
        "no_arp": (
            "tidak ada yang menjawab ARP untuk gateway[ {address}][ di {interface}]",
            "nobody answers ARP for the gateway[ {address}][ on {interface}]",
        ),
        "no_target": ("gateway tidak dikenal", "no gateway is known"),
    },
    "icmp": {
        "ok+counted": _PINGS,
        "no_reply+counted": _PINGS,
        "timeout+counted": _PINGS,
        "ok": ("ping ke {who} dijawab", "pings to {who} were answered"),
        "no_reply": ("ping ke {who} tidak dijawab", "pings to {who} were not answered"),
        "timeout": ("ping ke {who} tidak dijawab", "pings to {who} were not answered"),
        "net_unreachable@router": (
            "{offender} menjawab: jaringan tujuan tidak terjangkau" + _SAYING,
            "{offender} answered: network unreachable" + _SAYING_EN,
        ),
        "host_unreachable@router": (
            "{offender} menjawab: mesin tujuan tidak terjangkau" + _SAYING,
            "{offender} answered: host unreachable" + _SAYING_EN,
        ),
        "prohibited@router": (
            "{offender} menjawab: dilarang oleh penyaring" + _SAYING,
            "{offender} answered: prohibited by a filter" + _SAYING_EN,
        ),
        "ttl_exceeded@router": (
            "{offender} menjawab: paket kehabisan lompatan (TTL)" + _SAYING,
            "{offender} answered: packet ran out of hops (TTL)" + _SAYING_EN,
        ),
    },
    "tcp": {
        "ok": ("{subject} menerima sambungan TCP[ dalam {rtt:ms}]", "{subject} took a TCP connection[ in {rtt:ms}]"),
        "timeout": ("{subject} tidak menjawab sambungan TCP", "{subject} did not answer a TCP connection"),
    },
    "trace": {
        "ok": (
            "jejak ke {who} sampai[ dalam {hops:int} lompatan]",
            "the trace to {who} arrives[ after {hops:int} hops]",
        ),
        "no_reply": (
            "jejak ke {who} berhenti[ setelah {last}][ (lompatan {hops:int})]",
            "the trace to {who} ends[ after {last}][ (hop {hops:int})]",
        ),
    },
    "mtu": {
        "ok": (
            "paket utuh[ {mtu:bytes}] sampai ke {who}[ (diuji dengan {by:word})]",
            "whole packets[ of {mtu:bytes}] reach {who}[ (tested with {by:word})]",
        ),
        "no_reply": ("ukuran paket ke {who} tidak dapat diukur", "the packet size towards {who} cannot be measured"),
    },
    "ipv6": {
        "ok": (
            "IPv6 bekerja[ ({v6_answered:int} dari {v6_tried:int} dijawab)]",
            "IPv6 works[ ({v6_answered:int} of {v6_tried:int} answered)]",
        ),
        "ok+absent": ("jaringan ini tidak memakai IPv6", "this network has no IPv6"),
    },
    "internet": {
        "ok": (
            "internet menjawab[ ({answered:int} dari {tried:int} alamat)][, tercepat {first}]",
            "the internet answers[ ({answered:int} of {tried:int} addresses)][, first {first}]",
        ),
        "no_reply": (
            "tidak satu pun[ dari {tried:int}] alamat internet menjawab",
            "none[ of {tried:int}] internet addresses answered",
        ),
    },
    "portal": {
        "ok": ("halaman uji terbuka apa adanya", "the test page came as it should"),
    },
    "dns": {
        "ok": (
            "{subject} menjawab[ {query}][ dalam {rtt:ms}][: {answer}]",
            "{subject} answered[ {query}][ in {rtt:ms}][: {answer}]",
        ),
        "no_reply": ("{subject} tidak menjawab pertanyaan[ {query}]", "{subject} did not answer[ for {query}]"),
        "timeout": ("{subject} tidak menjawab pertanyaan[ {query}]", "{subject} did not answer[ for {query}]"),
        "port_unreachable": ("tidak ada server nama di {who}", "there is no name server at {who}"),
        "refused": ("tidak ada server nama di {who}", "there is no name server at {who}"),
    },
    "broker": {
        "ok": (
            "broker menerima kotak ini[ ({rtt:ms})][, sertifikatnya berlaku {days_left:days} lagi]",
            "the broker accepts this box[ ({rtt:ms})][, its certificate is good for {days_left:days}]",
        ),
        "refused": (
            "{subject} menolak sambungan: mesinnya hidup, broker tidak berjalan",
            "{subject} refused the connection: the machine lives, the broker does not run",
        ),
        "timeout/connect": ("{subject} tidak menjawab sambungan TCP", "{subject} did not answer a TCP connection"),
        "timeout/tls": (
            "{subject} menerima sambungan, lalu diam saat jabat tangan TLS",
            "{subject} took the connection, then fell silent in the TLS handshake",
        ),
        "timeout/mqtt": (
            "{subject} selesai TLS, lalu tidak menjawab CONNECT MQTT",
            "{subject} finished TLS, then did not answer MQTT CONNECT",
        ),
        "tls_expired": (
            "sertifikat broker kedaluwarsa[ sejak {expired_days:days}]",
            "the broker's certificate has expired[, {expired_days:days} ago]",
        ),
        "tls_not_yet_valid": (
            "sertifikat broker belum berlaku: jam kotak atau sertifikatnya salah",
            "the broker's certificate is not valid yet: the box's clock or the certificate is wrong",
        ),
        "tls_untrusted": (
            "sertifikat broker bukan dari otoritas kota",
            "the broker's certificate is not from the city's authority",
        ),
        "tls_hostname": (
            "sertifikat broker untuk nama lain[: {certificate_names}]",
            "the broker's certificate is for another name[: {certificate_names}]",
        ),
    },
    "ntp": {
        "ok": (
            "jam kotak tepat[ (selisih {offset_s:s})][ menurut {server}]",
            "the box's clock is right[ (off by {offset_s:s})][, says {server}]",
        ),
        "no_reply": ("tidak satu pun server waktu menjawab", "no time server answered"),
    },
    "wifi": {
        "ok": (
            "sinyal Wi-Fi[ {interface}] cukup[: {signal_dbm:dbm}][, {bitrate_mbps:mbps}]",
            "Wi-Fi signal[ on {interface}] good[: {signal_dbm:dbm}][, {bitrate_mbps:mbps}]",
        ),
        "no_target": ("tidak ada sambungan Wi-Fi[ di {interface}]", "there is no Wi-Fi connection[ on {interface}]"),
    },
    "lte": {
        "ok": (
            "modem seluler terdaftar[ di {operator}][, sinyal {signal_pct:pct}][ ({technology})]",
            "the mobile modem is registered[ with {operator}][, signal {signal_pct:pct}][ ({technology})]",
        ),
        "no_target": ("kotak ini tidak memakai modem seluler", "this box has no mobile modem"),
    },
    "throughput": {
        "ok": (
            "uji kecepatan selesai[: unduh {down_mbps:mbps}][, unggah {up_mbps:mbps}][, ping penuh {loaded_ms:ms}]",
            "speed test done[: down {down_mbps:mbps}][, up {up_mbps:mbps}][, ping under load {loaded_ms:ms}]",
        ),
    },
    "http": {"ok": _SITE_OK},
    "site": {
        "ok": _SITE_OK,
        "ok+stale": (
            "{subject} menjawab, isinya tidak diperbarui {fresh_days:days}[ ({fresh_source:word})]",
            "{subject} answered, its content is {fresh_days:days} old[ ({fresh_source:word})]",
        ),
        "ok+expiring": (
            "{subject} menjawab, sertifikatnya habis dalam {days_left:days}",
            "{subject} answered, its certificate expires in {days_left:days}",
        ),
        "ok+expiring+stale": (
            "{subject} menjawab, sertifikatnya habis dalam {days_left:days}, isinya tidak diperbarui {fresh_days:days}",
            "{subject} answered, its certificate expires in {days_left:days}, its content is {fresh_days:days} old",
        ),
    },
}
