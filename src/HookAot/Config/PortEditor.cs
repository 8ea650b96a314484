using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>The edits of one forward.</summary>
internal static class PortEditor
{
    // More than that is no help to choose from.
    private const int MaxForwardsShown = 10;

    /// <summary>Adds one, unless what is asked for is there already.</summary>
    public static EditResult Add(JsonText text, JsonValue machine, ConfigEdit.AddPort add)
    {
        string? rival = null;
        JsonValue? ended = null;
        foreach (var there in add.IsStrict ? [] : WrittenForward.Of(machine, text.Root))
        {
            if (!there.Meets(WithProtocols(add.Port))) continue;
            if (there.Until <= add.Now)
            {
                if (there.Port.Public == add.Port.Public) ended ??= there.Entry;
                continue;
            }

            var differences = new ForwardDifferences(there, machine, text.Root, add);
            var isSamePort = there.Port.Public == add.Port.Public;
            if (there.Covers(add.Port))
            {
                if (differences.IsNone) return Same(text, differences.There);
                if (there.IsDisabled) return Refused(differences.Disabled);
                if (isSamePort && differences.IsOnlyEnd) return Done(Prolonged(text, there, add.Extras.Until!.Value));
            }

            if (isSamePort) rival ??= differences.Rival;
        }

        var item = PortEntry.Text(add.Port, add.Extras);
        var map = machine.Member("port_map");
        if (map is { Type: not JsonTokenType.StartArray })
        {
            return Refused($"{Quoted(add.Machine)}: its port_map is {map.Description}, " +
                "and no list that a forward can be added to");
        }

        byte[] content;
        if (ended is not null) content = text.Replace(ended, item);
        else content = map is null ? text.SetMember(machine, "port_map", $"[{item}]") : text.AddItem(map, item);
        return new() { Content = content, Rival = rival };
    }

    /// <summary>Removes one, unless it is absent.</summary>
    public static EditResult Remove(JsonText text, JsonValue machine, ConfigEdit.RemovePort remove)
    {
        var written = WrittenForward.Of(machine, text.Root);
        var matching = written.FindAll(w => w.Is(remove.Port));
        if (matching is [var only]) return Done(text.Remove(machine.Member("port_map")!, only.Entry));

        var name = Quoted(remove.Machine);
        if (matching.Count > 0) return Refused(WhichOf(matching, name, remove.Port));
        var absent = $"{name} does not forward {remove.Port}";
        // What was not removed is open all the same: that is no success.
        var near = remove.IsStrict ? null : written.Find(w => w.Meets(remove.Port.Port));
        if (near is not null)
        {
            var word = ShellWord.Quote(remove.Machine);
            return Refused($"{absent}; it forwards {near}: 'hookctrl port remove {word} {near}' ends that");
        }

        return remove.IsStrict ? Refused($"{absent}{Others(written)}") : Same(text, $"{absent}{Others(written)}");
    }

    /// <summary>Changes one in its place.</summary>
    public static EditResult Set(JsonText text, JsonValue machine, ConfigEdit.SetPort set)
    {
        var written = WrittenForward.Of(machine, text.Root);
        var matching = written.FindAll(w => w.Is(set.Port));
        var name = Quoted(set.Machine);
        if (matching.Count > 1) return Refused(WhichOf(matching, name, set.Port));
        if (matching is not [var there])
            return Refused($"{name} does not forward {set.Port}{Others(written)}");

        if (set.Extras.Unset.Contains("enabled") && there.Until <= set.Now)
        {
            var word = ShellWord.Quote(set.Machine);
            return Refused($"{name}: the time of {there} has ended; " +
                $"'hookctrl port set {word} {there.Name} --for 2h' begins another, and --for \"\" has no end");
        }

        var index = machine.Member("port_map")!.Items.IndexOf(there.Entry);
        var before = text;
        if (set.To is { } to && to != (there.Port.Guest ?? there.Port.Public))
            text = new(WithTarget(text, there.Entry, to));
        foreach (var key in set.Extras.Unset) text = Without(text, Item(text, set.Machine, index), key);
        foreach (var (key, value) in ConfigText.Keys(null, set.Extras))
            text = With(text, () => Item(text, set.Machine, index), key, value);
        return text == before ? Same(text, $"{name} forwards {there} so already") : Done(text.Whole);
    }

    private static JsonValue Item(JsonText text, string machine, int index) =>
        text.Root.Member("machines")!.Member(machine)!.Member("port_map")!.Items[index];

    private static byte[] WithTarget(JsonText text, JsonValue item, PortRange to)
    {
        var value = ConfigText.Quote($"{to}");
        return item.Type switch
        {
            JsonTokenType.StartObject => text.SetMember(item, "vm", value),
            JsonTokenType.StartArray => text.Replace(item.Items[1], value),
            _ => text.Replace(item, $"[{text.Of(item)}, {value}]"),
        };
    }

    private static JsonText Without(JsonText text, JsonValue item, string key) =>
        item.Member(key) is { } member ? new(text.Remove(item, member)) : text;

    private static JsonText With(JsonText text, Func<JsonValue> item, string key, string value)
    {
        var there = item().Member(key);
        if (there is not null && Meaning.Of(there) == Meaning.Of(value)) return text;
        if (item().Type == JsonTokenType.StartObject) return new(text.SetMember(item(), key, value));

        var member = $"{ConfigText.Quote(key)}: {value}";
        return new(item().Type == JsonTokenType.StartArray
            ? text.ReplacePair(item(), "public", "vm", member)
            : text.Replace(item(), $"{{ \"public\": {text.Of(item())}, {member} }}"));
    }

    private static byte[] Prolonged(JsonText text, WrittenForward there, long until) =>
        text.SetMember(there.Entry, "until", ConfigText.Quote(UtcTime.Text(until)));

    private static PortNotation WithProtocols(PortNotation port) =>
        port.Protocols.IsEmpty ? port with { Protocols = WrittenForward.ProtocolsOf(port) } : port;

    private static string WhichOf(List<WrittenForward> matching, string name, TypedPort port) =>
        $"{name} forwards {port} more than once; say which: {string.Join(", ", matching)}";

    private static string Others(List<WrittenForward> written) =>
        written.Count is > 0 and <= MaxForwardsShown ? $"; it forwards {string.Join(", ", written)}" : "";

    private static string Quoted(string name) => $"\"{Printable.Shown(name)}\"";

    private static EditResult Done(byte[] content) => new() { Content = content };

    private static EditResult Same(JsonText text, string why) => new() { Content = text.Whole, Note = why };

    private static EditResult Refused(string why) => new() { Refusal = why };
}
