# shellcheck shell=bash
# The software of one version: a virtual environment of its own, made from hash-checked packages, switched to last.

# What would be installed: --wheel, else the one wheel beside this script (a bundle), else the checkout above it.
find_source() {
  local found
  if [ -n "$WHEEL" ]; then
    [ -f "$WHEEL" ] || stop "Wheel tidak ada: $WHEEL." "No such wheel: $WHEEL."
    return 0
  fi
  # A pattern, not a process substitution: an image may be built where nothing is mounted on /proc.
  found=("$HERE"/sandi-*.whl)
  if [ ! -e "${found[0]}" ]; then
    [ -f "$HERE/../pyproject.toml" ] ||
      stop "Tidak ada wheel dan tidak ada kode sumber di $HERE/..; pakai --wheel BERKAS." \
        "Neither a wheel nor source code at $HERE/..; use --wheel FILE."
  elif [ "${#found[@]}" -eq 1 ]; then
    WHEEL=${found[0]}
  else
    stop "Ada beberapa wheel di $HERE; pilih satu dengan --wheel." "Several wheels in $HERE; choose one with --wheel."
  fi
}

_source_digest() {
  if [ -n "$WHEEL" ]; then
    sha256sum <"$WHEEL"
  else
    (cd "$HERE/.." && find agent center wire pyproject.toml README.md LICENSE -type f ! -name '*.pyc' -print0 |
      LC_ALL=C sort -z | xargs -0 sha256sum)
  fi
}

# Names the version by all that goes into it: code, locked packages, Python, place.
release_key() {
  {
    _source_digest
    sha256sum <"$HERE/requirements-$ROLE.lock"
    "$PYTHON" -VV
    printf '%s\n' "$PREFIX"
  } | sha256sum | cut -c1-12
}

check_python() {
  "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ||
    stop "$PYTHON bukan Python 3.11 atau lebih baru. Pakai Raspberry Pi OS/Debian 12 ke atas, atau --python." \
      "$PYTHON is not Python 3.11 or newer. Use Raspberry Pi OS/Debian 12 or later, or --python."
  # A pip that lies beside the packages makes ensurepip, which Debian keeps in python3-venv, unnecessary.
  { [ -z "$WHEEL" ] || [ -z "$(_carried_pip)" ]; } || return 0
  "$PYTHON" -c 'import ensurepip, venv' 2>/dev/null && return 0
  [ -z "$OFFLINE" ] ||
    stop "Paket python3-venv belum ada dan pemasangan ini tanpa internet: pasang dulu python3-venv." \
      "python3-venv is missing and this installation is offline: install python3-venv first."
  change "memasang python3-venv" "installing python3-venv" \
    env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet --no-install-recommends python3-venv
}

# The pip among the packages that were carried here, if there is one; it is never installed.
_carried_pip() { [ -z "$OFFLINE" ] || find "$OFFLINE" -maxdepth 1 -name 'pip-*.whl' -print -quit; }

_pip_install() {
  local python="$1" where=() pip=(-m pip) carried unpacked="${1%/bin/python}/.pip" code=0
  shift
  [ -z "$OFFLINE" ] || where=(--no-index --find-links "$OFFLINE")
  carried="$(_carried_pip)"
  if [ -n "$carried" ]; then
    # Run from its wheel, Python would compile each of its modules twice.
    rm -rf -- "$unpacked"
    "$python" -m zipfile -e "$carried" "$unpacked" || return
    pip=(-B "$unpacked/pip")
  fi
  "$python" "${pip[@]}" --disable-pip-version-check --no-input install --quiet \
    --root-user-action=ignore --no-deps --no-compile "${where[@]}" "$@" || code=$?
  rm -rf -- "$unpacked"
  return "$code"
}

# A wheel from the checkout, with the locked build tools in an environment that is thrown away.
_build_wheel() {
  local tools="$1/.build"
  "$PYTHON" -m venv "$tools"
  _pip_install "$tools/bin/python" --require-hashes --requirement "$HERE/requirements-build.lock"
  "$tools/bin/python" -m pip --disable-pip-version-check --no-input wheel --quiet --no-deps --no-build-isolation \
    --wheel-dir "$tools" "$HERE/.."
  WHEEL=$(find "$tools" -maxdepth 1 -name 'sandi-*.whl')
}

# The wheel as a line of a requirements file: where it lies, and which bytes it has now.
_own_requirement() {
  local digest
  digest="$(sha256sum <"$WHEEL")"
  "$PYTHON" -c 'import pathlib, sys; print(pathlib.Path(sys.argv[1]).resolve().as_uri(), "--hash=sha256:" + sys.argv[2])' \
    "$WHEEL" "${digest%% *}"
}

