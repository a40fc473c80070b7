#!/bin/sh
# Replaces the running application without losing a request.
#
#   ./rollout.sh IMAGE     migrate, then move to this image (a digest or a tag)
#   ./rollout.sh --back    return to the image before; the database stays as it is
#   ./rollout.sh --doctor  tell what is wrong on this host, and the command that mends it
#
# With the image that runs already, it brings app.env and secrets into force as they are now.
#
# The proxy moves all requests to a second container, `app-next`, before the first one is touched, and back afterwards.
# So no container is ever stopped while it may still get a request. Before the first one is touched, the script watches the
# second for 30 seconds, or as many as WATCH_SECONDS says, and returns to the first by itself if the second ends, is unhealthy,
# or makes the proxy answer with 5xx more often than before.
#
# It ends with 0 if the image serves; with 1 if it was refused, and what served before has been serving all the time; with 3 if
# it served and the one before serves again; with 4 if something is stuck halfway, which the last line tells. --back is
# neither checked nor watched.
#
# IMAGE is best a digest: a tag that this host has fetched before is not fetched again.
set -eu
cd "$(dirname "$0")"

# A terminal that is gone does not end what has to go on, such as the way back.
say() { echo "rollout.sh: $*" >&2 || true; }
compose() { docker compose --profile rollout "$@"; }
recorded() { sed -n "s/^$1=//p" .env; }
refuse() { say "$*"; exit 1; }
stuck() { say "$*"; exit 4; }

record() { # the image that `docker compose up` starts from now on, and the one to return to
    [ "$image" != "$before" ] || return 0
    sed "s|^APP_IMAGE=.*|APP_IMAGE=$image|; s|^PREVIOUS_IMAGE=.*|PREVIOUS_IMAGE=$previous|" .env >.env.new
    mv .env.new .env
}

state() { # of the containers of these services: how often each was started again, and how it is
    compose ps --all --quiet "$@" | xargs --no-run-if-empty \
        docker inspect --format '{{.RestartCount}} {{.State.Status}} {{.State.Health.Status}}' | paste -s -d ,
}

start() { # a service anew, since Compose sees no secret change; tell whether it gets ready, or ended before
    compose up --detach --no-deps --force-recreate "$1" || return 1
    while true; do
        case $(state "$1") in
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

serve_from() { # from now on every new request goes to this service
    old=$(workers)
    compose exec -T proxy sh -c "echo 'set \$backend $1;' >/tmp/backend.conf && nginx -t -q && nginx -s reload"
}

let_finish() { # wait until this service, the other one, has answered all of its requests
    # Old workers leave when their last request is answered, at the latest after nginx's worker_shutdown_timeout.
    seconds=0
    while workers | grep --quiet --fixed-strings --line-regexp "$old"; do
        seconds=$((seconds + 1))
        [ "$seconds" -le 60 ] || stuck "the proxy does not take over its new configuration"
        sleep 1
    done
}

answers() { # of a service, in the proxy's log: how many since this script began, and how many of them with 5xx
    case $1 in
        app) address=$(recorded EDGE_PREFIX).3:8000 ;;
        app-next) address=$(recorded EDGE_PREFIX).4:8000 ;;
    esac
    docker logs --since "$since" "$(compose ps --quiet proxy)" 2>/dev/null | awk -v upstream="\"upstream\":\"$address\"" '
        index($0, upstream) { all++; if (/"status":5/) failed++ }
        END { print all + 0, failed + 0 }'
}

fails_more() { # the new one than the one before? Of each, all answers and those with 5xx, at the beginning and at the end
    echo "$@" | awk '{
        all_before = $3 - $1; failed_before = $4 - $2; all = $7 - $5; failed = $8 - $6
        share_before = all_before > 0 ? 100 * failed_before / all_before : 0
        if (failed >= 5 && 100 * failed / all > share_before + 5)
            printf "%d of %d answers were 5xx, before that %d of %d", failed, all, failed_before, all_before
    }'
}

watched() { # what the watch looks at: a container that ends is started again by Docker
    state app-next
}

