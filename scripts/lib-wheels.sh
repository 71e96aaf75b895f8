# shellcheck shell=bash
# Wheels for another machine: its processor and its Python, checked by the hashes of the lock files.

# build_sandi_wheel DIR: this checkout as a wheel, the same bytes each time SOURCE_DATE_EPOCH is the same.
build_sandi_wheel() {
  python -m pip --disable-pip-version-check wheel --quiet --no-deps --no-build-isolation --wheel-dir "$1" "$ROOT"
}

# collect_wheels LOCK PROCESSOR PYTHON DIR
collect_wheels() {
  local lock="$1" processor="$2" version="$3" minor platforms
  # Debian 12 has glibc 2.36; pip wants each older baseline named.
  platforms=(--platform "linux_$processor" --platform "manylinux2014_$processor")
  for minor in $(seq 17 36); do
    platforms+=(--platform "manylinux_2_${minor}_$processor")
  done
  python -m pip --disable-pip-version-check download --quiet --no-deps --require-hashes --only-binary=:all: \
    "${platforms[@]}" --implementation cp --abi "cp${version/./}" --abi abi3 --abi none \
    --python-version "$version" --requirement "$lock" --dest "$4"
}

# collect_pip DIR: the locked pip, with which a machine installs the others without Debian's python3-venv.
collect_pip() {
  local lock
  lock="$(mktemp)"
  sed -n '/^pip==/,/[^\\]$/p' "$ROOT/requirements.lock" >"$lock"
  collect_wheels "$lock" any 3.11 "$1"
  rm -f -- "$lock"
}
