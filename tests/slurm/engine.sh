#!/bin/bash
# A pretend engine that takes no time to come up: events as a real one writes them, for as long as a
# file `go` is missing in its working folder.
[ "$1" = -c ] && exit 0
[ "$2" = engine ] || exec "$REAL_PYTHON" "$@"  # a pilot, whose engines are this again
run=$3 n=$5 seq=0
say() {
    printf '{"event": "%s", "seq": %d, "t": %s, "attempt": %d%s}\n' \
        "$1" "$seq" "$(date +%s.%N)" "$n" "$2" >> "$run/events.jsonl"
    seq=$((seq + 1))
}
stop() {  # as the real one does, told --yields
    [ -e "$run/attempts/$n.stop" ] || exit 75
    say cancelled ', "seconds": 1.0, "message": "stopped"'
    exit 3
}
trap stop TERM
say started ", \"pid\": $$, \"host\": \"$SLURMD_NODENAME\", \"device\": \"$CUDA_VISIBLE_DEVICES\", \"config_hash\": \"\""
env | grep -E '^(SLURM_CPU_BIND|SBATCH_|SQUEUE_)'
while [ ! -e go ]; do sleep 0.1; done
say finished ", \"seconds\": 1.0, \"summary\": {\"accuracy\": 0.75}"
