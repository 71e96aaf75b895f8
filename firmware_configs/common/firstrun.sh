#!/bin/bash
# shellcheck disable=SC2317,SC2015
# Makes a box out of a freshly flashed card: run once by PID 1 at the first start (words in cmdline.txt), then it reboots.
#
# Every step looks first and acts only when something is missing, so that it may be cut at any point and run again:
#   1 a data partition behind the system's   2 mount it   3 put aside what another node left behind
#   4 files of the system   5 packages   6 who this box is   7 its name   8 the technicians' account   9 units
#   10 boot loader   11 system read-only   12 wipe what is secret from the card   13 take our words out of cmdline.txt
# Without a card (a container, a virtual machine) plain directories take the partition's place.
# Words are Indonesian; SANDI_LANG=en for English. SANDI_ROOT=DIR works on a system below DIR (tests).
set -uo pipefail
export LC_ALL=C PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Filled in by sandi-center provision.
# >>> values
NODE='' MODEL='' BOARD='' ROLE='' UNITS='' FIRST_RUN_WORDS='' LATER_WORDS='' ROOT_MB='8192' DATA_MB='2048' EEPROM=''
TECHNICIAN='' TECHNICIAN_HASH='' TECHNICIAN_KEYS=''
# <<< values

CARD="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
BOOT="$(dirname -- "$CARD")"
ROOT="${SANDI_ROOT:-}"
MOUNT="$ROOT/mnt/sandi"
LABEL=sandi-data
# NAME:PATH: what lies on the data partition, and where programs look for it.
HOMES=(
  opt:/opt/sandi etc:/etc/sandi sandi:/var/lib/sandi sandi-enrol:/var/lib/sandi-enrol
  sandi-camera:/var/lib/sandi-camera sandi-update:/var/lib/sandi-update private:/var/lib/private journal:/var/log/journal
)
SANDI_UNITS='sandi-kiosk.service sandi-kiosk-browser.service sandi-kiosk-serial.service sandi-camera.service
  sandi-watch@tty1.service'
DATA_PART=''

say() {
  case "${SANDI_LANG:-id}" in
    en*) printf 'sandi: %s\n' "$2" ;;
    *) printf 'sandi: %s\n' "$1" ;;
  esac
}

# fail INDONESIAN ENGLISH: long enough to be read; then the box starts again and tries once more.
fail() {
  say "GAGAL pada langkah $STEP ($NAME): $1" "FAILED at step $STEP ($NAME): $2"
  if [ -z "$ROOT" ]; then
    say "Mencoba lagi dalam 60 detik. Yang sudah selesai tidak diulang." "Trying again in 60 s. Finished steps are not repeated."
    sleep 60
  fi
  exit 1
}

# identity NAME FILE: the number of a user or group of the system below ROOT; nothing when there is none.
identity() { awk -F: -v name="$1" '$1 == name { print $3; exit }' "$ROOT/etc/$2" 2>/dev/null; }

# owner USER GROUP: sets OWNER to their numbers; empty where this is not root's work (tests).
owner() {
  local user=0 group=0
  OWNER=''
  [ "$EUID" -eq 0 ] || return 0
  [ "$1:$2" = root:root ] || { user="$(identity "$1" passwd)" && group="$(identity "$2" group)"; }
  [ -n "$user" ] && [ -n "$group" ] ||
    fail "pengguna $1 atau grup $2 tidak ada: paket sandi belum terpasang dengan benar" \
      "user $1 or group $2 does not exist: the package sandi is not installed properly"
  OWNER="$user:$group"
}

# folder PATH MODE USER GROUP: PATH below ROOT.
folder() {
  owner "$3" "$4"
  { mkdir -p -- "$ROOT$1" && { [ -z "$OWNER" ] || chown "$OWNER" -- "$ROOT$1"; } && chmod "$2" -- "$ROOT$1"; } ||
    fail "direktori $1 tidak dapat dibuat" "cannot make the directory $1"
}

