# shellcheck shell=bash
# The steps of installing and uninstalling, in order, and the two entry points `install_all` and `uninstall`.

CONFIG=/etc/sandi/agent.toml
KEYS=/etc/sandi/credentials
ENROL=/etc/sandi/enrol
ENROL_DATA=/var/lib/sandi-enrol
KEY_FILES=(ca.crt node.crt node.key seal.pub sign.key)
FRAGMENTS="$HERE/../firmware_configs/os"
SYSCTL_TARGET=/etc/sysctl.d/60-sandi.conf
JOURNALD_TARGET=/etc/systemd/journald.conf.d/60-sandi.conf
UNIT_TARGET="/etc/systemd/system/$UNIT"
# Lie ready on a node and stay off until somebody enables them: the live screen on a console, the page on the LAN, the
# kiosk's screen and its browser, the kiosk's devices, the cameras. The agent starts the first by itself.
READY_UNITS=(
  sandi-clock.service sandi-watch@.service sandi-lan-page.service
  sandi-kiosk.service sandi-kiosk-browser.service sandi-kiosk-serial.service sandi-camera.service
)
# On from the start, beside the agent: getting a certificate, renewing it, and taking over new keys. Each waits for its
# own files, so a box that was never provisioned runs none of them.
# The last two: an update from afar is finished or taken back at boot, and watched.
KEY_UNITS=(
  sandi-enrol.service sandi-renew.service sandi-renew.timer sandi-keys.service sandi-keys.path
  sandi-slot.service sandi-update.service
)
KEY_UNITS_ON=(sandi-enrol.service sandi-renew.timer sandi-keys.path sandi-slot.service)
# On from the start too: what the agent may ask of the machine, each by a program of the library that is as small as its
# work (the folder lib beside this; nothing of the agent's own software is in it).
HELP_UNITS=(sandi-want.service sandi-want.path sandi-logs@.service sandi-logs.socket)
HELP_UNITS_ON=(sandi-want.path sandi-logs.socket)
LIBRARY=/usr/lib/sandi
HELPERS=(want logs)
# The guard of slots is in no slot: it must outlive any of them. Relative to this script, and to where it is installed.
GUARD=/usr/lib/sandi
GUARD_PROGRAMS=(slot-guard build-slot.sh)
GUARD_FILES=(install-lib.sh install-release.sh)
RELEASE_KEY=/etc/sandi/release.pub
UPDATE_DATA=/var/lib/sandi-update
MORE_USERS=(sandi-kiosk sandi-screen sandi-camera sandi-enrol)
# These own files that stay: masks and the cameras' passwords; the keys. As long as those are there, nobody else may get
# their numbers.
LASTING_USERS=(sandi-camera sandi-enrol)
CAMERA_DATA=/var/lib/sandi-camera
LED_RULE=/etc/udev/rules.d/60-sandi-led.rules

make_group() {
  getent group "$1" >/dev/null || change "membuat grup $1" "making group $1" groupadd --system "$1"
}

make_accounts() {
  local user
  make_group "$ACCOUNT"
  getent passwd "$ACCOUNT" >/dev/null ||
    change "membuat pengguna $ACCOUNT" "making user $ACCOUNT" useradd --system --gid "$ACCOUNT" \
      --home-dir "$DATA_DIR" --no-create-home --shell /usr/sbin/nologin "$ACCOUNT"
  [ "$ROLE" = agent ] || return 0
  make_group sandi-technician
  # The screen's server may use the intake socket through its group, the camera process the picture door; the browser
  # may use nothing.
  for user in "${MORE_USERS[@]}"; do
    make_group "$user"
    getent passwd "$user" >/dev/null ||
      change "membuat pengguna $user" "making user $user" useradd --system --gid "$user" \
        --home-dir /nonexistent --no-create-home --shell /usr/sbin/nologin "$user"
  done
  # `sandi camera test` and `mask` go on as this user before the service ever ran: with its folder, and with the group
  # that has webcams and the board's camera.
  if getent group video >/dev/null && ! id -nG sandi-camera 2>/dev/null | grep -qw video; then
    change "menambahkan sandi-camera ke grup video" "adding sandi-camera to group video" \
      usermod --append --groups video sandi-camera
  fi
  make_directory "$CAMERA_DATA" 750 sandi-camera sandi-camera
  make_directory "$ENROL_DATA" 750 sandi-enrol sandi-technician
  # Whoever installs may ask the agent how it is.
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ] && ! id -nG "$SUDO_USER" | grep -qw sandi-technician; then
    change "menambahkan $SUDO_USER ke grup sandi-technician" "adding $SUDO_USER to group sandi-technician" \
      usermod --append --groups sandi-technician "$SUDO_USER"
  fi
}

