#!/bin/sh
# Replaces the running application without losing a request.
#
#   ./rollout.sh IMAGE     migrate, then move to this image (a digest or a tag)
#   ./rollout.sh --back    return to the image before; the database stays as it is
#
# With the image that runs already, it brings app.env and secrets into force as they are now.
#
# The proxy moves all requests to a second container, `app-next`, before the first one is touched, and back afterwards.
# So no container is ever stopped while it may still get a request. If the new image does not get ready, the script ends
# with 1 and the old one goes on serving.
#
# IMAGE is best a digest: a tag that this host has fetched before is not fetched again.
set -eu
cd "$(dirname "$0")"
exec 9>.rollout.lock
flock --nonblock 9 || { echo "rollout.sh: another rollout is running" >&2; exit 1; }

say() { echo "rollout.sh: $*" >&2; }
compose() { docker compose --profile rollout "$@"; }
recorded() { sed -n "s/^$1=//p" .env; }

record() { # the image that `docker compose up` starts from now on, and the one to return to
    [ "$image" != "$before" ] || return 0
    sed "s|^APP_IMAGE=.*|APP_IMAGE=$image|; s|^PREVIOUS_IMAGE=.*|PREVIOUS_IMAGE=$previous|" .env >.env.new
    mv .env.new .env
}

start() { # a service, and tell whether it gets ready; one that ends is not waited for
    compose up --detach --no-deps "$1" || return 1
    while true; do
        container=$(compose ps --all --quiet "$1")
        case $(docker inspect --format '{{.RestartCount}} {{.State.Status}} {{.State.Health.Status}}' "$container") in
            *" running healthy") return ;;
            "0 running starting") sleep 1 ;;
            *) break ;;
        esac
    done
    compose logs --no-log-prefix --tail 50 "$1" >&2
    return 1
}

workers() { # numbers of the proxy's worker processes
    docker top "$(compose ps --quiet proxy)" -eo pid,args | awk '/nginx: worker/ {print $1}'
}

serve_from() { # from now on every new request goes to this service, and the other one has answered all of its own
    old=$(workers)
    compose exec -T proxy sh -c "echo 'set \$backend $1;' >/tmp/backend.conf && nginx -t -q && nginx -s reload"
    # Old workers leave when their last request is answered, at the latest after nginx's worker_shutdown_timeout.
    seconds=0
    while workers | grep --quiet --fixed-strings --line-regexp "$old"; do
        seconds=$((seconds + 1))
        [ "$seconds" -le 60 ] || { say "the proxy does not take over its new configuration"; exit 1; }
        sleep 1
    done
}

before=$(recorded APP_IMAGE)
case ${1:-} in
    # What is left behind is none to return to: going back twice does not lead forward.
    --back) image=$(recorded PREVIOUS_IMAGE) previous="" migrate=false ;;
    "" | -*) echo "usage: rollout.sh IMAGE | --back" >&2; exit 2 ;;
    *) image=$1 previous=$before migrate=true ;;
esac
[ -n "$image" ] || { say "there is no image to return to; name one"; exit 1; }
export APP_IMAGE="$image"

if [ -z "$(compose ps --quiet proxy)" ]; then
    say "nothing runs yet, starting everything"
    compose up --detach --wait proxy
    record
    exit
fi

compose exec -T proxy nginx -t -q
if $migrate; then
    compose run --rm --no-deps migrate
fi
if compose exec -T proxy grep -qs app-next /tmp/backend.conf; then
    say "app-next still serves since the last rollout, which did not end"
else
    if ! start app-next; then
        compose rm --stop --force app-next
        say "$image does not get ready; $before goes on serving"
        exit 1
    fi
    serve_from app-next
fi
record
if ! start app; then
    say "app does not get ready; app-next goes on serving until the next rollout"
    exit 1
fi
serve_from app
compose rm --stop --force app-next
say "$image serves"
