using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's fifth stage: are the rules in the kernel, and in the iptables that counts?</summary>
internal static class RulesStage
{
    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        if (KernelView.Look(patient.Paths, out var error) is not { } kernel)
        {
            yield return DoctorStep.Fault(error!, "apt install iptables, or nftables");
            yield break;
        }

        var policy = kernel.ForwardDropsByDefault ? " (FORWARD's policy is DROP, which docker and ufw set)" : "";
        foreach (var difference in kernel.RuleDifferencesFrom(patient.Desired))
        {
            if (difference.Guest is null || difference.Guest == patient.Name)
                yield return DoctorStep.Fault($"{difference.Message}{policy}", Obstacle.Apply);
        }

        Obstacle?[] elsewhere = [Obstacle.LibvirtsIptables(patient.Paths), Obstacle.LeftBehind(patient.Paths)];
        foreach (var obstacle in elsewhere.OfType<Obstacle>())
            yield return DoctorStep.Fault(obstacle.Message, obstacle.Cure);

        var backend = patient.Desired.Backend;
        yield return DoctorStep.Ok(
            $"its rules are in the kernel, and ours come first; {backend.Backend.Name()} translates: {backend.Why}");
    }
}
