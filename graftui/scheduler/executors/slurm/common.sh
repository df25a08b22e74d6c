# What jobs and pilots have in common: who they are, and the marks that they leave in a run's folder.
restart=${SLURM_RESTART_COUNT:-0}
job=$SLURM_JOB_ID
[ -z "$SLURM_ARRAY_JOB_ID" ] || job=${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID
host=$(hostname)
asked=

say() {  # CODE WHY: the last word on a run, in place whole
    printf '{"code": %d, "why": "%s", "job": "%s", "host": "%s", "t": %d}\n' \
        "$1" "$2" "$job" "$host" "$(date +%s)" > "$mark.exit.$job" && mv "$mark.exit.$job" "$mark.exit"
}

take() {  # FILE: makes it only where there is none
    (set -C; echo "$job $restart $host" > "$1") 2> /dev/null
}

listed() {  # what Slurm says of this job; a controller may be away for a while
    local try
    for try in 1 2 3 4; do
        squeue --noheader --jobs="$job" --format=%T && return
        sleep 5
    done
}

stop_child() {
    asked=$1
    [ -z "$child" ] || kill -s TERM "$child" 2> /dev/null
}

wait_for_child() {  # its exit code, in $code
    # A `wait` that a signal interrupts loses the code, in bash 5.2, if the child ends by that signal
    # too; and Slurm signals both. So nobody waits before it is over.
    while kill -0 "$child" 2> /dev/null; do sleep 0.5; done
    wait "$child"
    code=$?
}
