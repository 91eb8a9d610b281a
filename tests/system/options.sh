#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The command line, the configuration file and the environment, as they are met
# by whoever starts the installed program.

. "$G_TEST_SRCDIR/system/lib.sh"

for option in --config=FILE --check-config --listen=ADDR:PORT \
              --storage= --verbose --version; do
  check "--help tells of $option" says "${option%=}" "$program" --help
done
check "--version tells the version" says "loft-registry" "$program" --version

check "an unknown option is refused" \
  fails 2 "--nonsense" "$program" --nonsense
check "an argument is refused" \
  fails 2 "Unexpected argument “nonsense”" "$program" nonsense
check "a bad address is refused, naming the option" \
  fails 2 "--listen: “localhost” is not an address" \
  "$program" --listen localhost
check "an empty storage is refused" \
  fails 2 "--storage: " "$program" --storage ''
check "a configuration file that is not there is refused" \
  fails 2 "none.conf" "$program" --config none.conf

cat >good.conf <<'END'
# A comment.
[registry]
storage = from-file
publish = open
max-tarball-size = 1 MiB

[http]
listen = 127.0.0.1:1, [::1]:2
END
check "--check-config accepts a good file" \
  says "storage=from-file" "$program" --config good.conf --check-config
check "--check-config tells where a value comes from" \
  says "# good.conf:5: [registry] max-tarball-size" \
  "$program" --config good.conf --check-config
check "--check-config makes no storage" test ! -e from-file
check "the environment wins over the file" \
  says "storage=from-environment" \
  env STORAGE_DIR=from-environment "$program" -c good.conf --check-config
check "an option wins over the environment" \
  says "storage=from-option" env STORAGE_DIR=from-environment \
  "$program" -c good.conf --check-config --storage from-option
check "every key has a variable" \
  says "max-tarball-size=2048" env LOFT_REGISTRY_MAX_TARBALL_SIZE='2 KiB' \
  "$program" -c good.conf --check-config
check "several addresses may be given" \
  says "listen=127.0.0.1:3, [::1]:4" \
  "$program" -c good.conf --check-config -l 127.0.0.1:3 --listen '[::1]:4'
check "BIND_ADDR wins over the file" \
  says "listen=127.0.0.1:5" \
  env BIND_ADDR=127.0.0.1:5 "$program" -c good.conf --check-config
check "an unknown variable is refused" \
  fails 2 "LOFT_REGISTRY_STORAG" \
  env LOFT_REGISTRY_STORAG=x "$program" --check-config

printf '[registry]\nstorage=x\n\npublsh=open\n' >unknown.conf
check "an unknown key is named with file and line" \
  fails 2 "unknown.conf:4: “publsh” is no key of [registry]" \
  "$program" -c unknown.conf
printf '[registry]\npublish=perhaps\n' >value.conf
check "a bad value is named with file, line and key" \
  fails 2 "value.conf:2: [registry] publish: “perhaps” is not one of" \
  "$program" -c value.conf --check-config
printf '[regstry]\n' >group.conf
check "an unknown group is named with file and line" \
  fails 2 "group.conf:1: [regstry]" "$program" -c group.conf --check-config

check "the printed configuration is one" sh -c '
  "$1" -c good.conf --check-config >printed.conf &&
  "$1" -c printed.conf --check-config | grep -q "^storage=from-file$"
' sh "$program"

example=$installed$LOFT_TEST_DOCDIR/examples/loft-registry.conf
check "the installed example is a configuration" \
  says "listen=" "$program" -c "$example" --check-config
# A backend's group is not read where another backend is chosen.
sed -e '/^#\[/,$d' -e 's/^#\([a-z-]*=\)/\1/' "$example" >defaults.conf
"$program" -c /dev/null --check-config | grep -v '^#' >expected.txt
"$program" -c defaults.conf --check-config | grep -v '^#' >actual.txt
sed -i '/^cache-directory=/d' expected.txt actual.txt
check "the example shows the defaults" diff expected.txt actual.txt
sed -n 's/^\([a-z-]*\)=.*/\1/p' expected.txt >keys.txt
check "the example shows every key" sh -c '
  while read -r key; do
    grep -q "^#$key=" "$1" || { echo "$key"; exit 1; }
  done <keys.txt' sh "$example"
check "the manual page shows every key" sh -c '
  while read -r key; do
    sed "s/\\\\-/-/g" "$1" | grep -q "^.BR $key " ||
      { echo "$key"; exit 1; }
  done <keys.txt' sh "$installed$LOFT_TEST_MANDIR/man5/loft-registry.conf.5"

finish
