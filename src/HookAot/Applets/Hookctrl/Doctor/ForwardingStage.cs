using System.Net.Sockets;
using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's sixth stage: does the kernel forward, and does no other firewall drop what we accept?</summary>
internal static class ForwardingStage
{
    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        var translations = patient.Translations;
        Obstacle?[] obstacles =
        [
            translations.Any(t => t.Target.IsIPv4()) ? Obstacle.Forwarding() : null,
            translations.Any(t => !t.Target.IsIPv4()) ? Obstacle.ForwardingIPv6() : null,
        ];
        foreach (var obstacle in obstacles.OfType<Obstacle>())
            yield return DoctorStep.Fault(obstacle.Message, obstacle.Cure);

        var chains = OtherFirewalls.BaseChains();
        foreach (var step in FirewalldStage.Steps(patient, chains)) yield return step;
        foreach (var chain in chains.Where(c => IsOnTheWay(c, patient) && OtherFirewalls.Stops(c)))
            yield return Stopping(chain);

        var guest = new HashSet<string> { patient.Name };
        foreach (var (_, port) in Hairpin.Missing(patient.Desired.Ruleset.Only(guest), patient.Desired.Seen))
        {
            yield return DoctorStep.Fault(
                $"br_netfilter is on and hairpin mode of {port} is off, " +
                "so that it does not reach itself by the public address",
                Obstacle.Apply);
        }

        foreach (var access in LocalnetStep.Missing(patient.Desired.Ruleset.Only(guest)))
        {
            yield return DoctorStep.Fault(
                $"route_localnet of {access.Bridge} is off, so that 127.0.0.1 does not reach it", Obstacle.Apply);
        }

        foreach (var leftover in LibvirtLeftovers.Read()) yield return DoctorStep.Note(leftover.Message, leftover.Cure);
        yield return DoctorStep.Ok("the kernel forwards, and no other firewall here drops it");
    }

    // firewalld has a stage of its own.
    private static bool IsOnTheWay(NftChain chain, Patient patient) =>
        chain.Table != FirewalldListing.Table
        && patient.Translations.Any(t => chain.Sees(t.Target.AddressFamily == AddressFamily.InterNetwork));

    private static DoctorStep Stopping(NftChain chain) => DoctorStep.Fault(
        $"nftables chain {chain} drops what is forwarded unless one of its own rules accepts it",
        $"nft insert rule {chain} ct status dnat accept; and write it into that firewall's configuration");
}
