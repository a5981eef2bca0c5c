"""A script that tests a version with Windows PowerShell 5.1 or 7, without modules. Pure.

It uses .NET classes only: TcpClient, Dns and SslStream are in .NET Framework 4.5 and in .NET
(https://learn.microsoft.com/en-us/dotnet/api/system.net.security.sslstream). Windows itself
may fetch a missing intermediate or its list of authorities to verify a certificate.
"""

from __future__ import annotations

from tracker.text import quote_powershell, to_comment
from tracker.verify.plan import ProbeTarget
from tracker.verify.scripts.contents import PROGRAM_KIND, ScriptContents, is_address

_HEAD = """
# Tests from this machine what the page of this version documents. Written by fwtracker.
# It connects by TCP to the targets below and to nothing else, and shakes hands where the page
# says TLS. It changes nothing and needs no rights. Run it by hand or by a management tool:
#     powershell -ExecutionPolicy Bypass -File verify.ps1 -OutFile result.json
# and give what it prints to: fwtracker verify --read result.json
"""

_FUNCTIONS = r"""
$private = '^(0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.'
$private += '|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.|^(22[4-9]|2[3-5]\d)\.'
$private += '|^::1?$|^f[cdef]|^::ffff:'

function Get-Words([Exception] $Problem) {
    return $Problem.GetBaseException().Message
}

# A UDP socket that is connected sends nothing; it only asks for the route.
function Test-Route([System.Net.IPAddress] $Ip) {
    $udp = $null
    try {
        $udp = New-Object System.Net.Sockets.UdpClient($Ip.AddressFamily)
        $udp.Connect($Ip, 9)
        return $true
    } catch {
        return $false
    } finally {
        if ($null -ne $udp) { $udp.Close() }
    }
}

function Get-SocketState([Exception] $Problem) {
    $base = $Problem.GetBaseException()
    if ($base -isnot [System.Net.Sockets.SocketException]) { return 'blocked' }
    switch ($base.SocketErrorCode) {
        'ConnectionRefused' { return 'refused' }
        'AccessDenied' { return 'blocked-here' }
        'NetworkUnreachable' { return 'unreachable' }
        'HostUnreachable' { return 'unreachable' }
    }
    return 'blocked'
}

function Find-Address([hashtable] $Probe) {
    if ($Probe.IsAddress) { return @($Probe.Target) }
    $asked = [System.Net.Dns]::BeginGetHostAddresses($Probe.Target + '.', $null, $null)
    if (-not $asked.AsyncWaitHandle.WaitOne($TimeoutSeconds * 1000)) {
        throw 'no answer from DNS in time'
    }
    $found = [System.Net.Dns]::EndGetHostAddresses($asked)
    return @($found | Select-Object -First 8 | ForEach-Object { $_.ToString() })
}

function Test-Handshake($Client, [string] $Name, [hashtable] $Result) {
    # Filled in by the judge, as long as what it is given is there; it lets everything pass.
    $seen = @{ Count = 0; Problems = ''; Status = @(); Issuer = ''; Authority = '' }
    $seen.Logged = $false
    $judge = [System.Net.Security.RemoteCertificateValidationCallback] {
        param($origin, $certificate, $chain, $problems)
        $seen.Count = 1
        $seen.Problems = "$problems"
        $shown = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2(
            $certificate)
        $seen.Issuer = $shown.Issuer
        foreach ($extension in $shown.Extensions) {
            if ($extension.Oid.Value -eq '1.3.6.1.4.1.11129.2.4.2') { $seen.Logged = $true }
        }
        if ($null -ne $chain) {
            foreach ($element in $chain.ChainElements) {
                $seen.Authority = $element.Certificate.Issuer
            }
            $seen.Status = @(foreach ($each in $chain.ChainStatus) { "$($each.Status)" })
        }
        return $true
    }.GetNewClosure()
    $stream = New-Object System.Net.Security.SslStream($Client.GetStream(), $false, $judge)
    $problem = $null
    try {
        $stream.AuthenticateAsClient(
            $Name, $null, [System.Security.Authentication.SslProtocols]::Tls12, $false)
    } catch {
        $problem = $_.Exception
    } finally {
        $stream.Dispose()
    }
    if ($seen.Count -eq 0) {
        $Result.state = Get-BreakState $problem
        if ($null -ne $problem) { $Result.detail = Get-Words $problem }
        return
    }
    $Result.issuer = $seen.Issuer
    $Result.authority = $seen.Authority
    $Result.detail = $seen.Status -join ', '
    if ($seen.Status -contains 'NotTimeValid') {
        $Result.state = 'tls-expired'
    } elseif ($seen.Status -contains 'PartialChain' -and $seen.Logged) {
        $Result.state = 'tls-incomplete'
    } elseif ($seen.Problems -match 'ChainErrors') {
        $Result.state = 'tls-unknown-authority'
    } elseif ($Result.name -and $seen.Problems -match 'NameMismatch') {
        $Result.state = 'tls-wrong-name'
    }
}

function Get-BreakState([Exception] $Problem) {
    if ($null -eq $Problem) { return 'tls-fails' }
    $base = $Problem.GetBaseException()
    if ($base -is [System.Net.Sockets.SocketException]) {
        if ("$($base.SocketErrorCode)" -eq 'TimedOut') { return 'tls-silent' }
        return 'tls-cut'
    }
    if ($base -is [System.IO.IOException]) { return 'tls-cut' }
    return 'tls-fails'
}

function Test-Hold($Client, [hashtable] $Result) {
    $mode = [System.Net.Sockets.SelectMode]::SelectRead
    if (-not $Client.Client.Poll(500000, $mode)) { return }
    try {
        $buffer = New-Object byte[] 1
        if ($Client.Client.Receive($buffer) -gt 0) { return }
        $Result.detail = 'accepted, then closed'
    } catch {
        $Result.detail = 'accepted, then reset'
    }
    $Result.state = 'accepted-closed'
}

function Test-Address([hashtable] $Probe, [string] $Address, [hashtable] $Result) {
    if (-not $Probe.IsAddress -and -not $Probe.Private -and $Address -match $private) {
        $Result.state = 'dns-filtered'
        $Result.detail = "DNS answers $Address, which is not public"
        return
    }
    $ip = [System.Net.IPAddress]::Parse($Address)
    if (-not (Test-Route $ip)) {
        $Result.state = 'no-route'
        $Result.detail = 'this machine has no route to it'
        return
    }
    $watch = [System.Diagnostics.Stopwatch]::StartNew()
    $client = $null
    try {
        $client = New-Object System.Net.Sockets.TcpClient($ip.AddressFamily)
        $asked = $client.BeginConnect($ip, $Probe.Port, $null, $null)
        if (-not $asked.AsyncWaitHandle.WaitOne($TimeoutSeconds * 1000)) {
            $Result.state = 'blocked'
            $Result.detail = "no answer in $TimeoutSeconds s"
            return
        }
        $client.EndConnect($asked)
        $Result.seconds = [Math]::Round($watch.Elapsed.TotalSeconds, 4)
        $client.ReceiveTimeout = $TimeoutSeconds * 1000
        $client.SendTimeout = $TimeoutSeconds * 1000
        $Result.state = 'open'
        if ($Probe.Tls) {
            $name = $Probe.Name
            if (-not $name) { $name = $Address }
            Test-Handshake $client $name $Result
        } else {
            Test-Hold $client $Result
        }
    } catch {
        $Result.state = Get-SocketState $_.Exception
        $Result.detail = Get-Words $_.Exception
    } finally {
        if ($null -ne $client) { $client.Close() }
    }
}

function Test-Probe([hashtable] $Probe) {
    $base = @{ target = $Probe.Target; protocol = 'tcp'; port = $Probe.Port; detail = '' }
    if ($Probe.Name) { $base.name = $Probe.Name }
    try {
        $addresses = @(Find-Address $Probe)
    } catch {
        $result = $base.Clone()
        $result.state = 'dns-fails'
        $result.detail = Get-Words $_.Exception
        return $result
    }
    foreach ($address in $addresses) {
        $result = $base.Clone()
        $result.address = $address
        Test-Address $Probe $address $result
        $result
    }
}
"""

