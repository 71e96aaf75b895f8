"""What the evidence pack says about itself to the provider who gets it."""

README = """PAKET BUKTI SANDI / SANDI EVIDENCE PACK

Bahasa Indonesia
----------------
Paket ini memuat perhitungan ketersediaan saluran Anda selama satu bulan, gangguan yang dihitung, dan yang tidak.
Setiap baris ditandatangani. Periksa sendiri, tanpa internet, dengan Python 3.8 atau lebih baru:

    python3 verify.py PAKET.zip --key KUNCI

KUNCI adalah kunci publik yang diumumkan kota. Tanpa --key, skrip hanya memeriksa bahwa paket ini utuh.

  sheet.jsonl     lembar bulan ini: jam kontrak, detik tersambung, putus, dikecualikan, tidak diketahui; kompensasi
  days.jsonl      detik per titik dan hari; kolom isp_* hanya di dalam jam kontrak
  outages.jsonl   gangguan yang dihitung; start_ms dan end_ms: paling awal dan paling akhir (Unix, milidetik, UTC)
  others.jsonl    gangguan lain pada titik yang sama: listrik, pihak lokasi, pekerjaan terencana, tidak diketahui

Titik yang berganti saluran dalam bulan itu dihitung hanya selama salurannya milik Anda (from_ms, until_ms pada
sheet.jsonl). Gangguan yang melewati pergantian dibagi tepat di situ: part_ms menyebut bagian siapa, whole_s seluruhnya.
Hanya bagian gangguan yang pasti dihitung. Yang tidak pasti masuk "unknown": bukan tersambung, bukan putus.

English
-------
This pack holds how the availability of your lines was worked out for one month, the outages that were counted, and
those that were not. Every line is signed. Check it yourself, offline, with Python 3.8 or newer:

    python3 verify.py PACK.zip --key KEY

KEY is the public key the city has published. Without --key the script only checks that the pack is whole.

  sheet.jsonl     the month's sheet: contract hours, seconds up, down, excluded, unknown; credit
  days.jsonl      seconds per node and day; the isp_* columns are within contract hours only
  outages.jsonl   the outages that were counted; start_ms and end_ms: earliest and latest (Unix, milliseconds, UTC)
  others.jsonl    other outages of the same nodes: power, the site's own matter, planned work, cause unknown

A node whose line changed within the month counts only while the line was yours (from_ms, until_ms in sheet.jsonl). An
outage across the change is divided there: part_ms says which part this is, whole_s what the outage cost in all.
Only the certain part of an outage is counted. What is not certain is "unknown": neither up nor down.
"""
