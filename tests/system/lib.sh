# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What the system tests share: TAP, and the installed program in a folder of
# its own. A test sources this first and calls finish last.

set -u

installed=$G_TEST_BUILDDIR/installed
program=$installed$LOFT_TEST_BINDIR/loft-registryd

# The installed program, as if it were where it was configured for.
LD_LIBRARY_PATH=$installed$LOFT_TEST_PKGLIBDIR
LOFT_BACKENDDIR=$installed$LOFT_TEST_PKGLIBDIR/backends
export LD_LIBRARY_PATH LOFT_BACKENDDIR

# Nothing of the user's environment shall count, and warnings are looked for in
# the log rather than fatal, for some are expected.
unset BIND_ADDR STORAGE_DIR CACHE_DIRECTORY G_DEBUG G_MESSAGES_DEBUG || :
for variable in $(env | sed -n 's/^\(LOFT_REGISTRY[A-Z_]*\)=.*/\1/p'); do
  unset "$variable"
done

folder=$(mktemp -d "${TMPDIR:-/tmp}/loft-system.XXXXXX")
XDG_CACHE_HOME=$folder/cache
export XDG_CACHE_HOME
cd "$folder" || exit 99

pids=
points=0

clean_up ()
{
  for pid in $pids; do
    kill -KILL "$pid" 2>/dev/null
  done
  cd / && rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 99' HUP INT TERM

# check DESCRIPTION COMMAND...: one test point, passed if COMMAND succeeds.
check ()
{
  points=$((points + 1))
  description=$1
  shift
  if "$@" >check.out 2>&1; then
    echo "ok $points - $description"
  else
    echo "not ok $points - $description"
    sed 's/^/# /' check.out
    for log in *.log; do
      if [ -s "$log" ]; then
        echo "# the end of $log:"
        tail -n 20 "$log" | sed 's/^/# /'
      fi
    done
  fi
}

# skip DESCRIPTION REASON: one test point that can't be tried here.
skip ()
{
  points=$((points + 1))
  echo "ok $points - $1 # SKIP $2"
}

finish ()
{
  echo "1..$points"
}

# within SECONDS COMMAND...: waits until COMMAND succeeds.
within ()
{
  tries=$(($1 * 20))
  shift
  while ! "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    if [ "$tries" -le 0 ]; then
      echo "in vain: $*"
      return 1
    fi
    sleep 0.05
  done
}

dead ()
{
  ! kill -0 "$1" 2>/dev/null
}

listening_or_dead ()
{
  grep -q 'Listening on' "$1.log" || dead "$2"
}

# start NAME OPTION...: starts a daemon that logs to NAME.log, and waits until
# it listens. Sets $pid, and $url to the first of its addresses.
start ()
{
  name=$1
  shift
  : >"$name.log"
  "$program" "$@" >"$name.out" 2>"$name.log" &
  pid=$!
  pids="$pids $pid"
  within 30 listening_or_dead "$name" "$pid"
  url=$(sed -n 's/.*Listening on \(http[^ ]*[^/ ]\).*/\1/p' "$name.log" |
    head -n 1)
  [ -n "$url" ]
}

# start_bus: starts a bus of the user's, for what is started later.
start_bus ()
{
  dbus-daemon --session --nofork --nopidfile --print-address=1 \
    --address="unix:dir=$folder" >bus.out 2>bus.log &
  pids="$pids $!"
  within 10 test -s bus.out || return 1
  DBUS_SESSION_BUS_ADDRESS=$(head -n 1 bus.out)
  export DBUS_SESSION_BUS_ADDRESS
}

# stop SIGNAL EXPECTED: stops the last daemon, which has to exit so in time.
stop ()
{
  kill -"$1" "$pid" || return 1
  within 20 dead "$pid" || return 1
  status=0
  wait "$pid" || status=$?
  echo "exit status $status"
  [ "$status" -eq "$2" ]
}

# fails STATUS TEXT COMMAND...: COMMAND ends so, and says TEXT.
fails ()
{
  expected=$1
  text=$2
  shift 2
  status=0
  timeout 30 "$@" >fails.out 2>&1 || status=$?
  cat fails.out
  echo "exit status $status"
  [ "$status" -eq "$expected" ] && grep -q -F -e "$text" fails.out
}

# says TEXT COMMAND...: COMMAND succeeds, and says TEXT.
says ()
{
  text=$1
  shift
  fails 0 "$text" "$@"
}

logged ()
{
  within 10 grep -q -F -e "$2" "$1.log"
}

not_logged ()
{
  ! grep -F -e "$2" "$1.log"
}

# quiet NAME: nothing went wrong that the log of NAME tells of.
quiet ()
{
  ! grep -E 'Z (warning|critical|error) ' "$1.log"
}

get ()
{
  curl -sS --max-time 20 "$@"
}

# shows TEXT CURL-OPTION...: the answer has TEXT in it.
shows ()
{
  wanted=$1
  shift
  answer=$(get "$@") || return 1
  printf '%s\n' "$answer"
  case $answer in
    *"$wanted"*) ;;
    *) return 1 ;;
  esac
}

# status_of CURL-OPTION...: prints the status of the answer.
status_of ()
{
  get -o /dev/null -w '%{http_code}' "$@"
}

# answers STATUS CURL-OPTION...
answers ()
{
  wanted=$1
  shift
  actual=$(status_of "$@")
  echo "answer $actual"
  [ "$actual" = "$wanted" ]
}

# make_package NAME VERSION [BYTES]: makes NAME-VERSION.tar.gz, with so much
# in it that can't be compressed.
make_package ()
{
  mkdir -p "package/src"
  head -c "${3:-0}" /dev/urandom >package/src/noise
  printf '{"name":"%s","version":"%s","entrypoint":"src/main.lf",%s}\n' \
    "$1" "$2" '"dependencies":{}' >package/manifest.json
  printf '// %s %s\n' "$1" "$2" >package/src/main.lf
  tar -C package --format=gnu -czf "$1-$2.tar.gz" manifest.json src
  rm -rf package
}

# publish NAME VERSION CURL-OPTION...: makes a package and publishes it.
publish ()
{
  package=$1
  version=$2
  shift 2
  make_package "$package" "$version"
  status_of -T "$package-$version.tar.gz" \
    -H 'Content-Type: application/gzip' -H 'Expect:' \
    "$@" "$url/packages/$package/$version"
}

publishes ()
{
  wanted=$1
  shift
  actual=$(publish "$@")
  echo "answer $actual"
  [ "$actual" = "$wanted" ]
}

# cut_short COMMAND...: runs it again and again, each time a bit longer before it
# is killed, until it gets to its end.
cut_short ()
{
  for tries in 1 2 3 4 5 6 8 10 12 15 20 25 30 40 50 60 80 100 150 200; do
    "$@" >cut.out 2>&1 &
    job=$!
    pids="$pids $job"
    sleep "$(echo "$tries" | awk '{ print $1 * 0.05 }')"
    if kill -KILL "$job" 2>/dev/null; then
      wait "$job" 2>/dev/null
      continue
    fi
    status=0
    wait "$job" || status=$?
    cat cut.out
    echo "exit status $status"
    return "$status"
  done
  echo "it comes to no end"
  return 1
}
