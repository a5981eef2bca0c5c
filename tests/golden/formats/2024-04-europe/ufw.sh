# Firewall rules of action1 - europe - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      2674d1cad6cc6d05588f25928bf5319dfad14a07655ac24959489a5f5056cdd3
#
# Adds rules that allow what the page names, and denies nothing. Run as root, now and whenever
# this file changes, for each list that you use:
#   sh ufw.sh out             what a host may reach, if outgoing traffic is denied by default
#   sh ufw.sh out route       what the networks behind a gateway may reach
#   sh ufw.sh in              what may reach a server or host; with route, the machines behind it
#   sh ufw.sh lan_in          local network services, to a host
#   sh ufw.sh lan_out         local network services, from a host
# Add delete as the last word to remove the rules again. Do not use the lan lists on a gateway,
# unless one of your networks needs these services in another: then with route.
# ufw evaluates rules in order and appends new ones, so a deny of yours above still applies.
# It recognizes the rules of this file by their comment, action1-europe_out and so on, and has each rule
# once: for several regions on one machine, load the file of rules/all/ instead.
#
# NOT in this file, because Linux filters by address and would resolve a host name only while loading:
#   outbound *.mp.microsoft.com tcp/443
#   outbound *.update.microsoft.com tcp/443
#   outbound *.windowsupdate.com tcp/80, tcp/443
#   outbound a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com tcp/443
#   outbound emdl.ws.microsoft.com tcp/80
#   outbound eu-cdn.action1.com tcp/443
#   outbound remote.eu.action1.com tcp/443
#   outbound server.eu.action1.com tcp/22543
#
# NOT in this file, because these are services of the local network: allowed there, never to a public address:
#   outbound 3.124.175.10 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.74.63.86 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.eu.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535

set -eu
list= route= rules=rules
for word; do
    case $word in
    out | in | lan_out | lan_in) list=$word ;;
    route) route='route ' ;;
    delete) rules=: ;;
    *) list= && break ;;
    esac
done
if [ -z "$list" ]; then
    echo 'usage: sh ufw.sh out|in|lan_out|lan_in [route] [delete]' >&2
    exit 2
fi
own=action1-europe_$list
rules() {
    case $list in
    out) cat <<'END' ;;
tcp 22543 3.71.193.26 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
tcp 22543 3.74.63.86 # Action1 servers (server.eu.action1.com) (required - e660234ee3738)
tcp 22543 3.124.175.10 # Action1 servers (server.eu.action1.com) (required - e660234ee3738)
tcp 22543 18.185.175.163 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
END
    lan_out) cat <<'END' ;;
tcp 135,139,389,445,49152:65535 10.0.0.0/8 # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358) / only in the LAN: Action1 servers (
tcp 135,139,389,445,49152:65535 169.254.0.0/16 # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358) / only in the LAN: Action1 servers (
tcp 135,139,389,445,49152:65535 172.16.0.0/12 # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358) / only in the LAN: Action1 servers (
tcp 135,139,389,445,49152:65535 192.168.0.0/16 # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358) / only in the LAN: Action1 servers (
tcp 135,139,389,445,49152:65535 fc00::/7 # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358) / only in the LAN: Action1 servers (
tcp 135,139,389,445,49152:65535 fe80::/10 # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358) / only in the LAN: Action1 servers (
END
    lan_in) cat <<'END' ;;
tcp 22551 10.0.0.0/8 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
tcp 22551 169.254.0.0/16 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
tcp 22551 172.16.0.0/12 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
tcp 22551 192.168.0.0/16 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
tcp 22551 fc00::/7 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
tcp 22551 fe80::/10 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
udp 6771,22551 10.0.0.0/8 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
udp 6771,22551 169.254.0.0/16 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
udp 6771,22551 172.16.0.0/12 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
udp 6771,22551 192.168.0.0/16 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
udp 6771,22551 fc00::/7 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
udp 6771,22551 fe80::/10 # Managed endpoints (LAN only) (recommended - e6710b60543ac)
END
    esac
}

wanted() {
    $rules | while read -r protocol ports address _; do
        # No router forwards what is link-local.
        case $route$address in route*169.254.* | route*fe80:*) continue ;; esac
        case $list,$route in
        *out,) echo "allow out to $address port $ports proto $protocol" ;;
        *out,*) echo "allow to $address port $ports proto $protocol" ;;
        *) echo "allow from $address to any port $ports proto $protocol" ;;
        esac
    done
}
# The rules that ufw has, of any origin, and those with the comment of this list.
bare() { sed -n "s/ comment '.*'$//; s/^ufw ${route}allow /allow /p"; }
known() { ufw show added | bare; }
ours() { ufw show added | grep " comment '$own'$" | bare; }
lacking() { printf '%s\n' "$2" | grep -vxF -e "$1" -e '' || :; }
add_missing() {
    lacking "$(known)" "$(wanted)" | while read -r rule; do
        ufw $route$rule comment "$own" < /dev/null
    done
}
add_missing
lacking "$(wanted)" "$(ours)" | while read -r rule; do
    ufw ${route}delete $rule < /dev/null
done
add_missing
