using System.Collections.Immutable;
using System.Net;
using System.Text.Json;
using HookAot.Config;
using HookAot.Model;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>
/// One edit of any config that is accepted: the new file is a config again, says what was asked for and else what it
/// said before, and has every byte that the edit is not about. The first four bytes of an input say which edit.
/// </summary>
internal static class EditTarget
{
    private const int Header = 4;

    private static readonly string[] Names =
        ["web", "new", "a b", "\"", "ü", "x\\y", "\u001b[2J", "//", "/*", "port_map", "0"];

    private static readonly string[] Ports =
        ["8080:80", "443", "53/udp", "5000-5010", "5000-5002:6000-6002/tcp+udp", "1", "65535", "22:22/sctp"];

    /// <summary>The inputs for a config.</summary>
    public static IEnumerable<byte[]> Seeds(byte[] file)
    {
        for (byte kind = 0; kind < 12; kind++) yield return [kind, (byte)(kind % 3), kind, 0, .. file];
    }

    /// <summary>Edits once, and once more.</summary>
    public static void Run(byte[] input)
    {
        if (input.Length < Header) return;
        var file = input[Header..];
        if (Parse(file) is not { } before)
        {
            // Without a value there is nothing to edit, and that is said by an exception of its own.
            try
            {
                _ = ConfigEditor.Apply(file, new ConfigEdit.RemoveMachine("web"));
                Unless(ConfigReader.IsBlank(file), "what is no JSON is not edited");
            }
            catch (JsonException)
            {
                return;
            }

            return;
        }

        var read = ConfigReader.Read(file, "config.json", ConfigTargets.Now);
        if (read.Config is not { } config) return;
        var edit = Edit(input, before);
        var result = ConfigEditor.Apply(file, edit);
        Unless((result.Content is null) == (result.Refusal is not null), "an edit is done or refused");
        foreach (var words in (ReadOnlySpan<string?>)[result.Refusal, result.Note, result.Rival])
            Unless(words is null || Printable.Escape(words) == words, "what is said is printable", words ?? "");
        if (result.Content is not { } content) return;
        if (result.Note is not null)
        {
            Unless(content.AsSpan().SequenceEqual(file), "where nothing is to be done, nothing is");
            return;
        }

        Unless(Parse(content) is not null, "the new file is JSON", $"{edit.GetType().Name}");
        CheckBytes(file, content, edit);
        // A file with doubts, such as a key that is there twice, may say less of what is asked for.
        if (!read.Diagnostics.IsEmpty) return;
        CheckMeaning(config, content, edit);
    }

    private static void CheckBytes(byte[] file, byte[] content, ConfigEdit edit)
    {
        switch (edit)
        {
            case ConfigEdit.AddMachine or ConfigEdit.AddPort or ConfigEdit.AddNetwork:
                // A group that is no object, and a forward whose time has ended, have another value afterwards.
                if (IsInsertion(file, content)) return;
                Unless(Replaced(file, content) <= MostReplaced(file), "an addition takes nothing out");
                break;
            case ConfigEdit.RemoveMachine or ConfigEdit.RemovePort or ConfigEdit.RemoveNetwork:
                Unless(IsInsertion(content, file), "a removal puts nothing in");
                break;
            default:
                break;
        }

        var comments = Comments(file).Except(Comments(content)).Count();
        var mayLoseComments = edit is ConfigEdit.RemoveMachine or ConfigEdit.RemovePort or ConfigEdit.RemoveNetwork
            || !IsInsertion(file, content);
        Unless(comments == 0 || mayLoseComments, "comments stay");
    }

    /// <summary>Whether one text is the other with something put in.</summary>
    private static bool IsInsertion(ReadOnlySpan<byte> less, ReadOnlySpan<byte> more)
    {
        var at = 0;
        foreach (var b in more)
            if (at < less.Length && less[at] == b) at++;
        return at == less.Length;
    }

