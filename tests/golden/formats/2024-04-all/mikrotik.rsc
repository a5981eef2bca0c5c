# Firewall rules of action1 - all - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      ea58c2d049a1d021f54cde8a091986ff45ab6de130eaba5675a9bcdfafc07a34
#
# This file allows what the page names and blocks nothing. It takes effect where your own chains
# jump to its chains, above the rule that drops the rest. Add the jumps once, in /ip firewall
# filter and in /ipv6 firewall filter:
#   add chain=forward action=jump jump-target=action1-all-out
#   add chain=forward action=jump jump-target=action1-all-in
# Chain forward is for the machines behind this router. For the router itself, add the same two
# jumps to chain=output and chain=input.
# Then, now and whenever this file changes: /import file-name=mikrotik.rsc
#
# Traffic between machines of your own networks (agents, remote installation by RPC and SMB) is in
# action1-all_lan-out and action1-all_lan-in. The jumps above do not lead there, and between
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
#   outbound 3.124.175.10 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.74.63.86 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.eu.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.210.54.212 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.213.90.174 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.210.188.13 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 54.227.102.112 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
/ip firewall address-list
remove [find where list~"^action1-all_" and dynamic=no]
add list="action1-all_tcp-80" address=emdl.ws.microsoft.com comment="emdl.ws.microsoft.com (e3e4e85a649b5) / emdl.ws.microsoft.com (ee4b87de904e4)"
add list="action1-all_tcp-80-443" address=windowsupdate.com comment="port assumed: *.windowsupdate.com (e428239c7c304) / port assumed: *.windowsupdate.com (eb76d26941e5b)"
add list="action1-all_tcp-443" address=a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com comment="a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com (ed0d8fc9c4bca)"
add list="action1-all_tcp-443" address=a1-backend-packages.s3.amazonaws.com comment="a1-backend-packages.s3.amazonaws.com (eeacdf3d0fa04)"
add list="action1-all_tcp-443" address=af.remote.app.action1.com comment="Action1 Remote Desktop Console for Africa (required - only for Africa - ed3c0b30aaeb3)"
add list="action1-all_tcp-443" address=au.remote.app.action1.com comment="Action1 Remote Desktop Console for Australia (required - only for Australia - edf1941a295ed)"
add list="action1-all_tcp-443" address=ea.remote.app.action1.com comment="Action1 Remote Desktop Console for Asia (required - only for Asia - e718f56cd1b90)"
add list="action1-all_tcp-443" address=eu-cdn.action1.com comment="eu-cdn.action1.com (e4f72b4599f20)"
add list="action1-all_tcp-443" address=eu.remote.app.action1.com comment="Action1 Remote Desktop Console for Europe (required - only for Europe - eafa4eb149ac9)"
add list="action1-all_tcp-443" address=me.remote.app.action1.com comment="Action1 Remote Desktop Console for the Middle East (required - only for Middle East - ef05022e0a504)"
add list="action1-all_tcp-443" address=mp.microsoft.com comment="*.mp.microsoft.com (eb93b14253e34) / *.mp.microsoft.com (ef5686661b022)"
add list="action1-all_tcp-443" address=remote.eu.action1.com comment="Action1 Remote Desktop Console for Europe (required - only for Europe - ec55caa507a99)"
add list="action1-all_tcp-443" address=update.microsoft.com comment="*.update.microsoft.com (ed98cf043e1f3) / *.update.microsoft.com (eed03781dad55)"
add list="action1-all_tcp-443" address=us-cdn.action1.com comment="us-cdn.action1.com (e029b3be2546a)"
add list="action1-all_tcp-443" address=us.remote.app.action1.com comment="Action1 Remote Desktop Console for North America (required - only for North America - eaf034f988a25)"
add list="action1-all_tcp-22543" address=3.10.103.241 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)"
add list="action1-all_tcp-22543" address=3.71.193.26 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)"
add list="action1-all_tcp-22543" address=3.74.63.86 comment="Action1 servers (server.eu.action1.com) (required - e660234ee3738)"
add list="action1-all_tcp-22543" address=3.124.175.10 comment="Action1 servers (server.eu.action1.com) (required - e660234ee3738)"
add list="action1-all_tcp-22543" address=3.210.54.212 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-all_tcp-22543" address=3.213.90.174 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-all_tcp-22543" address=13.211.73.202 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)"
add list="action1-all_tcp-22543" address=13.215.147.78 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)"
add list="action1-all_tcp-22543" address=13.244.155.212 comment="Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)"
add list="action1-all_tcp-22543" address=13.244.175.69 comment="Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)"
add list="action1-all_tcp-22543" address=18.135.32.225 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)"
add list="action1-all_tcp-22543" address=18.169.144.48 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)"
add list="action1-all_tcp-22543" address=18.185.175.163 comment="Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)"
add list="action1-all_tcp-22543" address=34.203.184.16 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)"
add list="action1-all_tcp-22543" address=43.204.118.97 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)"
add list="action1-all_tcp-22543" address=43.204.185.8 comment="Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)"
add list="action1-all_tcp-22543" address=52.200.246.160 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)"
add list="action1-all_tcp-22543" address=52.205.66.134 comment="Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)"
add list="action1-all_tcp-22543" address=54.79.23.166 comment="Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)"
add list="action1-all_tcp-22543" address=54.169.182.56 comment="Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)"
add list="action1-all_tcp-22543" address=54.210.188.13 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-all_tcp-22543" address=54.227.102.112 comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-all_tcp-22543" address=server.action1.com comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-all_tcp-22543" address=server.eu.action1.com comment="Action1 servers (server.eu.action1.com) (required - e660234ee3738)"
add list="action1-all_lan-out-tcp" address=10.0.0.0/8 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-all_lan-out-tcp" address=172.16.0.0/12 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-all_lan-out-tcp" address=192.168.0.0/16 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-all_lan-in-tcp" address=10.0.0.0/8 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-all_lan-in-tcp" address=172.16.0.0/12 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-all_lan-in-tcp" address=192.168.0.0/16 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-all_lan-in-udp" address=10.0.0.0/8 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-all_lan-in-udp" address=172.16.0.0/12 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-all_lan-in-udp" address=192.168.0.0/16 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
/ipv6 firewall address-list
remove [find where list~"^action1-all_" and dynamic=no]
add list="action1-all_tcp-80" address=emdl.ws.microsoft.com comment="emdl.ws.microsoft.com (e3e4e85a649b5) / emdl.ws.microsoft.com (ee4b87de904e4)"
add list="action1-all_tcp-80-443" address=windowsupdate.com comment="port assumed: *.windowsupdate.com (e428239c7c304) / port assumed: *.windowsupdate.com (eb76d26941e5b)"
add list="action1-all_tcp-443" address=a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com comment="a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com (ed0d8fc9c4bca)"
add list="action1-all_tcp-443" address=a1-backend-packages.s3.amazonaws.com comment="a1-backend-packages.s3.amazonaws.com (eeacdf3d0fa04)"
add list="action1-all_tcp-443" address=af.remote.app.action1.com comment="Action1 Remote Desktop Console for Africa (required - only for Africa - ed3c0b30aaeb3)"
add list="action1-all_tcp-443" address=au.remote.app.action1.com comment="Action1 Remote Desktop Console for Australia (required - only for Australia - edf1941a295ed)"
add list="action1-all_tcp-443" address=ea.remote.app.action1.com comment="Action1 Remote Desktop Console for Asia (required - only for Asia - e718f56cd1b90)"
add list="action1-all_tcp-443" address=eu-cdn.action1.com comment="eu-cdn.action1.com (e4f72b4599f20)"
add list="action1-all_tcp-443" address=eu.remote.app.action1.com comment="Action1 Remote Desktop Console for Europe (required - only for Europe - eafa4eb149ac9)"
add list="action1-all_tcp-443" address=me.remote.app.action1.com comment="Action1 Remote Desktop Console for the Middle East (required - only for Middle East - ef05022e0a504)"
add list="action1-all_tcp-443" address=mp.microsoft.com comment="*.mp.microsoft.com (eb93b14253e34) / *.mp.microsoft.com (ef5686661b022)"
add list="action1-all_tcp-443" address=remote.eu.action1.com comment="Action1 Remote Desktop Console for Europe (required - only for Europe - ec55caa507a99)"
add list="action1-all_tcp-443" address=update.microsoft.com comment="*.update.microsoft.com (ed98cf043e1f3) / *.update.microsoft.com (eed03781dad55)"
add list="action1-all_tcp-443" address=us-cdn.action1.com comment="us-cdn.action1.com (e029b3be2546a)"
add list="action1-all_tcp-443" address=us.remote.app.action1.com comment="Action1 Remote Desktop Console for North America (required - only for North America - eaf034f988a25)"
add list="action1-all_tcp-22543" address=server.action1.com comment="Action1 servers (server.action1.com) (required - e117c47675223)"
add list="action1-all_tcp-22543" address=server.eu.action1.com comment="Action1 servers (server.eu.action1.com) (required - e660234ee3738)"
add list="action1-all_lan-out-tcp" address=fc00::/7 comment="only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser"
add list="action1-all_lan-in-tcp" address=fc00::/7 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
add list="action1-all_lan-in-udp" address=fc00::/7 comment="Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)"
/ip dns static
remove [find where address-list~"^action1-all_"]
{
    :local servers [:toarray [/ip dns get servers]]
    :if ([:len $servers] = 0) do={
        :log warning "fwtracker: no wildcard is open: /ip dns has no servers of its own"
    } else={
        :local server [:pick $servers 0]
        /ip dns static add type=FWD name=windowsupdate.com match-subdomain=yes forward-to=$server address-list="action1-all_tcp-80-443" comment="*.windowsupdate.com"
        /ip dns static add type=FWD name=mp.microsoft.com match-subdomain=yes forward-to=$server address-list="action1-all_tcp-443" comment="*.mp.microsoft.com"
        /ip dns static add type=FWD name=update.microsoft.com match-subdomain=yes forward-to=$server address-list="action1-all_tcp-443" comment="*.update.microsoft.com"
    }
}
/ip firewall filter
remove [find where chain="action1-all-out" or chain="action1-all-in" or chain="action1-all_lan-out" or chain="action1-all_lan-in"]
add chain="action1-all-out" action=accept protocol=tcp dst-port=80 dst-address-list="action1-all_tcp-80" comment="fwtracker"
add chain="action1-all-out" action=accept protocol=tcp dst-port=80,443 dst-address-list="action1-all_tcp-80-443" comment="fwtracker"
add chain="action1-all-out" action=accept protocol=tcp dst-port=443 dst-address-list="action1-all_tcp-443" comment="fwtracker"
add chain="action1-all-out" action=accept protocol=tcp dst-port=22543 dst-address-list="action1-all_tcp-22543" comment="fwtracker"
add chain="action1-all_lan-out" action=accept protocol=tcp dst-port=135,139,389,445,49152-65535 dst-address-list="action1-all_lan-out-tcp" comment="fwtracker"
add chain="action1-all_lan-in" action=accept protocol=tcp dst-port=22551 src-address-list="action1-all_lan-in-tcp" comment="fwtracker"
add chain="action1-all_lan-in" action=accept protocol=udp dst-port=6771,22551 src-address-list="action1-all_lan-in-udp" comment="fwtracker"
/ipv6 firewall filter
remove [find where chain="action1-all-out" or chain="action1-all-in" or chain="action1-all_lan-out" or chain="action1-all_lan-in"]
add chain="action1-all-out" action=accept protocol=tcp dst-port=80 dst-address-list="action1-all_tcp-80" comment="fwtracker"
add chain="action1-all-out" action=accept protocol=tcp dst-port=80,443 dst-address-list="action1-all_tcp-80-443" comment="fwtracker"
add chain="action1-all-out" action=accept protocol=tcp dst-port=443 dst-address-list="action1-all_tcp-443" comment="fwtracker"
add chain="action1-all-out" action=accept protocol=tcp dst-port=22543 dst-address-list="action1-all_tcp-22543" comment="fwtracker"
add chain="action1-all_lan-out" action=accept protocol=tcp dst-port=135,139,389,445,49152-65535 dst-address-list="action1-all_lan-out-tcp" comment="fwtracker"
add chain="action1-all_lan-in" action=accept protocol=tcp dst-port=22551 src-address-list="action1-all_lan-in-tcp" comment="fwtracker"
add chain="action1-all_lan-in" action=accept protocol=udp dst-port=6771,22551 src-address-list="action1-all_lan-in-udp" comment="fwtracker"
