#!/usr/bin/env bash
# Installs Sandi on a node (or, with --role center, on the command centre), updates it, or takes it away.
#
# Idempotent: each step looks first and acts only when something differs; a second run changes nothing and says so.
# Safe to interrupt: software is built in a directory of its own and switched over last.
#
# Where things go, and why:
#   /opt/sandi/releases/KEY   one virtual environment per version (system site packages: picamera2 comes from the OS).
#                             Root's, and not below /var/lib/sandi: the agent may write there, and must not be able to
#                             change the program it will be next time. --prefix moves it to another disk.
#   /opt/sandi/agent          link to the version in use (center: /opt/sandi/center)
#   /etc/sandi                agent.toml (0640 root:sandi-technician), credentials/ and enrol/ (sandi-enrol alone)
#   /var/lib/sandi            the data: outbox, pictures, heartbeat. --uninstall leaves it, --purge does not
# Exit codes: 0 done, or nothing to do; 1 a step failed; 2 wrong use, or the machine lacks something.
# Words are Indonesian; SANDI_LANG=en for English.
set -euo pipefail

HERE="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# shellcheck source=systemd/install-lib.sh
source "$HERE/install-lib.sh"

usage() {
  tell \
    "Pemakaian: sudo systemd/install.sh [pilihan]

  --node ID               identitas node, misalnya kel-3673011001 (hanya untuk agent.toml baru)
  --host ALAMAT           alamat pusat, seperti yang dipakai node (hanya untuk konfigurasi baru)
  --credentials DIR       pasang kunci dan sertifikat hasil 'sandi-center enroll'
  --release-pub BERKAS    pasang kunci publik rilis: kotak menerima pembaruan jarak jauh yang ditandatangani dengannya
  --wheel BERKAS          pasang dari wheel ini (bawaan: wheel di samping skrip ini, atau kode di atasnya)
  --offline-wheels DIR    jangan pakai internet: semua paket Python diambil dari DIR
  --role agent|center     peran mesin ini (bawaan: agent)
  --prefix DIR            tempat perangkat lunak (bawaan: /opt/sandi)
  --data-dir DIR          tempat data (bawaan: /var/lib/sandi)
  --python PROGRAM        Python 3.11 atau lebih baru (bawaan: python3)
  --no-start              pasang tanpa menyalakan
  --uninstall             hapus semuanya kecuali data dan konfigurasi
  --purge                 dengan --uninstall: hapus data, kunci dan pengguna juga
  --dry-run               tunjukkan langkah tanpa melakukannya" \
    "Usage: sudo systemd/install.sh [options]

  --node ID               identity of the node, such as kel-3673011001 (only for a new agent.toml)
  --host ADDRESS          address of the centre, as nodes call it (only for a new configuration)
  --credentials DIR       install the keys and certificates 'sandi-center enroll' made
  --release-pub FILE      install the public release key: the box takes updates from afar that are signed with it
  --wheel FILE            install this wheel (default: the wheel beside this script, else the code above it)
  --offline-wheels DIR    no internet: take every Python package from DIR
  --role agent|center     what this machine is (default: agent)
  --prefix DIR            where software goes (default: /opt/sandi)
  --data-dir DIR          where data goes (default: /var/lib/sandi)
  --python PROGRAM        Python 3.11 or newer (default: python3)
  --no-start              install without starting
  --uninstall             remove everything except data and configuration
  --purge                 with --uninstall: remove data, keys and users too
  --dry-run               show each step without doing it"
}

ROLE=agent PREFIX=/opt/sandi DATA_DIR='' NODE='' CENTER_HOST='' CREDENTIALS='' RELEASE_PUB='' WHEEL='' OFFLINE='' PYTHON=python3
START=yes ACTION=install PURGE=no DRY_RUN=no

while [ $# -gt 0 ]; do
  case "$1" in
    --role | --prefix | --data-dir | --node | --host | --credentials | --release-pub | --wheel | --offline-wheels | --python)
      [ $# -ge 2 ] || stop "$1 memerlukan nilai." "$1 needs a value."
      case "$1" in
        --role) ROLE=$2 ;;
        --prefix) PREFIX=$(absolute "$2") ;;
        --data-dir) DATA_DIR=$(absolute "$2") ;;
        --node) NODE=$2 ;;
        --host) CENTER_HOST=$2 ;;
        --credentials) CREDENTIALS=$(absolute "$2") ;;
        --release-pub) RELEASE_PUB=$(absolute "$2") ;;
        --wheel) WHEEL=$(absolute "$2") ;;
        --offline-wheels) OFFLINE=$(absolute "$2") ;;
        --python) PYTHON=$2 ;;
      esac
      shift
      ;;
    --no-start) START=no ;;
    --uninstall) ACTION=uninstall ;;
    --purge) PURGE=yes ;;
    --dry-run) DRY_RUN=yes ;;
    -h | --help) usage && exit 0 ;;
    *) stop "Pilihan tidak dikenal: $1. Lihat --help." "Unknown option: $1. See --help." ;;
  esac
  shift
done

case "$ROLE" in
  agent) ACCOUNT=sandi UNIT=sandi-agent.service PROGRAM=sandi DEFAULT_DATA_DIR=/var/lib/sandi ;;
  center) ACCOUNT=sandi-center UNIT=sandi-center.service PROGRAM=sandi-center DEFAULT_DATA_DIR=/var/lib/sandi-center ;;
  *) stop "--role harus agent atau center, bukan '$ROLE'." "--role must be agent or center, not '$ROLE'." ;;
esac
DATA_DIR=${DATA_DIR:-$DEFAULT_DATA_DIR}
[ "$PURGE" = no ] || [ "$ACTION" = uninstall ] ||
  stop "--purge hanya bersama --uninstall." "--purge goes with --uninstall only."
[ "$DRY_RUN" = yes ] || [ "$(id -u)" -eq 0 ] ||
  stop "Jalankan sebagai root: sudo $0 (atau --dry-run untuk melihat saja)." \
    "Run as root: sudo $0 (or --dry-run to look only)."
command -v systemctl >/dev/null 2>&1 ||
  stop "Mesin ini tidak memakai systemd; skrip ini memerlukannya." "This machine has no systemd; this script needs it."

# The caller's directory may be gone, or not for reading.
cd /
trap 'explain_end $?' EXIT
# shellcheck source=systemd/install-release.sh
source "$HERE/install-release.sh"
# shellcheck source=systemd/install-steps.sh
source "$HERE/install-steps.sh"
refuse_beside_package
case "$ACTION" in install) install_all ;; *) uninstall ;; esac
