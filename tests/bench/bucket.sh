# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Registries on a bucket, beside the engine alone: the same client sends it
# signed requests, and keeps its connections.

bucket_parts="bucket_publishes bucket_downloads bucket_lag bucket_reads
  bucket_start"

# Runs these parts with an engine of their own, and a count of its requests
# with another one, since keeping a log takes time.
bench_bucket ()
{
  if ! PATH=$PATH:/usr/sbin has radosgw; then
    echo "Registries on a bucket: skipped, since Ceph is missing"
    return
  fi

  BENCH_PARTS=$bucket_parts "$source/../engines/with-ceph" "$BENCH_ENGINE" \
    "$source/run-bench" || exit 1
  LOFT_TEST_REQUESTS=$folder/requests BENCH_PARTS=bucket_requests \
    "$source/../engines/with-ceph" "$BENCH_ENGINE" "$source/run-bench" ||
    exit 1
}

# start_node NAME KEY=VALUE...: a registry on the bucket, with a cache of its
# own, by one process. Keys are of the group [registry], but for "http/KEY".
start_node ()
{
  name=$1
  shift
  mkdir -p "$name"
  {
    sed '/^timeout=/d' "$LOFT_TEST_CONFIG" |
      sed "/^\\[registry\\]/a cache-directory=$folder/$name/cache"
    echo '[registry]'
    printf '%s\n' "$@" | sed '/^http\//d'
    printf '[http]\nlisten=127.0.0.1:0\nworkers=1\naccess-log=false\n'
    printf 'idle-timeout=3600\n'
    printf '%s\n' "$@" | sed -n 's/^http\///p'
  } >"$name/bench.conf"
  where=$server
  launch "$name"
}

# fill NAME CLIENTS SECONDS SIZE PREFIX [new]: publishes at a registry.
fill ()
{
  filled=$(port_of "$1")
  shift
  seconds=$2
  $client "$bench/bench-publish" "$filled" "$seconds" "$1" "$3" "$4" ${5:+"$5"}
}

# engine COMMAND...
engine ()
{
  $client "$bench/bench-engine" "$LOFT_TEST_CONFIG" "$@"
}

show_bucket_publishes ()
{
  echo
  printf '%-44s %8s %6s %8s %8s\n' \
    "Publishing to a bucket, $1 clients, $tarball_size B" "a second" ratio \
    "p50 ms" "p99 ms"
  put=$(median 1 "put-$1")
  show_rate "one PUT of the same bytes; no server" "put-$1" "$put"
  show_rate "another version of a package" "next-$1" "$put"
  show_rate "the first version of a package" "new-$1" "$put"
}

bench_bucket_publishes ()
{
  start_node publisher
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    for clients in 1 8; do
      engine put "$BENCH_SECONDS" $clients $tarball_size \
        "put-$clients-$round" >>"put-$clients" || exit 1
      fill publisher $clients "$BENCH_SECONDS" $tarball_size \
        "next-$clients-$round" >>"next-$clients" || exit 1
      fill publisher $clients "$BENCH_SECONDS" $tarball_size \
        "new-$clients-$round" new >>"new-$clients" || exit 1
    done
    round=$((round + 1))
  done

  show_bucket_publishes 1
  show_bucket_publishes 8
  stop publisher
}

# requests_of LABEL CLIENTS PREFIX [new]: what the gateway was asked for while
# versions were published, for each; looks at the log are not on its way.
requests_of ()
{
  label=$1
  before=$(wc -l <"$LOFT_TEST_REQUESTS")
  shift
  fill counted "$1" "$BENCH_SECONDS" 1000 "$2" ${3:+"$3"} >filled || exit 1
  sleep 1
  tail -n +$((before + 1)) "$LOFT_TEST_REQUESTS" |
    sed -n -e 's|.* beast: [^"]*"||' \
      -e 's|^\([A-Z]*\) /loft-test/some/prefix/\([^ ?]*\).*" \([0-9]*\) .*|\1 \2 \3|p' |
    sed -e 's| _registry/log/[0-9]*| _registry/log/SEQ|' \
      -e 's| \(_registry/[a-z]*\)/[0-9a-z-]\{9,\}| \1/NAME|' \
      -e 's| [a-z0-9-]*/1\.0\.[0-9]*\.| NAME/VERSION.|' \
      -e 's| [a-z0-9-]*/package| NAME/package|' |
    grep -v -e '^GET _registry/log/' -e _registry/maintenance \
      -e _registry/checkpoint >asked
  published=$(awk '{ print $5 }' filled)
  printf '%s: %s\n' "$label" "$(divide %.2f "$(wc -l <asked)" "$published")"
  sort asked | uniq -c | sort -r -n | awk -v n="$published" '
    $1 / n < 0.1 { others += $1; next }
    { printf "  %6.2f  %s %s: %s\n", $1 / n, $2, $3, $4 }
    END { printf "  %6.2f  others\n", others / n }'
}

bench_bucket_requests ()
{
  start_node counted
  echo
  echo "Requests to the gateway for each publish, as it has noted them"
  requests_of "another version of a package, one client" 1 one
  requests_of "another version of a package, 8 clients" 8 eight
  requests_of "the first version of a package, one client" 1 first new
  stop counted
}
