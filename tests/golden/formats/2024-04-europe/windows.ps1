# Firewall rules of action1 - europe - version 2
# Written by fwtracker: changes made here are lost.
# page:        https://www.action1.com/documentation/firewall-configuration/
# captured at: 2024-04-18T10:00:00Z
# digest:      2674d1cad6cc6d05588f25928bf5319dfad14a07655ac24959489a5f5056cdd3
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
#
# NOT in this file, because these are services of the local network: allowed there, never to a public address:
#   outbound 3.124.175.10 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound 3.74.63.86 tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535
#   outbound server.eu.action1.com tcp/135, tcp/139, tcp/389, tcp/445, tcp/49152-65535

param(
    [string] $PolicyStore = 'PersistentStore',
    [ValidateSet('All', 'Internet', 'Lan')] [string] $Load = 'All',
    [switch] $WhatIf
)
$ErrorActionPreference = 'Stop'
$group = 'fwtracker-action1-europe_lan'
$rules = @(
    @{
        Name = 'fwtracker-action1-europe_lan-inbound-tcp-22551'
        Direction = 'Inbound'
        Protocol = 'TCP'
        LocalPort = '22551'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # Managed endpoints (LAN only) (recommended - e6710b60543ac)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-inbound-udp-6771'
        Direction = 'Inbound'
        Protocol = 'UDP'
        LocalPort = '6771'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # Managed endpoints (LAN only) (recommended - e6710b60543ac)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-inbound-udp-22551'
        Direction = 'Inbound'
        Protocol = 'UDP'
        LocalPort = '22551'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # Managed endpoints (LAN only) (recommended - e6710b60543ac)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-outbound-tcp-135'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '135'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.eu.action1.com) (required - ee19c424c4f0c)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-outbound-tcp-139'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '139'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.eu.action1.com) (required - e02a34c382358)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-outbound-tcp-389'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '389'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.eu.action1.com) (required - e75530142c7a5)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-outbound-tcp-445'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '445'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.eu.action1.com) (required - eac309291291b)
    }
    @{
        Name = 'fwtracker-action1-europe_lan-outbound-tcp-49152-65535'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '49152-65535'
        Profile = 'Domain', 'Private'
        RemoteAddress = 'LocalSubnet' # only in the LAN: Action1 servers (server.eu.action1.com) (required - e2d0c061d3c86)
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
$group = 'fwtracker-action1-europe'
$rules = @(
    @{
        Name = 'fwtracker-action1-europe-outbound-tcp-22543'
        Direction = 'Outbound'
        Protocol = 'TCP'
        RemotePort = '22543'
        Profile = 'Any'
        RemoteAddress = @(
            '3.71.193.26' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
            '3.74.63.86' # Action1 servers (server.eu.action1.com) (required - e660234ee3738)
            '3.124.175.10' # Action1 servers (server.eu.action1.com) (required - e660234ee3738)
            '18.185.175.163' # Action1 Remote Desktop relay servers in Europe (required - only for Europe - e4d292aa51cf6)
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
