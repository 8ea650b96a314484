using System.Net;
using System.Runtime.InteropServices;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's last stage: does the guest answer?</summary>
internal static class AnswerStage
{
    private const int ConnectMilliseconds = 2000;

    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        var translations = patient.Translations.ToLookup(t => t.Protocol == Protocol.Tcp);
        foreach (var (address, port) in translations[true].Select(t => (t.Target, patient.TargetPort(t))).Distinct())
            yield return Tcp(patient, address, port);

        var others = translations[false].Select(
            t => $"{t.Target.InBrackets()}:{patient.TargetPort(t)}/{t.Protocol.Name()}");
        foreach (var other in others.Distinct())
            yield return DoctorStep.Note($"whether it answers on {other} cannot be told from outside");

        var guest = new HashSet<string> { patient.Name };
        var flows = UdpForward.Of(patient.Desired.Ruleset.Only(guest));
        if (Conntrack.CountStale(flows, patient.Desired.Seen.AnyAddresses) is > 0 and var count)
        {
            yield return DoctorStep.Fault(
                $"{count} UDP flows are older than the forward, and do not go through it", Obstacle.Apply);
        }
    }

    private static DoctorStep Tcp(Patient patient, IPAddress address, ushort port)
    {
        var where = $"{address.InBrackets()}:{port}";
        var (all, loopback) = address.IsIPv4() ? ("0.0.0.0", "127.0.0.1") : ("[::]", "[::1]");
        return TcpProbe.Connect(address, port, ConnectMilliseconds) switch
        {
            0 => DoctorStep.Ok($"it answers on {where}"),
            Libc.ECONNREFUSED => DoctorStep.Fault(
                $"it refuses connections to {where}: nothing listens there",
                "in the guest, 'ss -ltn' shows what listens; " +
                $"the service has to listen on {all}:{port}, not on {loopback}"),
            var error => DoctorStep.Fault(
                $"it does not answer on {where}: {Marshal.GetPInvokeErrorMessage(error)}",
                $"virsh domifaddr {patient.Word} shows its address; a firewall in the guest may drop it"),
        };
    }
}
