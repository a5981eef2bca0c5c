# Firewall rules of action1 - north-america - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      2c780dc741a5dcc7db6ed1bba6f47cb8847a48cffee872e33c705cf8b016b82e
#
# This file allows what the page names and blocks nothing. It takes effect where your own chains
# jump to its chains, above the rule that drops the rest. Add the jumps once, in /ip firewall
# filter and in /ipv6 firewall filter:
#   add chain=forward action=jump jump-target=action1-north-america-out
#   add chain=forward action=jump jump-target=action1-north-america-in
# Chain forward is for the machines behind this router. For the router itself, add the same two
# jumps to chain=output and chain=input.
# Then, now and whenever this file changes: /import file-name=mikrotik.rsc
#
# Traffic between machines of your own networks (agents, remote installation by RPC and SMB) is in
# action1-north-america_lan-out and action1-north-america_lan-in. The jumps above do not lead there, and between
# networks that you keep apart none should. Only if a server in one network installs in another,
# add a jump to them below your own denies, with src-address and dst-address.
#
# A wildcard is open to clients that use this router as their resolver (/ip dns
# allow-remote-requests). The router resolves such names by the first of its own servers (/ip dns
# servers): import this file again if you change those. What a client resolved earlier is open
# once that answer has expired.
# A router answers a name by one DNS entry: for several regions on one router, import
# rules/all/mikrotik.rsc instead of the files of the regions.
#
# NOT in this file, because these are services of the local network: allowed there, never to a public address:
#   outbound 3.210.54.212 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.213.90.174 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.210.188.13 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.227.102.112 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
/ip firewall address-list
remove [find where list~"^action1-north-america_" and dynamic=no]
add list="action1-north-america_tcp-80" address=emdl.ws.microsoft.com comment="emdl.ws.microsoft.com (e3e4e85a649b5)"
add list="action1-north-america_tcp-80-443" address=windowsupdate.com comment="port assumed: *.windowsupdate.com (e428239c7c304)"
add list="action1-north-america_tcp-443" address=a1-backend-packages.s3.amazonaws.com comment="a1-backend-packages.s3.amazonaws.com (eeacdf3d0fa04)"
add list="action1-north-america_tcp-443" address=af.remote.app.action1.com comment="Action1 Remote Desktop Console for Africa (required - only for Africa - ed3c0b30aaeb3)"
add list="action1-north-america_tcp-443" address=au.remote.app.action1.com comment="Action1 Remote Desktop Console for Australia (required - only for Australia - edf1941a295ed)"
add list="action1-north-america_tcp-443" address=ea.remote.app.action1.com comment="Action1 Remote Desktop Console for Asia (required - only for Asia - e718f56cd1b90)"
add list="action1-north-america_tcp-443" address=eu.remote.app.action1.com comment="Action1 Remote Desktop Console for Europe (required - only for Europe - eafa4eb149ac9)"
add list="action1-north-america_tcp-443" address=me.remote.app.action1.com comment="Action1 Remote Desktop Console for the Middle East (required - only for Middle East - ef05022e0a504)"
add list="action1-north-america_tcp-443" address=mp.microsoft.com comment="*.mp.microsoft.com (eb93b14253e34)"
add list="action1-north-america_tcp-443" address=sa.remote.app.action1.com comment="Action1 Remote Desktop Console for South America (required - only for South America - e02918488a719)"
add list="action1-north-america_tcp-443" address=update.microsoft.com comment="*.update.microsoft.com (eed03781dad55)"
add list="action1-north-america_tcp-443" address=us-cdn.action1.com comment="us-cdn.action1.com (e029b3be2546a)"
add list="action1-north-america_tcp-443" address=us.remote.app.action1.com comment="Action1 Remote Desktop Console for North America (required - only for North America - eaf034f988a25)"
add list="action1-north-america_tcp-443-22543" address=3.0.4.167 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)"
add list="action1-north-america_tcp-443-22543" address=3.10.103.241 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)"
add list="action1-north-america_tcp-443-22543" address=3.88.244.142 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=3.104.236.56 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)"
add list="action1-north-america_tcp-443-22543" address=3.210.54.212 comment="Action1 servers (server.action1.com) (required - e6485cba9323b)"
add list="action1-north-america_tcp-443-22543" address=3.213.90.174 comment="Action1 servers (server.action1.com) (required - e6485cba9323b)"
add list="action1-north-america_tcp-443-22543" address=3.229.22.34 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=13.41.182.195 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)"
add list="action1-north-america_tcp-443-22543" address=13.202.109.124 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)"
add list="action1-north-america_tcp-443-22543" address=13.211.73.202 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)"
add list="action1-north-america_tcp-443-22543" address=13.213.228.50 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)"
add list="action1-north-america_tcp-443-22543" address=13.215.147.78 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)"
add list="action1-north-america_tcp-443-22543" address=13.244.155.212 comment="Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)"
add list="action1-north-america_tcp-443-22543" address=13.244.175.69 comment="Action1 Remote Desktop relay servers in Africa (required - only for Africa - e5245d914500a)"
add list="action1-north-america_tcp-443-22543" address=15.229.170.56 comment="Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)"
add list="action1-north-america_tcp-443-22543" address=18.135.32.225 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)"
add list="action1-north-america_tcp-443-22543" address=18.169.144.48 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)"
add list="action1-north-america_tcp-443-22543" address=18.171.0.33 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)"
add list="action1-north-america_tcp-443-22543" address=18.230.233.136 comment="Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)"
add list="action1-north-america_tcp-443-22543" address=18.231.231.56 comment="Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)"
add list="action1-north-america_tcp-443-22543" address=34.203.184.16 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=35.179.20.122 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e1a52cfeb8f95)"
add list="action1-north-america_tcp-443-22543" address=43.204.118.97 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)"
add list="action1-north-america_tcp-443-22543" address=43.204.185.8 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)"
add list="action1-north-america_tcp-443-22543" address=43.205.156.38 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - edb320673a862)"
add list="action1-north-america_tcp-443-22543" address=44.212.254.73 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=52.200.246.160 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=52.205.66.134 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=54.79.23.166 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)"
add list="action1-north-america_tcp-443-22543" address=54.79.198.20 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e378b93fda697)"
add list="action1-north-america_tcp-443-22543" address=54.144.130.130 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=54.169.182.56 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - ec330b5291317)"
add list="action1-north-america_tcp-443-22543" address=54.207.116.27 comment="Action1 Remote Desktop relay servers in South America (required - only for South America - e9bcab8863d6f)"
add list="action1-north-america_tcp-443-22543" address=54.210.188.13 comment="Action1 servers (server.action1.com) (required - e6485cba9323b)"
add list="action1-north-america_tcp-443-22543" address=54.227.102.112 comment="Action1 servers (server.action1.com) (required - e6485cba9323b)"
add list="action1-north-america_tcp-443-22543" address=100.24.103.37 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e8c32a0a0fd81)"
add list="action1-north-america_tcp-443-22543" address=server.action1.com comment="Action1 servers (server.action1.com) (required - e6485cba9323b)"
add list="action1-north-america_lan-out-tcp" address=10.0.0.0/8 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-north-america_lan-out-tcp" address=172.16.0.0/12 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-north-america_lan-out-tcp" address=192.168.0.0/16 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-north-america_lan-in-tcp" address=10.0.0.0/8 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-north-america_lan-in-tcp" address=172.16.0.0/12 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-north-america_lan-in-tcp" address=192.168.0.0/16 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-north-america_lan-in-udp" address=10.0.0.0/8 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-north-america_lan-in-udp" address=172.16.0.0/12 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-north-america_lan-in-udp" address=192.168.0.0/16 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
/ipv6 firewall address-list
remove [find where list~"^action1-north-america_" and dynamic=no]
add list="action1-north-america_tcp-80" address=emdl.ws.microsoft.com comment="emdl.ws.microsoft.com (e3e4e85a649b5)"
add list="action1-north-america_tcp-80-443" address=windowsupdate.com comment="port assumed: *.windowsupdate.com (e428239c7c304)"
add list="action1-north-america_tcp-443" address=a1-backend-packages.s3.amazonaws.com comment="a1-backend-packages.s3.amazonaws.com (eeacdf3d0fa04)"
add list="action1-north-america_tcp-443" address=af.remote.app.action1.com comment="Action1 Remote Desktop Console for Africa (required - only for Africa - ed3c0b30aaeb3)"
add list="action1-north-america_tcp-443" address=au.remote.app.action1.com comment="Action1 Remote Desktop Console for Australia (required - only for Australia - edf1941a295ed)"
add list="action1-north-america_tcp-443" address=ea.remote.app.action1.com comment="Action1 Remote Desktop Console for Asia (required - only for Asia - e718f56cd1b90)"
add list="action1-north-america_tcp-443" address=eu.remote.app.action1.com comment="Action1 Remote Desktop Console for Europe (required - only for Europe - eafa4eb149ac9)"
add list="action1-north-america_tcp-443" address=me.remote.app.action1.com comment="Action1 Remote Desktop Console for the Middle East (required - only for Middle East - ef05022e0a504)"
add list="action1-north-america_tcp-443" address=mp.microsoft.com comment="*.mp.microsoft.com (eb93b14253e34)"
add list="action1-north-america_tcp-443" address=sa.remote.app.action1.com comment="Action1 Remote Desktop Console for South America (required - only for South America - e02918488a719)"
add list="action1-north-america_tcp-443" address=update.microsoft.com comment="*.update.microsoft.com (eed03781dad55)"
add list="action1-north-america_tcp-443" address=us-cdn.action1.com comment="us-cdn.action1.com (e029b3be2546a)"
add list="action1-north-america_tcp-443" address=us.remote.app.action1.com comment="Action1 Remote Desktop Console for North America (required - only for North America - eaf034f988a25)"
add list="action1-north-america_tcp-443-22543" address=server.action1.com comment="Action1 servers (server.action1.com) (required - e6485cba9323b)"
add list="action1-north-america_lan-out-tcp" address=fc00::/7 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-north-america_lan-in-tcp" address=fc00::/7 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-north-america_lan-in-udp" address=fc00::/7 comment="Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
/ip dns static
remove [find where address-list~"^action1-north-america_"]
{
    :local servers [:toarray [/ip dns get servers]]
    :if ([:len $servers] = 0) do={
        :log warning "fwtracker: no wildcard is open: /ip dns has no servers of its own"
    } else={
        :local server [:pick $servers 0]
        /ip dns static add type=FWD name=windowsupdate.com match-subdomain=yes forward-to=$server address-list="action1-north-america_tcp-80-443" comment="*.windowsupdate.com"
        /ip dns static add type=FWD name=mp.microsoft.com match-subdomain=yes forward-to=$server address-list="action1-north-america_tcp-443" comment="*.mp.microsoft.com"
        /ip dns static add type=FWD name=update.microsoft.com match-subdomain=yes forward-to=$server address-list="action1-north-america_tcp-443" comment="*.update.microsoft.com"
    }
}
/ip firewall filter
remove [find where chain="action1-north-america-out" or chain="action1-north-america-in" or chain="action1-north-america_lan-out" or chain="action1-north-america_lan-in"]
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=80 dst-address-list="action1-north-america_tcp-80" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=80,443 dst-address-list="action1-north-america_tcp-80-443" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=443 dst-address-list="action1-north-america_tcp-443" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=443,22543 dst-address-list="action1-north-america_tcp-443-22543" comment="fwtracker"
add chain="action1-north-america_lan-out" action=accept protocol=tcp dst-port=135,139,389,445,49152-65535 dst-address-list="action1-north-america_lan-out-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=tcp dst-port=22551 src-address-list="action1-north-america_lan-in-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=udp dst-port=6771,22551 src-address-list="action1-north-america_lan-in-udp" comment="fwtracker"
/ipv6 firewall filter
remove [find where chain="action1-north-america-out" or chain="action1-north-america-in" or chain="action1-north-america_lan-out" or chain="action1-north-america_lan-in"]
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=80 dst-address-list="action1-north-america_tcp-80" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=80,443 dst-address-list="action1-north-america_tcp-80-443" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=443 dst-address-list="action1-north-america_tcp-443" comment="fwtracker"
add chain="action1-north-america-out" action=accept protocol=tcp dst-port=443,22543 dst-address-list="action1-north-america_tcp-443-22543" comment="fwtracker"
add chain="action1-north-america_lan-out" action=accept protocol=tcp dst-port=135,139,389,445,49152-65535 dst-address-list="action1-north-america_lan-out-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=tcp dst-port=22551 src-address-list="action1-north-america_lan-in-tcp" comment="fwtracker"
add chain="action1-north-america_lan-in" action=accept protocol=udp dst-port=6771,22551 src-address-list="action1-north-america_lan-in-udp" comment="fwtracker"
