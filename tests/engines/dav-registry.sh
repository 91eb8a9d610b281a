#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A registry on a WebDAV server that is paused, killed and started again, with a
# GVfs that is killed too; and who may own the store.

if [ -z "${LOFT_TEST_ENGINE-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-apache" "$0"
fi

. "$G_TEST_SRCDIR/system/lib.sh"

secret=$(cat "$LOFT_TEST_ROOT/password")

engine ()
{
  "$LOFT_TEST_ENGINE" "$1" "$LOFT_TEST_ROOT"
}

# configure NAME: a registry with a cache of its own.
configure ()
{
  {
    cat "$LOFT_TEST_CONFIG"
    printf '[http]\nlisten=127.0.0.1:0\nlimit-new=0\nlimit-updates=0\n'
    printf 'limit-failures=0\n'
  } >"$1.conf"
  XDG_CACHE_HOME=$folder/$1
  export XDG_CACHE_HOME
}

start_one ()
{
  configure "$@" && name=$1 && shift &&
    start "$name" --config "$name.conf" "$@" &&
    within 30 answers 200 "$url/readyz"
}

# refused OPTION...: another server does not start, and says why.
refused ()
{
  configure refused
  timeout 10 "$program" --config refused.conf "$@" >refused.log 2>&1
  cat refused.log
  grep -q 'in use by another server' refused.log
}

# has NAME VERSION: it is there, byte for byte.
has ()
{
  get -f -o got "$url/packages/$1/$2/download" && cmp got "$1-$2.tar.gz"
}

# offer NAME VERSION: publishes the archive that is there, once more.
offer ()
{
  status_of -T "$1-$2.tar.gz" -H 'Content-Type: application/gzip' \
    "$url/packages/$1/$2"
}

# The first attempt may be the one that came true.
publish_until_done ()
{
  [ -f "$1-$2.tar.gz" ] || make_package "$1" "$2"
  status=$(offer "$1" "$2")
  echo "$status"
  [ "$status" = 201 ] || [ "$status" = 200 ]
}

# The processes of GVfs that belong to this bus.
gvfs_processes ()
{
  for process in /proc/[0-9]*; do
    if grep -q -s -x "$1" "$process/comm" &&
      tr '\0' '\n' <"$process/environ" |
      grep -q -x -F "DBUS_SESSION_BUS_ADDRESS=$DBUS_SESSION_BUS_ADDRESS"; then
      echo "${process#/proc/}"
    fi
  done
}

kill_gvfs ()
{
  found=$(gvfs_processes "$1")
  echo "$1: $found"
  [ -n "$found" ] && kill -KILL $found
}

# An owner looks after its lease every few seconds.
writes_no_more ()
{
  sleep 6
  status=$(publish late 1.0.0)
  echo "$status"
  [ "$status" != 201 ]
}

no_secret ()
{
  ! grep -F -e "$secret" ./*.log &&
    ! tr '\0' '\n' <"/proc/$1/cmdline" | grep -F -e "$secret"
}

check "a registry starts on a WebDAV server" start_one first
first=$pid
check "a package is published" test "$(publish shared 1.0.0)" = 201
check "and served" has shared 1.0.0
check "its document is a file" \
  test -s "$LOFT_TEST_DATA/shared/1.0.0.json"
check "another server is refused" refused

engine pause
check "publishing to a server that hangs is put off" \
  test "$(publish shared 1.1.0)" = 503
engine resume
check "it goes on by itself" within 30 publish_until_done shared 1.1.0
check "with what was published" has shared 1.1.0

kill_gvfs gvfsd-dav >gvfs.out
check "a GVfs that died is replaced" within 30 publish_until_done shared 1.2.0
check "and what was published is there" has shared 1.2.0

engine kill
check "publishing without a server is put off" \
  test "$(publish shared 1.3.0)" = 503
check "the server starts again" engine start
check "then it works" within 30 publish_until_done shared 1.3.0
check "byte for byte" has shared 1.3.0

kill -STOP "$first"
check "a server that only hangs keeps the store" refused
kill -CONT "$first"
kill -KILL "$first"
wait "$first" 2>/dev/null
check "one that is dead gives way to the next on its machine" start_one second
check "which has all of it" within 10 has shared 1.3.0
check "no secret is told" no_secret "$pid"

sed -i 's/^host=.*/host=elsewhere/' "$LOFT_TEST_DATA/_registry/gio/lease/owner"
check "who finds another owner does not write" \
  writes_no_more
kill -KILL "$pid"
wait "$pid" 2>/dev/null
check "a server of another machine keeps the store" refused
check "until the administrator says otherwise" start_one third --take-over
check "and it works" test "$(publish late 1.1.0)" = 201
check "it stops" stop TERM 0
check "and gives the store up" test ! -e "$LOFT_TEST_DATA/_registry/gio/lease"

finish