_write_config() {
  (
    umask 077
    {
      printf '# Konfigurasi Sandi. Semua pengaturan lain: sandi config example. Periksa: sandi config check\n'
      printf '[node]\nid = "%s"\n' "${NODE:-GANTI}"
      [ "$DATA_DIR" = "$DEFAULT_DATA_DIR" ] || printf 'data_dir = "%s"\n' "$DATA_DIR"
      printf '\n[uplink]\nhost = "%s"\n' "${CENTER_HOST:-GANTI}"
    } >"$CONFIG.new"
  )
  # The agent is in this group too (its unit says so); technicians need it for `sandi status` and `sandi config check`.
  chown root:sandi-technician "$CONFIG.new"
  chmod 0640 "$CONFIG.new"
  mv -- "$CONFIG.new" "$CONFIG"
}

# The keys belong to the one program that renews them; the agent gets copies from systemd.
make_folders() {
  make_directory /etc/sandi 755 root root
  make_directory "$KEYS" 700 sandi-enrol sandi-enrol
  make_directory "$ENROL" 750 sandi-enrol sandi-enrol
}

make_configuration() {
  local file
  make_folders
  if [ ! -e "$CONFIG" ]; then
    change "menulis $CONFIG" "writing $CONFIG" _write_config
    CONFIGURED_ANEW=yes
  elif [ -n "$NODE$CENTER_HOST" ] && ! { grep -qF "\"$NODE\"" "$CONFIG" && grep -qF "\"$CENTER_HOST\"" "$CONFIG"; }; then
    tell "Catatan: $CONFIG sudah ada dan tidak diubah; --node/--host diabaikan. Ubah dengan tangan bila perlu." \
      "Note: $CONFIG exists and is left alone; --node/--host are ignored. Edit it by hand if need be."
  fi
  [ -n "$CREDENTIALS" ] || return 0
  for file in "${KEY_FILES[@]}"; do
    [ -r "$CREDENTIALS/$file" ] ||
      stop "Berkas $file tidak ada di $CREDENTIALS; salin lagi seluruh hasil 'sandi-center enroll'." \
        "$file is missing in $CREDENTIALS; copy everything 'sandi-center enroll' made once more."
    place_file "$CREDENTIALS/$file" "$KEYS/$file" 600 sandi-enrol sandi-enrol
    [ "$PLACED" = no ] || CONFIGURED_ANEW=yes
  done
  # Made by a centre of before there were commands, it is not among them.
  [ ! -r "$CREDENTIALS/command.pub" ] ||
    place_file "$CREDENTIALS/command.pub" "$KEYS/command.pub" 600 sandi-enrol sandi-enrol
}

# The reasons why the agent cannot start yet, one a line; nothing when it can.
why_not_configured() {
  local file problems
  for file in "${KEY_FILES[@]}"; do
    [ -e "$KEYS/$file" ] || tell "kunci $KEYS/$file belum ada: jalankan lagi dengan --credentials DIR" \
      "key $KEYS/$file is missing: run again with --credentials DIR"
  done
  problems="$(SANDI_CREDENTIALS=$KEYS "$PREFIX/agent/bin/sandi" config check "$CONFIG" 2>&1)" || printf '%s\n' "$problems"
}

install_fragments() {
  place_file "$FRAGMENTS/sysctl.d/60-sandi.conf" "$SYSCTL_TARGET" 644 root root
  if [ "$PLACED" = yes ] && is_booted; then
    change "menerapkan $SYSCTL_TARGET" "applying $SYSCTL_TARGET" attempt /usr/lib/systemd/systemd-sysctl "$SYSCTL_TARGET"
  fi
  place_file "$FRAGMENTS/journald.conf.d/60-sandi.conf" "$JOURNALD_TARGET" 644 root root
  if [ "$PLACED" = yes ] && is_booted; then
    change "memuat ulang jurnal" "restarting the journal" attempt systemctl restart systemd-journald.service
  fi
}

