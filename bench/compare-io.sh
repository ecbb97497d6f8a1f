#!/usr/bin/env bash
# Compares every I/O mechanism in one run: starts one echo server for each, all on one core, and alternates a load
# generator over them from another. Prints one line per mechanism, with the ratio to the first; quote the ratios.
#
# usage: LOAD=path/to/load COMPARE=path/to/ab.py bench/compare-io.sh [MECHANISM ...] [-- LOAD-ARGUMENTS ...]
#
#   LOAD         the load generator: takes -p PORT -P SERVER-PID and the load arguments, prints one line of key=value
#   COMPARE      the program that alternates: -n ROUNDS --load LOAD --cpu CORE NAME=PORT:PID ... -- LOAD-ARGUMENTS
#   REFERENCE    a server to compare with, run as "REFERENCE PORT"; it comes first (optional)
#   PENSTOCK     the command; default: the Release build in this repository
#   ROUNDS       default 7        SERVER_CPU  default 0        LOAD_CPU  default 1        BASE_PORT  default 5900
#
# The single-threaded models serve one connection to its end, so they are measured only when they are named, which asks
# for "-- -c 1". Needs two cores, taskset and whatever the two programs need.
set -euo pipefail

: "${LOAD:?the path of the load generator}"
: "${COMPARE:?the path of the program that alternates the load generator}"
root=$(cd "$(dirname "$0")/.." && pwd)
penstock=${PENSTOCK:-$root/src/Penstock.Cli/bin/Release/net10.0/penstock}
server_cpu=${SERVER_CPU:-0}
load_cpu=${LOAD_CPU:-1}
port=${BASE_PORT:-5900}
logs=$(mktemp -d)
servers=()
pids=()

mechanisms=()
while [[ $# -gt 0 && $1 != -- ]]; do
    mechanisms+=("$1")
    shift
done
[[ ${1:-} == -- ]] && shift
load_arguments=("$@")
[[ ${#load_arguments[@]} -gt 0 ]] || load_arguments=(-c 64 -d 1 -s 32 -t 2)
[[ ${#mechanisms[@]} -gt 0 ]] || mechanisms=(io_uring epoll poll kqueue sockets thread-per-connection busy-wait)

stop() {
    for pid in "${pids[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$logs"
}
trap stop EXIT

listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start NAME COMMAND...: leaves a mechanism out that this machine refuses, and says so.
start() {
    local name=$1 pid
    shift
    taskset -c "$server_cpu" "$@" >"$logs/$name" 2>&1 &
    pid=$!
    for _ in {1..200}; do
        if ! kill -0 "$pid" 2>/dev/null; then
            echo "$name is left out: $(tail -n 1 "$logs/$name")" >&2
            return 0
        fi
        listens "$port" && break
        sleep 0.05
    done
    pids+=("$pid")
    servers+=("$name=$port:$pid")
    port=$((port + 1))
}

[[ -z ${REFERENCE:-} ]] || start reference "$REFERENCE" "$port"
for mechanism in "${mechanisms[@]}"; do
    case $mechanism in
        # It would take the core from all the others, also while it is their turn.
        busy-wait) [[ ${#mechanisms[@]} -eq 1 ]] || { echo "busy-wait is left out: it must be measured alone" >&2; continue; } ;;
    esac
    start "$mechanism" "$penstock" serve echo --io "$mechanism" --loops 1 --port "$port" --idle-timeout 0
done

# A first round that is thrown away: the runtime compiles what is hot.
for server in "${servers[@]}"; do
    address=${server#*=}
    taskset -c "$load_cpu" "$LOAD" -p "${address%:*}" -P "${address#*:}" "${load_arguments[@]}" >/dev/null
done
for server in "${servers[@]}"; do
    grep -h listening "$logs/${server%%=*}" || true
done
"$COMPARE" -n "${ROUNDS:-7}" --load "$LOAD" --cpu "$load_cpu" "${servers[@]}" -- "${load_arguments[@]}"
