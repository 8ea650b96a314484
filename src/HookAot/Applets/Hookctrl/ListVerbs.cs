using System.CommandLine;
using System.Net;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>What the config says: list, show, machine list, network list.</summary>
internal static class ListVerbs
{
    /// <summary>The verb list.</summary>
    public static Command List()
    {
        var (target, port) = (ForwardFilter.Argument(), ForwardFilter.PortOption());
        var noHeaders = TableOptions.NoHeaders();
        var list = new Command("list", "List all forwards that the config names.") { target, port, noHeaders };
        list.SetAction(parsed => ListForwards(
            Session.Of(parsed), parsed.GetValue(target), parsed.GetValue(port), !parsed.GetValue(noHeaders)));
        return list;
    }

    /// <summary>The verb show.</summary>
    public static Command Show()
    {
        var (name, noHeaders) = (EditArguments.MachineName().WithMachines(), TableOptions.NoHeaders());
        var show = new Command("show", "List the forwards of one guest.") { name, noHeaders };
        show.SetAction(parsed => ListForwards(
            Session.Of(parsed), parsed.GetValue(name), port: null, !parsed.GetValue(noHeaders)));
        return show;
    }

    /// <summary>Lists the guests.</summary>
    public static int ListMachines(Session session, bool withHead)
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

        List<string[]> cells =
            [.. rows.Select(r => (string[])[r.Name, Joined(r.PrivateIp, none: "learned"), $"{r.Forwards}"])];
        Write(["GUEST", "ADDRESS", "FORWARDS"], cells, [.. rows.Select(r => Note(r.Enabled, r.Comment))], withHead);
        return Session.Done;
    }

    /// <summary>Lists the networks.</summary>
    public static int ListNetworks(Session session, bool withHead)
    {
        if (session.UsableConfig() is not { } config) return Session.Refused;
        NetworkRow[] rows = [.. config.Networks.Select(n => new NetworkRow(n.Name, $"{n.Range}", n.Comment))];
        if (session.Json)
        {
            HookctrlJson.Write(rows);
            return Session.Done;
        }

        List<string[]> cells = [.. rows.Select(r => (string[])[r.Name, r.Range])];
        Write(["NETWORK", "RANGE"], cells, [.. rows.Select(r => r.Comment ?? "")], withHead);
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

    /// <summary>Where a forward goes, in one cell: "192.168.122.2:80 [fd00::2]:80".</summary>
    /// <param name="addresses">The guest's addresses; none: they are learned.</param>
    /// <param name="ports">Its ports.</param>
    public static string Target(IEnumerable<IPAddress> addresses, PortRange ports)
    {
        var cell = string.Join(' ', addresses.Select(a => $"{a.InBrackets()}:{ports}"));
        return cell.Length > 0 ? cell : $"learned:{ports}";
    }

    private static int ListForwards(Session session, string? target, string? port, bool withHead)
    {
        if (session.UsableConfig() is not { } config) return Session.Refused;
        if (config.Machines.IsEmpty && !session.Json) return Session.SayHowToBegin();
        var names = config.Machines.Select(m => m.Name);
        if (ForwardFilter.Read(target, port, names, out var problem, out var code) is not { } filter)
        {
            Session.Say(problem!);
            return code;
        }

        var rows = new List<ForwardRow>();
        var (cells, notes) = (new List<string[]>(), new List<string>());
        foreach (var machine in config.Machines)
        {
            foreach (var forward in machine.Entries)
            {
                if (!filter.Takes(machine.Name, forward)) continue;
                var row = Row(machine, forward);
                rows.Add(row);
                if (session.Json) continue;
                cells.Add(Cells(row, Target(machine.PrivateAddresses, forward.Guest)));
                notes.Add(Note(row));
            }
        }

        if (session.Json) HookctrlJson.Write(rows.ToArray());
        else Write(["GUEST", "PUBLIC", "PORT", "TO", "SOURCE"], cells, notes, withHead);
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

    /// <summary>Writes a table, with a last column that most configs have no use for.</summary>
    private static void Write(string[] head, List<string[]> rows, List<string> notes, bool withHead)
    {
        var hasNotes = notes.Any(note => note.Length > 0);
        var table = new Table(hasNotes ? [.. head, "NOTE"] : head);
        for (var i = 0; i < rows.Count; i++) table.Add(hasNotes ? [.. rows[i], notes[i]] : rows[i]);
        Output.Write(table, withHead);
    }

    private static string Note(bool enabled, string? comment) =>
        (enabled ? comment ?? "" : $"disabled {comment}").TrimEnd();

    private static string Note(ForwardRow row)
    {
        if (row.Ended) return $"ended {row.Comment}".TrimEnd();
        return row is { Enabled: true, Until: { } until }
            ? $"until {LocalTime.Show(UtcTime.Parse(until)!.Value)} {row.Comment}".TrimEnd()
            : Note(row.Enabled, row.Comment);
    }

    private static string[] Cells(ForwardRow row, string target) =>
    [
        row.Machine,
        Public(row.PublicIp, row.Localhost, row.Snat),
        $"{row.PublicPort}/{row.Protocol}",
        target,
        Joined(row.Source),
    ];
}
