#!/usr/bin/env bash
# Splits an installed command centre into separate units, each with a user of its own: see docs/pusat.md, "Produksi".
#
# Idempotent: run it again after every update of the software. It needs install.sh --role center before it, and PostgreSQL
# in center.toml: SQLite with several users is not supported. Who owns what afterwards, below /var/lib/sandi-center:
#   pki/           sandi-signer alone has the keys; certificates and revocation list are for the group sandi-center
#   commander/     sandi-commander alone has the command key and the book; command.pub is for the group sandi-center
#   keys/          sandi-web: opens what citizens wrote, signs evidence
#   pictures/ attachments/ snapshots/   sandi-ingest writes, sandi-worker takes away, sandi-web reads (group sandi-files)
#   releases/      sandi-signer writes, sandi-enrol-listener hands out (group sandi-center)
#   alerts-secrets/   sandi-web writes, sandi-alerts reads
# Back to one unit:   systemctl disable --now sandi-center.target && systemctl enable --now sandi-center
# (its start gives all files back to the user sandi-center).
# Exit codes: 0 done, or nothing to do; 1 a step failed; 2 wrong use, or the machine lacks something.
set -euo pipefail

HERE="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# shellcheck source=systemd/install-lib.sh
source "$HERE/install-lib.sh"

DATA=/var/lib/sandi-center PROGRAM=/opt/sandi/center/bin/sandi-center
USERS=(sandi-signer sandi-broker sandi-ingest sandi-web sandi-worker sandi-alerts sandi-throughput sandi-enrol-listener
  sandi-commander)
UNITS=(
  sandi-center.target sandi-center-setup.service sandi-signer.service sandi-enrol-listener.service sandi-broker.service
  sandi-broker-crl.path sandi-broker-crl.service sandi-ingest@.service sandi-worker.service sandi-web@.service
  sandi-throughput.service sandi-alerts.service sandi-commander.service
)
DRY_RUN=no START=yes

while [ $# -gt 0 ]; do
  case "$1" in
    --dry-run) DRY_RUN=yes ;;
    --no-start) START=no ;;
    -h | --help)
      tell "Pemakaian: sudo systemd/split-center.sh [--dry-run] [--no-start]" \
        "Usage: sudo systemd/split-center.sh [--dry-run] [--no-start]"
      exit 0
      ;;
    *) stop "Pilihan tidak dikenal: $1. Lihat --help." "Unknown option: $1. See --help." ;;
  esac
  shift
done

[ "$DRY_RUN" = yes ] || [ "$(id -u)" -eq 0 ] ||
  stop "Jalankan sebagai root: sudo $0" "Run as root: sudo $0"
[ -x "$PROGRAM" ] ||
  stop "$PROGRAM tidak ada: pasang dulu dengan install.sh --role center --no-start." \
    "$PROGRAM is missing: install it first with install.sh --role center --no-start."
grep -Eqs '^[[:space:]]*url[[:space:]]*=[[:space:]]*"postgres(ql)?://' "$DATA/center.toml" ||
  stop "Unit terpisah memerlukan PostgreSQL: isi [database] url di $DATA/center.toml (docs/pusat.md)." \
    "Separate units need PostgreSQL: set [database] url in $DATA/center.toml (docs/pusat.md)."
cd /
trap 'explain_end $?' EXIT

make_users() {
  local name
  for name in sandi-center sandi-files sandi-alerts-secrets "${USERS[@]}"; do
    getent group "$name" >/dev/null || change "membuat grup $name" "making group $name" groupadd --system "$name"
  done
  for name in "${USERS[@]}"; do
    getent passwd "$name" >/dev/null ||
      change "membuat pengguna $name" "making user $name" useradd --system --gid "$name" \
        --home-dir "$DATA" --no-create-home --shell /usr/sbin/nologin "$name"
  done
  # Commands that enrol, revoke or show run as this user by hand: sudo -u sandi-signer sandi-center ...
  id -nG sandi-signer 2>/dev/null | grep -qw sandi-center ||
    change "menambahkan sandi-signer ke grup sandi-center" "adding sandi-signer to group sandi-center" \
      usermod --append --groups sandi-center sandi-signer
  id -nG sandi-signer 2>/dev/null | grep -qw sandi-commander ||
    change "menambahkan sandi-signer ke grup sandi-commander" "adding sandi-signer to group sandi-commander" \
      usermod --append --groups sandi-commander sandi-signer
}

install_units() {
  local unit changed=no
  for unit in "${UNITS[@]}"; do
    place_file "$HERE/$unit" "/etc/systemd/system/$unit" 644 root root
    [ "$PLACED" = no ] || changed=yes
  done
  place_file "$HERE/sandi-center-backup.service.d/split.conf" \
    /etc/systemd/system/sandi-center-backup.service.d/split.conf 644 root root
  [ "$PLACED" = no ] || changed=yes
  [ "$changed" = no ] || ! is_booted || change "memberi tahu systemd" "telling systemd" systemctl daemon-reload
}

