# Stops a test server when nobody uses it any more. Users hold a shared lock on `users.lock`; the system frees it when
# they end, however they end. `start.lock` keeps a newcomer out while the server goes down.
folder=$1 grace_seconds=$2 pid_file=$3 signal=$4 rubbish=$5
cd /
while :; do
    flock --exclusive "$folder/users.lock" true || exit 1
    sleep "$grace_seconds"
    exec 9>>"$folder/start.lock"
    flock --exclusive 9
    flock --exclusive --nonblock "$folder/users.lock" true && break
    exec 9>&-
done
pid=$(head -n 1 "$pid_file" 2>/dev/null)
if [ -n "$pid" ]; then
    kill -s "$signal" "$pid"
    tries=0
    while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 200 ]; do
        sleep 0.05
        tries=$((tries + 1))
    done
fi
rm -rf -- "$rubbish"
