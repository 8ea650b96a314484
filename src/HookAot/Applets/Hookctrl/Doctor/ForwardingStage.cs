using HookAot.Backends;
using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's sixth stage: does the kernel forward, and does no other firewall drop what we accept?</summary>
internal static class ForwardingStage
{
    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        if (Obstacle.Forwarding() is { } obstacle)
            yield return DoctorStep.Fault(obstacle.Message, obstacle.Cure);

        var chains = OtherFirewalls.ForwardChains();
        if (OtherFirewalls.FirewalldIsStrict(chains))
        {
            yield return DoctorStep.Fault(
                "firewalld drops what it has not translated itself: StrictForwardPorts=yes",
                "StrictForwardPorts=no in /etc/firewalld/firewalld.conf, " +
                "then firewall-cmd --reload and hookctrl apply");
        }

        foreach (var chain in chains.Where(OtherFirewalls.Drops)) yield return Dropping(chain);

        var guest = new HashSet<string> { patient.Name };
        foreach (var (_, port) in Hairpin.Missing(patient.Desired.Ruleset.Only(guest), patient.Desired.Seen))
        {
            yield return DoctorStep.Fault(
                $"br_netfilter is on and hairpin mode of {port} is off, " +
                "so that it does not reach itself by the public address",
                Obstacle.Apply);
        }

        yield return DoctorStep.Ok("the kernel forwards, and no other firewall here drops it");
    }

    private static DoctorStep Dropping(NftChain chain)
    {
        var name = $"{chain.Family} {chain.Table} {chain.Name}";
        return DoctorStep.Fault(
            $"nftables chain {name} drops what is forwarded unless one of its own rules accepts it",
            $"nft insert rule {name} ct status dnat accept; and write it into that firewall's configuration");
    }
}
