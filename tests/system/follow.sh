#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Who follows the log is there through restarts of the registry, on a bus that
# lets everything through: what is on its way to a registry that leaves reaches
# it, but finds nothing there.

. "$G_TEST_SRCDIR/system/lib.sh"

if ! command -v dbus-daemon >/dev/null; then
  echo "1..0 # SKIP dbus-daemon is not installed"
  exit 0
fi

ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl
followers='1 2 3 4 5 6'

# begin NAME: starts a daemon that followers find.
begin ()
{
  start "$1" --config bus.conf --listen 127.0.0.1:0 --storage packages &&
    within 30 "$ctl" --user status
}

# tell VERSION: each follower has told of it, and of nothing twice.
tell ()
{
  for i in $followers; do
    [ "$(grep -c -w -F "abc $1" "follower.$i")" -eq 1 ] || return 1
  done
}

# at_work: each follower still runs, and has complained of nothing but absence.
at_work ()
{
  for i in $following; do
    ! dead "$i" || return 1
  done
  ! cat complaints.* | grep -v -F 'The registry has left the bus'
}

printf '[registry]\nbus = session\n' >bus.conf
check "a bus starts" start_bus
check "a server starts on it" begin first
check "it is published to" publishes 201 abc 1.0.0
following=
for i in $followers; do
  "$ctl" --user logs --follow --type publish >"follower.$i" \
    2>"complaints.$i" &
  pids="$pids $!"
  following="$following $!"
done
check "who follows is told" within 20 tell 1.0.0
for i in 1 2 3 4; do
  check "the server stops ($i)" stop TERM 0
  check "it starts again ($i)" begin "again$i"
  check "it is published to ($i)" publishes 201 abc "1.$i.0"
  check "who follows is told ($i)" within 20 tell "1.$i.0"
done
check "and follows still" at_work
check "the last server stops" stop TERM 0
finish
