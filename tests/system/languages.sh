#!/bin/sh
# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# People are spoken to in their language, and programs in no language at all.

. "$G_TEST_SRCDIR/system/lib.sh"

ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl
LOFT_LOCALEDIR=$installed$LOFT_TEST_LOCALEDIR
LOCPATH=$folder/locales
export LOFT_LOCALEDIR LOCPATH
unset LC_ALL LC_MESSAGES LANG NO_COLOR LOFT_TOKEN LOFT_REGISTRY || :

if [ ! -d "$LOFT_LOCALEDIR" ]; then
  skip "people are spoken to in their language" "built without translations"
  finish
  exit
fi

# speak LANGUAGE LOCALE: from now on in this language. The locale is made here,
# for few machines have those of others; where it can't be made, LANGUAGE has
# its way with C.UTF-8 in all but the C libraries of old and of others.
speak ()
{
  language=$1
  mkdir -p locales
  if [ -d "locales/$2.UTF-8" ] ||
     localedef -f UTF-8 -i "$2" "locales/$2.UTF-8" >/dev/null 2>&1; then
    LC_ALL=$2.UTF-8 LANGUAGE=
  else
    LC_ALL=C.UTF-8 LANGUAGE=$1
  fi
  export LC_ALL LANGUAGE
}

# widths: how many columns of a terminal each line takes.
widths ()
{
  while read -r line; do
    printf '%s\n' "$line" | LC_ALL=C.UTF-8 wc -L
  done | sort -u
}

# aligned COMMAND...: the descriptions of all options begin below each other.
aligned ()
{
  "$@" --help >help.txt || return 1
  cat help.txt
  grep -q '^  --' help.txt || return 1
  rm -f part*.txt
  awk '/^$/ { part++ } { print >("part" part+0 ".txt") }' help.txt
  for part in part*.txt; do
    LC_ALL=C.UTF-8 sed -n 's/^\(  .*[^ ]\)\(   *\)[^ ].*$/|\1\2|/p' "$part" \
      >columns.txt
    [ "$(widths <columns.txt | wc -l)" -le 1 ] || return 1
  done
}

# The registry, on a bus that is its own.
if command -v dbus-daemon >/dev/null; then
  start_bus
  bus=session
else
  bus=none
fi
cat >test.conf <<END
[registry]
bus=$bus
[http]
listen=127.0.0.1:0
END

# language CODE LOCALE, and lines of what it says: of both programs' help, of
# the errors that a wrong option, a wrong configuration and a folder in use
# are, and of the status and a list.
language ()
{
  speak "$1" "$2"
  what=$1

  check "$what: loft-registryctl tells its commands" says "$3" "$ctl" --help
  check "$what: and its options" says "$4" "$ctl" packages --help
  check "$what: loft-registryd tells its options" says "$5" "$program" --help
  check "$what: that no bus is there" fails 3 "$6" \
    "$ctl" --address "unix:path=$folder/none" status
  check "$what: that a value is none" fails 2 "$7" \
    env LOFT_REGISTRY_MAX_RATIO=0 "$program" --check-config
  check "$what: that a folder is in use" fails 1 "$8" \
    "$program" --config test.conf --storage storage
  check "$what: columns of the help" aligned "$ctl" logs
  check "$what: columns of the help of the server" aligned "$program"
  if [ "$bus" = session ]; then
    check "$what: how the registry is" says "$9" "$ctl" --user status
    "$ctl" --user status | LC_ALL=C.UTF-8 sed 's/[:：].*/|/' >labels.txt
    check "$what: columns of the status" \
      test "$(sed 's/^/|/' labels.txt | widths | wc -l)" = 1
    for command in "status" "packages" "show hello" "logs" "token list"; do
      "$ctl" --user --json $command |
        sed 's/"uptime":[0-9]*//' >"$1-${command%% *}.json"
      check "$what: JSON of $command is that of all languages" \
        cmp "C-${command%% *}.json" "$1-${command%% *}.json"
    done
  fi
}

# It starts in a language with other numbers, and is talked to in all.
speak de de_DE
check "a registry starts in German" start main \
  --config test.conf --storage storage
check "a package is published" publishes 201 hello 1.0.0
get "$url/metrics" >metrics.txt
check "figures are written as programs want them" \
  sh -c '! grep -v "^#" metrics.txt | grep -v " [0-9][0-9.e+-]*$"'
check "there are some" grep -q '^loft_' metrics.txt
if [ "$bus" = session ]; then
  "$ctl" --user --json metrics >metrics.json
  check "and in JSON" sh -c '! grep "\"value\":-*[0-9]*,[0-9]" metrics.json'
  check "among them are fractions" \
    grep -q '"value":[0-9]*\.[0-9]*[1-9]' metrics.json
fi
check "the log is in English" logged main "Listening on"
printf '[registry]\npublish=maybe\n' >>test.conf
kill -HUP "$pid"
check "also of mistakes in the configuration" \
  logged main "publish: “maybe” is not one of: open, claim, token"
sed -i '$d' test.conf

speak C C
LC_ALL=C LANGUAGE=
for command in "status" "packages" "show hello" "logs" "token list"; do
  "$ctl" --user --json $command |
    sed 's/"uptime":[0-9]*//' >"C-${command%% *}.json"
done
check "without a language they speak English" says "Commands:" "$ctl" --help

language de de_DE \
  "  yank         Eine Version aus den Listen nehmen (yank)" \
  "  -n, --limit=ZAHL       Höchstens so viele auflisten; ohne Grenze alle" \
  "Die Konfiguration prüfen, ausgeben, was gilt, und beenden" \
  "Keine Verbindung zu diesem Bus: " \
  "LOFT_REGISTRY_MAX_RATIO: „0“ ist keine Zahl von 1 bis 2000" \
  "storage“ wird von einem anderen Server benutzt (" \
  "Letztes Ereignis:  2"
language es es_ES \
  "  yank         Retirar una versión de las listas (yank)" \
  "Mostrar como mucho tantos; todos si no hay límite" \
  "Comprobar la configuración, mostrar lo que vale y salir" \
  "No hay conexión con ese bus: " \
  "LOFT_REGISTRY_MAX_RATIO: «0» no es un número de 1 a 2000" \
  "storage» lo está usando otro servidor (" \
  "Catálogo:  listo"
language fr fr_FR \
  "  yank         Retirer une version des listes (yank)" \
  "En lister au plus autant ; tous s’il n’y a pas de limite" \
  "Vérifier la configuration, afficher ce qui vaut, puis quitter" \
  "Pas de connexion à ce bus : " \
  "LOFT_REGISTRY_MAX_RATIO: « 0 » n’est pas un nombre de 1 à 2000" \
  "storage » est utilisé par un autre serveur (" \
  "Catalogue :  prêt"
language zh_CN zh_CN \
  "  yank         从列表中撤回一个版本（yank）" \
  "最多列出这么多；不限制则全部列出" \
  "检查配置，输出生效的内容，然后退出" \
  "无法连接该总线：" \
  "LOFT_REGISTRY_MAX_RATIO: “0”不是 1 到 2000 之间的数字" \
  "storage”正被另一个服务器使用（" \
  "编目：  就绪"

for language in de es fr zh_CN; do
  if command -v msgfmt >/dev/null; then
    check "polkit asks in $language" \
      grep -r "<message xml:lang=\"$language\">" \
      "$installed$LOFT_TEST_DATADIR/polkit-1/actions"
  else
    skip "polkit asks in $language" "built without gettext's tools"
  fi
done

check "it stops" stop TERM 0
finish
