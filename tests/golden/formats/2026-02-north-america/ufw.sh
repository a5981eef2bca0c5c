# Firewall rules of action1 - north-america - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      2c780dc741a5dcc7db6ed1bba6f47cb8847a48cffee872e33c705cf8b016b82e
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
# It recognizes the rules of this file by their comment, action1-north-america_out and so on, and has each rule
# once: for several regions on one machine, load the file of rules/all/ instead.
#
# NOT in this file, because Linux filters by address and would resolve a host name only while loading:
#   outbound *.mp.microsoft.com tcp/443
#   outbound *.update.microsoft.com tcp/443
#   outbound *.windowsupdate.com tcp/80, tcp/443
#   outbound a1-backend-packages.s3.amazonaws.com tcp/443
#   outbound af.remote.app.action1.com tcp/443
#   outbound au.remote.app.action1.com tcp/443
#   outbound ea.remote.app.action1.com tcp/443
#   outbound emdl.ws.microsoft.com tcp/80
#   outbound eu.remote.app.action1.com tcp/443
#   outbound me.remote.app.action1.com tcp/443
#   outbound sa.remote.app.action1.com tcp/443
#   outbound server.action1.com tcp/443, tcp/22543
#   outbound us-cdn.action1.com tcp/443
#   outbound us.remote.app.action1.com tcp/443
#
# NOT in this file, because these are services of the local network: allowed there, never to a public address:
#   outbound 3.210.54.212 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.213.90.174 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.210.188.13 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.227.102.112 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535

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
own=action1-north-america_$list
rules() {
    case $list in
    out) cat <<'END' ;;
tcp 443,22543 3.0.4.167 # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
tcp 443,22543 3.10.103.241 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
tcp 443,22543 3.88.244.142 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 3.104.236.56 # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
tcp 443,22543 3.210.54.212 # Action1 servers (server.action1.com) (required - e6485cba9323b)
tcp 443,22543 3.213.90.174 # Action1 servers (server.action1.com) (required - e6485cba9323b)
tcp 443,22543 3.229.22.34 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 13.41.182.195 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
tcp 443,22543 13.202.109.124 # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
tcp 443,22543 13.211.73.202 # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
tcp 443,22543 13.213.228.50 # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
tcp 443,22543 13.215.147.78 # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
tcp 443,22543 13.244.155.212 # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)
tcp 443,22543 13.244.175.69 # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)
tcp 443,22543 15.229.170.56 # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
tcp 443,22543 18.135.32.225 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
tcp 443,22543 18.169.144.48 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
tcp 443,22543 18.171.0.33 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
tcp 443,22543 18.230.233.136 # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
tcp 443,22543 18.231.231.56 # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
tcp 443,22543 34.203.184.16 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 35.179.20.122 # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)
tcp 443,22543 43.204.118.97 # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
tcp 443,22543 43.204.185.8 # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
tcp 443,22543 43.205.156.38 # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)
tcp 443,22543 44.212.254.73 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 52.200.246.160 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 52.205.66.134 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 54.79.23.166 # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
tcp 443,22543 54.79.198.20 # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)
tcp 443,22543 54.144.130.130 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
tcp 443,22543 54.169.182.56 # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)
tcp 443,22543 54.207.116.27 # Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)
tcp 443,22543 54.210.188.13 # Action1 servers (server.action1.com) (required - e6485cba9323b)
tcp 443,22543 54.227.102.112 # Action1 servers (server.action1.com) (required - e6485cba9323b)
tcp 443,22543 100.24.103.37 # Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)
END
    lan_out) cat <<'END' ;;
tcp 135,139,389,445,49152:65535 10.0.0.0/8 # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
tcp 135,139,389,445,49152:65535 169.254.0.0/16 # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
tcp 135,139,389,445,49152:65535 172.16.0.0/12 # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
tcp 135,139,389,445,49152:65535 192.168.0.0/16 # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
tcp 135,139,389,445,49152:65535 fc00::/7 # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
tcp 135,139,389,445,49152:65535 fe80::/10 # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
END
    lan_in) cat <<'END' ;;
tcp 22551 10.0.0.0/8 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
tcp 22551 169.254.0.0/16 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
tcp 22551 172.16.0.0/12 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
tcp 22551 192.168.0.0/16 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
tcp 22551 fc00::/7 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
tcp 22551 fe80::/10 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
udp 6771,22551 10.0.0.0/8 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
udp 6771,22551 169.254.0.0/16 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
udp 6771,22551 172.16.0.0/12 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
udp 6771,22551 192.168.0.0/16 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
udp 6771,22551 fc00::/7 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
udp 6771,22551 fe80::/10 # Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
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
