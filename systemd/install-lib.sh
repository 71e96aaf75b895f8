# shellcheck shell=bash
# How install.sh speaks, looks and acts: every act goes through `change`, so that --dry-run and the final count are true.

CHANGES=0
CURRENT_STEP=''
HALF_MADE=''

tell() {
  case "${SANDI_LANG:-id}" in
    en*) printf '%s\n' "$2" ;;
    *) printf '%s\n' "$1" ;;
  esac
}

stop() {
  tell "$@" >&2
  exit 2
}

absolute() { realpath -m -- "$1"; }

# change INDONESIAN ENGLISH COMMAND...: announce, count, and do it unless this is a dry run. Failure ends the script.
change() {
  CURRENT_STEP="$(tell "$1" "$2")"
  shift 2
  CHANGES=$((CHANGES + 1))
  if [ "$DRY_RUN" = yes ]; then
    printf '[dry-run] %s: %s\n' "$CURRENT_STEP" "$*"
  else
    printf '* %s\n' "$CURRENT_STEP"
    "$@"
  fi
  CURRENT_STEP=''
}

# For what may fail without harm: said, and gone on.
attempt() { "$@" || tell "  (gagal, dilanjutkan: $*)" "  (failed, going on: $*)" >&2; }

is_booted() { [ -d /run/systemd/system ]; }

# place_file SOURCE TARGET MODE OWNER GROUP: copy when content, mode or owner differ. Sets PLACED=yes when it did.
place_file() {
  PLACED=no
  if cmp -s -- "$1" "$2" && [ "$(stat -c '%a %U %G' -- "$2")" = "$3 $4 $5" ]; then
    return 0
  fi
  change "memasang $2" "installing $2" install -D -m "$3" -o "$4" -g "$5" -- "$1" "$2"
  PLACED=yes
}

# make_directory PATH MODE OWNER GROUP
make_directory() {
  [ -d "$1" ] && [ "$(stat -c '%a %U %G' -- "$1")" = "$2 $3 $4" ] && return 0
  change "membuat direktori $1" "making directory $1" install -d -m "$2" -o "$3" -g "$4" -- "$1"
}

remove_path() {
  [ -e "$1" ] || [ -L "$1" ] || return 0
  change "menghapus $1" "removing $1" rm -rf -- "$1"
}

remove_when_empty() {
  [ -d "$1" ] && [ -z "$(ls -A -- "$1")" ] || return 0
  change "menghapus direktori kosong $1" "removing empty directory $1" rmdir -- "$1"
}

explain_end() {
  [ -z "$HALF_MADE" ] || rm -rf -- "$HALF_MADE"
  [ "$1" -eq 0 ] && return 0
  if [ -n "$CURRENT_STEP" ]; then
    tell "GAGAL pada langkah: $CURRENT_STEP. Perbaiki sebabnya (pesan di atas), lalu jalankan lagi; yang sudah selesai tidak diulang." \
      "FAILED at: $CURRENT_STEP. Mend the cause (message above) and run this again; finished steps are not repeated." >&2
    exit 1
  fi
}
