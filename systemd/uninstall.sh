#!/usr/bin/env bash
# Takes Sandi away; data and configuration stay unless --purge is given. Other options as for install.sh.
exec "$(dirname -- "${BASH_SOURCE[0]}")/install.sh" --uninstall "$@"
