#!/bin/bash
# Compares ASP.NET Core on its stock transport and on Penstock: same program, same run, the servers on one core and the
# generator on another, in alternation.
#
# usage: LOAD=/path/to/load AB=/path/to/ab.py bench/aspnetcore.sh [rounds] [seconds]
#   LOAD  the load generator (closed loop, -m http); required
#   AB    the script that alternates it over running servers and prints ratios; required
#   SERVER_CPU, LOAD_CPU  the cores (default 0 and 1)
#   WRK   if set, also runs wrk for the replies that the generator does not ask for: JSON, 64 KiB, 1 MiB uploads
set -u
rounds=${1:-7}
seconds=${2:-3}
: "${LOAD:?the load generator}" "${AB:?the alternation script}"
server_cpu=${SERVER_CPU:-0}
load_cpu=${LOAD_CPU:-1}
cd "$(dirname "$0")/.." || exit 1
dotnet build bench/peers/AspNetCore -c Release --nologo -v q -m:1 || exit 1
program=bench/peers/AspNetCore/bin/Release/net10.0/aspnetcore-peer

names=(sockets inline threadpool)
pids=()
servers=()
stop() { kill "${pids[@]}" 2>/dev/null; wait 2>/dev/null; }
trap stop EXIT
for i in "${!names[@]}"; do
    port=$((6200 + i))
    taskset -c "$server_cpu" "$program" "${names[$i]}" "$port" &
    pids+=($!)
    servers+=("${names[$i]}=$port:${pids[$i]}")
done
for i in "${!names[@]}"; do
    until curl -sf "localhost:$((6200 + i))/" >/dev/null; do sleep 0.1; done
done

echo "warming up: the runtime compiles hot code again in the background of the same core"
for depth in 1 16 1 16; do
    for i in "${!names[@]}"; do
        taskset -c "$load_cpu" "$LOAD" -m http -p $((6200 + i)) -c 64 -d "$depth" -t 4 >/dev/null
    done
done

for shape in "-c 64 -d 1" "-c 64 -d 16" "-c 512 -d 1"; do
    echo "== http $shape"
    # shellcheck disable=SC2086
    python3 "$AB" -n "$rounds" --load "$LOAD" --cpu "$load_cpu" "${servers[@]}" -- -m http $shape -t "$seconds"
done

if [ -n "${WRK:-}" ]; then
    post=$(mktemp)
    printf 'wrk.method = "POST"\nwrk.body = string.rep("x", 1048576)\n' >"$post"
    for path in / /json /large /upload; do
        echo "== wrk -c 64 $path, requests per second, round by round: ${names[*]}"
        for _ in $(seq "$rounds"); do
            for i in "${!names[@]}"; do
                script=()
                [ "$path" = /upload ] && script=(-s "$post")
                taskset -c "$load_cpu" wrk -t 1 -c 64 -d "$seconds" "${script[@]}" "http://127.0.0.1:$((6200 + i))$path" |
                    awk '/Requests\/sec/ { printf "%s ", $2 }'
            done
            echo
        done
    done
    rm -f "$post"
fi
