# Below, all pilots are alike: one process takes run after run from the list, until none is left or
# the time of this job is nearly over; then the job is put back, and goes on with the list later.
refuse() {  # CODE WHY: the last word on all runs that nobody has taken up
    local place
    for place in "${!runs[@]}"; do
        run=$folder/${runs[$place]}
        mark=$run/attempts/${attempts[$place]}
        mkdir -p "$run/attempts" && take "$mark.claim" && say "$1" "$2"
    done
    exit "$1"
}

if ! cd "$root" || [ ! -d "$batch" ]; then
    echo "graftui: $host sees no folder $batch" >&2
    exit 1
fi
child=
trap 'stop_child USR1' USR1
trap 'stop_child TERM' TERM
setup
made=$?
[ $made = 0 ] || refuse $made setup
command -v "$python" > /dev/null || refuse 127 python
"$python" -c 'import engine, graftui' || refuse 126 engine
"$python" -m graftui.scheduler.executors.slurm.pilot "$batch" \
    --job "$job" --restart "$restart" --host "$host" < /dev/null &
child=$!
[ -z "$asked" ] || stop_child "$asked"
wait_for_child
# 143: it was told to stop before it could heed that.
[ "$code" = 143 ] && [ -n "$asked" ] && code=75
[ "$code" = 75 ] || exit "$code"
# Where Slurm itself is ending the job, it says what comes next.
[ "$(listed)" = RUNNING ] || exit 75
scontrol requeue "$job" && exit 75
exit 0  # what is left is submitted again
