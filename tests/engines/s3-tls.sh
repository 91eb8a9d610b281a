#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A registry whose object store speaks TLS, before and after a crowd comes.

if [ -z "${LOFT_TEST_OSD-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-ceph" memstore "$0"
fi

if [ -z "$LOFT_TEST_TLS" ]; then
  echo "1..0 # SKIP there is no openssl"
  exit 0
fi

. "$G_TEST_SRCDIR/system/lib.sh"

start_registry ()
{
  start "$1" --config registry.conf && within 30 answers 200 "$url/readyz"
}

publish_all ()
{
  for i in $(seq 40); do
    [ "$(publish crowd "1.0.$i")" = 201 ] || return 1
  done
}

# crowd URL: everything is asked for at once, of a server that has not yet a
# connection to its store.
crowd ()
{
  waiting=
  for i in $(seq 40); do
    status_of "$1/packages/crowd/1.0.$i/download" >"crowd.$i" &
    waiting="$waiting $!"
  done
  for job in $waiting; do
    wait "$job" || return 1
  done
  cat crowd.*
  ! grep -L -x 200 crowd.* | grep -q .
}

sed '/^timeout=/d' "$LOFT_TEST_TLS" >registry.conf
printf '[http]\nlisten=127.0.0.1:0\nlimit-new=0\nlimit-updates=0\nworkers=2\n' \
  >>registry.conf

check "a registry starts" start_registry first
check "packages are published" publish_all
check "it stops" stop TERM 0
check "it starts again" start_registry second
check "a crowd gets what it wants" crowd "$url"
check "it stops for good" stop TERM 0
sed '/^ca-file=/d' registry.conf >strange.conf
check "a certificate of nobody is refused" \
  fails 1 "certificate" "$program" --config strange.conf --listen 127.0.0.1:0

finish
