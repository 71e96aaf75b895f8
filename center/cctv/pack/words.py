"""What a pack of pictures says about itself to whoever is handed it."""

README = """PAKET BUKTI GAMBAR SANDI / SANDI PICTURE EVIDENCE PACK

Bahasa Indonesia
----------------
Paket ini memuat gambar satu kamera dalam satu rentang waktu, apa adanya, beserta buktinya. Periksa sendiri, tanpa
internet, dengan Python 3.8 atau lebih baru:

    unzip PAKET.zip -d bukti
    python3 bukti/verify.py PAKET.zip --key KUNCI

KUNCI adalah kunci publik pusat yang diumumkan kota. Tanpa --key, skrip hanya memeriksa bahwa paket ini utuh.

  pictures/       gambar; tiap file memuat catatannya sendiri, ditandatangani oleh kotak yang mengambilnya
  manifest.json   daftar file dengan SHA-256, kunci-kunci kotak, waktu menurut pusat; ditandatangani pusat

Skrip menyebut untuk tiap gambar: sah atau tidak, kapan diambil dan sepasti apa waktunya, dan apakah ia menyambung
gambar sebelumnya. Lubang dalam rantai berarti ada gambar yang tidak disertakan, tidak lebih.

Gambar ini data pribadi bila orang dikenali di dalamnya (UU 27/2022). Simpan, bagikan, dan hapus sesuai itu.

English
-------
This pack holds the pictures of one camera over one span, as they are, with their proofs. Check it yourself, offline,
with Python 3.8 or newer:

    unzip PACK.zip -d evidence
    python3 evidence/verify.py PACK.zip --key KEY

KEY is the centre's public key as the city has published it. Without --key the script only checks that the pack is
whole.

  pictures/       pictures; each file carries its own record, signed by the box that took it
  manifest.json   the list of files with SHA-256, the keys of the box, times by the centre; signed by the centre

The script says of each picture: genuine or not, when it was taken and how certain that is, and whether it follows the
picture before it. A hole in the chain means that a picture is not included, and no more than that.

These pictures are personal data where somebody can be recognised in them (Law 27/2022). Keep, share and delete them
accordingly.
"""