    /// <summary>How many bytes of a file are neither in the common beginning nor in the common end.</summary>
    private static int Replaced(ReadOnlySpan<byte> before, ReadOnlySpan<byte> after)
    {
        var start = before.CommonPrefixLength(after);
        var end = 0;
        while (end < Math.Min(before.Length, after.Length) - start && before[^(end + 1)] == after[^(end + 1)]) end++;
        return before.Length - start - end;
    }

    // "machines" and "networks" may be anything that is no object, and an entry that makes room is one.
    private static int MostReplaced(byte[] file)
    {
        var root = Parse(file)!;
        var entries = root.Member("machines")?.Members.SelectMany(m => m.Value.Member("port_map")?.Items ?? []) ?? [];
        var groups = new[] { root.Member("machines"), root.Member("networks") }.OfType<JsonValue>();
        var groupsThatAreNone = groups.Where(g => g.Type != JsonTokenType.StartObject);
        return entries.Concat(groupsThatAreNone).Select(e => e.End - e.Start).DefaultIfEmpty(0).Max();
    }

    private static List<string> Comments(ReadOnlySpan<byte> file)
    {
        var comments = new List<string>();
        for (var at = 0; at < file.Length; at++)
        {
            if (file[at] == '"')
            {
                at = JsonComments.ClosingQuote(file.ToArray(), at);
                continue;
            }

            var length = JsonComments.Length(file[at..]);
            if (length <= 0) continue;
            comments.Add(Convert.ToHexString(file.Slice(at, length)));
            at += length - 1;
        }

        return comments;
    }

    private static void CheckMeaning(HookConfig before, byte[] content, ConfigEdit edit)
    {
        var read = ConfigReader.Read(content, "config.json", ConfigTargets.Now);
        if (edit is ConfigEdit.AddPort or ConfigEdit.SetPort or ConfigEdit.SetPublic or ConfigEdit.AddMachine
            or ConfigEdit.SetMachine)
        {
            // What is asked for may meet what is there; hookctrl refuses it then.
            if (!read.Diagnostics.IsEmpty) return;
        }

        var found = string.Join('\n', read.Diagnostics);
        Unless(read.Config is not null && !read.Errors.Any(), "the new file is a config", found);
        var after = read.Config!;
        var own = edit is ConfigEdit.RenameMachine rename ? rename.Name : edit.Guest;
        if (edit is not ConfigEdit.SetPublic)
        {
            var others = before.Machines.Where(m => m.Name != own && m.Name != edit.Guest);
            var now = after.Machines.Where(m => m.Name != own && m.Name != edit.Guest);
            Unless(others.SequenceEqual(now), "other guests stay as they are");
        }

        switch (edit)
        {
            case ConfigEdit.AddMachine:
                Unless(after.Machines.Any(m => m.Name == edit.Guest), "the guest is there");
                break;
            case ConfigEdit.RemoveMachine:
                Unless(!after.Machines.Any(m => m.Name == edit.Guest), "the guest is gone");
                break;
            case ConfigEdit.RenameMachine to:
                var entry = before.Machines.Single(m => m.Name == to.Name) with { Name = to.NewName };
                Unless(after.Machines.Contains(entry), "the guest has another name, and nothing else");
                break;
            case ConfigEdit.AddPort add:
                var forwards = after.Machines.Single(m => m.Name == add.Machine).Entries;
                Unless(forwards.Any(f => f.Public == add.Port.Public), "the forward is there");
                break;
            case ConfigEdit.RemovePort remove:
                var count = after.Machines.Single(m => m.Name == remove.Machine).Entries.Length;
                var old = before.Machines.Single(m => m.Name == remove.Machine).Entries.Length;
                Unless(count == old - 1, "one forward is gone");
                break;
            case ConfigEdit.AddNetwork network:
                Unless(after.Networks.Any(n => n.Name == network.Name), "the network is there");
                break;
            case ConfigEdit.RemoveNetwork network:
                Unless(!after.Networks.Any(n => n.Name == network.Name), "the network is gone");
                break;
            case ConfigEdit.SetFlag flag:
                Unless((flag.Key == "debug" ? after.Debug : after.Strict) == flag.Value, "the flag is set");
                break;
            case ConfigEdit.SetBackend backend:
                Unless(after.Backend.Name() == backend.Name, "the backend is set");
                break;
            default:
                break;
        }

        var again = ConfigEditor.Apply(content, edit);
        var isSame = again.Content?.AsSpan().SequenceEqual(content) ?? edit is ConfigEdit.AddNetwork;
        var mayBeRefused = edit is ConfigEdit.SetPort or ConfigEdit.AddMachine && again.Refusal is not null;
        Unless(isSame || mayBeRefused, "to say it twice changes nothing more", again.Refusal ?? "");
    }

