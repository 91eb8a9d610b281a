#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# A backup is taken and restored as loft-registryd(8) says.

. "$G_TEST_SRCDIR/system/lib.sh"

# publish_many FIRST LAST: notes each version in published.txt once it is
# acknowledged.
publish_many ()
{
  for i in $(seq "$1" "$2"); do
    for name in abc xyz; do
      [ "$(publish "$name" "1.0.$i")" = 201 ] || return 1
      echo "$name 1.0.$i" >>published.txt
    done
  done
}

back_up ()
{
  mkdir backup || return 1
  tar -C packages --exclude=_registry/tmp -cf - _registry |
    tar -C backup -xf - || return 1
  for path in packages/*; do
    [ "$path" = packages/_registry ] || cp -a "$path" backup/ || return 1
  done
}

# serves_all LIST: every version in LIST is there, whole.
serves_all ()
{
  test -s "$1" || return 1
  while read -r name version; do
    get -f -o got.tar.gz "$url/packages/$name/$version/download" &&
      tar -tzf got.tar.gz >/dev/null || return 1
  done <"$1"
}

restore ()
{
  rm -rf packages && mv backup packages
}

check "a server starts" start first --listen 127.0.0.1:0 --storage packages
check "packages are published" publish_many 1 10
cp published.txt before.txt
publish_many 11 40 &
publisher=$!
pids="$pids $publisher"
check "a backup is taken meanwhile" back_up
check "publishing is not disturbed" wait "$publisher"
check "the server stops" stop TERM 0

check "the backup is put in its place" restore
check "the server starts again" \
  start second --listen 127.0.0.1:0 --storage packages
check "it becomes ready" within 30 answers 200 "$url/readyz"
check "all that the backup was to have is there" serves_all before.txt
check "it is published to" publishes 201 abc 2.0.0
check "nothing went wrong" quiet second
check "the server stops again" stop TERM 0

# The same with the administrator's tool, which needs a bus.
ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl

on_bus ()
{
  "$ctl" --user status
}

# restore_archive: what is exported unpacks to a storage.
restore_archive ()
{
  rm -rf packages && mkdir packages && tar -C packages -xf all.tar
}

if command -v dbus-daemon >/dev/null; then
  printf '[registry]\nbus = session\n' >bus.conf
  rm -rf packages published.txt
  check "a bus starts" start_bus
  check "a server starts on it" \
    start third --config bus.conf --listen 127.0.0.1:0 --storage packages
  check "it can be administered" within 30 on_bus
  check "packages are published to it" publish_many 1 10
  cp published.txt before.txt
  publish_many 11 40 &
  publisher=$!
  pids="$pids $publisher"
  check "everything is exported meanwhile" "$ctl" --user export all.tar
  check "publishing is not disturbed by that" wait "$publisher"
  check "that server stops" stop TERM 0

  check "the archive is whole" says "all.tar is whole" \
    "$ctl" export --check all.tar
  head -c 20000 all.tar >short.tar
  check "one that was cut short is not" \
    fails 1 "no whole export" "$ctl" export --check short.tar
  check "the archive is unpacked" restore_archive
  check "a server starts with it" \
    start fourth --listen 127.0.0.1:0 --storage packages
  check "it becomes ready with it" within 30 answers 200 "$url/readyz"
  check "all that the archive was to have is there" serves_all before.txt
  check "that one is published to" publishes 201 abc 2.0.0
  check "nothing went wrong with it" quiet fourth
  source=$url
  versions=$(get "$source/readyz" |
    sed -n 's/.*"versions":\([0-9]*\).*/\1/p')

  # To another server, over HTTP, and from the folder.
  check "another server starts" \
    start fifth --config bus.conf --listen 127.0.0.1:0 --storage others
  check "that can be administered too" within 30 on_bus
  check "it imports all that the first one serves" \
    says "Imported: $versions, there already: 0, conflicts: 0, refused: 0" \
    "$ctl" --user import "$source"
  check "the folder holds nothing else" \
    says "Imported: 0, there already: $versions, conflicts: 0, refused: 0" \
    "$ctl" --user import packages
  check "it serves all of it" serves_all before.txt
  check "nothing went wrong with that either" quiet fifth
else
  skip "everything is exported and imported" "dbus-daemon is not installed"
fi

finish