# place FILE PATH MODE USER GROUP: the old file or the new one, whatever is cut in between. PATH below ROOT.
place() {
  local target="$ROOT$2" fresh="$ROOT$2.sandi-new"
  owner "$4" "$5"
  [ -d "${target%/*}" ] || mkdir -p -- "${target%/*}"
  # install(1) makes it for root alone, gives it its owner, then its mode.
  { install -m "$3" ${OWNER:+-o "${OWNER%:*}" -g "${OWNER#*:}"} -- "$1" "$fresh" && sync -- "$fresh" &&
    mv -f -- "$fresh" "$target" && sync -- "${target%/*}"; } ||
    fail "$2 tidak dapat ditulis (kartu penuh atau rusak?)" "cannot write $2 (card full or broken?)"
}

hash_of() { sha256sum -- "$1" 2>/dev/null | cut -d ' ' -f 1; }

# --- 1: the data partition

# The disk and partition the system runs from; nothing in a container. SANDI_DISK and SANDI_ROOT_PART: tests.
find_disk() {
  DISK="${SANDI_DISK:-}" ROOT_PART="${SANDI_ROOT_PART:-}"
  [ -z "$DISK$ROOT" ] || return 0
  local source parent
  source="$(findmnt -n -o SOURCE / 2>/dev/null)"
  [ -b "$source" ] || return 0
  parent="$(lsblk -n -d -o PKNAME "$source" 2>/dev/null)"
  [ -n "$parent" ] && [ -b "/dev/$parent" ] || return 0
  DISK="/dev/$parent"
  ROOT_PART="$(cat "/sys/class/block/$(basename "$source")/partition" 2>/dev/null)"
}

partition() { case "$DISK" in *[0-9]) printf '%sp%s' "$DISK" "$1" ;; *) printf '%s%s' "$DISK" "$1" ;; esac; }

# table FIELD NUMBER: start or size of a partition, in sectors of 512 bytes.
table() {
  sfdisk -d "$DISK" 2>/dev/null |
    sed -n "s|^$(partition "$2") *:.*$1= *\([0-9]*\).*|\1|p"
}

filesystem() { blkid -p -o value -s "$1" "$2" 2>/dev/null; }

find_data() {
  local part
  DATA_PART=''
  for part in $(sfdisk -d "$DISK" 2>/dev/null | sed -n 's|^\(/dev/[^ ]*\) *:.*|\1|p'); do
    if [ "$(filesystem LABEL "$part")" = "$LABEL" ]; then DATA_PART="$part"; fi
  done
}

reread() { partx -u "$DISK" 2>/dev/null || partprobe "$DISK" 2>/dev/null; udevadm settle --timeout=10 2>/dev/null || true; }

divide() {
  find_disk
  if [ -z "$DISK" ] || [ -z "$ROOT_PART" ]; then
    say "tidak berjalan dari kartu (wadah atau mesin virtual): data di direktori biasa" \
      "not running from a card (container or virtual machine): data goes into plain directories"
    return 0
  fi
  find_data
  if [ -n "$DATA_PART" ]; then
    say "partisi data sudah ada ($DATA_PART): dipertahankan" "there is a data partition ($DATA_PART): kept"
    return 0
  fi
  make_partition || return 0
  find_data
  if [ -n "$DATA_PART" ]; then
    say "isi partisi data yang lama ditemukan kembali: dipertahankan" "found the old data partition again: kept"
    return 0
  fi
  say "memformat partisi data $(partition "$DATA_NUMBER")" "formatting the data partition $(partition "$DATA_NUMBER")"
  mkfs.ext4 -q -F -L "$LABEL" "$(partition "$DATA_NUMBER")" >/dev/null ||
    fail "partisi data tidak dapat diformat: kartu rusak? Ganti kartu" "cannot format the data partition: broken card?"
  DATA_PART="$(partition "$DATA_NUMBER")"
}

