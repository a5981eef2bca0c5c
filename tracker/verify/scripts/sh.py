"""A script that tests a version with a POSIX shell and the usual tools of Unix systems. Pure.

Names are looked up by `getent` (glibc, musl, BSD), TLS is tried by `openssl s_client`, a plain
port by `curl` or `nc`, if they are installed. What they cannot do is reported as not tried.
"""

from __future__ import annotations

import json
import shlex

from tracker.text import to_comment
from tracker.verify.plan import ProbeTarget
from tracker.verify.scripts.contents import PROGRAM_KIND, ScriptContents, is_address

_HEAD = """
# Tests from this machine what the page of this version documents. Written by fwtracker.
# It connects by TCP to the targets below and to nothing else, and shakes hands where the page
# says TLS. It changes nothing and needs no rights; nothing is left behind. Run it by hand or by
# a management tool:
#     sh verify.sh > result.json
# and give what it prints to: fwtracker verify --read result.json
"""

_FUNCTIONS = r"""
LC_ALL=C
export LC_ALL
unset http_proxy https_proxy all_proxy HTTPS_PROXY ALL_PROXY
has() { command -v "$1" > /dev/null 2>&1; }
# Only what needs no escape in JSON.
plain() { tr '\n\t"\\' "  ' " | tr -cd 'A-Za-z0-9 ._:;,()/=@*'"'"'+-' | cut -c 1-200; }
within() { if has timeout; then timeout "$@"; else shift; "$@"; fi; }

# say TARGET PORT NAME ADDRESS STATE DETAIL [SECONDS ISSUER AUTHORITY]
say() {
    printf '{"target":"%s","protocol":"tcp","port":%s' "$1" "$2"
    [ "$3" = - ] || printf ',"name":"%s"' "$3"
    [ -z "$4" ] || printf ',"address":"%s"' "$4"
    printf ',"state":"%s","detail":"%s"' "$5" "$(printf %s "$6" | plain)"
    [ -z "${7:-}" ] || printf ',"seconds":%s' "$7"
    [ -z "${8:-}" ] || printf ',"issuer":"%s"' "$(printf %s "$8" | plain)"
    [ -z "${9:-}" ] || printf ',"authority":"%s"' "$(printf %s "$9" | plain)"
    printf '}\n'
}

is_private() {
    case $1 in
        0.* | 10.* | 127.* | 169.254.* | 192.168.* | 172.1[6-9].* | 172.2?.* | 172.3[01].*) ;;
        100.6[4-9].* | 100.[7-9]?.* | 100.1[01]?.* | 100.12[0-7].* | 22[4-9].* | 2[3-5]?.*) ;;
        :: | ::1 | f[cdefCDEF]*:* | ::ffff:*) ;;
        *) return 1 ;;
    esac
}

# state_of ADDRESS WORDS: what the words of a program mean.
state_of() {
    case $2 in
        *[Rr]efused* | *errno=111*) echo refused ;;
        *"etwork is unreachable"* | *errno=101* | *"o route to host"* | *errno=113*)
            # Said by this machine's own routes, or by ICMP from elsewhere?
            if has ip && ! ip route get "$1" > /dev/null 2>&1; then
                echo no-route
            else
                echo unreachable
            fi
            ;;
        *"ermission denied"* | *"not permitted"*) echo blocked-here ;;
        *) echo blocked ;;
    esac
}

# try_plain TARGET PORT NAME ADDRESS: curl stays connected until its time is over.
try_plain() {
    where=$4
    case $4 in *:*) where="[$4]" ;; esac
    if has curl; then
        said=$(curl -sv --noproxy '*' --connect-timeout "$seconds" \
            --max-time "$((seconds + 1))" -o /dev/null -w 'TIME%{time_connect} ' \
            "telnet://$where:$2" < /dev/null 2>&1)
        status=$?
        time=$(printf %s "$said" | sed -n 's/.*TIME\([0-9.]*\) .*/\1/p' | tail -n 1)
        case $time in '' | 0 | 0.0 | 0.000000) time= ;; esac
        case $status,$time in
            28,?*) say "$1" "$2" "$3" "$4" open '' "$time" ;;
            0,*) say "$1" "$2" "$3" "$4" accepted-closed 'accepted, then closed' "$time" ;;
            56,*) say "$1" "$2" "$3" "$4" accepted-closed 'accepted, then reset' "$time" ;;
            28,) say "$1" "$2" "$3" "$4" blocked "no answer in $seconds s" ;;
            *) say "$1" "$2" "$3" "$4" "$(state_of "$4" "$said")" "curl ends with $status" ;;
        esac
    elif has nc; then
        said=$(within "$((seconds + 1))" nc -v -z -w "$seconds" "$4" "$2" 2>&1 < /dev/null)
        if [ $? = 0 ]; then
            say "$1" "$2" "$3" "$4" open 'by nc, which does not see whether it is closed again'
        else
            say "$1" "$2" "$3" "$4" "$(state_of "$4" "$said")" "$said"
        fi
    else
        say "$1" "$2" "$3" "$4" cannot-tell 'neither curl nor nc is here to connect with'
    fi
}

# first EXPRESSION: the first line that sed prints of what was said.
first() { printf '%s\n' "$said" | sed -n "$1" | head -n 1; }

# try_tls TARGET PORT NAME ADDRESS
try_tls() {
    if ! has openssl; then
        say "$1" "$2" "$3" "$4" cannot-tell 'no openssl is here to shake hands with'
        return
    fi
    where=$4
    case $4 in *:*) where="[$4]" ;; esac
    names=
    [ "$3" = - ] || names="-servername $3 -verify_hostname $3"
    # shellcheck disable=SC2086  a name has no blanks
    said=$(within "$((2 * seconds))" openssl s_client -connect "$where:$2" $names -state \
        -showcerts -nameopt RFC2253 < /dev/null 2>&1)
    status=$?
    issuer=$(first 's/^issuer=//p')
    top=$(printf '%s\n' "$said" | sed -n 's/^ *i: *//p' | tail -n 1)
    code=$(first 's/^ *Verify return code: \([0-9]*\).*/\1/p')
    case $said in
        *CONNECTED\(* | *SSL_connect:*) ;;
        *)
            if [ $status = 124 ]; then
                say "$1" "$2" "$3" "$4" blocked "no answer in $seconds s"
            else
                say "$1" "$2" "$3" "$4" "$(state_of "$4" "$said")" "openssl ends with $status"
            fi
            return
            ;;
    esac
    case $issuer in
        '')
            if [ $status = 124 ]; then
                state=tls-silent
            else
                case $said in
                    *"wrong version number"* | *"packet length"* | *alert*) state=tls-fails ;;
                    *) state=tls-cut ;;
                esac
            fi
            say "$1" "$2" "$3" "$4" $state 'no certificate is shown'
            return
            ;;
    esac
    case $code in
        0) state=open ;;
        9 | 10) state=tls-expired ;;
        62 | 64) state=tls-wrong-name ;;
        20 | 21)
            state=tls-unknown-authority
            if printf '%s\n' "$said" | openssl x509 -noout -text 2> /dev/null |
                grep -q 'CT Precertificate SCTs'; then
                state=tls-incomplete
            fi
            ;;
        *) state=tls-unknown-authority ;;
    esac
    say "$1" "$2" "$3" "$4" $state "verify return code $code" '' "$issuer" "$top"
}

# probe TARGET host|private|address PORT tls|plain NAME
# "private" is a host beside which the page lists addresses that are not public.
probe() {
    found=$1
    if [ "$2" != address ]; then
        if ! has getent; then
            say "$1" "$3" "$5" '' cannot-tell 'no getent is here to look names up with'
            return
        fi
        # The dot keeps a search list away.
        found=$(within "$seconds" getent ahosts "$1." |
            awk '!seen[$1]++ { print $1 }' | head -n 8)
        if [ -z "$found" ]; then
            say "$1" "$3" "$5" '' dns-fails 'DNS gives no address of it'
            return
        fi
    fi
    for address in $found; do
        if [ "$2" = host ] && is_private "$address"; then
            say "$1" "$3" "$5" "$address" dns-filtered 'DNS answers what is not public'
        elif [ "$4" = tls ]; then
            try_tls "$1" "$3" "$5" "$address"
        else
            try_plain "$1" "$3" "$5" "$address"
        fi
    done
}
"""

