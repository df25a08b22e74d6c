# Below, all jobs are alike. A job claims its attempt, runs the engine, and leaves how that ended.
place=${SLURM_ARRAY_TASK_ID:-0}
run=$folder/${runs[$place]}
n=${attempts[$place]}
mark=$run/attempts/$n

leave() {  # CODE WHY
    say "$1" "$2"
    exit "$1"
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

finished() {  # its last word, after which its process, or this job, may still have been ended
    tail -n 1 "$run/events.jsonl" 2> /dev/null | grep -q "\"attempt\":$n,.*\"event\":\"finished\""
}

saved() {  # the newest state that the run has
    ls "$run/state" 2> /dev/null | sort -n | tail -n 1
}

go_on_later() {  # it was told to stop, and not for good: Slurm starts this task again
    touch -d @0 "$mark.claim"
    # Where Slurm itself is ending the job, it says what comes next.
    [ "$(listed)" = RUNNING ] || exit 75
    [ "$restart" = 0 ] || [ "$(saved)" != "$before" ] || leave 75 stuck
    ! scontrol requeue "$job" || exit 75
    leave 75 "$asked"
}

beat() {  # a sign of life; and whoever cannot reach Slurm stops the engine by a file
    while sleep 15; do
        touch "$mark.claim"
        [ ! -e "$mark.stop" ] || kill -s TERM "$child" 2> /dev/null
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
! finished || leave 0 ""
[ ! -e "$mark.stop" ] || leave 143 stopped
exec >> "$run/output.log" 2>&1
child=
before=$(saved)
trap 'stop_child USR1' USR1
trap 'stop_child TERM' TERM
setup
made=$?
[ $made = 0 ] || leave $made setup
command -v "$python" > /dev/null || leave 127 python
"$python" -c 'import engine' || leave 126 engine
[ -z "$asked" ] || go_on_later
"$python" -m engine "$run" --attempt "$n" --yields < /dev/null &
child=$!
beat &
beating=$!
wait_for_child
kill "$beating" 2> /dev/null
# 75: it saved where it stands. 143: it was told to stop before it could heed that.
[ "$code" = 143 ] && [ -n "$asked" ] && code=75
! finished || code=0
[ "$code" != 75 ] || [ -e "$mark.stop" ] || go_on_later
leave "$code" "$asked"