_paths_drop_in() {
  printf '# Written by install.sh: software or data in another place than usual.\n'
  printf '[Unit]\nRequiresMountsFor=%s %s\n[Service]\nReadWritePaths=%s\n' "$PREFIX" "$DATA_DIR" "$DATA_DIR"
  sed -n 's|^ExecStart=|ExecStart=\nExecStart=|p' "$HERE/$UNIT" |
    sed "s|/opt/sandi/|$PREFIX/|; s|--data /var/lib/sandi-center|--data $DATA_DIR|"
  [ "$ROLE" != agent ] || printf 'Environment=PYTHONPYCACHEPREFIX=%s/agent/pycache\n' "$PREFIX"
  # The unit's own condition names the usual place.
  [ "$ROLE" = agent ] || printf '[Unit]\nConditionPathExists=\nConditionPathExists=%s/pki/ca.crt\n' "$DATA_DIR"
}

# Sets UNITS_CHANGED=yes when systemd has to read again.
install_unit() {
  local drop_in="$UNIT_TARGET.d/10-paths.conf" wanted
  UNITS_CHANGED=no
  place_file "$HERE/$UNIT" "$UNIT_TARGET" 644 root root
  UNITS_CHANGED=$PLACED
  if [ "$PREFIX" = /opt/sandi ] && [ "$DATA_DIR" = "$DEFAULT_DATA_DIR" ]; then
    [ ! -e "$drop_in" ] || UNITS_CHANGED=yes
    remove_path "$drop_in"
  else
    make_directory "$DATA_DIR" 750 "$ACCOUNT" "$ACCOUNT"
    wanted="$(mktemp)"
    _paths_drop_in >"$wanted"
    place_file "$wanted" "$drop_in" 644 root root
    rm -f -- "$wanted"
    [ "$PLACED" = no ] || UNITS_CHANGED=yes
  fi
  if [ "$UNITS_CHANGED" = yes ] && is_booted; then
    change "memberi tahu systemd" "telling systemd" systemctl daemon-reload
  fi
  systemctl is-enabled --quiet "$UNIT" 2>/dev/null ||
    change "menyalakan saat boot" "enabling at boot" systemctl --quiet enable "$UNIT"
}

install_helpers() {
  local helper
  make_directory "$LIBRARY" 755 root root
  for helper in "${HELPERS[@]}"; do
    place_file "$HERE/lib/$helper.py" "$LIBRARY/$helper" 755 root root
  done
  # Of the agent's own source, but standing alone: it works when nothing of the agent does.
  place_file "$HERE/../agent/config_guard.py" "$LIBRARY/config-guard" 755 root root
}

