# shellcheck shell=bash
# Shared by every script here: where the project lies, how to speak, how to stop, and the two kinds of set-up.
#
# Contract: source it first. It sets ROOT (the checkout), makes the shell strict and offers
#   say TEXT...            one line on standard error
#   fail TEXT...           the same, then exit 2: the machine lacks something and the text says what to do
#   run COMMAND...         print the command, then run it
#   roomy_memory DIR       whether DIR is a file system in memory with 2 GB to spare, on a machine that can spare 4
#   ensure_system PAIRS    apt packages, only what is missing      (lib-system.sh)
#   ensure_environment     .venv as requirements.lock says          (lib-environment.sh)
# Exit codes of all scripts: 0 good, 1 the checks or tests failed, 2 the machine lacks something.

set -euo pipefail

ROOT="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)"
# Debian keeps mosquitto, nft and ip where an ordinary user's PATH does not look.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
# Hundreds of processes start from this checkout in a run: each would compile it again.
unset PYTHONDONTWRITEBYTECODE

say() { printf 'sandi: %s\n' "$*" >&2; }

fail() {
  say "$*"
  exit 2
}

run() {
  printf '+ %s\n' "$*" >&2
  "$@"
}

roomy_memory() {
  local free_kb available_kb
  [ "$(stat --file-system --format=%T "$1" 2>/dev/null)" = tmpfs ] && [ -w "$1" ] || return 1
  ! grep -qE "^[^ ]+ $1 [^ ]+ [^ ]*noexec" /proc/mounts || return 1
  free_kb=$(df --output=avail "$1" | tail -n 1)
  available_kb=$(sed -n 's/^MemAvailable: *\([0-9]*\) kB$/\1/p' /proc/meminfo)
  [ "$free_kb" -gt 2000000 ] && [ "$available_kb" -gt 4000000 ]
}

# shellcheck source=scripts/lib-system.sh
source "$ROOT/scripts/lib-system.sh"
# shellcheck source=scripts/lib-environment.sh
source "$ROOT/scripts/lib-environment.sh"
