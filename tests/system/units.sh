#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The units, as they are installed: systemd knows everything that they say, and
# finds hardly anything that the service could do and need not.

. "$G_TEST_SRCDIR/system/lib.sh"

# The exposure that is allowed, in tenths.
exposure=15

if [ -z "$LOFT_TEST_UNITDIR" ]; then
  echo "1..0 # SKIP built without systemd"
  exit 0
fi
if ! command -v systemd-analyze >/dev/null; then
  echo "1..0 # SKIP systemd-analyze is not installed"
  exit 0
fi

# The program is not where it is to be in the end, and verify looks for it.
mkdir units
for unit in service socket; do
  check "the $unit is installed" \
    test -f "$installed$LOFT_TEST_UNITDIR/loft-registry.$unit"
  sed "s|\\([= ']\\)$LOFT_TEST_BINDIR/loft-registryd|\\1$program|" \
    "$installed$LOFT_TEST_UNITDIR/loft-registry.$unit" \
    >"units/loft-registry.$unit"
done
check "the service starts the program" \
  grep -q "^ExecStart=$program\$" units/loft-registry.service

# What systemd does not know is only worth a warning to it.
verifies ()
{
  systemd-analyze verify --man=no "$@" >verify.out 2>&1
  status=$?
  cat verify.out
  [ "$status" -eq 0 ] && [ ! -s verify.out ]
}

check "systemd has nothing to say about them" \
  verifies "$PWD/units/loft-registry.service" "$PWD/units/loft-registry.socket"
cp -R units spoiled
echo 'NoSuchOption=yes' >>spoiled/loft-registry.socket
check "it would have, had they an option that it does not know" \
  fails 1 "" sh -c '! systemd-analyze verify --man=no "$1" 2>&1 | grep .' sh \
  "$PWD/spoiled/loft-registry.socket"
check "the service can do hardly more than it needs" \
  systemd-analyze security --no-pager --offline=true --threshold="$exposure" \
  "$PWD/units/loft-registry.service"

check "the user is one that systemd-sysusers makes" \
  says "loft-registry" systemd-sysusers --dry-run \
  "$installed$LOFT_TEST_SYSUSERSDIR/loft-registry.conf"

finish
