# Copyright © 2026 The loft-registry authors
#
# SPDX-License-Identifier: GPL-3.0-or-later

# What the tests with a browser share: where they are run, and what the driver
# is. Sets $absent to what is missing for them.

. "$G_TEST_SRCDIR/system/lib.sh"

ctl=$installed$LOFT_TEST_BINDIR/loft-registryctl
docs=$installed$LOFT_TEST_BINDIR/loft-registry-docs
place=$G_TEST_BUILDDIR/browser-run
absent=
CHROMIUM=$(command -v chromium || command -v chromium-browser || :)
export CHROMIUM

# The driver comes once into the build, as the lock file says, to the byte.
driver_installed ()
{
  mkdir -p "$place" &&
    cp "$G_TEST_SRCDIR"/browser/*.json "$G_TEST_SRCDIR"/browser/*.mjs \
      "$place" || return 1
  if ! cmp -s "$place/package-lock.json" "$place/installed-lock.json"; then
    (cd "$place" && timeout 120 npm ci --ignore-scripts --no-audit \
      --no-fund --fetch-retries=1) >npm.log 2>&1 || return 1
    cp "$place/package-lock.json" "$place/installed-lock.json"
  fi
}

if [ -z "$CHROMIUM" ]; then
  absent="there is no chromium"
elif ! command -v node >/dev/null; then
  absent="there is no node"
elif ! command -v npm >/dev/null; then
  absent="there is no npm"
elif ! driver_installed; then
  absent="the browser's driver can't be installed"
fi

# begin NAME OPTION...: starts a daemon, and waits until it is ready.
begin ()
{
  name=$1
  shift
  start "$name" -s "$name" -l 127.0.0.1:0 "$@" &&
    within 20 answers 200 "$url/readyz"
}

# build_docs: starts what builds documentation, if that can be done here, and has
# the next daemon use it. Leaves open what takes for ever.
build_docs ()
{
  LOFT_TEST_DOCS=no
  export LOFT_TEST_DOCS
  bwrap --ro-bind / / --unshare-all true 2>/dev/null || return 0

  # Who builds is nobody, and has to get there.
  chmod 711 . && mkdir -p docs-tools && cat >docs-tools/make-docs <<'END'
case $(head -n 1 manifest.json) in
  *undocumentable*)
    echo "Reading src/main.lf"
    echo "src/main.lf:3: there is no function <hello>, and nothing else that is called so" >&2
    exit 3 ;;
  *documenting*) sleep 3000 ;;
esac
echo '<h1 id="a">What it does</h1>
<script>document.getElementById("a").textContent = "stolen"</script>' \
  >"$1/index.html"
END
  "$docs" --listen "$PWD/docs.sock" --read "$PWD/docs-tools" 2>docs.log &
  pids="$pids $!"
  within 10 test -S docs.sock || return 1
  LOFT_TEST_DOCS=yes
  {
    echo "doc-command = sh $PWD/docs-tools/make-docs {output}"
    echo "doc-socket = $PWD/docs.sock"
    echo 'doc-attempts = 1'
    echo 'doc-timeout = 3600'
  } >>full.conf
}

# begin_all: starts one that will be filled, at $full, and one that stays empty,
# at $empty.
begin_all ()
{
  printf '[registry]\ndownload-count-interval = 1\n' >full.conf
  if command -v dbus-daemon >/dev/null && start_bus; then
    echo 'bus = session' >>full.conf
  fi
  build_docs || return 1
  printf '[http]\npublic-url = https://packages.example.org\n' >>full.conf
  begin empty -c /dev/null || return 1
  empty=$url
  begin full -c full.conf || return 1
  full=$url
  [ "$LOFT_TEST_DOCS" = no ] || within 20 test -e full/_registry/docs.json
}

# deprecate_one: says on the bus, if there is one, that a package is of old.
deprecate_one ()
{
  ! grep -q '^bus' full.conf ||
    "$ctl" --user deprecate old-thing "Use <hello> instead"
}
