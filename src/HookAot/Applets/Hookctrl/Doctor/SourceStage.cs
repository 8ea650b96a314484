namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's seventh stage: who may connect?</summary>
internal static class SourceStage
{
    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        foreach (var forward in patient.Forwards.Where(f => !f.Sources.IsEmpty))
            yield return DoctorStep.Note($"port {forward.Public} is only for {string.Join(", ", forward.Sources)}");
    }
}
