#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# The manual pages say what the programs do, no less and no more; and they are
# well-formed. Commands and options of loft-registryctl are in ctl.sh.

. "$G_TEST_SRCDIR/system/lib.sh"

top=$G_TEST_SRCDIR/..
data=$installed$LOFT_TEST_DATADIR
daemon_page=$installed$LOFT_TEST_MANDIR/man8/loft-registryd.8
docs=$installed$LOFT_TEST_BINDIR/loft-registry-docs
docs_page=$installed$LOFT_TEST_MANDIR/man8/loft-registry-docs.8
ctl_page=$installed$LOFT_TEST_MANDIR/man1/loft-registryctl.1
config_page=$installed$LOFT_TEST_MANDIR/man5/loft-registry.conf.5

# part PAGE SECTION: its lines, without marks.
part ()
{
  sed 's/\\f[A-Z]//g; s/\\-/-/g; s/"//g; s/\\&//g' "$1" |
    awk -v part=".SH $2" '/^\.SH / { inside = $0 == part; next } inside'
}

# items PAGE SECTION: what the section has paragraphs about, one a line.
items ()
{
  part "$1" "$2" | awk 'last ~ /^\.TP/ { sub (/^\.[A-Z]+ /, ""); print }
                        { last = $0 }'
}

# same WANTED GOT: both have the same lines, and some.
same ()
{
  sort -u "$1" >same.wanted
  sort -u "$2" >same.got
  [ -s same.wanted ] && diff same.wanted same.got
}

# Each of these compares one thing on a page with the program.

options_agree_of ()
{
  "$1" --help |
    sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\)\(=[^ ]*\)\{0,1\}.*/\1\2\3/p' \
      >options.wanted
  items "$2" OPTIONS | sed 's/ *, */, /; s/ *= */=/' >options.got
  same options.wanted options.got
}

options_agree ()
{
  options_agree_of "$program" "$1"
}

docs_options_agree ()
{
  options_agree_of "$docs" "$1"
}

# What a build finds is what the sandbox sets, of which the usual is not explained.
docs_variables_agree ()
{
  sed -n 's/^    { "\([A-Z_]*\)", .*/\1/p' \
    "$top/src/docs/loft-builder-sandbox.c" | grep '^LOFT_' >variables.wanted
  items "$1" "THE SANDBOX" | tr -d ' ' >variables.got
  same variables.wanted variables.got
}

# variables_of PAGE: but for those of the language, at which gettext looks.
variables_of ()
{
  items "$1" ENVIRONMENT | tr -d ' ' | tr ',' '\n' |
    grep -v -x -E 'LANG|LANGUAGE|LC_ALL|LC_MESSAGES'
}

# At some others, too, only libraries look.
daemon_variables_agree ()
{
  {
    sed -n 's/.*getenv (.*"\([A-Z_]*\)".*/\1/p; s/.*\.variable = "\(.*\)".*/\1/p
            s/.*get_variable (.*"\([A-Z_]*\)").*/\1/p' \
      "$top"/src/daemon/*.c "$top"/src/backend/*.c
    printf '%s\n' WATCHDOG_USEC WATCHDOG_PID LOFT_REGISTRY_KEY G_MESSAGES_DEBUG
  } >variables.wanted
  variables_of "$1" >variables.got
  same variables.wanted variables.got
}

ctl_variables_agree ()
{
  {
    sed -n 's/.*getenv ("\([A-Z_]*\)").*/\1/p
            s/.*get_variable (.*"\([A-Z_]*\)").*/\1/p' \
      "$top"/src/ctl/*.c "$top"/src/backend/*.c
    printf '%s\n' DBUS_SYSTEM_BUS_ADDRESS DBUS_SESSION_BUS_ADDRESS TMPDIR
  } >variables.wanted
  variables_of "$1" >variables.got
  same variables.wanted variables.got
}
signals_agree ()
{
  sed -n 's/.*watch_signal (self, \(SIG[A-Z]*\),.*/\1/p' \
    "$top/src/daemon/loft-daemon.c" >signals.wanted
  items "$1" SIGNALS | tr -d ' ' | tr ',' '\n' >signals.got
  same signals.wanted signals.got
}

daemon_statuses_agree ()
{
  {
    printf '%s\n' 0 1
    sed -n 's/^#define EXIT_[A-Z]* //p' "$top/src/daemon/main.c"
  } >statuses.wanted
  items "$1" "EXIT STATUS" >statuses.got
  same statuses.wanted statuses.got
}

ctl_statuses_agree ()
{
  {
    echo 0
    sed -n 's/^  LOFT_CTL_ERROR_[A-Z_]* = \([0-9]*\),*$/\1/p' \
      "$top/src/ctl/loft-ctl.h"
  } >statuses.wanted
  items "$1" "EXIT STATUS" >statuses.got
  same statuses.wanted statuses.got
}

# Every key with its default, and whether it changes while the program runs.
keys_agree ()
{
  awk '/^  \[LOFT_CONFIG_/ { name = value = ""; star = "" }
       /^    \.name = /     { split ($0, a, "\""); name = a[2] }
       /^    \.fallback = / { split ($0, a, "\""); value = a[2] }
       /^    \.reloadable = TRUE/ { star = " *" }
       /^  },/ && name != "" { print name "=" value star; name = "" }' \
    "$top/src/daemon/loft-config-key.c" >keys.wanted
  { items "$1" "GROUP [registry]"; items "$1" "GROUP [http]"; } |
    sed 's/^\([a-z-]*\) =/\1=/' >keys.got
  same keys.wanted keys.got
}

