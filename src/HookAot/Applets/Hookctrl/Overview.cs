using System.Text.Json;
using System.Text.Json.Serialization;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>What the config says: list, show, machine list, network list.</summary>
internal static class Overview
{
    /// <summary>All forwards, or one guest's.</summary>
    public static int Forwards(Session session, string? machine)
    {
        if (Read(session) is not { } config) return Session.Refused;
        if (machine is not null && config.Machines.All(m => m.Name != machine))
        {
            var meant = Suggestion.Phrase(machine, config.Machines.Select(m => m.Name));
            Session.Say($"\"{JsonValue.Shown(machine)}\" is not in \"machines\"{meant}");
            return Session.Refused;
        }

        var rows = config.Machines.Where(m => machine is null || m.Name == machine).SelectMany(m => m.Forwards.Select(f => new ForwardRow(
            m.Name, Any(f.PublicAddresses), $"{f.Public}", string.Join('+', f.Protocols.Select(p => p.Name())),
            m.PrivateAddresses.IsEmpty ? ["learned"] : [.. m.PrivateAddresses.Select(a => $"{a}")], $"{f.Guest}", Any(f.Sources)))).ToArray();
        if (session.Json) Output.Write(JsonSerializer.Serialize(rows, HookctrlJson.Default.ForwardRowArray) + "\n");
        else Output.Table(["GUEST", "PUBLIC", "PORT", "PROTOCOL", "ADDRESS", "PORT", "SOURCE"],
            rows.Select(r => (string[])[r.Machine, Shown(r.PublicIp), r.PublicPort, r.Protocol, string.Join(' ', r.PrivateIp), r.VmPort, Shown(r.Source)]));
        return Session.Done;
    }

    /// <summary>The guests.</summary>
    public static int Machines(Session session)
    {
        if (Read(session) is not { } config) return Session.Refused;
        var rows = config.Machines.Select(m => new MachineRow(m.Name, [.. m.PrivateAddresses.Select(a => $"{a}")], m.Forwards.Length)).ToArray();
        if (session.Json) Output.Write(JsonSerializer.Serialize(rows, HookctrlJson.Default.MachineRowArray) + "\n");
        else Output.Table(["GUEST", "ADDRESS", "FORWARDS"], rows.Select(r => (string[])[r.Name, r.PrivateIp.Length == 0 ? "learned" : string.Join(' ', r.PrivateIp), $"{r.Forwards}"]));
        return Session.Done;
    }

    /// <summary>The networks.</summary>
    public static int Networks(Session session)
    {
        if (Read(session) is not { } config) return Session.Refused;
        var rows = config.Networks.Select(n => new NetworkRow(n.Name, $"{n.Range}")).ToArray();
        if (session.Json) Output.Write(JsonSerializer.Serialize(rows, HookctrlJson.Default.NetworkRowArray) + "\n");
        else Output.Table(["NETWORK", "RANGE"], rows.Select(r => (string[])[r.Name, r.Range]));
        return Session.Done;
    }

    /// <summary>Whether removing a guest's entry would cut off connections now.</summary>
    public static bool IsActiveWithForwards(Session session, string machine) =>
        File.Exists(session.Paths.Config)
        && ConfigFile.Load(session.Paths.Config).Config is { } config
        && config.Machines.Any(m => m.Name == machine && !m.Forwards.IsEmpty)
        && (StateFiles.Read(session.Paths)?.Guests.Any(g => g.Name == machine) ?? !LibvirtFiles.RunningGuests(session.Paths, n => n == machine).IsEmpty);

    /// <summary>The config; what is wrong with it is said on stderr.</summary>
    public static HookConfig? Read(Session session)
    {
        var result = ConfigFile.Load(session.Paths.Config);
        foreach (var finding in result.Errors) Session.Say(finding.ToString());
        return result.Config;
    }

    public static string[] Any<T>(System.Collections.Immutable.ImmutableArray<T> values) => [.. values.Select(v => $"{v}")];

    public static string Shown(string[] values) => values.Length == 0 ? "any" : string.Join(' ', values);
}

/// <summary>A forward, as --json prints it.</summary>
/// <param name="Machine">The guest's name.</param>
/// <param name="PublicIp">The host's addresses; empty: every one.</param>
/// <param name="PublicPort">A port or a range.</param>
/// <param name="Protocol">tcp, udp, sctp or tcp+udp.</param>
/// <param name="PrivateIp">The guest's addresses.</param>
/// <param name="VmPort">A port or a range.</param>
/// <param name="Source">Who may connect; empty: everybody.</param>
internal sealed record ForwardRow(string Machine, string[] PublicIp, string PublicPort, string Protocol, string[] PrivateIp, string VmPort, string[] Source);

/// <summary>A guest, as --json prints it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PrivateIp">Its addresses; empty: learned.</param>
/// <param name="Forwards">How many port_map entries it has.</param>
internal sealed record MachineRow(string Name, string[] PrivateIp, int Forwards);

/// <summary>A network, as --json prints it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Range">Its addresses.</param>
internal sealed record NetworkRow(string Name, string Range);

/// <summary>Names as in config.json.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ForwardRow[]))]
[JsonSerializable(typeof(MachineRow[]))]
[JsonSerializable(typeof(NetworkRow[]))]
[JsonSerializable(typeof(ChangesRow))]
[JsonSerializable(typeof(ScriptRow[]))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(DoctorRow[]))]
internal sealed partial class HookctrlJson : JsonSerializerContext;
