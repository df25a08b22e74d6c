# Below, all jobs are alike. A job claims its attempt, runs the engine, and leaves how that ended.
restart=${SLURM_RESTART_COUNT:-0}
job=$SLURM_JOB_ID
[ -z "$SLURM_ARRAY_JOB_ID" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
host=$(hostname)
place=${SLURM_ARRAY_TASK_ID:-0}
run=$folder/${runs[$place]}
n=${attempts[$place]}
mark=$run/attempts/$n
asked=

leave() {  # CODE WHY: the last word, in place whole
    printf '{"code": %d, "why": "%s", "job": "%s", "host": "%s", "t": %d}\n' \
        "$1" "$2" "$job" "$host" "$(date +%s)" > "$mark.exit.$job" && mv "$mark.exit.$job" "$mark.exit"
    exit "$1"
}

take() {  # FILE: makes it only where there is none
    (set -C; echo "$job $restart $host" > "$1") 2> /dev/null
}

silent() {  # whoever holds the claim touches it every 15 s, and who gives it up, for 1970
    local before
    before=$(stat -c %Y "$mark.claim")
    [ "$before" = 0 ] && return
    sleep 40
    [ "$(stat -c %Y "$mark.claim")" = "$before" ]
}

claim() {  # of all jobs that this attempt may have, one; when that is started anew, that one again
    local holder=
    take "$mark.claim" && return
    read -r holder _ < "$mark.claim"
    # Slurm may start a job anew whose first start lives on: a node that it cannot reach, or a
    # controller that was killed before it wrote down that the job runs.
    [ "$holder" = "$job" ] && silent || return
    take "$mark.claim-$restart.$(ls "$mark".claim* | wc -l)" && touch "$mark.claim"
}

stop_engine() {
    asked=$1 again=1
    [ -z "$engine" ] || kill -s TERM "$engine" 2> /dev/null
}

beat() {  # a sign of life; and whoever cannot reach Slurm stops the engine by a file
    while sleep 15; do
        touch "$mark.claim"
        [ ! -e "$mark.stop" ] || kill -s TERM "$engine" 2> /dev/null
    done
}

if ! cd "$root" || [ ! -d "$run" ]; then
    echo "graftui: $host sees no folder $run" >&2
    exit 1
fi
mkdir -p "$run/attempts"
[ ! -e "$mark.exit" ] || exit 0
if ! claim; then
    echo "graftui: attempt $n of $run is taken up already, or cannot be written" >&2
    exit 0
fi
[ ! -e "$mark.stop" ] || leave 143 stopped
exec >> "$run/output.log" 2>&1
engine= again=
trap 'stop_engine USR1' USR1
trap 'stop_engine TERM' TERM
setup
made=$?
[ $made = 0 ] || leave $made setup
command -v "$python" > /dev/null || leave 127 python
"$python" -c 'import engine' || leave 126 engine
[ -z "$asked" ] || leave 143 "$asked"
"$python" -m engine "$run" --attempt "$n" < /dev/null &
engine=$!
beat &
beating=$!
while again=; do
    wait "$engine"
    code=$?
    [ -n "$again" ] || break  # a signal ends a wait, and not the engine
done
kill "$beating" 2> /dev/null
# 75: it saved its state. Where Slurm itself is ending the job, it says what comes next.
if [ "$code" = 75 ] && [ ! -e "$mark.stop" ]; then
    [ "$(squeue --noheader --jobs="$job" --format=%T)" = RUNNING ] || exit 75
    touch -d @0 "$mark.claim"
    ! scontrol requeue "$job" || exit 75
fi
leave "$code" "$asked"
