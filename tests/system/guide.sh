#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What the production guide has an administrator type, as it stands there and in
# its order, under a real systemd. Only paths are those of this installation, and
# what apt-get would install is there already, or skipped.

. "$G_TEST_SRCDIR/system/service.sh"

guide=$installed$LOFT_TEST_DOCDIR/PRODUCTION
config=$LOFT_TEST_SYSCONFDIR/loft-registry.conf
storage=/var/lib/loft-registry/registry-storage

boot_with_packages 0
PATH=$PATH:$installed$LOFT_TEST_BINDIR

# sections: their titles, one a line.
sections ()
{
  awk '/^---/ { print last } { last = $0 }' "$guide"
}

# commands SECTION: its blocks that begin with a command, each line behind the
# number of its block.
commands ()
{
  awk -v section="$1" '
    /^---/ { inside = last == section }
    inside && /^  / {
      if (last == "")
        {
          split ($0, words, " ")
          wanted = words[1] ~ /^[a-z]/ && words[1] != "make" &&
                   system ("command -v " words[1] " >/dev/null") == 0
          block += wanted
        }
      if (wanted)
        print block "\t" substr ($0, 3)
    }
    { last = $0 }' "$guide"
}

# blocks_of SECTION: each block by section and number.
blocks_of ()
{
  commands "$1" | cut -f 1 | sort -n -u | sed "s/^/$1: /"
}

# type_block SECTION NUMBER
type_block ()
{
  commands "$1" | sed -n "s/^$2	//p" | sed -e '/^apt-get /d' \
    -e "s|/etc/loft-registry\\.conf|$config|g" \
    -e "s|/usr/share/doc/loft-registry|$LOFT_TEST_DOCDIR|g" \
    -e "s|k-851f7c0dbb780c16|${leaked-}|g" >block.sh
  cat block.sh
  inside env PATH="$LOFT_TEST_BINDIR:$PATH" HOME=/root sh -e -c "$(cat block.sh)"
}

# does SECTION [NUMBER]: all its blocks, or one of them.
does ()
{
  blocks_of "$1" | grep -e ": ${2:-.*}\$" >blocks.txt
  check "the guide has commands: $1" test -s blocks.txt
  while read -r block; do
    check "$block" type_block "$1" "${block##*: }"
  done <blocks.txt
  cat blocks.txt >>typed.txt
}

# leaves SECTION REASON: what can't be tried here.
leaves ()
{
  skip "$1" "$2"
  blocks_of "$1" >>typed.txt
}

ctl ()
{
  inside "$LOFT_TEST_BINDIR/loft-registryctl" "$@"
}

# sends VERSION TOKEN STATUS [BYTES]: publishes hello.
sends ()
{
  make_package hello "$1" "${4:-0}"
  cp "hello-$1.tar.gz" "$root/srv/"
  answers "$3" -T "/srv/hello-$1.tar.gz" -H "Authorization: Bearer $2" \
    -H 'Content-Type: application/gzip' -H 'Expect:' \
    "$url/packages/hello/$1"
}

# issue USER: a token with which anything can be done; sets $id and $secret.
issue ()
{
  ctl token create "$1" --scope admin >token.txt
  id=$(sed -n 's/^ *Id: *//p' token.txt)
  secret=$(sed -n 's/^ *Token: *//p' token.txt)
}

stop_service ()
{
  inside systemctl stop loft-registry.socket "$service"
}

start_service ()
{
  inside systemctl start loft-registry.socket "$service"
}

inside systemctl start dbus.service
inside systemd-sysusers
inside systemd-tmpfiles --create loft-registry.conf
inside cp "$LOFT_TEST_DOCDIR/examples/loft-registry.conf" "$config"
inside mkdir -p /etc/loft-registry
inside systemctl daemon-reload
start_service
does Installing
check "a version is published" \
  sends 0.1.0 a-token-that-is-long-enough-to-own-a-name 201

if command -v openssl >/dev/null && [ -e /lib/systemd/system/nginx.service ]; then
  does "TLS, by nginx"
else
  leaves "TLS, by nginx" "needs openssl and nginx"
fi

# Tokens.
does "Who may publish"
issue eve
leaked=$id
check "a token leaks" sends 0.2.0 "$secret" 201
does "When a token leaks"
check "it is good for nothing" sends 0.3.0 "$secret" 401
check "what it did is withdrawn" says "yanked" ctl show hello@0.2.0
check "the package belongs to another" says "bob" ctl owners hello

# Addresses.
if command -v ip >/dev/null; then
  for host in 1 10 20; do
    inside ip addr add "192.0.2.$host/24" dev lo
  done
  does "Proxies and Prometheus on other machines"
  figures=http://192.0.2.1:3030/metrics
  check "Prometheus gets figures" answers 200 --interface 192.0.2.20 $figures
  check "others don't" answers 403 --interface 192.0.2.1 $figures
  check "nor by the name of the proxy" answers 403 --interface 192.0.2.10 \
    -H 'Forwarded: for=192.0.2.30' $figures
  check "which is believed" answers 200 --interface 192.0.2.10 \
    -H 'Forwarded: for=192.0.2.20' $figures
else
  leaves "Proxies and Prometheus on other machines" "needs ip"
fi
if command -v promtool >/dev/null &&
   [ -e /lib/systemd/system/prometheus.service ]; then
  does "Alerts and a dashboard"
else
  leaves "Alerts and a dashboard" "needs Prometheus"
fi
does "Processors and workers"
check "there are so many" says "Workers:  2" ctl status

# A folder of the original server, which knows no log.
inside cp -a "$storage" /srv/original
inside rm -r /srv/original/_registry
echo '{}' | inside sh -c 'cat >/srv/original/tokens.json'
does "Moving from the original server"
check "what was there is served" shows '"0.1.0"' "$url/packages/hello"

# Backup and restore, which in the end is from an archive.
does Backup
inside rm -r "$storage/hello"
does "Restoring, on this machine or a new one" 1
check "what was lost is there again" shows '"0.1.0"' "$url/packages/hello"
stop_service
inside rm -r "$storage"
does "Restoring, on this machine or a new one" 2
inside chown -R loft-registry: "$storage"
start_service
check "from an archive as well" shows '"0.1.0"' "$url/packages/hello"

# What copies there is typed in engines/s3-migrate.sh.
leaves "A bucket: backup and restore" "needs an object store"
leaves "Moving to another store" "needs an object store"

does "Upgrading, and going back"
inside sh -c 'echo >>"$1"' sh "$storage/hello/0.1.0.tar.gz"
check "damage is found" fails 6 "archive-damaged" ctl verify
does Damage

# A disk that is full, and then larger.
stop_service
inside mount -t tmpfs -o size=3M,mode=755 small "$storage"
inside chown loft-registry: "$storage"
start_service
issue ann
check "there is room for one" sends 0.1.0 "$secret" 201 2000000
check "but not for two" sends 0.2.0 "$secret" 507 2000000
check "what is there is read" answers 200 "$url/packages/hello/0.1.0/download"
does "A full disk"
inside mount -o remount,size=30M "$storage"
check "then there is room again" sends 0.2.0 "$secret" 201 2000000
stop_service
inside umount "$storage"

sections | while read -r section; do
  blocks_of "$section"
done | LC_ALL=C sort >blocks.txt
LC_ALL=C sort typed.txt -o typed.txt
check "every command was typed" diff blocks.txt typed.txt

shut_down
finish
