# Firewall rules of action1 - all - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      ea58c2d049a1d021f54cde8a091986ff45ab6de130eaba5675a9bcdfafc07a34
#
# Run as administrator, now and whenever this file changes:
#   powershell -ExecutionPolicy Bypass -File windows.ps1
#   ... -WhatIf                                    shows what it would do
#   ... -PolicyStore "example.com\Firewall"        writes to that group policy instead
#   ... -Load Internet, or -Load Lan               loads only one of the two groups of rules
# A workstation with the agent needs both groups, and so does the machine that installs remotely:
# Windows blocks incoming connections by default, and the inbound rules for the LAN let the agents
# reach each other. Use -Load Internet on a server that its neighbours must not reach. These rules
# do not apply to traffic that a machine forwards between networks. Windows allows outgoing
# connections by default, so the outbound rules matter only where that was changed. LocalSubnet is
# what Windows takes for its own network, unless the configuration names networks in [lan]; on a
# network that Windows treats as public, the rules for the LAN do not apply.
# If a group policy turns local rules off, use -PolicyStore. Needs Windows 8 or Server 2012.
#
# NOT in this file, because a rule of Windows Defender Firewall takes addresses; names need dynamic keywords, which work only with Microsoft Defender Antivirus:
#   outbound *.mp.microsoft.com tcp/443
#   outbound *.update.microsoft.com tcp/443
#   outbound *.windowsupdate.com tcp/80, tcp/443
#   outbound a1-backend-packages-434810787744-eu-central-1.s3.amazonaws.com tcp/443
#   outbound emdl.ws.microsoft.com tcp/80
#   outbound eu-cdn.action1.com tcp/443
#   outbound remote.eu.action1.com tcp/443
#   outbound server.eu.action1.com tcp/22543
#   outbound a1-backend-packages.s3.amazonaws.com tcp/443
#   outbound af.remote.app.action1.com tcp/443
#   outbound au.remote.app.action1.com tcp/443
#   outbound ea.remote.app.action1.com tcp/443
#   outbound eu.remote.app.action1.com tcp/443
#   outbound me.remote.app.action1.com tcp/443
#   outbound server.action1.com tcp/22543
#   outbound us-cdn.action1.com tcp/443
#   outbound us.remote.app.action1.com tcp/443
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