_RUN = """
$invariant = [System.Globalization.CultureInfo]::InvariantCulture
$start = [DateTime]::UtcNow
$attempts = @(foreach ($probe in $probes) { Test-Probe $probe })
$report = [ordered] @{
    schema = 1
    kind = $kind
    source = $source
    version = $version
    digest = $digest
    script = 'powershell'
    host = [Environment]::MachineName
    started_at = $start.ToString('yyyy-MM-ddTHH:mm:ssZ', $invariant)
    seconds = [Math]::Round(([DateTime]::UtcNow - $start).TotalSeconds, 3)
    attempts = $attempts
}
$text = ConvertTo-Json -InputObject $report -Depth 5 -Compress
if ($OutFile) {
    $paths = $ExecutionContext.SessionState.Path
    $path = $paths.GetUnresolvedProviderPathFromPSPath($OutFile)
    [System.IO.File]::WriteAllText($path, $text)
} else {
    Write-Output $text
}
"""


_WORDS = {True: "$true", False: "$false"}


def render_powershell(contents: ScriptContents) -> str:
    """Return the script, with the line ends of Windows."""
    about = to_comment(f"{contents.source} - version {contents.version}")
    probes = ",\n".join(map(_probe_line, contents.probes))
    parts = (
        f"# {about}\n# digest: {to_comment(contents.digest)}\n{_HEAD.lstrip()}",
        f"param([int] $TimeoutSeconds = {contents.timeout}, [string] $OutFile = '')\n"
        "$ErrorActionPreference = 'Stop'\n",
        f"$kind = {quote_powershell(PROGRAM_KIND)}\n"
        f"$source = {quote_powershell(contents.source)}\n"
        f"$version = {contents.version}\n"
        f"$digest = {quote_powershell(contents.digest)}\n",
        f"$probes = @(\n{probes}\n)\n",
        _FUNCTIONS.lstrip(),
        _RUN.lstrip(),
    )
    return "\n".join(parts).replace("\n", "\r\n")


def _probe_line(probe: ProbeTarget) -> str:
    """Return a target as a PowerShell hash table."""
    name = quote_powershell(probe.name) if probe.name else "$null"
    facts = (probe.tls, is_address(probe), bool(probe.listed))
    tls, address, private = (_WORDS[value] for value in facts)
    return (
        f"    @{{ Target = {quote_powershell(probe.target)}; Port = {probe.port};"
        f" Name = {name}; Tls = {tls}; IsAddress = {address}; Private = {private} }}"
    )
