using System.Text;
using System.Text.Json;
using HookAot.Config;
using HookAot.Model;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>config.json and hooks.json, read.</summary>
internal static class ConfigTargets
{
    /// <summary>The present of these targets: forwards that end before and after it are both in the corpus.</summary>
    public const long Now = 1_800_000_000;

    /// <summary>Reads a config.json.</summary>
    public static void Config(byte[] file)
    {
        var result = ConfigReader.Read(file, "config.json", Now);
        CheckDiagnostics(result.Diagnostics, file);
        Unless(result.Config is not null || result.Errors.Any(), "a file that cannot be used has a mistake");
        Unless(result.Config is not null || IsJsonObject(file) || result.Diagnostics.Length > 0, "a reason");
        if (result.Config is not { } config) return;

        Unless(IsJsonObject(file), "what is read is one JSON object");
        foreach (var machine in config.Machines) CheckMachine(machine);
        Unless(config.Machines.Select(m => m.Name).Distinct().Count() == config.Machines.Length, "names are unique");
        foreach (var network in config.Networks)
            Unless(Addresses.TryParseNetwork($"{network.Range}", out _), "a network reads back", $"{network.Range}");

        var again = ConfigReader.Read(file, "config.json", Now).Config!;
        Unless(config.Machines.SequenceEqual(again.Machines), "what is read twice is equal");
    }

    /// <summary>Reads a hooks.json, and writes what it means into a config.</summary>
    public static void Hooks(byte[] file)
    {
        var known = new HashSet<string>(StringComparer.Ordinal) { "known" };
        var hooks = HooksJson.Read(file, "hooks.json", known);
        CheckDiagnostics([.. hooks.Mistakes, .. hooks.Notes], file);
        Unless(hooks.Mistakes.IsEmpty || hooks.Edits.IsEmpty, "of a file with mistakes nothing is taken over");

        byte[] config = [];
        foreach (var edit in hooks.Edits)
        {
            Unless(edit.Name != "known", "a guest that is known stays as it is");
            var result = ConfigEditor.Apply(config, edit);
            if (result.Content is null) return; // the name is in the file twice
            config = result.Content;
        }

        var read = ConfigReader.Read(config, "config.json", Now);
        Unless(hooks.Edits.IsEmpty || read.Config is not null, "what was imported is a config");
    }

    /// <summary>What is said about a file can be shown, and its places are in the file.</summary>
    public static void CheckDiagnostics(IEnumerable<Diagnostic> diagnostics, byte[] file)
    {
        foreach (var diagnostic in diagnostics)
        {
            var text = $"{diagnostic}";
            Unless(Printable.Escape(text) == text, "a message is printable", text);
            Unless(diagnostic.Line >= 0 && diagnostic.Column >= 0, "a place is in the file", text);
            Unless(diagnostic.Line <= file.Length + 1 && diagnostic.Column <= file.Length + 1, "a place", text);
        }
    }

    private static void CheckMachine(Machine machine)
    {
        Unless(machine.Name.Length > 0, "a machine has a name");
        Unless(machine.Interface is null || InterfaceName.IsValid(machine.Interface), "an interface has a valid name");
        foreach (var address in machine.PrivateAddresses)
        {
            Unless(Addresses.TryParse($"{address}", out var same) && same.Equals(address), "an address reads back");
            Unless(!address.IsAny() && !address.IsMulticast(), "an address is one host's", $"{address}");
        }

        Unless(machine.Forwards.All(f => f.Enabled && !(f.Until <= Now)), "a forward in force is due");
        Unless(machine.Idle.All(f => !f.Enabled || f.Until <= Now), "an idle forward is not due");
        foreach (var forward in machine.Entries)
        {
            Unless(forward.Public.First > 0 && forward.Public.First <= forward.Public.Last, "ports ascend");
            Unless(forward.Public.Count == forward.Guest.Count, "as many ports on both sides");
            Unless(!forward.Protocols.IsEmpty, "a forward has a protocol");
            Unless(forward.Comment is null || ConfigText.IsComment(forward.Comment), "a comment is printable");
            Unless(forward.Until is not { } time || UtcTime.Parse(UtcTime.Text(time)) == time, "a time reads back");
        }
    }

    private static bool IsJsonObject(byte[] file)
    {
        try
        {
            return JsonValue.Parse(JsonFile.WithoutMark(file).Span).Type == JsonTokenType.StartObject
                && Encoding.UTF8.GetCharCount(file) >= 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
