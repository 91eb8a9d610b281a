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

# A mount is shared by all who use one bus, and each of them may renew it. So
# whoever copies has a bus of his own, as beside a service; killing him ends it.
mkdir -p "$LOFT_TEST_ROOT/own"
cat >migrate <<END
#!/bin/sh
XDG_RUNTIME_DIR='$LOFT_TEST_ROOT/own' exec dbus-run-session -- \\
  '$ctl' migrate "\$@"
END
chmod +x migrate

# killed SECONDS: a copy to the server ends so, if it has not come to its end.
killed ()
{
  ./migrate --from packages --to-config dav.conf &
  copy=$!
  sleep "$1"
  owner=$(sed -n 's/^process=//p' "$LOFT_TEST_DATA/_registry/gio/lease/owner")
  echo "process $owner"
  if [ -n "$owner" ]; then
    kill -KILL "$owner"
  fi
  wait "$copy"
  return 0
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
for seconds in 0.3 0.4 0.5 0.6; do
  check "a copy to a WebDAV server is killed after $seconds s" killed "$seconds"
done
check "the next one goes on" says "The target has everything" \
  ./migrate --from packages --to-config dav.conf
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
  ./migrate --from-config dav.conf --to back
check "and this is not disturbed" wait "$publisher"
check "the copy is good" says "The target has everything" \
  ./migrate --from-config dav.conf --to back
check "and the same" same_as back
check "nothing went wrong on the way" quiet dav
check "a copy to what a server owns is refused" \
  fails 1 "in use by another server" \
  ./migrate --from packages --to-config dav.conf
check "the server stops" stop TERM 0

finish
