#!/bin/sh
# Writes Alertmanager's configuration from the environment and becomes Alertmanager; arguments are handed on to it.
# Each variable may instead be NAME_FILE, the path of a file that holds the value:
#   ALERT_WEBHOOK_URL     alarms are sent there as JSON
#   ALERT_EMAIL_TO        alarms are sent there by mail; needs ALERT_EMAIL_FROM and ALERT_SMTP_HOST (host:port)
#   ALERT_SMTP_USER, ALERT_SMTP_PASSWORD    both or none
#   ALERT_SMTP_TLS        1 (the default): refuse a mail server without TLS; 0: do without
#   ALERT_GROUP_WAIT      alarms that come within this go out together; 30s
set -eu

refuse() {
    echo "alertmanager: $1" >&2
    exit 2
}

# read_setting NAME DEFAULT: sets NAME from the environment, from NAME_FILE's file, or to the default.
read_setting() {
    eval "value=\${$1:-}; path=\${$1_FILE:-}"
    if [ -z "$value" ] && [ -n "$path" ]; then
        [ -r "$path" ] || refuse "$1_FILE names $path, which cannot be read"
        value=$(cat "$path")
    fi
    case $value in *'
'*) refuse "$1 has several lines: give it one" ;; esac
    eval "$1=\${value:-$2}"
}

# As YAML has it between single quotes.
quoted() {
    printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"
}

for name in WEBHOOK_URL EMAIL_TO EMAIL_FROM SMTP_HOST SMTP_USER SMTP_PASSWORD; do
    read_setting "ALERT_$name" ''
done
read_setting ALERT_SMTP_TLS 1
read_setting ALERT_GROUP_WAIT 30s

# not quoted where it is wrong: a chat's has its key in it, and logs are read by many
case $ALERT_WEBHOOK_URL in
    '' | http://?* | https://?*) ;;
    *) refuse "ALERT_WEBHOOK_URL is no address: it begins with http:// or https://" ;;
esac
case $ALERT_SMTP_TLS in
    1) require_tls=true ;;
    0) require_tls=false ;;
    *) refuse "ALERT_SMTP_TLS=$ALERT_SMTP_TLS is not a yes or no: use 1 or 0" ;;
esac
if [ -n "$ALERT_EMAIL_TO" ]; then
    [ -n "$ALERT_SMTP_HOST" ] || refuse "ALERT_EMAIL_TO is set and ALERT_SMTP_HOST is not: name the mail server, as in mail.example.org:587"
    [ -n "$ALERT_EMAIL_FROM" ] || refuse "ALERT_EMAIL_TO is set and ALERT_EMAIL_FROM is not: give the sender's address"
    case $ALERT_SMTP_HOST in
        *:[0-9]*) ;;
        *) refuse "ALERT_SMTP_HOST=$ALERT_SMTP_HOST has no port: write $ALERT_SMTP_HOST:587" ;;
    esac
    if [ -n "$ALERT_SMTP_USER" ] && [ -z "$ALERT_SMTP_PASSWORD" ]; then
        refuse "ALERT_SMTP_USER is set and ALERT_SMTP_PASSWORD is not: set both or none"
    fi
    if [ -n "$ALERT_SMTP_PASSWORD" ] && [ -z "$ALERT_SMTP_USER" ]; then
        refuse "ALERT_SMTP_PASSWORD is set and ALERT_SMTP_USER is not: set both or none"
    fi
elif [ -n "$ALERT_SMTP_HOST$ALERT_EMAIL_FROM" ]; then
    refuse "ALERT_EMAIL_TO is not set, but ALERT_SMTP_HOST or ALERT_EMAIL_FROM is: say to whom alarms are mailed"
fi

write_configuration() {
    cat << END
route:
  receiver: operator
  group_by: [alertname]
  group_wait: $(quoted "$ALERT_GROUP_WAIT")
  group_interval: 5m
  repeat_interval: 4h
inhibit_rules:
  # no job ends well without a database: one alarm is enough
  - source_matchers: [alertname = DatabaseDown]
    target_matchers: [alertname = SchedulerStuck]
receivers:
  - name: operator
END
    if [ -n "$ALERT_WEBHOOK_URL" ]; then
        cat << END
    webhook_configs:
      - url: $(quoted "$ALERT_WEBHOOK_URL")
        send_resolved: true
END
    fi
    if [ -n "$ALERT_EMAIL_TO" ]; then
        cat << END
    email_configs:
      - to: $(quoted "$ALERT_EMAIL_TO")
        from: $(quoted "$ALERT_EMAIL_FROM")
        smarthost: $(quoted "$ALERT_SMTP_HOST")
        require_tls: $require_tls
        send_resolved: true
END
    fi
    if [ -n "$ALERT_EMAIL_TO" ] && [ -n "$ALERT_SMTP_USER" ]; then
        cat << END
        auth_username: $(quoted "$ALERT_SMTP_USER")
        auth_password: $(quoted "$ALERT_SMTP_PASSWORD")
END
    fi
}

# it holds the mail server's password
umask 077
configuration=${ALERT_CONFIGURATION:-/tmp/alertmanager.yml}
write_configuration > "$configuration"
if [ -z "$ALERT_WEBHOOK_URL$ALERT_EMAIL_TO" ]; then
    echo "alertmanager: no receiver is set: alarms are shown on its page and sent to nobody." \
        "Set ALERT_WEBHOOK_URL, or ALERT_EMAIL_TO with ALERT_EMAIL_FROM and ALERT_SMTP_HOST" >&2
else
    echo "alertmanager: alarms are sent to${ALERT_WEBHOOK_URL:+ the webhook}${ALERT_WEBHOOK_URL:+${ALERT_EMAIL_TO:+ and}}${ALERT_EMAIL_TO:+ $ALERT_EMAIL_TO}" >&2
fi
program=$(command -v alertmanager || command -v prometheus-alertmanager) ||
    refuse "no alertmanager is installed: apt-get install prometheus-alertmanager"
exec "$program" --config.file="$configuration" "$@"
