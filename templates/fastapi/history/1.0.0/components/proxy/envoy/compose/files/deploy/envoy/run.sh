#!/bin/bash
# Runs Envoy, which would break off everything when it is told to stop: first let it finish what it has begun.
# https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/operations/draining
set -eu
cd "$(dirname "$0")"

finish() {
    # Each answer now asks its client to leave; after the drain time nothing more is accepted.
    ./admin.sh POST '/drain_listeners?graceful' >/dev/null || true
    sleep 5
    for _ in {1..25}; do
        ./admin.sh GET '/stats?filter=^http\.https\.downstream_rq_active$' | grep -q ': 0' && break
        sleep 1
    done
    kill -TERM "$envoy"
}
trap finish TERM

# A container does not see its CPU limit: without a number Envoy would start a worker for every core of the host.
envoy --config-path envoy.yaml --concurrency 2 --drain-time-s 5 --drain-strategy immediate --disable-hot-restart \
    --log-level warning --file-flush-interval-msec 250 &
envoy=$!
# The first wait ends with the signal, the second one with Envoy.
wait "$envoy" || wait "$envoy"