# Grow the system's partition to ROOT_MB and give the rest to the data. Sets DATA_NUMBER. Not 0: plain directories.
make_partition() {
  local start size sectors end count wanted
  DATA_NUMBER=$((ROOT_PART + 1))
  start="$(table start "$ROOT_PART")" size="$(table size "$ROOT_PART")" sectors="$(blockdev --getsz "$DISK")"
  [ -n "$start" ] && [ -n "$size" ] && [ -n "$sectors" ] || return 1
  count="$(sfdisk -d "$DISK" | grep -c '^/dev/')"
  if [ "$count" -gt "$ROOT_PART" ]; then
    # Ours, if we wrote down that we were about to make it and it begins there.
    if [ "$(cat "$CARD/making-data" 2>/dev/null)" = "$(table start "$DATA_NUMBER")" ] && [ "$count" -eq "$DATA_NUMBER" ]; then
      return 0
    fi
    say "di belakang sistem ada partisi lain: tidak disentuh; data di direktori biasa" \
      "there is another partition behind the system's: left alone; data goes into plain directories"
    return 1
  fi
  # What a GPT keeps at the end, and whole MiB.
  sectors=$(((sectors - 2048) / 2048 * 2048))
  wanted=$((ROOT_MB * 2048))
  if [ "$wanted" -gt "$size" ] && [ $((start + wanted + DATA_MB * 2048)) -le "$sectors" ]; then
    say "memperbesar partisi sistem menjadi $ROOT_MB MB" "growing the system's partition to $ROOT_MB MB"
    printf 'size=%s\n' "$wanted" | sfdisk -q --no-reread --force -N "$ROOT_PART" "$DISK" >/dev/null 2>&1 ||
      fail "tabel partisi tidak dapat ditulis: kartu rusak atau terkunci?" "cannot write the partition table"
    reread
    size="$wanted"
  fi
  end=$(((start + size + 2047) / 2048 * 2048))
  if [ $((sectors - end)) -lt $((DATA_MB * 2048)) ]; then
    say "kartu terlalu kecil untuk partisi data: data di direktori biasa" \
      "the card is too small for a data partition: data goes into plain directories"
    return 1
  fi
  say "membuat partisi data" "making the data partition"
  printf '%s' "$end" >"$CARD/making-data" && sync -- "$CARD/making-data"
  printf 'start=%s, size=%s, type=L\n' "$end" $((sectors - end)) |
    sfdisk -q --append --no-reread --force --wipe never --wipe-partitions never "$DISK" >/dev/null 2>&1 ||
    fail "partisi data tidak dapat dibuat" "cannot make the data partition"
  reread
  [ -b "$(partition "$DATA_NUMBER")" ] || fail "partisi data tidak muncul" "the data partition does not appear"
}

# --- 2: mounting it

fstab_lines() {
  local home
  printf '# >>> sandi\n'
  # By its UUID: a stick with the same label changes nothing.
  printf 'UUID=%s /mnt/sandi ext4 noatime,nofail,x-systemd.device-timeout=30s,x-systemd.before=local-fs.target 0 2\n' \
    "$(filesystem UUID "$DATA_PART")"
  for home in "${HOMES[@]}"; do
    printf '/mnt/sandi/%s %s none bind,nofail,x-systemd.requires-mounts-for=/mnt/sandi,x-systemd.before=local-fs.target 0 0\n' \
      "${home%%:*}" "${home#*:}"
  done
  printf '# <<< sandi\n'
}