stop_the_one_unit() {
  local unit
  is_booted || return 0
  for unit in sandi-center.service sandi-center-alerts.service; do
    if systemctl is-active --quiet "$unit" || systemctl is-enabled --quiet "$unit" 2>/dev/null; then
      change "mematikan $unit" "switching $unit off" systemctl --quiet disable --now "$unit"
    fi
  done
}

# own PATH OWNER GROUP DIRECTORY-MODE FILE-MODE: the folder and all in it; a FILE-MODE of "keep" leaves the files' modes.
own() {
  [ -e "$1" ] || mkdir -p -- "$1"
  chown -R --no-dereference "$2:$3" -- "$1"
  find "$1" -type d -exec chmod "$4" {} +
  [ "$5" = keep ] || find "$1" -type f -exec chmod "$5" {} +
}

hand_over() {
  local name
  for name in "$DATA"/* "$DATA"/.[!.]*; do
    [ ! -e "$name" ] || [ "$name" = "$DATA/center.toml" ] || case "${name##*/}" in
      pictures | attachments | snapshots | incoming | keys | alerts-secrets | alerts-out | releases | run | pki | commander) ;;
      *) chown -R --no-dereference sandi-signer:sandi-signer -- "$name" ;;
    esac
  done
  own "$DATA/pki" sandi-signer sandi-signer 700 keep
  chgrp sandi-center -- "$DATA/pki" && chmod 750 -- "$DATA/pki"
  own "$DATA/commander" sandi-commander sandi-commander 700 keep
  chgrp sandi-center -- "$DATA/commander" && chmod 750 -- "$DATA/commander"
  own "$DATA/keys" sandi-web sandi-center 750 keep
  for name in pictures attachments snapshots; do own "$DATA/$name" sandi-ingest sandi-files 2770 660; done
  own "$DATA/incoming" sandi-ingest sandi-ingest 700 keep
  own "$DATA/alerts-secrets" sandi-web sandi-alerts-secrets 2750 640
  own "$DATA/releases" sandi-signer sandi-center 2750 640
  own "$DATA/run" sandi-signer sandi-signer 755 keep
  own "$DATA/run/alerts" sandi-alerts sandi-alerts 700 keep
  own "$DATA/alerts-out" sandi-alerts sandi-alerts 700 keep
  chown root:sandi-center -- "$DATA/center.toml" && chmod 640 -- "$DATA/center.toml"
  for name in secret_key metrics_token; do
    [ ! -e "$DATA/$name" ] || { chown root:sandi-web -- "$DATA/$name" && chmod 640 -- "$DATA/$name"; }
  done
  chown sandi-signer:sandi-center -- "$DATA" && chmod 750 -- "$DATA"
}

is_handed_over() { [ "$(stat -c '%U %G %a' -- "$DATA" "$DATA/pki" "$DATA/keys" 2>/dev/null)" = \
  $'sandi-signer sandi-center 750\nsandi-signer sandi-center 750\nsandi-web sandi-center 750' ] &&
  [ "$(stat -c '%U' -- "$DATA/run/alerts" "$DATA/pictures" "$DATA/commander" 2>/dev/null)" = \
    $'sandi-alerts\nsandi-ingest\nsandi-commander' ]; }

first_set_up() {
  chown sandi-signer:sandi-center -- "$DATA" && chmod 750 -- "$DATA"
  runuser -u sandi-signer -- "$PROGRAM" init --data "$DATA"
}

make_users
stop_the_one_unit
# Here on the terminal: it prints the admin's password once.
[ -e "$DATA/secret_key" ] || change "menyiapkan pusat di $DATA" "setting up the centre in $DATA" first_set_up
is_handed_over ||
  change "membagi $DATA kepada para pengguna (lama bila gambarnya banyak)" \
    "handing $DATA out to its users (long where there are many pictures)" hand_over
install_units
if is_booted; then
  systemctl is-enabled --quiet sandi-center.target 2>/dev/null ||
    change "menyalakan saat boot" "enabling at boot" systemctl --quiet enable sandi-center.target
  if [ "$START" = yes ] && { [ "$CHANGES" -gt 0 ] || ! systemctl is-active --quiet sandi-center.target; }; then
    change "menyalakan sandi-center.target" "starting sandi-center.target" systemctl restart sandi-center.target
  fi
fi
if [ "$CHANGES" -eq 0 ]; then
  tell "Tidak ada yang berubah: semuanya sudah terpasang." "Nothing changed: all of it is installed already."
elif [ "$DRY_RUN" = yes ]; then
  tell "Tidak ada yang dilakukan; akan ada $CHANGES perubahan." "Nothing was done; there would be $CHANGES changes."
else
  tell "Selesai: $CHANGES perubahan." "Done: $CHANGES changes."
fi
