#!/bin/bash
# A run on machines that ssh reaches and that share a folder: machines.sh RUN HOST…
# Each has its share. One that fails, or is switched off, is named in the end; the same command goes on from what is there.
set -euo pipefail
run=$1
shift
count=$# index=0 failed=""
declare -A host_of
for host in "$@"; do
  ssh "$host" "duizhao work '$run' --shard $index/$count --workers \$(nproc)" &
  host_of[$!]=$host
  index=$((index + 1))
done
for pid in "${!host_of[@]}"; do
  wait "$pid" || failed="$failed ${host_of[$pid]}"
done
[ -z "$failed" ] || { echo "failed on:$failed" >&2; exit 1; }