param(
    [string] $PolicyStore = 'PersistentStore',
    [ValidateSet('All', 'Internet', 'Lan')] [string] $Load = 'All',
    [switch] $WhatIf
)
$ErrorActionPreference = 'Stop'
$group = 'fwtracker-action1-all_lan'
$rules = @(
    @{
        Name = 'fwtracker-action1-all_lan-inbound-tcp-22551'
        Direction = 'Inbound'
        Protocol = 'TCP'
        LocalPort = '22551'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
    }
    @{
        Name = 'fwtracker-action1-all_lan-inbound-udp-6771'
        Direction = 'Inbound'
        Protocol = 'UDP'
        LocalPort = '6771'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
    }
    @{
        Name = 'fwtracker-action1-all_lan-inbound-udp-22551'
        Direction = 'Inbound'
        Protocol = 'UDP'
        LocalPort = '22551'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # Managed endpoints (LAN only) (recommended - e6710b60543ac) / Managed endpoints (LAN only) (recommended - ed6326d3b4b51)
    }
    @{
        Name = 'fwtracker-action1-all_lan-outbound-tcp-135'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '135'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.action1.com) (required - ea79a34d228c5) / only in the LAN: Action1 servers (ser
    }
    @{
        Name = 'fwtracker-action1-all_lan-outbound-tcp-139'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '139'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.action1.com) (required - e7530b36714fc) / only in the LAN: Action1 servers (ser
    }
    @{
        Name = 'fwtracker-action1-all_lan-outbound-tcp-389'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '389'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.action1.com) (required - ec75387f46791) / only in the LAN: Action1 servers (ser
    }
    @{
        Name = 'fwtracker-action1-all_lan-outbound-tcp-445'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '445'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.action1.com) (required - e1c1c7998dba2) / only in the LAN: Action1 servers (ser
    }
    @{
        Name = 'fwtracker-action1-all_lan-outbound-tcp-49152-65535'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '49152-65535'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.action1.com) (required - ede5c721272c6) / only in the LAN: Action1 servers (ser
    }
)
if ($Load -ne 'Internet') {
    foreach ($rule in $rules) {
        $find = @{ PolicyStore = $PolicyStore; Name = $rule.Name }
        $find += @{ ErrorAction = 'SilentlyContinue' }
        $more = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
        $more += @{ Enabled = 'True'; Action = 'Allow' }
        if (Get-NetFirewallRule @find) {
            Set-NetFirewallRule @rule @more
        } else {
            New-NetFirewallRule @rule @more -DisplayName $rule.Name -Group $group | Out-Null
        }
    }
    $own = @{ PolicyStore = $PolicyStore; Group = $group; ErrorAction = 'SilentlyContinue' }
    $how = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
    foreach ($old in Get-NetFirewallRule @own) {
        if ($old.Name -notin $rules.Name) {
            Remove-NetFirewallRule -Name $old.Name @how
        }
    }
}
$group = 'fwtracker-action1-all'
$rules = @(
    @{
        Name = 'fwtracker-action1-all-outbound-tcp-22543'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '22543'
        Profile = 'Any'
        RemoteAddress = @(
            '3.10.103.241' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)
            '3.71.193.26' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
            '3.74.63.86' # Action1 servers (server.eu.action1.com) (required - e660234ee3738)
            '3.124.175.10' # Action1 servers (server.eu.action1.com) (required - e660234ee3738)
            '3.210.54.212' # Action1 servers (server.action1.com) (required - e117c47675223)
            '3.213.90.174' # Action1 servers (server.action1.com) (required - e117c47675223)
            '13.211.73.202' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)
            '13.215.147.78' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)
            '13.244.155.212' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)
            '13.244.175.69' # Action1 Remote Desktop relay servers in Africa (required - only for Africa - e58d0997cd2b8)
            '18.135.32.225' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)
            '18.169.144.48' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e227786612d3f)
            '18.185.175.163' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
            '34.203.184.16' # Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)
            '43.204.118.97' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)
            '43.204.185.8' # Action1 Remote Desktop relay servers in the Middle East (required - only for Middle East - e0642e0889804)
            '52.200.246.160' # Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)
            '52.205.66.134' # Action1 Remote Desktop relay servers in North America (required - only for North America - e76ac167f261f)
            '54.79.23.166' # Action1 Remote Desktop relay servers in Australia (required - only for Australia - e613422e33456)
            '54.169.182.56' # Action1 Remote Desktop relay servers in East Asia (required - only for East Asia - e9c7f0e597938)
            '54.210.188.13' # Action1 servers (server.action1.com) (required - e117c47675223)
            '54.227.102.112' # Action1 servers (server.action1.com) (required - e117c47675223)
        )
    }
)
if ($Load -ne 'Lan') {
    foreach ($rule in $rules) {
        $find = @{ PolicyStore = $PolicyStore; Name = $rule.Name }
        $find += @{ ErrorAction = 'SilentlyContinue' }
        $more = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
        $more += @{ Enabled = 'True'; Action = 'Allow' }
        if (Get-NetFirewallRule @find) {
            Set-NetFirewallRule @rule @more
        } else {
            New-NetFirewallRule @rule @more -DisplayName $rule.Name -Group $group | Out-Null
        }
    }
    $own = @{ PolicyStore = $PolicyStore; Group = $group; ErrorAction = 'SilentlyContinue' }
    $how = @{ PolicyStore = $PolicyStore; ErrorAction = 'Stop'; WhatIf = $WhatIf }
    foreach ($old in Get-NetFirewallRule @own) {
        if ($old.Name -notin $rules.Name) {
            Remove-NetFirewallRule -Name $old.Name @how
        }
    }
}
