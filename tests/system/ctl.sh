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

# Which types there are, the refusal of another one tells.
LC_ALL=C.UTF-8 "$ctl" logs --type none >types.txt 2>&1 || :
check "a wrong type is refused with the right ones" grep -q token-revoke types.txt

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

# The same for zsh, whose own functions print what they are to offer.
zsh_completes ()
{
  zsh -f -c '_describe () { [[ $1 == -o ]] && shift
                            print -l -- "${(@)${(@P)2}%%:*}"; }
             compadd () { [[ $1 == -a ]] && print -l -- "${(@P)2}" ||
                          print -l -- "$@"; }
             _files () { :; }
             file=$1; shift
             words=("$@") CURRENT=$#
             set --
             source "$file"' zsh \
    "$installed$LOFT_TEST_DATADIR/zsh/site-functions/_loft-registryctl" \
    "$ctl" "$@"
}

# And for fish, which finds the program by its name.
fish_completes ()
{
  HOME=$folder PATH=${ctl%/*}:$PATH fish --no-config -c \
    'source $argv[1]; complete -C "loft-registryctl $argv[2..-1]"' \
    "$installed$LOFT_TEST_DATADIR/fish/vendor_completions.d/loft-registryctl.fish" \
    "$@" | cut -f 1
}

# offers SHELL FUNCTION: it offers what --help tells of, and nothing else.
offers ()
{
  "$2" "" | sort >completed.txt
  check "$1 completes every command and invents none" \
    diff commands.txt completed.txt
  {
    "$2" --
    while read -r command; do
      "$2" "$command" -- </dev/null
    done <commands.txt
  } | sort -u >completed.txt
  check "$1 completes every option and invents none" \
    diff options.txt completed.txt
  "$2" token "" | sort >completed.txt
  printf '%s\n' create list revoke >expected.txt
  check "$1 completes what can be done with tokens" \
    diff expected.txt completed.txt
  "$2" migrate --verify "" | sort >completed.txt
  printf '%s\n' all sizes written >expected.txt
  check "$1 completes how much a copy is verified" \
    diff expected.txt completed.txt
  "$2" logs --type "" | sort >completed.txt
  sed -n 's/.*--type: .* none of //p' types.txt | sed 's/, /\n/g' |
    sort >expected.txt
  check "$1 completes the types of events" diff expected.txt completed.txt
  "$2" token create ann --scope "" | sort >completed.txt
  printf '%s\n' admin owners publish-new publish-update yank >expected.txt
  check "$1 completes the scopes of a token" diff expected.txt completed.txt
}

# A registry that has three packages, as far as the tables tell. The original
# server took the name of the last one, too.
mkdir stub
cat >stub/loft-registryctl <<EOF
#!/bin/sh
case "\$*" in
  '--user packages -n 1000')
    printf 'NAME VERSION\nalpha 1.0.0\nbeta 1.0.0\n\$(>hit) 1.0.0\n' ;;
  *) exec '$ctl' "\$@" ;;
esac
EOF
chmod +x stub/loft-registryctl

# names SHELL FUNCTION: it offers the packages of the registry that is asked.
names ()
{
  (ctl=$folder/stub/loft-registryctl
   "$2" --user show "") >offered.txt
  tr -d '\\' <offered.txt | sort >completed.txt
  printf '%s\n' '$(>hit)' alpha beta | sort >expected.txt
  check "$1 completes the names of packages" diff expected.txt completed.txt
  check "$1 runs none of them" test ! -e hit
  rm -f hit
}

offers bash completes
names bash completes
check "bash is given them quoted" grep -q -x -F '\$\(\>hit\)' offered.txt
for shell in zsh fish; do
  if command -v "$shell" >/dev/null; then
    case $shell in
      zsh) file=zsh/site-functions/_loft-registryctl ;;
      fish) file=fish/vendor_completions.d/loft-registryctl.fish ;;
    esac
    check "$shell can read what it is given" \
      "$shell" -n "$installed$LOFT_TEST_DATADIR/$file"
    offers "$shell" "${shell}_completes"
    names "$shell" "${shell}_completes"
  else
    skip "$shell completes commands and options" "needs $shell"
  fi
done
check "without a bus, it says what to do" \
  fails 3 "choose another bus" \
  "$ctl" --address "unix:path=$folder/none" status
check "what can't be written is a failure" \
  sh -c '! "$1" --version >/dev/full' sh "$ctl"

finish
