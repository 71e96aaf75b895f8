# shellcheck shell=bash
# The Python environment in .venv: exactly what requirements.lock says, checked by hash, plus this checkout (editable).
#
# A stamp inside .venv remembers what it was made from, so an unchanged environment costs a few milliseconds.
# With uv on the machine it is made by uv; without, by Python's own venv and pip. Both read the same lock.

VENV="$ROOT/.venv"
_STAMP="$VENV/.sandi-stamp"

_is_recent_enough() {
  "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# The Python to build with: $SANDI_PYTHON, else python3 when recent enough, else a versioned one beside it.
_find_python() {
  local name
  if [ -n "${SANDI_PYTHON:-}" ]; then
    _is_recent_enough "$SANDI_PYTHON" || fail "SANDI_PYTHON=$SANDI_PYTHON is not a Python 3.11 or newer."
    command -v "$SANDI_PYTHON"
    return
  fi
  for name in python3 python3.13 python3.12 python3.11 python3.14; do
    if command -v "$name" >/dev/null 2>&1 && _is_recent_enough "$name"; then
      command -v "$name"
      return
    fi
  done
  fail "Sandi needs Python 3.11 or newer and found none ($(python3 --version 2>/dev/null || echo 'no python3'))." \
    "Debian 12 and later have it: apt-get install python3 -- or point SANDI_PYTHON at one."
}

_wanted_stamp() {
  {
    sha256sum <"$ROOT/requirements.lock"
    sha256sum <"$ROOT/pyproject.toml"
    printf '%s\n' "$ROOT" "$(readlink -f "$VENV/bin/python" || true)" "${SANDI_PYTHON:-}"
  } | sha256sum
}

_is_current() {
  [ -x "$VENV/bin/python" ] && [ -f "$_STAMP" ] && [ "$(cat "$_STAMP")" = "$(_wanted_stamp)" ]
}

# Console scripts name their Python by its full path, so an environment that was moved with its checkout is of no use.
_was_moved() {
  ! grep -qF "$VENV" "$VENV/bin/activate"
}

_build_with_uv() {
  local python="$1"
  if [ -n "${SANDI_PYTHON:-}" ] || ! _is_recent_enough "$VENV/bin/python" || _was_moved; then
    rm -rf "$VENV"
    uv venv --quiet --python "$python" "$VENV"
  fi
  export VIRTUAL_ENV="$VENV"
  # Compiled now, because PYTHONDONTWRITEBYTECODE would make every later start compile all of Django again.
  uv pip sync --quiet --require-hashes --compile-bytecode "$ROOT/requirements.lock"
  uv pip install --quiet --no-deps --no-build-isolation --editable "$ROOT"
}

_build_with_pip() {
  local python="$1" pip
  "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 || install_packages python3-venv
  "$python" -c 'import ensurepip, venv' >/dev/null 2>&1 ||
    fail "$python cannot make virtual environments. Install its venv package, or set SANDI_PYTHON to another Python."
  rm -rf "$VENV"
  "$python" -m venv "$VENV"
  pip=("$VENV/bin/python" -m pip --disable-pip-version-check --no-input)
  "${pip[@]}" install --quiet --no-deps --require-hashes --requirement "$ROOT/requirements.lock"
  "${pip[@]}" install --quiet --no-deps --no-build-isolation --editable "$ROOT"
}

_build() {
  local python started=$SECONDS
  _is_current && return 0
  python="$(_find_python)" || exit $?
  say "preparing the Python environment in .venv ($("$python" --version)); the first time this downloads packages"
  rm -f "$_STAMP"
  if uv --version >/dev/null 2>&1; then
    _build_with_uv "$python"
  else
    _build_with_pip "$python"
  fi
  _wanted_stamp >"$_STAMP"
  say "environment ready after $((SECONDS - started)) s"
}

# With SANDI_KEEP_ENVIRONMENT=1 the environment is used as it is: for scripts that run inside tests.
# One builder at a time: `make check` and `make test` may be started together.
ensure_environment() {
  if [ -z "${SANDI_KEEP_ENVIRONMENT:-}" ] && ! _is_current; then
    # No `|| exit` behind it: that would switch off `set -e` inside, and a failed step would be stamped as done.
    (
      flock 9
      _build 9<&-
    ) 9<"$ROOT/scripts/lib-environment.sh"
  fi
  export VIRTUAL_ENV="$VENV"
  export PATH="$VENV/bin:$PATH"
  unset PYTHONHOME
}
