using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's second stage: does libvirt know the guest, and does it run?</summary>
internal static class RunningStage
{
    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        if (patient.Active is null)
        {
            var defined = LibvirtDefinitions.Guests(patient.Paths).Names;
            if (!defined.IsEmpty && !defined.Contains(patient.Name))
            {
                yield return DoctorStep.Fault(
                    $"libvirt does not know a guest \"{Printable.Shown(patient.Name)}\"{patient.NearestOf(defined)}",
                    "virsh list --all shows the names; the one in the config has to be the same");
            }

            yield return DoctorStep.Fault("it does not run", $"virsh start {patient.Word}");
        }

        yield return DoctorStep.Ok("it runs");
    }
}
