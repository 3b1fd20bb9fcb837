#!/bin/sh
# Publishes one message with redis-cli:  sh docs/examples/publish.sh TASK ID [OPTIONS OF redis-cli]
#   sh docs/examples/publish.sh parser.parse_article 1234 -s var/redis/redis.sock
#   docker compose exec -T redis sh -s parser.parse_article 1234 < docs/examples/publish.sh
set -eu
task=${1:?the name of a task, as in parser.parse_article}
id=${2:?the id of its article or source}
shift 2
case $id in
    0* | *[!0-9]*) echo "$0: $id is no id" >&2; exit 2 ;;
esac

queue=${task%%.*}
tag=$(cat /proc/sys/kernel/random/uuid)
body=$(printf '[[%s], {}, {}]' "$id" | base64 | tr -d '\n')
message=$(printf '{"body": "%s", "content-type": "application/json", "content-encoding": "utf-8",
  "headers": {"task": "%s", "id": "%s"},
  "properties": {"body_encoding": "base64", "delivery_tag": "%s",
                 "delivery_info": {"exchange": "", "routing_key": "%s"}}}' \
    "$body" "$task" "$tag" "$tag" "$queue")

# in the container of docker-compose.yml its own password is at hand
if [ -n "${REDIS_PASSWORD:-}${REDIS_PASSWORD_FILE:-}" ]; then
    export REDISCLI_AUTH="${REDIS_PASSWORD:-$(cat "$REDIS_PASSWORD_FILE")}"
fi
answer=$(redis-cli "$@" LPUSH "kiosque:$queue" "$message")
case $answer in
    '' | *[!0-9]*) echo "$0: $answer" >&2; exit 1 ;;  # redis-cli itself calls a refusal a success
esac
echo "$answer in $queue"
