#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Views of the past and of an age, as the released client sees them: it joins
# LOFT_REGISTRY and a path, and takes the last version that it is told of.

. "$G_TEST_SRCDIR/system/lib.sh"

# As the client asks: one connection, no User-Agent.
client_gets ()
{
  get -A '' -H 'accept: */*' "$@"
}

# add REGISTRY NAME: prints the version that the client would take, and leaves
# its tarball in added.tar.gz.
add ()
{
  client_gets -f "$1/packages/$2" >list.json || return 1
  taken=$(tr '{' '\n' <list.json |
    sed -n 's/.*"version":"\([^"]*\)".*/\1/p' | tail -n 1)
  [ -n "$taken" ] || return 1
  client_gets -f -o added.tar.gz "$1/packages/$2/$taken/download" || return 1
  echo "$taken"
}

# adds VERSION REGISTRY NAME: the client takes that version, intact.
adds ()
{
  wanted=$1
  shift
  actual=$(add "$@")
  echo "took $actual"
  [ "$actual" = "$wanted" ] && cmp "$2-$wanted.tar.gz" added.tar.gz
}

# What the client sends to publish.
client_publishes ()
{
  printf '{"name":"%s","version":"%s","description":null,"manifest":%s,%s}' \
    "$2" "$3" \
    "$(tar -xzOf "$2-$3.tar.gz" manifest.json)" \
    "\"tarball\":\"$(base64 -w 0 "$2-$3.tar.gz")\"" >publish.json
  client_gets -H 'authorization: Bearer none' \
    -H 'content-type: application/json' --data-binary @publish.json \
    -w ' %{http_code}' "$1/packages/publish"
}

# is_told TEXT REGISTRY NAME VERSION: who publishes gets that in the answer.
is_told ()
{
  wanted=$1
  shift
  client_publishes "$@" >told.txt
  cat told.txt
  grep -q -F -e "$wanted" told.txt
}

# begin NAME: starts a daemon, and waits until it is ready.
begin ()
{
  start "$1" -c /dev/null -s store -l 127.0.0.1:0 &&
    within 20 answers 200 "$url/readyz"
}

# happened TIME: all events whose time is still of today happened then.
happened ()
{
  for entry in store/_registry/log/*; do
    grep -q '"time":"2025' "$entry" ||
      sed -i "s/\"time\":\"[^\"]*\"/\"time\":\"$1\"/" "$entry"
  done
}

check "it starts" begin first
check "a version is published" publishes 201 hello 0.1.0
check "it stops" stop TERM 0
happened 2025-03-10T12:00:00.000000Z
rm -rf "$XDG_CACHE_HOME"
check "it starts again" begin second
check "another is published" publishes 201 hello 0.2.0
check "and stops again" stop TERM 0
happened 2025-04-10T12:00:00.000000Z
rm -rf "$XDG_CACHE_HOME"
check "it starts once more" begin third
check "a third one is published today" publishes 201 hello 0.3.0

check "the client takes the newest" adds 0.3.0 "$url" hello
check "on a day, the newest of then" adds 0.1.0 "$url/at/2025-04-10" hello
check "which begins at midnight" adds 0.2.0 "$url/at/2025-04-11" hello
check "with a slash at the end too" adds 0.1.0 "$url/at/2025-04-10/" hello
check "by event" adds 0.1.0 "$url/at/2" hello
check "nothing of an age is too young" adds 0.2.0 "$url/min-age/7d" hello
check "before there was any, there is none" \
  answers 404 "$url/at/2025-03-10/packages/hello"
check "nor in the future" answers 404 "$url/at/9999-01-01/packages/hello"
check "a past day may be kept for ever" shows "immutable" -D - -o /dev/null \
  "$url/at/2025-04-10/packages/hello"
check "an age may not" shows "no-cache" -D - -o /dev/null \
  "$url/min-age/7d/packages/hello"

make_package hello 0.4.0
check "nothing is published into a view, and the client says why" \
  is_told '{"detail":"A view changes nothing' "$url/at/2025-04-10" hello 0.4.0
check "the client publishes without one" \
  is_told ' 200' "$url" hello 0.4.0
check "a version is yanked" answers 200 -X POST \
  -H 'Content-Type: application/json' -d '{}' \
  "$url/packages/hello/0.2.0/yank"
check "where it was not yet, it is not" adds 0.2.0 "$url/at/2025-04-11" hello
check "of an age it is" adds 0.1.0 "$url/min-age/7d" hello

for view in at/2025-04-10 at/2025-04-11 at/3; do
  client_gets "$url/$view/packages/hello" "$url/$view/packages" \
    "$url/$view/changes" "$url/$view/packages/hello/dependents"
done >before.txt
check "it stops in order" stop TERM 0
rm -rf "$XDG_CACHE_HOME"
check "it starts with nothing in its cache" begin fourth
for view in at/2025-04-10 at/2025-04-11 at/3; do
  client_gets "$url/$view/packages/hello" "$url/$view/packages" \
    "$url/$view/changes" "$url/$view/packages/hello/dependents"
done >after.txt
check "the past is the same" cmp before.txt after.txt
check "and there is one" grep -q '"0.1.0"' after.txt
check "it stops at last" stop TERM 0
for name in first second third fourth; do
  check "nothing went wrong ($name)" quiet "$name"
done

finish
