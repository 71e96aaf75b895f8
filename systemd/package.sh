#!/usr/bin/env bash
# What the Debian package does on a machine beside placing its files. Called by its maintainer scripts; may be called
# again by hand at any time, each step looks first.
#
#   package.sh configure [VERSION]  users, folders, the slot made from the wheels beside it, units on, services started
#                                   or gone over to the new slot; VERSION is the one configured before, if any
#   package.sh cameras              PyAV into the slot in use, where a camera needs it
#   package.sh remove               services stopped and off; which were on is remembered for the next installation
#
# A slot that cannot be made leaves the one in use running and ends with 1: dpkg then says "half-configured", and
# `dpkg --configure -a` tries again.
set -euo pipefail

HERE="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# What install.sh lets people choose. Read by what is sourced below.
# shellcheck disable=SC2034
{
  ROLE=agent ACCOUNT=sandi UNIT=sandi-agent.service PROGRAM=sandi PREFIX=/opt/sandi
  DATA_DIR=/var/lib/sandi DEFAULT_DATA_DIR=/var/lib/sandi PYTHON=/usr/bin/python3
  WHEEL='' OFFLINE="$HERE/../wheels" NODE='' CENTER_HOST='' CREDENTIALS='' RELEASE_PUB='' START=yes DRY_RUN=no PURGE=no
}
WERE_ON=/etc/sandi/units-on
# shellcheck source=systemd/install-lib.sh
source "$HERE/install-lib.sh"
# shellcheck source=systemd/install-release.sh
source "$HERE/install-release.sh"
# shellcheck source=systemd/install-steps.sh
source "$HERE/install-steps.sh"

_enable_units() {
  local unit units
  if [ -e "$WERE_ON" ]; then
    mapfile -t units <"$WERE_ON"
  elif [ -z "$1" ]; then
    units=("$UNIT" "${KEY_UNITS_ON[@]}" "${HELP_UNITS_ON[@]}")
  else
    # The version before may not have had these. Who wants none of it writes `[commands] deny`, or masks the unit.
    units=("${HELP_UNITS_ON[@]}")
  fi
  for unit in "${units[@]}"; do
    [ -z "$unit" ] || attempt systemctl --quiet --no-reload enable "$unit"
  done
  rm -f -- "$WERE_ON"
}

_apply_fragments() {
  attempt /usr/lib/systemd/systemd-sysctl /usr/lib/sysctl.d/60-sandi.conf
  attempt systemctl restart systemd-journald.service
}

# While the machine is still booting, waiting for a service may wait for ourselves.
_start_units() {
  local unit block=()
  [ "$(systemctl is-system-running 2>/dev/null || true)" != starting ] || block=(--no-block)
  for unit in $(units_on); do
    case "$unit" in
      "$UNIT" | *.timer | *.path | *.socket) attempt systemctl "${block[@]}" restart "$unit" ;;
      # Some wait themselves, for a certificate or a screen: nobody waits for them.
      *) attempt systemctl --no-block restart "$unit" ;;
    esac
  done
  attempt systemctl --no-block try-restart "${READY_UNITS[@]/@./@*.}"
}

_configure() {
  make_accounts
  make_folders
  install_release
  _install_camera_packages
  _enable_units "$1"
  _enable_cameras
  is_booted || return 0
  systemctl daemon-reload
  [ -n "$1" ] || _apply_fragments
  _start_units
}

_remove() {
  local units
  units="$(units_on)"
  # Interrupted and called again, the first answer counts.
  [ -e "$WERE_ON" ] || printf '%s\n' "$units" >"$WERE_ON"
  # One name a line, none with a space.
  # shellcheck disable=SC2086
  [ -z "$units" ] || attempt systemctl --quiet disable $units
  is_booted || return 0
  attempt systemctl stop "$UNIT" "${READY_UNITS[@]/@./@*.}" "${KEY_UNITS[@]}" "${HELP_UNITS[@]/@./@*.}"
}

cd /
trap 'explain_end $?' EXIT
case "${1:-}" in
  configure) _configure "${2:-}" ;;
  cameras) _install_camera_packages ;;
  remove) _remove ;;
  *) stop "Pemakaian: package.sh configure|cameras|remove" "Usage: package.sh configure|cameras|remove" ;;
esac