watch() { # what serves now; tell whether it may stay
    end=$(($(date +%s) + WATCH_SECONDS))
    while [ "$(date +%s)" -lt "$end" ]; do
        sleep 2
        now=$(watched)
        if [ "$now" != "$first" ]; then
            seen="the new containers are \`$now\` (restarts, state, health), and were \`$first\`"
            return 1
        fi
        seen=$(fails_more "$began" "$moved" "$next" "$(answers app-next)")
        [ -z "$seen" ] || return 1
    done
}

go_back() { # to what has been running all the time
    trap '' HUP INT TERM
    say "$seen; going back to $before"
    serve_from app
    let_finish app-next
    compose logs --no-log-prefix --tail 50 app-next >&2
    compose stop app-next
    say "$image was taken back, $before serves: $seen"
    say "see docker compose --profile rollout logs app-next, docker compose logs --since $since proxy"
    exit 3
}

report() { # how bad, what, and the command that mends it
    say "$1: $(echo "$2" | paste -s -d ' ')"
    printf '%s\n' "$3" | sed 's/^/    /' >&2
}
warn() { report warning "$@"; }
mend() { wrong=true; report wrong "$@"; }

check_port() { # can it be listened at?
    listener=$(ss --listening --tcp --numeric --processes --no-header "sport = :$1")
    [ -n "$listener" ] || return 0
    process=$(echo "$listener" | sed -n 's/.*pid=\([0-9]*\).*/\1/p' | head -n 1)
    if [ -z "$process" ]; then
        mend "port $1 is taken; this names by what" "sudo ss -ltnp 'sport = :$1'"
        return
    fi
    unit=$(ps -o unit= -p "$process")
    case $unit in
        user@* | *.scope | -) mend "port $1 is taken by $(ps -o comm= -p "$process"), process $process" "kill $process" ;;
        *) mend "port $1 is taken by $unit" "systemctl disable --now $unit" ;;
    esac
}

check_workers() { # do as many as this file says fit into a limit of so many MiB, and onto this machine?
    settings=$1 limit=$2
    workers=$(sed -n 's/^WEB_CONCURRENCY=//p' "$settings")
    workers=${workers:-4}
    memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)
    # A worker takes 82 MiB, and their parent 45. A HUP runs twice as many for a while, and so does a rollout.
    least=$((workers * 82 + 45)) most=$(((workers + 1) * 192))
    if [ "$limit" -lt "$least" ]; then
        mend "$workers workers do not fit into their $limit MiB, $3" "$(fewer $((limit / 192 - 1)))"
    elif [ "$limit" -lt "$most" ]; then
        warn "$workers workers may need $most MiB and have $limit, $3" "$(fewer $((limit / 192 - 1)))"
    fi
    if [ "$memory" -lt $((2 * least)) ]; then
        mend "$workers workers, during a rollout twice, do not fit into the $memory MiB here" "$(fewer $(((memory / 2 - 45) / 82)))"
    fi
    if [ "$workers" -gt "$(nproc)" ]; then
        warn "$workers workers share $(nproc) cores" "$(fewer "$(nproc)")"
    fi
}

fewer() { # the command for so many workers
    echo "sed -i 's/^WEB_CONCURRENCY=.*/WEB_CONCURRENCY=$(($1 > 0 ? $1 : 1))/' $settings"
}

check_disk() { # where this is kept
    free=$(df --output=avail --block-size=1M "$1" 2>/dev/null | tail -n 1)
    if [ "${free:-1024}" -lt 1024 ]; then
        mend "the disk of $1 has $((free)) MiB left" "$2"
    fi
}

takes_password() { # the database, from standard input and over the network: locally it trusts everyone
    # shellcheck disable=SC2016 # for the container's shell
    compose exec -T database sh -c 'PGPASSWORD=$(cat) psql --host="$(hostname -i)" --username=shop_api --command="SELECT 1"'
}

change_password() { # of the database, to the one that stands in its file
    cat <<'END'
docker compose exec -T database psql --username=shop_api --command="ALTER USER shop_api PASSWORD '$(cat secrets/database_password)'"
END
}

check_database() { # if it runs here: does it take the password that stands in its file, and the application the same one?
    case $config in
        */secrets/database_password*) [ -s secrets/database_password ] && [ -s secrets/app_database_url ] || return 0 ;;
        *) return 0 ;;
    esac
    if ! grep --quiet --fixed-strings ":$(cat secrets/database_password)@" secrets/app_database_url; then
        mend "secrets/app_database_url has another password than secrets/database_password" "rm -f secrets/app_database_url