_RUN = r"""
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
start=$(date +%s)
started=$(date -u +%Y-%m-%dT%H:%M:%SZ)
number=0
while read -r target kind port how name; do
    number=$((number + 1))
    probe "$target" "$kind" "$port" "$how" "$name" > "$work/$number" < /dev/null &
    [ $((number % 16)) != 0 ] || wait
done <<'PROBES'
@PROBES@
PROBES
wait
printf '%s,"script":"sh","host":"%s","started_at":"%s","seconds":%s,"attempts":[' \
    "$about" "$(uname -n | tr -cd 'A-Za-z0-9._-')" "$started" "$(($(date +%s) - start))"
cat "$work"/* | sed '$!s/$/,/'
printf ']}\n'
"""


def render_sh(contents: ScriptContents) -> str:
    """Return the script."""
    about = {
        "schema": 1,
        "kind": PROGRAM_KIND,
        "source": contents.source,
        "version": contents.version,
        "digest": contents.digest,
    }
    title = to_comment(f"{contents.source} - version {contents.version}")
    probes = "\n".join(map(_probe_line, contents.probes))
    return "\n".join(
        (
            f"#!/bin/sh\n# {title}\n# digest: {to_comment(contents.digest)}\n{_HEAD.strip()}\n",
            f"seconds=${{1:-{contents.timeout}}}",
            f"about={shlex.quote(json.dumps(about, separators=(',', ':'))[:-1])}",
            _FUNCTIONS.strip(),
            _RUN.replace("@PROBES@", probes).rstrip(),
            "",
        )
    )


def _probe_line(probe: ProbeTarget) -> str:
    """Return a target as a line of words without blanks."""
    kind = "address" if is_address(probe) else "private" if probe.listed else "host"
    how = "tls" if probe.tls else "plain"
    return f"{probe.target} {kind} {probe.port} {how} {probe.name or '-'}"
