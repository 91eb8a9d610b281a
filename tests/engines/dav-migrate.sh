#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A registry moves from a folder to a WebDAV server, by a copy that is killed,
# and back again while it is served from there.

if [ -z "${LOFT_TEST_ENGINE-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-apache" "$0"
fi

. "$G_TEST_SRCDIR/system/lib.sh"

ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl
token='Authorization: Bearer 0123456789abcdef0123456789abcdef0123'

publish_many ()
{
  for i in $(seq "$1" "$2"); do
    [ "$(publish "$3" "1.0.$i" -H "$token")" = 201 ] &&
      [ "$(status_of -X POST -H "$token" "$url/packages/$3/1.0.$i/yank")" \
        = 200 ] || return 1
  done
}

# begin NAME OPTION...: a registry with a cache of its own.
begin ()
{
  name=$1
  shift
  XDG_CACHE_HOME=$folder/$name.cache
  start "$name" "$@" && within 30 answers 200 "$url/readyz"
}

# same_as DIR: what the server shows is what is in DIR.
same_as ()
{
  diff -r -x tmp -x '*lock' -x gio -x '.loft-*' "$1" "$LOFT_TEST_DATA"
}

{
  cat "$LOFT_TEST_CONFIG"
  printf '[http]\nlisten=127.0.0.1:0\nlimit-new=0\nlimit-updates=0\n'
} >dav.conf
printf '[http]\nlimit-new=0\nlimit-updates=0\n' >first.conf

check "a registry is on a folder" \
  begin first --config first.conf --listen 127.0.0.1:0 --storage packages
check "it is published to" publish_many 1 10 abc
check "it is copied to a WebDAV server, though that is killed again and again" \
  cut_short "$ctl" migrate --from packages --to-config dav.conf
check "and all is there" same_as packages
get -o expected "$url/packages/abc"
check "the server of the folder stops" stop TERM 0

check "a server starts on it" begin dav --config dav.conf
get -o got "$url/packages/abc"
check "it serves the same" cmp expected got
publish_many 11 16 abc &
publisher=$!
pids="$pids $publisher"
check "it is copied to a folder while it is published to" \
  says "The target has everything" \
  "$ctl" migrate --from-config dav.conf --to back
check "and this is not disturbed" wait "$publisher"
check "the copy is good" says "The target has everything" \
  "$ctl" migrate --from-config dav.conf --to back
check "and the same" same_as back
check "nothing went wrong on the way" quiet dav
check "a copy to what a server owns is refused" \
  fails 1 "in use by another server" \
  "$ctl" migrate --from packages --to-config dav.conf
check "the server stops" stop TERM 0

finish
