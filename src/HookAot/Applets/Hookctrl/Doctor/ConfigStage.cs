using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>Doctor's first stage: does the config name the guest, and forwards of it?</summary>
internal static class ConfigStage
{
    private const string CheckAndApply = "hookctrl check && hookctrl apply";

    /// <summary>The steps.</summary>
    public static IEnumerable<DoctorStep> Steps(Patient patient)
    {
        var config = patient.Desired.Config;
        var file = patient.Paths.Config;
        var word = patient.Word;
        var addMachine = $"hookctrl machine add {word} --private-ip IP; hookctrl port add {word} 8080:80";
        if (config.Broken) yield return Broken(patient.Desired);

        if (config.LeftOutMachines.Contains(patient.Name))
        {
            yield return DoctorStep.Fault(
                $"its entry in {file} has mistakes: {string.Join("; ", config.Errors)}",
                $"correct it, then: {CheckAndApply}");
        }

        if (patient.Machine is null)
        {
            var near = patient.NearestOf(config.Config!.Machines.Select(m => m.Name));
            yield return DoctorStep.Fault(
                $"{file} does not name a guest \"{Printable.Shown(patient.Name)}\"{near}", addMachine);
        }

        if (patient.Forwards.Count == 0) yield return NoForwards(patient);

        var forwards = patient.Forwards is [var only] ? $"port {only.Public}" : $"{patient.Forwards.Count} forwards";
        yield return DoctorStep.Ok($"{file} names it, with {forwards}");
        foreach (var doubt in ConfigDoubts.Permissions(patient.Paths)) yield return DoctorStep.Note(doubt);
    }

    /// <summary>What is said where there is no guest to walk to.</summary>
    public static IEnumerable<DoctorStep> NothingToWalk(HostPaths paths, Desired desired) => desired.Config.Broken
        ? [Broken(desired)]
        : [
            DoctorStep.Fault(
                $"{paths.Config} names no guest",
                "hookctrl machine add NAME --private-ip IP; hookctrl port add NAME 8080:80"),
        ];

    private static DoctorStep Broken(Desired desired) =>
        DoctorStep.Fault(string.Join("; ", desired.Config.Errors), $"correct the file, then: {CheckAndApply}");

    private static string Set(Patient patient, Forward forward, string option) =>
        $"hookctrl port set {patient.Word} {forward.Public} {option}";

    private static DoctorStep NoForwards(Patient patient)
    {
        if (patient.Idle is { } idle)
        {
            if (StatusBuilder.IsEnded(idle))
                return DoctorStep.Fault($"the time of port {idle.Public} has ended", Set(patient, idle, "--for 2h"));
            return patient.Machine!.Enabled
                ? DoctorStep.Fault(
                    $"port {idle.Public} is disabled", $"hookctrl port enable {patient.Word} {idle.Public}")
                : DoctorStep.Fault("it is disabled", $"hookctrl machine enable {patient.Word}");
        }

        if (patient.Port is not { } port)
            return DoctorStep.Fault("it has no forwards", $"hookctrl port add {patient.Word} 8080:80");

        var ports = string.Join(", ", patient.Machine!.Forwards.Select(f => $"{f.Public}"));
        return DoctorStep.Fault(
            $"it has no forward of port {Printable.Shown(port)}; it has {(ports.Length == 0 ? "none" : ports)}",
            $"hookctrl port add {patient.Word} {ShellWord.Quote(port)}");
    }
}