# Names on the bus, but for those of objects, which follow no file.
names_agree ()
{
  {
    sed -n 's/.*<action id="\([^"]*\)".*/\1/p' "$data"/polkit-1/actions/*.policy
    grep -h -o 'interface name="[^"]*"' "$data"/dbus-1/interfaces/*.xml |
      sed 's/.*="//; s/"//; /\.Job$/d'
  } >names.wanted
  {
    sed 's/\\-/-/g; s/"//g' "$1" |
      grep -o -E 'sh\.fargone\.loft\.(Registry1|registry\.[a-z-]+)'
    part "$1" "ON THE BUS" |
      sed -n 's/^\.BR* \(manage-[a-z]*\).*/sh.fargone.loft.registry.\1/p'
  } >names.got
  same names.wanted names.got
}

# The page need not name every method, but each that it names is one.
methods_are_known ()
{
  part "$1" "ON THE BUS" |
    sed -n 's/^ *sh\.fargone\.loft\.Registry1 \([A-Z][A-Za-z]*\).*/\1/p' \
      >methods.got
  [ -s methods.got ] || return 1
  while read -r method; do
    grep -q "<method name=\"$method\"" "$data"/dbus-1/interfaces/*.xml ||
      { echo "$method"; return 1; }
  done <methods.got
}

# What is installed beside the program is among the files, and the reverse.
files_agree ()
{
  (cd "$installed" && find ".$LOFT_TEST_DOCDIR" -type f) | sed 's/^\.//' \
    >files.wanted
  items "$1" FILES | tr -d ' ' | tr ',' '\n' |
    grep -F "$LOFT_TEST_DOCDIR/" >files.got
  same files.wanted files.got
}

units_are_named ()
{
  for unit in "$installed$LOFT_TEST_UNITDIR"/*; do
    case $unit in
      *-collect.service | *-verify.service) unit=${unit%.service}.timer ;;
    esac
    part "$1" "AS A SERVICE" | grep -q -F -e "${unit##*/}" ||
      { echo "${unit##*/}"; return 1; }
  done
}

# agrees COMPARISON PAGE ITEM: it holds; on a page without that item it does not,
# nor on one with another item.
agrees ()
{
  what=$1
  page=$2
  item=$3
  check "$what: ${page##*/}" "$what" "$page"
  sed "s/$item/nothing/" "$page" >spoiled.page
  check "$what: what is missing is noticed" differs "$what" "$page"
  sed "0,/$item/{/$item/{h;s//&invented/p;s/.*/Invented./p;s/.*/.TP/p;g}}" \
    "$page" >spoiled.page
  check "$what: what is invented is noticed" differs "$what" "$page"
}

differs ()
{
  ! cmp -s spoiled.page "$2" && ! "$1" spoiled.page
}

agrees options_agree "$daemon_page" 'check\\-config'
agrees docs_options_agree "$docs_page" 'listen'
agrees docs_variables_agree "$docs_page" 'LOFT_DOCS_NAME'
agrees daemon_variables_agree "$daemon_page" 'CACHE_DIRECTORY'
agrees ctl_variables_agree "$ctl_page" 'NO_COLOR'
agrees signals_agree "$daemon_page" 'SIGHUP'
agrees daemon_statuses_agree "$daemon_page" '^\.B 2'
agrees ctl_statuses_agree "$ctl_page" '^\.B 4'
agrees keys_agree "$config_page" '\.BR max\\-wait'
agrees names_agree "$daemon_page" 'manage\\-tokens'
agrees files_agree "$daemon_page" 'Caddyfile'
check "methods that are named are there" methods_are_known "$daemon_page"
sed 's/ ShowPackage/&s/' "$daemon_page" >spoiled.page
check "those that are not are noticed" differs methods_are_known "$daemon_page"
if [ -n "$LOFT_TEST_UNITDIR" ]; then
  check "every unit is named" units_are_named "$daemon_page"
fi

has ()
{
  command -v "$1" >/dev/null 2>&1
}

# quietly COMMAND...: it succeeds and has nothing to say.
quietly ()
{
  "$@" >/dev/null 2>quietly.err
  status=$?
  cat quietly.err
  [ "$status" -eq 0 ] && [ ! -s quietly.err ]
}

# lints PAGE: whoever formats manual pages here has nothing to say.
lints ()
{
  ! has man || quietly man --warnings -E UTF-8 -l -Tutf8 -Z "$1" || return 1
  ! has groff || quietly groff -ww -man -Kutf8 -Tutf8 -z "$1" || return 1
  ! has mandoc || mandoc -Tlint -Wwarning "$1"
}

fails_to_lint ()
{
  ! lints "$1"
}

if has man || has groff || has mandoc; then
  for page in "$daemon_page" "$docs_page" "$ctl_page" "$config_page"; do
    check "${page##*/} is well-formed" lints "$page"
  done
  { cat "$ctl_page"; echo '.NOSUCH macro'; } >bad.1
  check "what is not is noticed" fails_to_lint bad.1
else
  skip "the pages are well-formed" "nothing here formats manual pages"
fi

finish
