# shellcheck shell=bash
# What the scripts need from Debian, and how it gets there: through apt, only what is missing, no service started.

# PROBE=PACKAGE: the probe is a command, or a path (patterns allowed), whose absence means the package is missing.
SYSTEM_FOR_RUN=(
  mosquitto=mosquitto
  # WeasyPrint draws the reports' PDF with Pango.
  '/usr/lib/*/libpangoft2-1.0.so.0=libpangoft2-1.0-0'
)
SYSTEM_FOR_TEST=(
  "${SYSTEM_FOR_RUN[@]}"
  # Pages are tested in its engine without windows; the whole one is the kiosk's, and bench's.
  /usr/bin/chromium-headless-shell=chromium-headless-shell
  chromium=chromium
  /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf=fonts-dejavu-core
  # Playwright's own node is linked against it.
  '/usr/lib/*/libatomic.so.1=libatomic1'
  ip=iproute2
  nft=nftables
  openssl=openssl
  ping=iputils-ping
  # The laboratory of faults: offloads off, and a second opinion on round trips.
  ethtool=ethtool
  fping=fping
  curl=curl
)
SYSTEM_FOR_TEST_FULL=(
  "${SYSTEM_FOR_TEST[@]}"
  debootstrap=debootstrap
  systemd-nspawn=systemd-container
  dbus-daemon=dbus
  '/usr/lib/postgresql/*/bin/postgres=postgresql'
  # A card is divided for real, on a loop device.
  sfdisk=fdisk
  # The agent built for 64-bit Arm, one instruction after the other.
  qemu-aarch64-static=qemu-user-static
  # The two that end TLS in front of the pages.
  nginx=nginx-light
  caddy=caddy
  # A network camera: an RTSP server with its encoders, run by Debian's own Python.
  '/usr/lib/*/girepository-1.0/GstRtspServer-1.0.typelib=gir1.2-gst-rtsp-server-1.0'
  /usr/lib/python3/dist-packages/gi=python3-gi
  '/usr/lib/*/gstreamer-1.0/libgstapp.so=gstreamer1.0-plugins-base'
  '/usr/lib/*/gstreamer-1.0/libgstrtsp.so=gstreamer1.0-plugins-good'
  '/usr/lib/*/gstreamer-1.0/libgstx264.so=gstreamer1.0-plugins-ugly'
  '/usr/lib/*/gstreamer-1.0/libgstx265.so=gstreamer1.0-plugins-bad'
  # OpenCV, which ipycam draws its pictures with, wants it.
  '/usr/lib/*/libGL.so.1=libgl1'
)

# Runs as root. A package's service must not start just because tests need its program, so a policy file forbids it
# while apt works (and goes again), and what apt has enabled for the next boot is disabled when it is new here.
_APT_SCRIPT='
set -eu
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
  trap "rm -f $policy" EXIT HUP INT TERM
  printf "#!/bin/sh\nexit 101\n" >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
options="-o DPkg::Lock::Timeout=300 -o Acquire::Retries=3"
# A broken list of some third party must not stop us: the installation below is the judge.
apt-get $options update || echo "apt-get update failed; going on with the lists at hand"
apt-get $options install --yes --no-install-recommends "$@"
if [ -d /run/systemd/system ]; then
  for package in "$@"; do
    case "$package" in
      mosquitto | postgresql | caddy) systemctl --quiet disable "$package.service" || true ;;
    esac
  done
fi
'

_have() {
  case "$1" in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

_missing_packages() {
  local pair
  for pair in "$@"; do
    _have "${pair%%=*}" || printf '%s\n' "${pair#*=}"
  done
}

_as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo -- "$@"
  fi
}

_can_become_root() {
  [ "$(id -u)" -eq 0 ] && return 0
  command -v sudo >/dev/null 2>&1 || return 1
  # Without a terminal nobody can type a password.
  sudo -n true 2>/dev/null || [ -t 0 ]
}

install_packages() {
  local log
  command -v apt-get >/dev/null 2>&1 ||
    fail "these are missing and this machine has no apt-get: $*. Install them by hand, then run this again."
  _can_become_root ||
    fail "these are missing: $*. Run as root: apt-get install --no-install-recommends $* -- then run this again."
  say "installing with apt: $*"
  log="$(mktemp)"
  # One at a time: whoever is done first would take the policy file away from the other.
  if ! (
    flock 8
    _as_root bash -c "$_APT_SCRIPT" sandi-apt "$@" </dev/null >"$log" 2>&1 8<&-
  ) 8<"$ROOT/scripts/lib-system.sh"; then
    cat "$log" >&2
    rm -f "$log"
    fail "apt could not install: $*. Its own words are above; mend that, then run this again."
  fi
  rm -f "$log"
}

ensure_system() {
  local missing
  mapfile -t missing < <(_missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] && return 0
  install_packages "${missing[@]}"
  mapfile -t missing < <(_missing_packages "$@")
  [ "${#missing[@]}" -eq 0 ] ||
    fail "apt installed what was asked, but this is still missing: ${missing[*]}. Is the PATH unusual?"
}
