using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's fourth stage: is the guest's address known, and has the host the public ones?</summary>
internal static class AddressStage
{
    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        var forwards = patient.Forwards;
        var leftOut = patient.Desired.LeftOut
            .Where(l => l.Guest == patient.Name && (l.Forward is null || forwards.Contains(l.Forward)))
            .ToList();
        foreach (var left in leftOut.Where(l => l.Partly)) yield return Step(patient, left);
        foreach (var left in leftOut.Where(l => !l.Partly)) yield return Step(patient, left);

        var local = HostNetwork.LocalAddresses();
        foreach (var forward in forwards.Where(f => IsForNobody(f, local)))
        {
            yield return DoctorStep.Fault(
                $"no interface of this host has the public address {string.Join(", ", forward.PublicAddresses)}",
                "ip -br addr shows which there are; then hookctrl set public_ip IP, or \"\" for all of them");
        }
    }

    private static DoctorStep Step(Patient patient, LeftOut left) => left switch
    {
        { Partly: true } => DoctorStep.Note(left.Reason),
        { Forward: null } => DoctorStep.Fault(
            left.Reason, $"virsh domifaddr {patient.Word}; then hookctrl machine set {patient.Word} --private-ip IP"),
        _ => DoctorStep.Fault(
            left.Reason, $"hookctrl show {patient.Word} shows what the config says; correct it, then: hookctrl apply"),
    };

    private static bool IsForNobody(Forward forward, HashSet<System.Net.IPAddress> local) =>
        local.Count > 0 && !forward.PublicAddresses.IsEmpty && !forward.PublicAddresses.Any(local.Contains);
}