$(missing_secrets)"
    fi
    made=$(docker volume inspect --format '{{.CreatedAt}}' "${project}_database" 2>/dev/null) || return 0
    if [ -z "$(compose ps --quiet database)" ]; then
        if [ "$(stat --format %Y secrets/database_password)" -gt "$(date --date "$made" +%s)" ]; then
            mend "secrets/database_password is younger than the database; whether it is its password can be seen when that runs:" \
                "docker compose up --detach --wait database && ./rollout.sh --doctor"
        fi
    elif ! takes_password <secrets/database_password >/dev/null 2>&1; then
        mend "the database does not take the password in secrets/database_password; bring back the old one, or change it and roll out again:" \
            "$(change_password)"
    fi
}

renew_certificate() { # by the one in the current folder
    cat <<'END'
mkdir -p secrets/tls
install -m 644 fullchain.pem privkey.pem secrets/tls/
[ -z "$(docker compose ps --quiet proxy)" ] || docker compose exec -T proxy nginx -s reload
END
}

check_certificate() {
    chain=secrets/tls/fullchain.pem key=secrets/tls/privkey.pem
    new="; with the right ones here, in fullchain.pem and privkey.pem:"
    if ! public=$(openssl x509 -in "$chain" -noout -pubkey 2>/dev/null); then
        mend "$chain is no certificate$new" "$(renew_certificate)"
        return
    fi
    if ! openssl x509 -in "$chain" -noout -checkhost shop-api.example.com | grep --quiet 'does match'; then
        mend "the certificate is not for shop-api.example.com$new" "$(renew_certificate)"
    fi
    if ! openssl x509 -in "$chain" -noout -checkend 0 >/dev/null; then
        mend "the certificate has expired$new" "$(renew_certificate)"
    elif ! openssl x509 -in "$chain" -noout -checkend 1209600 >/dev/null; then
        warn "the certificate expires within two weeks$new" "$(renew_certificate)"
    fi
    if [ "$public" != "$(openssl pkey -in "$key" -pubout 2>/dev/null)" ]; then
        mend "$key is not the certificate's$new" "$(renew_certificate)"
    fi
    for file in "$chain" "$key"; do
        readable "$file"
    done
}

missing_secrets() { # what makes those that are not there
    cat <<'END'
mkdir -p -m 700 secrets
[ -s secrets/database_password ] || openssl rand -hex 24 | tr -d '\n' >secrets/database_password
[ -s secrets/app_database_url ] ||
    printf 'postgresql://shop_api:%s@database:5432/shop_api' "$(cat secrets/database_password)" >secrets/app_database_url
mkdir -p secrets/tls
install -m 644 fullchain.pem privkey.pem secrets/tls/
END
}

readable() { # by a container, which has another user?
    [ ! -s "$1" ] || [ -n "$(find "$1" -perm -004)" ] || mend "no container can read $1" "chmod 644 $1"
}

check_secrets() { # of the services that run here
    for name in $(echo "$config" | sed -n 's|^    file: .*/secrets/||p'); do
        [ -s "secrets/$name" ] || mend "secrets/$name is missing or empty" "$(missing_secrets)"
        readable "secrets/$name"
    done
    if [ -d secrets ] && [ "$(stat --format %a secrets)" != 700 ]; then
        mend "others on this host can enter secrets" "chmod 700 secrets"
    fi
}

check_ports() { # are they free, or published by a container of this project?
    for port in $(echo "$config" | sed -n 's/^ *published: "\(.*\)"$/\1/p'); do
        other=$(docker ps --filter "publish=$port" --format '{{.Label "com.docker.compose.project"}} {{.Names}}')
        case $other in
            "") check_port "$port" ;;
            "$project "*) ;;
            *) mend "port $port is taken by the container ${other##* }" "docker stop ${other##* }" ;;
        esac
    done
}

overlapping() { # a network that shares addresses with the one that begins so
    { ip -4 route show match "$1.0/24"; ip -4 route show root "$1.0/24"; } | grep -v '^default' | head -n 1
}

