# What the scripts of this folder share: a throw-away server in DIR, on a free loopback port, ended by its own id.
# A script sets `name` and defines `installed`, `install` and `serve PORT` (which execs the server), then sources this. Installations are kept under build/servers.
set -euo pipefail

usage() { sed -n '2,8s/^# //p' "$0" >&2; exit 2; }
[ $# -eq 2 ] || [ "${1:-}" = install ] || usage
verb=$1; dir=$(realpath -m "${2:-.}"); kept=$(realpath "$(dirname "$0")/../..")/build/servers

. "$(dirname "$0")/free_port.bash"

install_once() {  # one at a time, however many test binaries start together
  mkdir -p "$kept"
  exec 9>"$kept/.$name.lock"
  flock 9
  if ! installed; then
    echo "installing $name" >&2
    install >"$kept/$name.log" 2>&1 || { tail -20 "$kept/$name.log" >&2; echo "$name could not be installed" >&2; exit 3; }
  fi
  exec 9>&-
}

stop() {
  local pid
  pid=$(cat "$dir/pid" 2>/dev/null) || return 0
  # Only a process that was started with this DIR: an id can have been given to another since.
  if [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$dir" ]; then
    kill -KILL "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
  fi
  rm -rf "$dir"
}

answers() { curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$1/"; }

start() {
  local port
  install_once
  if [ -e "$dir" ] && [ -n "$(ls -A "$dir")" ]; then echo "$dir is not empty" >&2; exit 2; fi
  mkdir -p "$dir"
  port=$(free_port)
  (cd "$dir" && serve "$port") >"$dir/log" 2>&1 </dev/null &
  echo $! >"$dir/pid"
  disown
  for _ in $(seq 300); do
    if answers "$port"; then
      printf '%s\n' "LAZARET_TEST_DYNAMODB_ENDPOINT=http://127.0.0.1:$port" AWS_REGION=us-east-1 \
        AWS_ACCESS_KEY_ID=LAZARETTESTKEY000001 AWS_SECRET_ACCESS_KEY=lazaret-test-secret
      return
    fi
    kill -0 "$(cat "$dir/pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -20 "$dir/log" >&2
  echo "$name does not answer" >&2
  stop; exit 1
}

case $verb in
  install) install_once ;;
  start) trap 'stop; exit 1' INT TERM; start ;;
  run) trap stop EXIT; trap 'exit 1' INT TERM; start; exec >&-; cat >/dev/null ;;
  stop) stop ;;
  *) usage ;;
esac
