using HookAot.Backends;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>
/// Part of doctor's sixth stage: does firewalld let through what we translate? Its table is its own since 2.0: nobody
/// else may add a rule to it (NftablesTableOwner), so every cure is a command of its own.
/// </summary>
internal static class FirewalldStage
{
    private const string Permanent = "firewall-cmd --permanent";

    // What firewalld needs for connections that its host opens: a policy whose ingress zone is HOST.
    private const string Policy = Permanent + " --policy=hookaot";

    /// <summary>The steps.</summary>
    /// <param name="patient">Whose forwards are meant.</param>
    /// <param name="chains">The base chains of nftables.</param>
    public static IEnumerable<DoctorStep> Steps(Patient patient, IReadOnlyList<NftChain> chains)
    {
        if (Firewalld.Panics(chains))
            yield return DoctorStep.Fault("firewalld drops every packet: panic mode", "firewall-cmd --panic-off");
        if (!Firewalld.IsStrict(chains)) yield break;

        var refused = Firewalld.Refused(patient.Translations, fromHost: false);
        if (refused.Count > 0)
        {
            yield return DoctorStep.Fault(
                "firewalld lets through only what it forwards itself (StrictForwardPorts=yes), " +
                $"and not {Ports(refused)}",
                $"{Permanent} {ForwardPorts(refused)} && firewall-cmd --reload");
        }

        var fromHost = Firewalld.Refused(patient.Translations, fromHost: true);
        if (fromHost.Count == 0) yield break;
        yield return DoctorStep.Note(
            $"firewalld does not let this host itself through to {Ports(fromHost)} of its public address",
            $"{Permanent} --new-policy=hookaot; {Policy} --add-ingress-zone=HOST; {Policy} --add-egress-zone=ANY; " +
            $"{Policy} {ForwardPorts(fromHost)} && firewall-cmd --reload");
    }

    private static string Ports(IEnumerable<Translation> translations) =>
        string.Join(", ", translations.Select(t => $"{t.PublicPorts}/{t.Protocol.Name()}").Distinct());

    private static string ForwardPorts(IEnumerable<Translation> translations) =>
        string.Join(' ', translations.Select(ForwardPort).Distinct());

    private static string ForwardPort(Translation t) =>
        $"--add-forward-port=port={t.PublicPorts}:proto={t.Protocol.Name()}:toport={t.TargetPorts}:toaddr={t.Target}";
}