install_guard() {
  local file
  for file in "${GUARD_PROGRAMS[@]}"; do place_file "$HERE/$file" "$GUARD/$file" 755 root root; done
  for file in "${GUARD_FILES[@]}"; do place_file "$HERE/$file" "$GUARD/$file" 644 root root; done
  for file in "$HERE"/slotguard/*.py; do
    place_file "$file" "$GUARD/slotguard/$(basename -- "$file")" 644 root root
  done
  [ -z "$RELEASE_PUB" ] || place_file "$RELEASE_PUB" "$RELEASE_KEY" 644 root root
}

install_more_units() {
  local unit wanted changed=no
  _install_camera_packages
  install_helpers
  install_guard
  for unit in "${READY_UNITS[@]}" "${KEY_UNITS[@]}" "${HELP_UNITS[@]}"; do
    wanted="$(mktemp)"
    sed "s|/opt/sandi\b|$PREFIX|g; s|--data /var/lib/sandi |--data $DATA_DIR |" "$HERE/$unit" >"$wanted"
    place_file "$wanted" "/etc/systemd/system/$unit" 644 root root
    rm -f -- "$wanted"
    [ "$PLACED" = no ] || changed=yes
  done
  _enable_key_units
  is_booted || return 0
  [ "$changed" = no ] || change "memberi tahu systemd" "telling systemd" systemctl daemon-reload
  if [ "$DRY_RUN" = no ] && { [ "$RELEASED" != no ] || [ "$changed" = yes ]; }; then
    # Those that somebody has enabled go over to the new software; the others stay off.
    attempt systemctl try-restart "${READY_UNITS[@]/@./@*.}"
  fi
  _enable_cameras
  # Each is skipped by its own condition where it has nothing to do.
  [ "$DRY_RUN" = yes ] || [ "$START" = no ] || attempt systemctl start --no-block "${KEY_UNITS_ON[@]}" "${HELP_UNITS_ON[@]}"
}

_enable_key_units() {
  local unit
  for unit in "${KEY_UNITS_ON[@]}" "${HELP_UNITS_ON[@]}"; do
    systemctl is-enabled --quiet "$unit" 2>/dev/null ||
      change "menyalakan $unit saat boot" "enabling $unit at boot" systemctl --quiet enable "$unit"
  done
}

# PyAV brings a whole FFmpeg (104 MB): only for a box whose configuration names a camera that speaks in streams. There is
# none for 32-bit boards; all other cameras do without it.
_install_camera_packages() {
  local release="$PREFIX/agent"
  grep -Eqs '^[[:space:]]*type[[:space:]]*=[[:space:]]*"(rtsp|onvif|v4l2)"' "$CONFIG" || return 0
  [ ! -e "$release/.camera-packages" ] || return 0
  change "memasang PyAV untuk kamera (104 MB)" "installing PyAV for the cameras (104 MB)" \
    attempt _add_camera_packages "$release"
}

# Whoever has written down cameras wants their pictures.
_enable_cameras() {
  grep -Eqs '^[[:space:]]*\[[[:space:]]*cameras\.' "$CONFIG" || return 0
  systemctl is-enabled --quiet sandi-camera.service 2>/dev/null ||
    change "menyalakan sandi-camera saat boot" "enabling sandi-camera at boot" \
      systemctl --quiet enable sandi-camera.service
  [ "$DRY_RUN" = no ] && [ "$START" = yes ] || return 0
  systemctl is-active --quiet sandi-camera.service || attempt systemctl start --no-block sandi-camera.service
}

# The units of this role that are on, as the links say; one a line, an instance by its own name.
units_on() {
  local link unit
  for link in /etc/systemd/system/*.wants/sandi-*; do
    [ -L "$link" ] || continue
    unit="$(basename "$link")"
    case " $UNIT ${READY_UNITS[*]} ${KEY_UNITS[*]} ${HELP_UNITS[*]} " in
      *" ${unit/@*./@.} "*) printf '%s\n' "$unit" ;;
    esac
  done
}

_remove_more_units() {
  local unit
  for unit in $(units_on); do
    change "mematikan $unit" "switching $unit off" attempt systemctl --quiet disable --now "$unit"
  done
  for unit in "${READY_UNITS[@]}" "${KEY_UNITS[@]}" "${HELP_UNITS[@]}"; do
    ! is_booted || ! systemctl is-active --quiet "$unit" ||
      change "menghentikan $unit" "stopping $unit" attempt systemctl stop "$unit"
    [ ! -e "/etc/systemd/system/$unit" ] || UNITS_CHANGED=yes
    remove_path "/etc/systemd/system/$unit"
  done
  remove_path "$LED_RULE"
  for unit in "${HELPERS[@]}" config-guard; do remove_path "$LIBRARY/$unit"; done
  remove_when_empty "$LIBRARY"
}

# Starts, or starts again when something under it changed. With Type=notify this waits until the agent says it is ready.
start_unit() {
  local reasons=''
  if ! is_booted; then
    tell "systemd tidak berjalan di sini: $UNIT akan menyala saat boot." "systemd does not run here: $UNIT starts at boot."
    return 0
  fi
  [ "$START" = yes ] || return 0
  if [ "$ROLE" = agent ] && [ "$DRY_RUN" = no ]; then
    reasons="$(why_not_configured)"
    if [ -n "$reasons" ]; then
      tell "Terpasang tetapi belum dinyalakan, karena:" "Installed but not started, because:"
      printf '  - %s\n' "${reasons//$'\n'/$'\n'  - }"
      tell "Setelah itu jalankan skrip ini sekali lagi." "After that run this script once more."
      return 0
    fi
  fi
  if ! systemctl is-active --quiet "$UNIT"; then
    change "menyalakan $UNIT (bila gagal: journalctl -u $UNIT -n 50)" \
      "starting $UNIT (if it fails: journalctl -u $UNIT -n 50)" systemctl start "$UNIT"
  elif [ "$RELEASED$UNITS_CHANGED$CONFIGURED_ANEW" != nonono ]; then
    change "memulai ulang $UNIT (bila gagal: journalctl -u $UNIT -n 50)" \
      "restarting $UNIT (if it fails: journalctl -u $UNIT -n 50)" systemctl restart "$UNIT"
  fi
}

install_broker() {
  command -v mosquitto >/dev/null 2>&1 && return 0
  change "memasang mosquitto" "installing mosquitto" \
    env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends mosquitto
  # The centre starts its own broker with its own configuration; Debian's listens on another port for nobody.
  change "mematikan layanan mosquitto bawaan" "switching off Debian's own mosquitto service" \
    attempt systemctl --quiet disable --now mosquitto.service
}

tell_count() {
  if [ "$DRY_RUN" = yes ]; then
    tell "Tidak ada yang dilakukan; akan ada $CHANGES perubahan." "Nothing was done; there would be $CHANGES changes."
  else
    tell "Selesai: $CHANGES perubahan." "Done: $CHANGES changes."
  fi
}

_write_center_config() {
  {
    printf '# Pengaturan pusat; semua kunci dijelaskan di docs/pusat.md.\n'
    printf '[mqtt]\nhost = "0.0.0.0"\n'
    [ -z "$CENTER_HOST" ] || printf 'names = ["%s"]\n' "$CENTER_HOST"
  } >"$DATA_DIR/center.toml"
  chown "root:$ACCOUNT" "$DATA_DIR/center.toml"
  chmod 0640 "$DATA_DIR/center.toml"
}

# The first set-up, here on the terminal, because it prints the admin's password once.
set_up_center() {
  make_directory "$DATA_DIR" 750 "$ACCOUNT" "$ACCOUNT"
  [ -e "$DATA_DIR/center.toml" ] ||
    change "menulis $DATA_DIR/center.toml" "writing $DATA_DIR/center.toml" _write_center_config
  [ -e "$DATA_DIR/pki/ca.crt" ] ||
    change "menyiapkan pusat di $DATA_DIR" "setting up the centre in $DATA_DIR" \
      runuser -u "$ACCOUNT" -- "$PREFIX/center/bin/sandi-center" init --data "$DATA_DIR"
}

# The Debian package owns the same files in other places: on one machine it is the one or the other.
refuse_beside_package() {
  [ "$ROLE" = agent ] || return 0
  case "$(dpkg-query --show --showformat='${db:Status-Status}' sandi 2>/dev/null || true)" in
    '' | not-installed | config-files) ;;
    *) stop "Di mesin ini Sandi dipasang sebagai paket Debian: perbarui dengan apt install ./sandi_*.deb, copot dengan apt remove sandi." \
      "On this machine Sandi is a Debian package: update it with apt install ./sandi_*.deb, remove it with apt remove sandi." ;;
  esac
}

install_all() {
  CONFIGURED_ANEW=no
  make_accounts
  [ "$ROLE" = agent ] || install_broker
  install_release
  if [ "$ROLE" = agent ]; then
    make_configuration
    install_fragments
  else
    set_up_center
  fi
  if [ "$(readlink -- "/usr/local/bin/$PROGRAM" || true)" != "$PREFIX/$ROLE/bin/$PROGRAM" ]; then
    change "memasang perintah $PROGRAM" "installing the command $PROGRAM" \
      ln -sfn -- "$PREFIX/$ROLE/bin/$PROGRAM" "/usr/local/bin/$PROGRAM"
  fi
  install_unit
  [ "$ROLE" != agent ] || install_more_units
  start_unit
  if [ "$CHANGES" -eq 0 ]; then
    tell "Tidak ada yang berubah: semuanya sudah terpasang." "Nothing changed: all of it is installed already."
  else
    tell_count
  fi
}

_remove_software() {
  local release
  [ ! -L "/usr/local/bin/$PROGRAM" ] || remove_path "/usr/local/bin/$PROGRAM"
  remove_path "$PREFIX/$ROLE"
  # What it says is about slots that go now.
  [ "$ROLE" != agent ] || { remove_path "$GUARD" && remove_path "$UPDATE_DATA"; }
  for release in "$PREFIX"/releases/*; do
    [ -e "$release" ] || continue
    # The other role may live on the same machine.
    case "$release" in
      "$(readlink -- "$PREFIX/agent" || true)" | "$(readlink -- "$PREFIX/center" || true)") ;;
      *) remove_path "$release" ;;
    esac
  done
  remove_when_empty "$PREFIX/releases"
  remove_when_empty "$PREFIX"
}

_remove_accounts() {
  local group user users=()
  if [ "$PURGE" = yes ] && getent passwd "$ACCOUNT" >/dev/null; then
    change "menghapus pengguna $ACCOUNT" "removing user $ACCOUNT" userdel "$ACCOUNT"
  fi
  [ "$ROLE" = agent ] || return 0
  for user in "${MORE_USERS[@]}"; do
    case " ${LASTING_USERS[*]} " in
      *" $user "*) [ "$PURGE" = no ] || users+=("$user") ;;
      *) users+=("$user") ;;
    esac
  done
  for user in "${users[@]}"; do
    ! getent passwd "$user" >/dev/null || change "menghapus pengguna $user" "removing user $user" userdel "$user"
  done
  # The technicians' group is on files that stay, too.
  [ "$PURGE" = no ] || users+=(sandi-technician)
  for group in "${users[@]}"; do
    ! getent group "$group" >/dev/null || change "menghapus grup $group" "removing group $group" groupdel "$group"
  done
}

uninstall() {
  local also=''
  if is_booted && systemctl is-active --quiet "$UNIT"; then
    change "menghentikan $UNIT" "stopping $UNIT" systemctl stop "$UNIT"
  fi
  if systemctl is-enabled --quiet "$UNIT" 2>/dev/null; then
    change "mematikan saat boot" "disabling at boot" systemctl --quiet disable "$UNIT"
  fi
  [ ! -e "$UNIT_TARGET" ] || UNITS_CHANGED=yes
  remove_path "$UNIT_TARGET"
  remove_path "$UNIT_TARGET.d"
  if [ "$ROLE" = agent ]; then
    _remove_more_units
    remove_path "$SYSCTL_TARGET"
    remove_path "$JOURNALD_TARGET"
    remove_when_empty "$(dirname "$JOURNALD_TARGET")"
  fi
  if [ "${UNITS_CHANGED:-no}" = yes ] && is_booted; then
    change "memberi tahu systemd" "telling systemd" systemctl daemon-reload
    systemctl reset-failed "$UNIT" 2>/dev/null || true
  fi
  _remove_software
  if [ "$PURGE" = yes ]; then
    remove_path "$DATA_DIR"
    if [ "$ROLE" = agent ]; then
      remove_path "$CAMERA_DATA"
      remove_path "$ENROL_DATA"
      remove_path /var/lib/systemd/timers/stamp-sandi-renew.timer
      remove_path /etc/sandi
    fi
  fi
  _remove_accounts
  [ "$ROLE" != agent ] || also="$(tell ' dan konfigurasi di /etc/sandi' ' and configuration in /etc/sandi')"
  if [ "$CHANGES" -eq 0 ]; then
    tell "Tidak ada yang perlu dihapus." "Nothing to remove."
  elif [ "$DRY_RUN" = yes ]; then
    tell_count
  elif [ "$PURGE" = yes ]; then
    tell "Selesai: semuanya dihapus, termasuk data." "Done: all removed, data included."
  else
    tell "Selesai. Yang ditinggalkan: data di $DATA_DIR (milik pengguna $ACCOUNT)$also. Untuk menghapusnya juga: --uninstall --purge." \
      "Done. Left behind: data in $DATA_DIR (owned by user $ACCOUNT)$also. To remove those too: --uninstall --purge."
  fi
}
