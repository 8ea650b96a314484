using System.CommandLine;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;

namespace HookAot.Applets.Hookctrl;

/// <summary>What the config says: list, show, machine list, network list.</summary>
internal static class ListVerbs
{
    /// <summary>The verb list.</summary>
    public static Command List()
    {
        var list = new Command("list", "List all forwards that the config names.");
        list.SetAction(parsed => ListForwards(Session.Of(parsed), machine: null));
        return list;
    }

    /// <summary>The verb show.</summary>
    public static Command Show()
    {
        var name = EditArguments.MachineName().WithMachines();
        var show = new Command("show", "List the forwards of one guest.") { name };
        show.SetAction(parsed => ListForwards(Session.Of(parsed), parsed.GetValue(name)));
        return show;
    }

    /// <summary>Lists the guests.</summary>
    public static int ListMachines(Session session)
    {
        if (session.UsableConfig() is not { } config) return Session.Refused;
        var named = config.Machines.Select(m => new MachineRow(
            m.Name, Texts(m.PrivateAddresses), m.Entries.Length, m.Enabled, m.Comment));
        MachineRow[] rows = [.. named];
        if (session.Json)
        {
            HookctrlJson.Write(rows);
            return Session.Done;
        }

        Table(
            ["GUEST", "ADDRESS", "FORWARDS"],
            rows.Select(r => (string[])[r.Name, Joined(r.PrivateIp, none: "learned"), $"{r.Forwards}"]),
            [.. rows.Select(r => Note(r.Enabled, r.Comment))]);
        return Session.Done;
    }

    /// <summary>Lists the networks.</summary>
    public static int ListNetworks(Session session)
    {
        if (session.UsableConfig() is not { } config) return Session.Refused;
        NetworkRow[] rows = [.. config.Networks.Select(n => new NetworkRow(n.Name, $"{n.Range}", n.Comment))];
        if (session.Json) HookctrlJson.Write(rows);
        else
        {
            Table(
                ["NETWORK", "RANGE"],
                rows.Select(r => (string[])[r.Name, r.Range]),
                [.. rows.Select(r => r.Comment ?? "")]);
        }

        return Session.Done;
    }

    /// <summary>Values as they are printed in JSON.</summary>
    public static string[] Texts<T>(IEnumerable<T> values) => [.. values.Select(v => $"{v}")];

    /// <summary>Values in one cell of a table.</summary>
    /// <param name="values">The values.</param>
    /// <param name="none">What stands there if there is none.</param>
    public static string Joined(string[] values, string none = "any") =>
        values.Length == 0 ? none : string.Join(' ', values);

    /// <summary>The public addresses in one cell: "any", "any 127.0.0.1", "192.168.0.166 (snat)".</summary>
    /// <param name="addresses">The addresses; empty: every one.</param>
    /// <param name="localhost">Whether 127.0.0.1 is one of them.</param>
    /// <param name="snat">Whether what the guest opens leaves with the first.</param>
    public static string Public(string[] addresses, bool localhost, bool snat)
    {
        const string Loopback = "127.0.0.1";
        var cell = Joined(addresses);
        if (localhost && !addresses.Contains(Loopback)) cell += " " + Loopback;
        return snat ? cell + " (snat)" : cell;
    }

    /// <summary>"tcp", or "tcp+udp".</summary>
    public static string Protocols(Forward forward) => string.Join('+', forward.Protocols.Select(p => p.Name()));

    private static int ListForwards(Session session, string? machine)
    {
        if (session.UsableConfig() is not { } config) return Session.Refused;
        if (config.Machines.IsEmpty && !session.Json) return Session.SayHowToBegin();
        if (machine is not null && config.Machines.All(m => m.Name != machine))
        {
            var meant = Suggestion.Phrase(machine, config.Machines.Select(m => m.Name));
            Session.Say($"\"{Printable.Shown(machine)}\" is not in \"machines\"{meant}");
            return Session.Refused;
        }

        var rows = new List<ForwardRow>();
        foreach (var named in config.Machines.Where(m => machine is null || m.Name == machine))
            rows.AddRange(named.Entries.Select(f => Row(named, f)));

        if (session.Json)
        {
            HookctrlJson.Write(rows.ToArray());
            return Session.Done;
        }

        Table(
            ["GUEST", "PUBLIC", "PORT", "PROTOCOL", "ADDRESS", "PORT", "SOURCE"],
            rows.Select(Cells),
            [.. rows.Select(r => Note(r))]);
        return Session.Done;
    }

    private static ForwardRow Row(Machine machine, Forward forward) => new(
        machine.Name,
        Texts(forward.PublicAddresses),
        $"{forward.Public}",
        Protocols(forward),
        machine.PrivateAddresses.IsEmpty ? ["learned"] : Texts(machine.PrivateAddresses),
        $"{forward.Guest}",
        Texts(forward.Sources),
        forward.Localhost,
        forward.Snat,
        forward.Enabled,
        StatusBuilder.IsEnded(forward),
        forward.Until is { } until ? UtcTime.Text(until) : null,
        forward.Comment);

    /// <summary>A table with a last column that most configs have no use for.</summary>
    private static void Table(string[] head, IEnumerable<string[]> rows, string[] notes)
    {
        if (Array.TrueForAll(notes, n => n.Length == 0)) Output.Table(head, rows);
        else Output.Table([.. head, "NOTE"], rows.Select((row, i) => (string[])[.. row, notes[i]]));
    }

    private static string Note(bool enabled, string? comment) => enabled ? comment ?? "" : $"disabled {comment}";

    private static string Note(ForwardRow row)
    {
        if (row.Ended) return $"ended {row.Comment}";
        return row is { Enabled: true, Until: { } until }
            ? $"until {LocalTime.Show(UtcTime.Parse(until)!.Value)} {row.Comment}"
            : Note(row.Enabled, row.Comment);
    }

    private static string[] Cells(ForwardRow row) =>
    [
        row.Machine,
        Public(row.PublicIp, row.Localhost, row.Snat),
        row.PublicPort,
        row.Protocol,
        Joined(row.PrivateIp),
        row.VmPort,
        Joined(row.Source),
    ];
}
