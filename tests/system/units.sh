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

# The programs are not where they are to be in the end, and verify looks for
# them.
mkdir units
units="loft-registry.service loft-registry.socket
       loft-registry-docs@.service loft-registry-docs.socket
       loft-registry-collect.service loft-registry-collect.timer
       loft-registry-verify.service loft-registry-verify.timer"
for unit in $units; do
  check "$unit is installed" test -f "$installed$LOFT_TEST_UNITDIR/$unit"
  sed "s|\\([-= ']\\)$LOFT_TEST_BINDIR/loft-registry|\\1${program%d}|" \
    "$installed$LOFT_TEST_UNITDIR/$unit" >"units/$unit"
done
check "the service starts the program" \
  grep -q "^ExecStart=$program\$" units/loft-registry.service
for command in collect verify; do
  check "loft-registry-$command.service does so" \
    grep -q "^ExecStart=${program%d}ctl $command --scheduled\$" \
    "units/loft-registry-$command.service"
done

check "loft-registry-docs@.service does so, and need not succeed" \
  grep -q "^ExecStart=-${program%d}-docs\$" units/loft-registry-docs@.service

# What systemd does not know is only worth a warning to it.
verifies ()
{
  systemd-analyze verify --man=no "$@" >verify.out 2>&1
  status=$?
  cat verify.out
  [ "$status" -eq 0 ] && [ ! -s verify.out ]
}

for unit in $units; do
  check "systemd has nothing to say about $unit" verifies "$PWD/units/$unit"
done
cp -R units spoiled
echo 'NoSuchOption=yes' >>spoiled/loft-registry.socket
check "it would have, had they an option that it does not know" \
  fails 1 "" sh -c '! systemd-analyze verify --man=no "$1" 2>&1 | grep .' sh \
  "$PWD/spoiled/loft-registry.socket"
for unit in loft-registry loft-registry-collect loft-registry-verify; do
  check "$unit.service can do hardly more than it needs" \
    systemd-analyze security --no-pager --offline=true \
    --threshold="$exposure" "$PWD/units/$unit.service"
done

# Sandboxes take namespaces, of which each counts.
check "loft-registry-docs@.service can do what a sandbox needs, and little more" \
  systemd-analyze security --no-pager --offline=true --threshold=18 \
  "$PWD/units/loft-registry-docs@.service"
check "a service that is shut off from nothing would be noticed" sh -c '
  sed "/^User=/,\$d" "$1" >open.service &&
  ! systemd-analyze security --no-pager --offline=true --threshold="$2" \
    "$PWD/open.service"' sh units/loft-registry-collect.service "$exposure"

# elapses UNIT TIME...: the timer does so at these times, from New Year 2026.
elapses ()
{
  unit=$1
  shift
  systemd-analyze calendar --iterations="$#" \
    --base-time="2026-01-01 00:00:01 UTC" \
    "$(sed -n 's/^OnCalendar=//p' "units/$unit") UTC" >calendar.out || return 1
  cat calendar.out
  for time in "$@"; do
    grep -q -F -e " $time UTC" calendar.out || return 1
  done
}

check "garbage is collected every night" \
  elapses loft-registry-collect.timer "2026-01-01 02:00:00" \
  "2026-01-02 02:00:00" "2026-01-03 02:00:00"
check "everything is verified once a week" \
  elapses loft-registry-verify.timer "2026-01-04 03:30:00" \
  "2026-01-11 03:30:00"

check "the user is one that systemd-sysusers makes" \
  says "loft-registry" systemd-sysusers --dry-run \
  "$installed$LOFT_TEST_SYSUSERSDIR/loft-registry.conf"

finish