# The slot with all its packages, but nothing in it run yet.
prepare_release() {
  local release="$1"
  HALF_MADE=$release
  rm -rf -- "$release"
  mkdir -p -- "$(dirname -- "$release")"
  # Readable by the service, whatever umask root works with.
  umask 022
  if [ -n "$WHEEL" ] && [ -n "$(_carried_pip)" ]; then
    "$PYTHON" -m venv --system-site-packages --without-pip "$release"
  else
    "$PYTHON" -m venv --system-site-packages "$release"
  fi
  [ -n "$WHEEL" ] || _build_wheel "$release"
  mkdir -p -- "$release/.build"
  # One run for all: pip's own start costs as much as many packages.
  _own_requirement >"$release/.build/own"
  _pip_install "$release/bin/python" --require-hashes --requirement "$HERE/requirements-$ROLE.lock" \
    --requirement "$release/.build/own"
  rm -rf -- "$release/.build"
  _compile "$release"
}

finish_release() {
  touch -- "$1/.complete"
  HALF_MADE=''
}

build_release() {
  prepare_release "$1"
  "$1/bin/$PROGRAM" --help >/dev/null
  finish_release "$1"
}

# take_over_cameras NEW OLD: a box whose cameras need PyAV needs it in the next slot too, from what was carried here with
# it, or else as it lies in the slot in use.
take_over_cameras() {
  local packages
  [ -e "$2/.camera-packages" ] || return 0
  if [ -e "$HERE/requirements-camera.lock" ]; then
    _add_camera_packages "$1"
    return
  fi
  packages="$(cd -- "$2" && printf '%s' lib/python3*/site-packages)"
  [ -d "$1/$packages" ] || return 1
  # Not their owner: who builds here may not give files away, and all of them are root's.
  cp -R --no-dereference --preserve=mode,timestamps -- "$2/$packages"/{av,av.libs,av-*.dist-info} "$1/$packages/"
  touch -- "$1/.camera-packages"
}

_add_camera_packages() {
  _pip_install "$1/bin/python" --only-binary :all: --require-hashes --requirement "$HERE/requirements-camera.lock" &&
    _compile "$1" && touch -- "$1/.camera-packages"
}

# On all cores, and without what this role never loads: a third of the time on a small Pi. Nothing the new packages bring is
# run by it (-I -S).
_compile() {
  local unused='setuptools|pygments/(lexers|styles|formatters)'
  case "$ROLE" in
    agent) unused+='|center' ;;
    center) unused+='|agent|django/contrib/gis|pydantic/v1' ;;
  esac
  "$1/bin/python" -I -S -m compileall -q -j 0 -x "/site-packages/($unused)/" "$1/lib"
}

_switch_link() {
  ln -sfn -- "$1" "$2.new"
  mv -T -- "$2.new" "$2"
}

# The agent runs without docstrings, and nobody has such byte code of the standard library: compiling it at each start
# costs seconds on a small Pi and leaves 5 MiB of used memory behind (measured). Made here, under the path the service
# will import from; the service itself cannot write.
_compile_for_service() {
  PYTHONOPTIMIZE=2 PYTHONPYCACHEPREFIX="$1/pycache" "$1/bin/python" -c \
    'import agent.lean, agent.service, agent.cameras.worker, agent.kiosk.intake, tomli, nacl.public, nacl.signing'
  touch -- "$1/.compiled"
}

# The version in use and the one before stay; older ones go.
_prune_releases() {
  local release
  for release in "$PREFIX"/releases/*; do
    case "$release" in
      "$1" | "$2" | "$(readlink -- "$PREFIX/agent" || true)" | "$(readlink -- "$PREFIX/center" || true)") ;;
      *) rm -rf -- "$release" ;;
    esac
  done
}

# Sets RELEASED=yes when another version is in use than before.
install_release() {
  local release link previous
  RELEASED=no
  find_source
  check_python
  release="$PREFIX/releases/$(release_key)"
  link="$PREFIX/$ROLE"
  previous="$(readlink -- "$link" || true)"
  if [ ! -e "$release/.complete" ]; then
    change "menyiapkan perangkat lunak di $release (beberapa menit di Pi kecil)" \
      "preparing the software in $release (some minutes on a small Pi)" build_release "$release"
  fi
  if [ "$previous" != "$release" ]; then
    change "beralih ke versi $(basename "$release")" "switching to version $(basename "$release")" \
      _switch_link "$release" "$link"
    [ "$DRY_RUN" = yes ] || _prune_releases "$release" "$previous"
    RELEASED=yes
  fi
  if [ "$ROLE" = agent ] && [ ! -e "$release/.compiled" ]; then
    change "menyusun kode bita untuk layanan" "compiling byte code for the service" _compile_for_service "$link"
  fi
}
