# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# Pages, as a browser asks for them: hot ones beside nginx, which serves files
# of the same sizes; and how long any one takes that has to be made, among many
# packages.

as_html="Accept: text/html"
readme_package=with-readme

# A package whose README has some of everything.
make_readme_package ()
{
  mkdir -p readme/src
  echo "{\"name\": \"$readme_package\", \"version\": \"1.0.0\"}" \
    >readme/manifest.json
  echo 'fn main () { }' >readme/src/main.lf
  paragraph=0
  while [ $paragraph -lt 50 ]; do
    cat <<'END'
## A section

It has *words*, `code`, [links](https://example.org/) and **more words**, which
go on for a line or two, so that there is something to be read.

- one
- two, with [a file](src/main.lf)

| a | table |
|---|-------|
| 1 | 2     |

```loft
fn greet (name: text) { println ("Hello, {name}") }
```

END
    paragraph=$((paragraph + 1))
  done >readme/README.md
}

# milliseconds PERCENT FILE: of what wrk tells of latencies.
milliseconds ()
{
  awk -v key="$1%" '
    $1 == key {
      v = $2 + 0
      print $2 ~ /us$/ ? v / 1000 : $2 ~ /ms$/ ? v : v * 1000
    }' "$2"
}

# measure_page FILE SCRIPT: one connection, so that nothing waits for others.
measure_page ()
{
  $client wrk -t1 -c1 -d"${BENCH_SECONDS}s" --latency -s "$2" \
    "$(url_of pages)/" >wrk.out 2>&1 || die "wrk: $(cat wrk.out)"
  if grep -q -E 'Non-2xx|Socket errors' wrk.out; then
    die "$2: $(grep -E 'Non-2xx|Socket errors' wrk.out)"
  fi
  echo "$(milliseconds 50 wrk.out) $(milliseconds 99 wrk.out)" >>"$1"
}

measure_pages_from_cold ()
{
  cat >any-page.lua <<END
wrk.headers["Accept"] = "text/html"
request = function ()
  return wrk.format ("GET", "/packages/filled-"
                            .. math.random (0, $((BENCH_VERSIONS - 1))))
end
END
  cat >readme-page.lua <<END
wrk.headers["Accept"] = "text/html"
request = function ()
  return wrk.format ("GET", "/packages/$readme_package")
end
END
  start_loft pages hot-responses=false
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    measure_page pages.any any-page.lua
    measure_page pages.readme readme-page.lua
    round=$((round + 1))
  done
  stop pages
}

# get_page PATH FILE
get_page ()
{
  curl -sf -o "$2" -H "$as_html" "$(url_of pages)$1" ||
    die "there is no page $1"
}

measure_hot_pages ()
{
  start_loft pages public-url=https://registry.example.org
  mkdir -p pages-nginx/www
  get_page / pages-nginx/www/home
  get_page /packages/filled-0 pages-nginx/www/list
  get_page /packages/$readme_package pages-nginx/www/readme
  start_nginx pages-nginx
  round=0
  while [ $round -lt "$BENCH_ROUNDS" ]; do
    for row in "home /" "list /packages/filled-0" \
               "readme /packages/$readme_package"; do
      for name in pages pages-nginx; do
        path=${row#* }
        if [ $name = pages-nginx ]; then
          path=/${row%% *}
        fi
        load $name "$BENCH_SECONDS" 32 "$path" "$as_html" \
          >>"${row%% *}.$name" || exit 1
      done
    done
    round=$((round + 1))
  done
  stop pages
  stop_others
}

show_page ()
{
  printf '%-42s p50 %.2f ms, p99 %.2f ms\n' "$1" "$(median 1 "$2")" \
    "$(median 2 "$2")"
}

show_pages ()
{
  echo
  printf '%-42s %8s %8s %5s %21s %11s\n' "Pages, requests a second" ours \
    theirs ratio "CPU µs each, ratio" "calls each"
  for row in "home /" "list /packages/NAME" "readme  with a README"; do
    show_row "${row#* }, $(bytes_in "pages-nginx/www/${row%% *}") B, to nginx" \
      "${row%% *}" pages pages-nginx
  done
  show_page "any of $BENCH_VERSIONS packages, not hot" pages.any
  show_page "  with a README, not hot" pages.readme
}

bench_pages ()
{
  nginx_program=$(PATH=$PATH:/usr/sbin:/sbin command -v nginx)
  for program in "${nginx_program:-nginx}" wrk; do
    if ! has "$program"; then
      echo
      echo "Pages: skipped, since $program is missing"
      return
    fi
  done

  "$bench/bench-fill" pages/storage "$BENCH_VERSIONS" 1 500 || exit 1
  make_readme_package
  start_loft pages
  "$LOFT_REGISTRYCTL" publish --registry "$(url_of pages)" readme \
    >published 2>&1 || die "publish: $(cat published)"
  stop pages
  measure_hot_pages
  measure_pages_from_cold
  show_pages
}