    private static JsonValue? Parse(byte[] file)
    {
        try
        {
            return new JsonText(file).Root;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static ConfigEdit Edit(byte[] input, JsonValue root)
    {
        var (first, second, third) = (input[1], input[2], input[3]);
        var guest = NameIn(root.Member("machines"), first);
        var network = NameIn(root.Member("networks"), first);
        var other = Names[second % Names.Length];
        _ = PortNotation.Parse(Ports[second % Ports.Length], out var port);
        var address = IPAddress.Parse(second % 2 == 0 ? "192.168.122.99" : "fd00:122::99");
        var extras = new Extras
        {
            Comment = (third & 1) != 0 ? Names[third % 3] : null,
            Localhost = (third & 2) != 0 ? (third & 4) != 0 : null,
            Until = (third & 8) != 0 ? ConfigTargets.Now + 3600 : null,
        };
        var ofMachine = new Extras
        {
            Comment = extras.Comment,
            Localhost = extras.Localhost,
            Enabled = (third & 16) != 0 ? false : null,
        };
        return (input[0] % 12) switch
        {
            0 => new ConfigEdit.AddMachine(other, [address], ofMachine)
            {
                Ports = third % 2 == 0 ? [] : [(port!, extras)],
            },
            1 => new ConfigEdit.RemoveMachine(guest),
            2 => new ConfigEdit.SetMachine(guest, third % 2 == 0 ? [address] : null, ofMachine),
            3 => new ConfigEdit.RenameMachine(guest, other),
            4 => new ConfigEdit.AddPort(guest, port!, extras)
            {
                Now = ConfigTargets.Now,
                MakesMachine = () => third > 9,
            },
            5 => new ConfigEdit.RemovePort(guest, PortIn(root, guest, second) ?? new TypedPort(port!)),
            6 => new ConfigEdit.SetPort(guest, PortIn(root, guest, second) ?? new TypedPort(port!), null, extras)
            {
                Now = ConfigTargets.Now,
            },
            7 => new ConfigEdit.AddNetwork(other, IPNetwork.Parse("10.9.0.0/16"), extras.Comment),
            8 => new ConfigEdit.RemoveNetwork(network),
            9 => new ConfigEdit.SetFlag(second % 2 == 0 ? "debug" : "strict", third % 2 == 0),
            10 => new ConfigEdit.SetBackend(((Backend)(second % 3)).Name()),
            _ => new ConfigEdit.SetPublic(third % 2 == 0 ? [] : [address]),
        };
    }

    private static string NameIn(JsonValue? group, int index)
    {
        var members = group?.Members ?? [];
        return members.Count == 0 ? "web" : members[index % members.Count].Key;
    }

    private static TypedPort? PortIn(JsonValue root, string guest, int index)
    {
        var items = root.Member("machines")?.Member(guest)?.Member("port_map")?.Items ?? [];
        return items.Count > 0 && PortEntry.Read(items[index % items.Count]) is { } port ? new(port) : null;
    }
}
