#!/usr/bin/env bash
# One slot from the proven files of a release, for the guard of slots: build-slot.sh WHEELS NEW_SLOT OLD_SLOT
#
# The same steps as install.sh, without internet and with a hash for every package. Nothing of the new version is run:
# root compiles its files and looks at none of them otherwise.
set -euo pipefail

HERE="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
wheels="$1" new="$2" old="$3"
# Read by what is sourced below.
# shellcheck disable=SC2034
{
  ROLE=agent PROGRAM=sandi PREFIX="$(dirname -- "$(dirname -- "$new")")" PYTHON=/usr/bin/python3
  WHEEL='' OFFLINE="$wheels" START=no DRY_RUN=no
}
# shellcheck source=systemd/install-lib.sh
source "$HERE/install-lib.sh"
# shellcheck source=systemd/install-release.sh
source "$HERE/install-release.sh"

cd /
trap 'explain_end $?' EXIT
HERE="$wheels"
find_source
check_python
prepare_release "$new"
take_over_cameras "$new" "$old"
finish_release "$new"
