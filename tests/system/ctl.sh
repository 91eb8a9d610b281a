#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What loft-registryctl tells of itself and what its manual page tells are the
# same commands and options.

. "$G_TEST_SRCDIR/system/lib.sh"

ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl
page=$installed$LOFT_TEST_MANDIR/man1/loft-registryctl.1

# options_of COMMAND...: the long options that --help shows.
options_of ()
{
  "$ctl" "$@" --help | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'
}

"$ctl" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z-]*\) .*/\1/p' |
  sort >commands.txt
{
  options_of
  while read -r command; do
    options_of "$command"
  done <commands.txt
} | sort -u >options.txt

# The page without its marks: what is left of its lines is text.
sed 's/\\f[A-Z]//g; s/\\-/-/g; s/"//g' "$page" >page.txt
awk '/^\.SH/ { part = $2 } part == "COMMANDS" && last ~ /^\.TP/ &&
     /^\.BR* [a-z]/ { print $2 } { last = $0 }' page.txt |
  sort -u >described-commands.txt
awk 'last ~ /^\.TP/ { while (match ($0, /--[a-z][a-z-]*/)) {
       print substr ($0, RSTART, RLENGTH)
       $0 = substr ($0, RSTART + RLENGTH) } } { last = $0 }' page.txt |
  sort -u >described-options.txt

check "there are commands" test -s commands.txt
check "the page describes every command and invents none" \
  diff commands.txt described-commands.txt
check "the page describes every option and invents none" \
  diff options.txt described-options.txt
# completes WORD...: what bash offers for the last WORD.
completes ()
{
  bash -c 'complete () { :; }
           . "$1"; shift
           COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
           _loft_registryctl
           printf "%s\n" "${COMPREPLY[@]}"' bash \
    "$installed$LOFT_TEST_DATADIR/bash-completion/completions/loft-registryctl" \
    "$ctl" "$@"
}

completes "" | sort >completed.txt
check "bash completes every command" diff commands.txt completed.txt
completes logs --fo >completed.txt
check "bash completes an option of a command" grep -q -x -e --follow completed.txt
check "without a bus, it says what to do" \
  fails 3 "choose another bus" \
  "$ctl" --address "unix:path=$folder/none" status
check "what can't be written is a failure" \
  sh -c '! "$1" --version >/dev/full' sh "$ctl"

finish
