using HookAot.Host;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's third stage: is the hook there, and does libvirt call it?</summary>
internal static class HookStage
{
    private const string TellLibvirt = "systemctl reload libvirtd (or virtqemud, virtlxcd); it does no harm";

    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        var (paths, driver) = (patient.Paths, patient.Active!.Driver);
        if (Obstacle.Hook(paths, driver) is { } obstacle)
            yield return DoctorStep.Fault(obstacle.Message, obstacle.Cure);

        var hook = InstalledHook.Find(paths, driver)!;
        var recorded = HostRecord.Read(paths);
        if (recorded is null || recorded.Guests.All(g => g.Name != patient.Name))
        {
            yield return DoctorStep.Fault(
                "libvirt has not called the hook when it started: the hook is newer than the guest, " +
                "or libvirt has not seen it yet",
                $"hookctrl apply; {TellLibvirt}");
        }

        yield return !recorded!.Called && InstalledHook.IsNewerThanDaemon(paths, hook, driver)
            ? DoctorStep.Note(
                $"{hook} is newer than the daemon, and has not been called so far: libvirt may not have seen it yet",
                TellLibvirt)
            : DoctorStep.Ok($"the hook is {hook}");

        yield return LockHolder.IsHeld(paths.WatchLock)
            ? DoctorStep.Ok("hookctrl watch runs")
            : DoctorStep.Note($"hookctrl watch does not run: {Obstacle.Unwatched}", Obstacle.WatchCure);
    }
}