check_network() {
    ! docker network inspect "${project}_edge" >/dev/null 2>&1 || return 0
    other=$(overlapping "$(recorded EDGE_PREFIX)")
    [ -n "$other" ] || return 0
    number=1
    while [ -n "$(overlapping "172.30.$number")" ]; do number=$((number + 1)); done
    mend "the network edge would overlap with $other" "sed -i 's/^EDGE_PREFIX=.*/EDGE_PREFIX=172.30.$number/' .env"
}

check_image() {
    image=${APP_IMAGE:-$(recorded APP_IMAGE)}
    if ! said=$(docker image inspect "$image" 2>&1 >/dev/null || docker pull --quiet "$image" 2>&1 >/dev/null); then
        mend "there is no image $image here, and it cannot be pulled: $said" "docker build --tag $image ../.."
    fi
}

check_cores() {
    cores=$(recorded APP_CPUS)
    if awk -v wanted="${cores:-0}" -v there="$(nproc)" 'BEGIN { exit !(wanted > there) }'; then
        mend "APP_CPUS is $cores, and this host has $(nproc) cores" "sed -i 's/^APP_CPUS=.*/APP_CPUS=0/' .env"
    fi
}

doctor() { # tell what is wrong on this host; false if any of it has to be mended
    wrong=false
    if ! said=$(docker version 2>&1 >/dev/null); then
        mend "Docker does not answer: $said" "sudo systemctl start docker"
    elif ! [ -f .env ]; then
        mend ".env is missing" "cp .env.example .env"
    elif ! config=$(compose config 2>&1); then
        mend "Compose does not take its files: $config" "diff .env.example .env"
    else
        project=$(echo "$config" | sed -n 's/^name: //p')
        limit=$(echo "$config" | awk '
            /^  [^ ]/ { service = $1 }
            service == "app:" && /^    mem_limit:/ { gsub(/[^0-9]/, ""); print int($0 / 1048576) }')
        check_ports
        check_network
        check_secrets
        check_database
        check_certificate
        check_image
        check_cores
        check_workers app.env "${limit:-0}" "mem_limit in compose.yaml"
        check_disk "$(docker info --format '{{.DockerRootDir}}')" "docker image prune --all"
    fi
    ! $wrong
}

if [ "${1:-}" = --doctor ]; then
    doctor || exit 1
    exit
fi
exec 9>.rollout.lock
flock --nonblock 9 || refuse "another rollout is running"

before=$(recorded APP_IMAGE)
case ${1:-} in
    # What is left behind is none to return to: going back twice does not lead forward.
    --back) image=$(recorded PREVIOUS_IMAGE) previous="" migrate=false ;;
    "" | -*) echo "usage: rollout.sh IMAGE | --back | --doctor" >&2; exit 2 ;;
    *) image=$1 previous=$before migrate=true ;;
esac
[ -n "$image" ] || refuse "there is no image to return to; name one"
export APP_IMAGE="$image"
WATCH_SECONDS=${WATCH_SECONDS:-30}
if [ "$1" = --back ]; then
    WATCH_SECONDS=0
else
    doctor || refuse "nothing was changed"
fi

if [ -z "$(compose ps --quiet proxy)" ]; then
    say "nothing runs yet, starting everything"
    compose up --detach --wait proxy
    record
    exit
fi

compose exec -T proxy nginx -t -q
since=$(date +%s)
began=$(answers app) next=$(answers app-next)
if $migrate; then
    compose run --rm --no-deps migrate || refuse "the migration to $image failed; $before goes on serving"
fi
if compose exec -T proxy grep -qs app-next /tmp/backend.conf; then
    say "app-next still serves since the last rollout, which did not end"
else
    # Left by one that was taken back, for its log.
    compose rm --force app-next 2>/dev/null
    if ! start app-next; then
        compose rm --stop --force app-next
        refuse "$image does not get ready; $before goes on serving"
    fi
    first=$(watched) moved=$(answers app)
    trap 'seen="the rollout was interrupted"; go_back' HUP INT TERM
    serve_from app-next
    watch || go_back
    trap - HUP INT TERM
    let_finish app
fi
record
start app || stuck "app does not get ready; app-next goes on serving until the next rollout"
serve_from app
let_finish app-next
compose rm --stop --force app-next
say "$image serves"
