#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A registry moves from a folder to a bucket while it is published to, and the
# bucket is backed up and restored as PRODUCTION says.

if [ -z "${LOFT_TEST_OSD-}" ]; then
  exec "$G_TEST_SRCDIR/engines/with-ceph" memstore "$0"
fi

. "$G_TEST_SRCDIR/system/lib.sh"

ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl
guide=$installed$LOFT_TEST_DOCDIR/PRODUCTION
token='Authorization: Bearer 0123456789abcdef0123456789abcdef0123'
storage=$(sed -n 's/^storage=//p' "$LOFT_TEST_CONFIG")

# configure NAME STORAGE: how to get to a part of the bucket, and what a server
# there is told beside that.
configure ()
{
  sed "s,^storage=.*,storage=$2\nbus=session,; /^timeout=/d" \
    "$LOFT_TEST_CONFIG" >"$1.conf"
  printf '[http]\nlisten=127.0.0.1:0\nworkers=1\nlimit-new=0\n' >>"$1.conf"
  printf 'limit-updates=0\nlimit-failures=0\n' >>"$1.conf"
}

# begin NAME OPTION...: a registry with a cache of its own.
begin ()
{
  name=$1
  shift
  XDG_CACHE_HOME=$folder/$name.cache
  start "$name" "$@" && within 30 answers 200 "$url/readyz"
}

publish_many ()
{
  for i in $(seq "$1" "$2"); do
    for package in abc "new$i"; do
      [ "$(publish "$package" "1.0.$i" -H "$token")" = 201 ] || return 1
      echo "$package 1.0.$i" >>published.txt
    done
    [ "$(status_of -X POST -H "$token" "$url/packages/abc/1.0.$i/yank")" \
      = 200 ] || return 1
  done
}

# collect DIR: all that clients can ask for.
collect ()
{
  mkdir "$1" || return 1
  get -f -o "$1/packages" "$url/packages" &&
    get -f -o "$1/changes" "$url/changes?since=0" || return 1
  while read -r package version; do
    get -f -o "$1/$package.list" "$url/packages/$package" &&
      get -f -o "$1/$package-$version.json" \
        "$url/packages/$package/$version" &&
      get -f -o "$1/$package-$version.tar.gz" \
        "$url/packages/$package/$version/download" || return 1
  done <published.txt
}

serves_the_same ()
{
  rm -rf "$1" && collect "$1" && diff -r expected "$1"
}

nothing_to_do ()
{
  says "To copy: 0 objects; to replace: 0 objects" "$ctl" migrate --dry-run \
    --verify all "$@"
}

# types SECTION NUMBER: runs that copy of those in the guide.
types ()
{
  awk -v section="$1" '
    /^---/ { inside = last == section }
    inside && /^  / { line = line substr ($0, 3) }
    inside && /^  / && !/\\$/ { print line; line = "" }
    { sub (/\\$/, "", line); last = $0 }' "$guide" |
    grep '^loft-registryctl migrate' | sed -n "$2p" |
    sed -e "s|^loft-registryctl|'$ctl'|" \
      -e "s|/etc/loft-registry/new.conf|moved.conf|" \
      -e "s|/etc/loft-registry.conf|$server.conf|" \
      -e "s|/srv/backup/storage|backup|" \
      -e "s|/var/lib/loft-registry/registry-storage|packages|" >typed.sh
  cat typed.sh
  grep -q migrate typed.sh && sh -e typed.sh
}

# outlasts COMMAND...: it succeeds, though the store hangs for a while, and for
# longer than a request is waited for.
outlasts ()
{
  "$@" >outlasts.out 2>&1 &
  job=$!
  pids="$pids $job"
  sleep 0.3
  kill -STOP "$LOFT_TEST_OSD"
  sleep 6
  kill -CONT "$LOFT_TEST_OSD"
  status=0
  wait "$job" || status=$?
  cat outlasts.out
  [ "$status" -eq 0 ] && grep -q "The target has everything" outlasts.out
}

# finds_nothing: the server compares all of its store with its log.
finds_nothing ()
{
  within 10 "$ctl" --user status && says "Verified: " "$ctl" --user verify
}

# A copy taken meanwhile may have the tarball of what was being published, whose
# document came too late for it.
finds_what_was_begun ()
{
  within 10 "$ctl" --user status || return 1
  "$ctl" --user verify >found.txt 2>&1
  cat found.txt
  grep -q '^Verified: ' found.txt &&
    ! grep '^[a-z-]* ' found.txt | grep -v -q '^archive-orphan '
}

configure moved "$storage/moved"
configure restored "$storage/restored"
configure busy "$storage/busy"
configure hung "$storage/hung"
printf '[http]\nlimit-new=0\nlimit-updates=0\nlimit-failures=0\n' >first.conf

check "a bus starts" start_bus
check "a registry is on a folder" \
  begin first --config first.conf --listen 127.0.0.1:0 --storage packages
check "it is published to" publish_many 1 10
publish_many 11 22 &
publisher=$!
pids="$pids $publisher"
check "it is copied to a bucket meanwhile" \
  says "The target has everything" \
  "$ctl" migrate --from packages --to-config busy.conf
server=moved
check "and again, by a copy that is killed again and again" \
  cut_short "$ctl" migrate --from packages --to-config moved.conf
check "and as the guide says" types "Moving to another store" 1
check "publishing is not disturbed" wait "$publisher"
check "all that clients get is noted" collect expected
check "the server stops" stop TERM 0
check "nothing went wrong with it" quiet first

check "the rest is copied" types "Moving to another store" 2
check "and nothing is left to do" \
  nothing_to_do --from packages --to-config moved.conf
check "a store that hangs is waited for" \
  outlasts "$ctl" migrate --jobs 1 --from packages --to-config hung.conf
check "which makes no difference" \
  nothing_to_do --from packages --to-config hung.conf
check "a server starts on the bucket" begin moved --config moved.conf
check "it serves the same" serves_the_same moved.got

server=moved
check "the bucket is backed up to a folder while it serves" \
  types "A bucket: backup and restore" 1
check "which is compared to the last byte" \
  types "A bucket: backup and restore" 2
check "and is as the folder was" \
  diff -r -x tmp -x '*lock' packages backup
check "the server finds nothing wrong with the bucket" finds_nothing
check "and nothing went wrong on it" quiet moved
check "that server stops" stop TERM 0
server=restored
check "the backup is restored to an empty bucket" \
  types "A bucket: backup and restore" 3
check "a server starts on that" begin restored --config restored.conf
check "it serves the same, too" serves_the_same restored.got
check "and finds nothing wrong with it, too" finds_nothing
check "it is published to" test "$(publish abc 2.0.0 -H "$token")" = 201
check "nothing went wrong there" quiet restored
check "that server stops, too" stop TERM 0

check "what was published to is no target any more" \
  fails 6 "holds something else" \
  "$ctl" migrate --from packages --to-config restored.conf
check "the copy that was taken first is a registry as well" \
  begin busy --config busy.conf
check "with all that was there before" \
  get -f -o busy.tar.gz "$url/packages/new10/1.0.10/download"
check "in which nothing is wrong" finds_what_was_begun
check "nothing went wrong with that" quiet busy
check "the last server stops" stop TERM 0

printf 'x' | dd of=backup/abc/1.0.1.tar.gz bs=1 seek=30 conv=notrunc 2>/dev/null
check "a byte that is wrong in the backup is noticed" \
  fails 6 "abc/1.0.1.tar.gz" \
  "$ctl" migrate --dry-run --verify all --from packages --to backup

finish