mount_data() {
  local home name path fresh wanted
  [ -n "$DATA_PART" ] || return 0
  # Online: the kernel enlarges the mounted system; nothing to do the second time.
  resize2fs "$(partition "$ROOT_PART")" >/dev/null 2>&1 ||
    say "PERHATIAN: sistem berkas sistem tidak dapat diperbesar" "NOTE: cannot enlarge the system's file system"
  mkdir -p -- "$MOUNT"
  if ! mountpoint -q "$MOUNT"; then
    e2fsck -p "$DATA_PART" >/dev/null 2>&1
    [ $? -lt 4 ] || e2fsck -y "$DATA_PART" >/dev/null 2>&1
    mount -t ext4 -o noatime "$DATA_PART" "$MOUNT" ||
      fail "partisi data tidak dapat dipasang; kartu rusak? Ganti kartu" "cannot mount the data partition; broken card?"
  fi
  for home in "${HOMES[@]}"; do
    name="${home%%:*}" path="$ROOT${home#*:}" fresh="$MOUNT/.new-${home%%:*}"
    mkdir -p -- "$path"
    if [ ! -d "$MOUNT/$name" ]; then
      rm -rf -- "$fresh"
      # What the image brought along lies below the mount from now on: the partition gets a copy.
      if [ "$name" = journal ]; then mkdir -- "$fresh"; else cp -a -- "$path" "$fresh"; fi ||
        fail "isi $path tidak dapat disalin ke partisi data" "cannot copy $path to the data partition"
      sync -f -- "$MOUNT"
      mv -- "$fresh" "$MOUNT/$name"
    fi
    mountpoint -q "$path" || mount --bind "$MOUNT/$name" "$path" ||
      fail "$path tidak dapat dipasang" "cannot mount $path"
  done
  wanted="$(fstab_lines)"
  if [ "$(sed -n '/^# >>> sandi$/,/^# <<< sandi$/p' "$ROOT/etc/fstab" 2>/dev/null)" != "$wanted" ]; then
    { sed '/^# >>> sandi$/,/^# <<< sandi$/d' "$ROOT/etc/fstab" 2>/dev/null && printf '%s\n' "$wanted"; } >"$ROOT/etc/fstab.sandi"
    place "$ROOT/etc/fstab.sandi" /etc/fstab 0644 root root
    rm -f -- "$ROOT/etc/fstab.sandi"
  fi
}

# --- 3: what another node left behind

former_node() {
  local found
  found="$(sed -n 's/^node = "\([a-z0-9-]*\)"$/\1/p' "$ROOT/etc/sandi/node.toml" 2>/dev/null | head -n 1)"
  [ -n "$found" ] || found="$(sed -n 's/^id = "\([a-z0-9-]*\)"$/\1/p' "$ROOT/etc/sandi/agent.toml" 2>/dev/null | head -n 1)"
  printf '%s' "$found"
}

is_empty() { [ -z "$(ls -A -- "$1" 2>/dev/null)" ]; }

