"""The preset dictionary of compressed batches (RFC 1950, FDICT): what every batch says anyway need not travel.

A lone health report shrinks from about 760 to 340 bytes with it (measured), which is most of what a node on a metered
line sends. It is part of protocol version 1 and never changes within it: the zlib header carries its checksum, and a
reader that lacks it notices. zlib finds recent text most cheaply, so the commonest parts stand last.
"""

_EVENTS = (
    '"kind":"complaint","body":{"service_request_id":"","code":"","category":"aduan","place":"kel-367301",'
    '"classification":"real","reasons":[],"urgent":false,"sealed":{"v":1,"key_id":"","box":""},"channel":"web","client_id":""}'
    '"kind":"gap","body":{"stream":"snapshot","first":1,"last":1,"count":1,"from_ms":17,"to_ms":17,"reason":"'
    '"kind":"start","body":{"previous_run":null,"previous_boot":null,"verdict":"power_or_unknown","stopped"'
    '"kind":"warning","body":{"code":"","active":true,"detail":""}'
    '"kind":"receipt","body":{"id":"","outcome":""}'
    '"kind":"anchor","body":{"boot":"","offset_ms":1,"error_ms":1.0,"source":"ntp"}'
    '"kind":"reach","body":{"target":"gateway","state":"down","since_mono_ms":1,"onset_mono_ms":1,"probe":"icmp"}'
)
_PROBES = (
    '{"probe":"http","target":"https://","state":"flapping","late":1,"suspect":1,"jitter_ms":0.1,"burst":1,"status":200,'
    '"resolve_ms":1,"first_byte_ms":1,"unknown","error":"timeout","unreachable","refused"'
    '{"probe":"link","target":"local","state":"up","sent":0,"lost":0,"detail":{"ok":true,"interface":"wlan0","eth0",'
    '"operstate":"up","carrier":true,"carrier_changes":2,"speed_mbit":1000,"duplex":"full"}},'
    '{"probe":"address","target":"local","state":"up","sent":0,"lost":0,"detail":{"ok":true,"ipv4":"192.168.1.10.0.0.","ipv6":"fe80::"}},'
    '{"probe":"route","target":"local","state":"up","sent":0,"lost":0,"detail":{"ok":true,"interface":"eth0","gateway":"192.168.1.1",'
    '"routes":2,"gateway_arp":"known"}},'
    '{"probe":"tcp","target":"center","state":"up","sent":1,"lost":0,"min_ms":0.1,"p50_ms":0.1,"p95_ms":0.1,"max_ms":0.1,"hist":[[93,1]],'
    '"detail":{"ok":true,"port":8883,"address":"10."}},'
    '{"probe":"broker","target":"center","state":"up","sent":1,"lost":0,"min_ms":0.1,"p50_ms":0.1,"p95_ms":0.1,"max_ms":0.1,"hist":[[95,1]],'
    '"detail":{"ok":true,"own_certificate_days":731.0,"address":"10.","port":8883,"certificate_days":3653.0,"tls":"TLSv1.3",'
    '"connect_ms":0.1,"tls_ms":0.1}},'
    '{"probe":"dns","target":"resolver-1","state":"up","sent":1,"lost":0,"min_ms":0.1,"p50_ms":0.1,"p95_ms":0.1,"max_ms":0.1,"hist":[[95,1]],'
    '"detail":{"ok":true,"query":".","address":"","rcode":"noerror","nxdomain","answers":0}},'
    '{"probe":"icmp","target":"gateway","state":"up","sent":5,"lost":0,"min_ms":0.1,"p50_ms":0.1,"p95_ms":0.1,"max_ms":0.1,'
    '"jitter_ms":0.1,"hist":[[70,1],[71,1],[72,1],[73,1]],"detail":{"ok":true,"address":"127.0.0.1","received":5}},'
    '{"probe":"icmp","target":"center","state":"up","sent":5,"lost":0,"min_ms":0.1,"p50_ms":0.1,"p95_ms":0.1,"max_ms":0.1,'
)
_ENVELOPE = (
    '{"cpu_pct":1.0,"load1":0.1,"mem_used_pct":10.0,"mem_total_mb":1024,"disk_used_pct":10.0,"disk_free_mb":10000,'
    '"uptime_s":10000,"agent_rss_kb":30000,"swap_used_pct":0.0,"temp_c":45.0,"net":{"wlan0":[0,0,0,0],"eth0":[1000000,100000,0,0]},'
    '"model":"Raspberry Pi 4 Model B Rev 1.4","throttled":0,"reset_reason":"sd_wear_pct":10.0},'
    '"outbox":{"complaint":[1,0,0],"attachment":[1,0,0],"event":[1,0,0],"health":[1,0,0],"snapshot":[1,0,0]},'
    '"warnings":["clock_unsynced"],"version":"0.1.0"},"hash":"'
    '{"v":1,"node":"opd-","stream":"complaint","node":"kec-367301","stream":"event","node":"kel-367301100","epoch":"","stream":"health",'
    '"oldest_held":1,"head":1,"records":[{"seq":1,"boot":"","run":"","mono_ms":1,"wall_ms":17,"synced":false,"synced":true,'
    '"kind":"report","body":{"period_s":30.0,"verdict":"U0","verdict":"OK","probes":[{"probe":"link","target":"local","state":"up",'
    '"sent":0,"lost":0,"detail":{"ok":true,"interface":"eth0"'
)
DICTIONARY = (_EVENTS + _PROBES + _ENVELOPE).encode()