put_aside() {
  local old aside path item
  old="$(former_node)"
  [ "$old" != "$NODE" ] || return 0
  if [ -z "$old" ] && is_empty "$ROOT/etc/sandi/credentials" && is_empty "$ROOT/var/lib/sandi"; then return 0; fi
  say "kartu ini dulu milik ${old:-node lain}: kuncinya dihapus, datanya disisihkan" \
    "this card was ${old:-another node}'s: its keys go, its data is put aside"
  for path in /etc/sandi/credentials /etc/sandi/enrol /var/lib/sandi-enrol; do
    find "$ROOT$path" -type f -exec shred -u -- {} + 2>/dev/null
    find "$ROOT$path" -mindepth 1 -delete 2>/dev/null
  done
  if [ -n "$DATA_PART" ]; then aside="$MOUNT/aside/${old:-unknown}"; else aside="$ROOT/var/lib/sandi-aside/${old:-unknown}"; fi
  { mkdir -p -- "$aside" && chmod 0700 -- "$(dirname -- "$aside")" "$aside"; } ||
    fail "tempat untuk menyisihkan data tidak dapat dibuat" "cannot make room to put the data aside"
  for path in sandi sandi-camera private/sandi-kiosk-serial; do
    for item in "$ROOT/var/lib/$path"/* "$ROOT/var/lib/$path"/.[!.]*; do
      [ -e "$item" ] || [ -L "$item" ] || continue
      mkdir -p -- "$aside/$path"
      # Numbered: what was put aside before, by this card or in a run that was cut, is never overwritten.
      mv --backup=numbered -- "$item" "$aside/$path/" ||
        fail "data lama tidak dapat disisihkan: kartu penuh?" "cannot put the old data aside: card full?"
    done
  done
  sync -f -- "$aside"
  rm -f -- "$ROOT/etc/sandi/agent.toml" "$ROOT/etc/sandi/node.toml" "$ROOT/etc/sandi/override.toml"
}

# --- 4: files of the system

place_root() {
  local line path mode sum source count=0
  [ -r "$CARD/root.json" ] || fail "root.json tidak ada: buat ulang kartu" "root.json is missing: make the card again"
  while IFS= read -r line; do
    case "$line" in *'"path"'*) ;; *) continue ;; esac
    path='' mode='' sum=''
    # One file a line, as provisioning writes it.
    if [[ "$line" =~ ^\{\"path\":\"(/[A-Za-z0-9_.@/-]+)\",\"mode\":\"(0[0-7]{3})\",\"sha256\":\"([0-9a-f]{64})\"\},?$ ]]; then
      path="${BASH_REMATCH[1]}" mode="${BASH_REMATCH[2]}" sum="${BASH_REMATCH[3]}"
    fi
    case "$path" in '' | *..*) mode='' ;; esac
    [ -n "$mode" ] || fail "root.json rusak: buat ulang kartu" "root.json is damaged: make the card again"
    source="$CARD/root$path"
    if [ "$(hash_of "$ROOT$path")" != "$sum" ] || [ "$(stat -c '0%a' -- "$ROOT$path")" != "$mode" ]; then
      [ "$(hash_of "$source")" = "$sum" ] ||
        fail "berkas $path pada kartu hilang atau rusak: buat ulang kartu" "$path on the card is missing or damaged"
      place "$source" "$path" "$mode" root root
      count=$((count + 1))
    fi
    if [ "$mode" = 0600 ]; then SECRETS+=("$source"); fi
  done <"$CARD/root.json"
  [ "$count" -eq 0 ] || say "$count berkas sistem dipasang" "$count files of the system placed"
  [ ! -e "$ROOT/etc/NetworkManager/system-connections/sandi-wifi.nmconnection" ] || free_radio
  # Newer images would go on with first settings of their own at each start (cloud-init's own switch, see its manual).
  [ ! -d "$ROOT/etc/cloud" ] || [ -e "$ROOT/etc/cloud/cloud-init.disabled" ] || : >"$ROOT/etc/cloud/cloud-init.disabled"
}

# Raspberry Pi OS keeps Wi-Fi off until a country was chosen: as saved by systemd-rfkill, and by NetworkManager.
free_radio() {
  local file state="$ROOT/var/lib/NetworkManager/NetworkManager.state"
  for file in "$ROOT"/var/lib/systemd/rfkill/*:wlan; do
    [ ! -e "$file" ] || [ "$(cat "$file")" = 0 ] || printf '0\n' >"$file"
  done
  ! grep -qx 'WirelessEnabled=false' "$state" 2>/dev/null ||
    { sed 's/^WirelessEnabled=false$/WirelessEnabled=true/' "$state" >"$state.sandi" && mv -f -- "$state.sandi" "$state"; }
  [ -n "$ROOT" ] || ! command -v rfkill >/dev/null 2>&1 || rfkill unblock wifi 2>/dev/null
}

# Said, not refused: a card works on other boards as far as the firmware's filters go, and a spare is better than nothing.
compare_board() {
  local found
  found="$(tr -d '\0' <"${SANDI_BOARD_FILE:-/proc/device-tree/model}" 2>/dev/null)"
  case "$found" in
    '' | "$BOARD"*) ;;
    *) say "PERHATIAN: papan ini $found; kartu dibuat untuk $BOARD" "NOTE: this board is a $found; the card was made for a $BOARD" ;;
  esac
}

# --- 5: packages

dpkg_here() { dpkg ${ROOT:+--root="$ROOT"} "$@"; }

is_installed() {
  local name version
  name="$(dpkg-deb -f "$1" Package)" version="$(dpkg-deb -f "$1" Version)"
  [ "$(dpkg-query ${ROOT:+--admindir="$ROOT/var/lib/dpkg"} -W -f '${db:Status-Status} ${Version}' "$name" 2>/dev/null)" = "installed $version" ]
}

install_packages() {
  local file missing=()
  for file in "$CARD"/packages/*.deb; do
    [ -e "$file" ] || continue
    dpkg-deb --info "$file" >/dev/null 2>&1 ||
      fail "paket $(basename "$file") rusak: buat ulang kartu" "the package $(basename "$file") is damaged"
    is_installed "$file" || missing+=("$file")
  done
  if [ "${#missing[@]}" -gt 0 ]; then
    say "memasang ${#missing[@]} paket (beberapa menit) ..." "installing ${#missing[@]} packages (some minutes) ..."
    dpkg_here --configure -a >/dev/null 2>&1
    DEBIAN_FRONTEND=noninteractive SANDI_WHEELS="$CARD/packages" dpkg_here --force-confold -i "${missing[@]}" ||
      fail "paket tidak dapat dipasang; pesannya di atas" "cannot install the packages; see above"
  fi
  [ -x "$ROOT/opt/sandi/agent/bin/sandi" ] || [ -x "$ROOT/usr/bin/sandi" ] || [ -x "$ROOT/usr/local/bin/sandi" ] ||
    fail "program sandi tidak ada di kartu maupun di sistem: buat kartu dengan --packages" \
      "the program sandi is neither on the card nor in the system: make the card with --packages"
}

# --- 6: who this box is

place_identity() {
  folder /etc/sandi 0755 root root
  folder /etc/sandi/credentials 0700 sandi-enrol sandi-enrol
  folder /etc/sandi/enrol 0750 sandi-enrol sandi-enrol
  folder /var/lib/sandi-enrol 0750 sandi-enrol sandi-technician
  place "$CARD/agent.toml" /etc/sandi/agent.toml 0640 root sandi-technician
  # Only now it is known whether this box has cameras that need more software.
  [ ! -x "$ROOT/usr/share/sandi/systemd/package.sh" ] ||
    ${ROOT:+chroot "$ROOT"} /usr/share/sandi/systemd/package.sh cameras
  place "$CARD/ca.crt" /etc/sandi/enrol/ca.crt 0644 sandi-enrol sandi-enrol
  [ ! -s "$CARD/command.pub" ] || place "$CARD/command.pub" /etc/sandi/enrol/command.pub 0644 sandi-enrol sandi-enrol
  # Root's: what this key signed may become the software of this box.
  [ ! -s "$CARD/release.pub" ] || place "$CARD/release.pub" /etc/sandi/release.pub 0644 root root
  if [ -s "$CARD/token" ] && tr -d '\n' <"$CARD/token" | grep -Eqx '[0-9A-Z]{32}'; then
    place "$CARD/token" /etc/sandi/enrol/token 0600 sandi-enrol sandi-enrol
  elif [ ! -s "$ROOT/etc/sandi/enrol/token" ] && [ ! -s "$ROOT/etc/sandi/credentials/node.key" ]; then
    fail "token tidak ada: buat ulang kartu" "there is no token: make the card again"
  fi
  # A new outbox takes it for the mark of the one before and names that; an outbox that is there knows its own past.
  if [ -s "$CARD/predecessor.json" ] && [ ! -e "$ROOT/var/lib/sandi/outbox.db" ]; then
    folder /var/lib/sandi 0750 sandi sandi
    place "$CARD/predecessor.json" /var/lib/sandi/epoch.json 0640 sandi sandi
  fi
  # Last: from now on this card is this node's.
  place "$CARD/node.toml" /etc/sandi/node.toml 0644 root root
}

# --- 7 to 9: name, account, units

name_box() {
  local fresh="$ROOT/etc/hosts.sandi"
  if [ "$(cat "$ROOT/etc/hostname" 2>/dev/null)" != "$NODE" ]; then
    printf '%s\n' "$NODE" >"$ROOT/etc/hostname.sandi"
    place "$ROOT/etc/hostname.sandi" /etc/hostname 0644 root root
    rm -f -- "$ROOT/etc/hostname.sandi"
  fi
  if ! grep -qx "127.0.1.1[[:space:]]*$NODE" "$ROOT/etc/hosts" 2>/dev/null; then
    { sed '/^127\.0\.1\.1[[:space:]]/d' "$ROOT/etc/hosts" 2>/dev/null; printf '127.0.1.1\t%s\n' "$NODE"; } >"$fresh"
    place "$fresh" /etc/hosts 0644 root root
    rm -f -- "$fresh"
  fi
  rm -f -- "$ROOT/etc/hostname.sandi" "$fresh"
}

add_account() {
  local keys
  # The image's own first start, which we took the place of, makes these.
  if [ -z "$ROOT" ] && [ -d /etc/ssh ] && command -v ssh-keygen >/dev/null 2>&1; then ssh-keygen -A >/dev/null; fi
  [ -n "$TECHNICIAN" ] || return 0
  [ -n "$(identity "$TECHNICIAN" passwd)" ] ||
    useradd ${ROOT:+--root "$ROOT"} --create-home --shell /bin/bash "$TECHNICIAN" ||
    fail "akun $TECHNICIAN tidak dapat dibuat" "cannot make the account $TECHNICIAN"
  usermod ${ROOT:+--root "$ROOT"} --append --groups sandi-technician "$TECHNICIAN" ||
    fail "akun $TECHNICIAN tidak dapat dimasukkan ke grupnya" "cannot put $TECHNICIAN into its group"
  if [ -n "$TECHNICIAN_HASH" ]; then
    printf '%s:%s\n' "$TECHNICIAN" "$TECHNICIAN_HASH" | chpasswd ${ROOT:+--root "$ROOT"} -e
    [ -z "$(identity sudo group)" ] || usermod ${ROOT:+--root "$ROOT"} --append --groups sudo "$TECHNICIAN"
  fi
  if [ -n "$TECHNICIAN_KEYS" ]; then
    folder "/home/$TECHNICIAN/.ssh" 0700 "$TECHNICIAN" "$TECHNICIAN"
    keys="$(mktemp)"
    printf '%s\n' "$TECHNICIAN_KEYS" >"$keys"
    place "$keys" "/home/$TECHNICIAN/.ssh/authorized_keys" 0600 "$TECHNICIAN" "$TECHNICIAN"
    rm -f -- "$keys"
  fi
}

units() { systemctl --quiet ${ROOT:+--root="$ROOT"} "$@" 2>/dev/null; }

enable_units() {
  local unit absent=''
  for unit in $SANDI_UNITS; do
    case " $UNITS " in *" $unit "*) ;; *) ! units is-enabled "$unit" || units disable "$unit" ;; esac
  done
  # Raspberry Pi OS asks on tty1 for a first account until somebody answers; nobody will.
  ! units is-enabled userconfig.service || units disable userconfig.service
  [ -z "$TECHNICIAN_KEYS" ] || units enable ssh.service || absent="$absent ssh.service"
  for unit in $UNITS; do
    units is-enabled "$unit" || units enable "$unit" || absent="$absent $unit"
  done
  [ -z "$absent" ] ||
    say "PERHATIAN: layanan ini tidak ada di sistem:$absent" "NOTE: the system does not have these units:$absent"
}

# --- 10, 11: boot loader, read-only system

set_boot_loader() {
  local current wanted key line
  [ -n "$EEPROM" ] && [ -z "$ROOT" ] && command -v rpi-eeprom-config >/dev/null 2>&1 || return 0
  current="$(rpi-eeprom-config 2>/dev/null)" || return 0
  wanted="$current"
  while IFS= read -r line; do
    key="${line%%=*}"
    printf '%s\n' "$wanted" | grep -qxF "$line" || wanted="$(printf '%s\n' "$wanted" | sed "/^$key=/d"; printf '%s\n' "$line")"
  done <<<"$EEPROM"
  [ "$wanted" != "$current" ] || return 0
  say "mengatur pemuat boot (EEPROM)" "setting the boot loader (EEPROM)"
  printf '%s\n' "$wanted" >/run/sandi-eeprom.txt
  rpi-eeprom-config --apply /run/sandi-eeprom.txt >/dev/null 2>&1 ||
    say "PERHATIAN: pemuat boot tidak dapat diatur; kotak tetap berjalan" "NOTE: cannot set the boot loader; the box works all the same"
}

make_read_only() {
  KEEP_WORDS=''
  [ -n "$DATA_PART" ] || return 0
  if [ -e "$ROOT/usr/share/initramfs-tools/scripts/init-bottom/overlayroot" ]; then
    KEEP_WORDS="$LATER_WORDS"
    say "sistem hanya-baca mulai boot berikutnya" "the system is read-only from the next start on"
  else
    say "sistem tetap dapat ditulis: paket overlayroot tidak terpasang" "the system stays writable: the package overlayroot is not installed"
  fi
}

# --- 12, 13: traces

wipe() {
  local file size
  # Only what surely has arrived is wiped.
  sync -f -- "$ROOT/etc/sandi/node.toml"
  [ -s "$ROOT/etc/sandi/enrol/token" ] && SECRETS+=("$CARD/token")
  for file in "${SECRETS[@]}"; do
    [ -e "$file" ] || continue
    size="$(stat -c %s -- "$file")"
    head -c "$size" /dev/zero | dd of="$file" bs=4096 conv=notrunc,fsync status=none
    rm -f -- "$file"
  done
  rm -f -- "$CARD/making-data"
  sync -f -- "$CARD"
}

finish() {
  local line word kept=() file="$BOOT/cmdline.txt"
  [ -e "$file" ] || return 0
  read -r line <"$file" || true
  set -f
  for word in $line; do
    case " $FIRST_RUN_WORDS $KEEP_WORDS " in *" $word "*) ;; *) kept+=("$word") ;; esac
  done
  for word in $KEEP_WORDS; do kept+=("$word"); done
  [ "$line" != "${kept[*]}" ] || return 0
  printf '%s\n' "${kept[*]}" >"$file.sandi" || fail "cmdline.txt tidak dapat ditulis" "cannot write cmdline.txt"
  sync -- "$file.sandi"
  mv -f -- "$file.sandi" "$file" || fail "cmdline.txt tidak dapat ditulis" "cannot write cmdline.txt"
  sync -f -- "$BOOT"
}

STEPS=(
  'divide:partisi data:data partition' 'mount_data:memasang partisi data:mounting it'
  'put_aside:isi lama:what was there' 'place_root:berkas sistem:system files' 'install_packages:paket:packages'
  'place_identity:identitas:identity' 'name_box:nama:name' 'add_account:akun teknisi:technician account'
  'enable_units:layanan:units' 'set_boot_loader:pemuat boot:boot loader' 'make_read_only:sistem hanya-baca:read-only system'
  'wipe:menghapus rahasia dari kartu:wiping secrets' 'finish:selesai:finishing'
)
SECRETS=() KEEP_WORDS='' STEP=0 NAME=''

if [ -z "$NODE" ]; then
  say "berkas ini belum diisi; buat kartu dengan sandi-center provision" "not filled in; make the card with sandi-center provision"
  exit 2
fi
say "menyiapkan $NODE ($MODEL, $ROLE). Jangan cabut listrik; bila terputus, kotak melanjutkan sendiri." \
  "setting up $NODE ($MODEL, $ROLE). Keep the power on; if it is cut, the box goes on by itself."
compare_board
for entry in "${STEPS[@]}"; do
  STEP=$((STEP + 1))
  IFS=: read -r act indonesian english <<<"$entry"
  NAME="$act"
  say "[$STEP/${#STEPS[@]}] $indonesian" "[$STEP/${#STEPS[@]}] $english"
  "$act"
  if [ "${SANDI_STOP_AFTER:-}" = "$STEP" ]; then exit 99; fi
done
say "$NODE siap. Kotak mulai ulang dan mendaftar sendiri ke pusat." "$NODE is ready. The box restarts and enrols by itself."
exit 0
