using System.Text;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// Changes config.json as a careful person would: what the change does not touch stays as it is, byte for byte.
/// </summary>
internal static class ConfigEditor
{
    // More than that is no help to choose from.
    private const int MaxForwardsShown = 10;

    /// <summary>Applies one edit.</summary>
    /// <param name="file">The file's content; empty: a new file.</param>
    /// <param name="edit">The change.</param>
    /// <exception cref="JsonException">The file is no JSON; <see cref="ConfigReader"/> says where.</exception>
    public static EditResult Apply(ReadOnlySpan<byte> file, ConfigEdit edit)
    {
        var isEmpty = file.Trim(" \t\r\n"u8).IsEmpty;
        var text = new JsonText(isEmpty ? Encoding.UTF8.GetBytes(ConfigText.NewFile) : file.ToArray());
        return edit switch
        {
            ConfigEdit.AddMachine add => Add(text, "machines", add.Name, ConfigText.Machine(add)),
            ConfigEdit.RemoveMachine remove => Remove(text, "machines", remove.Name),
            ConfigEdit.SetMachine set => SetMachine(text, set),
            ConfigEdit.AddPort add => AddPort(text, add),
            ConfigEdit.RemovePort remove => RemovePort(text, remove),
            ConfigEdit.AddNetwork add => Add(text, "networks", add.Name, [ConfigText.Quote($"{add.Range}")]),
            ConfigEdit.RemoveNetwork remove => Remove(text, "networks", remove.Name),
            ConfigEdit.SetFlag set => SetGlobal(text, set.Key, ConfigText.Flag(set.Value)),
            ConfigEdit.SetBackend set => SetGlobal(text, "backend", ConfigText.Quote(set.Name)),
            ConfigEdit.SetPublic set => SetGlobal(text, "public_ip", ConfigText.List(set.Addresses, "\"\"")),
            _ => throw new ArgumentOutOfRangeException(nameof(edit)),
        };
    }

    private static EditResult Done(byte[] content) => new(content, null);

    private static EditResult Refused(string why) => new(null, why);

    private static EditResult SetGlobal(JsonText text, string key, string value) =>
        Done(text.SetMember(text.Root, key, value));

    private static EditResult Add(JsonText text, string group, string name, string[] entry)
    {
        var isThere = text.Root.Member(group)?.Member(name) is not null;
        return isThere
            ? Refused($"\"{Printable.Shown(name)}\" is already in \"{group}\"")
            : Done(text.AddEntry(group, name, entry));
    }

    private static EditResult Remove(JsonText text, string group, string name)
    {
        var entries = text.Root.Member(group);
        return entries?.Member(name) is { } entry
            ? Done(text.Remove(entries, entry))
            : Refused(Unknown(entries, group, name));
    }

    private static EditResult SetMachine(JsonText text, ConfigEdit.SetMachine set)
    {
        foreach (var (key, value) in ConfigText.Keys(set.Addresses, set.Extras))
        {
            if (Machine(text, set.Name, out var refusal) is not { } machine) return refusal!;
            text = new JsonText(text.SetMember(machine, key, value));
        }

        return Done(text.Whole);
    }

    private static EditResult AddPort(JsonText text, ConfigEdit.AddPort add)
    {
        if (Machine(text, add.Machine, out var refusal) is not { } machine) return refusal!;
        var item = PortEntry.Text(add.Port, add.Extras ?? Extras.None);
        var map = machine.Member("port_map");
        return Done(map is null ? text.SetMember(machine, "port_map", $"[{item}]") : text.AddItem(map, item));
    }

    private static EditResult RemovePort(JsonText text, ConfigEdit.RemovePort remove)
    {
        if (Machine(text, remove.Machine, out var refusal) is not { } machine) return refusal!;
        var map = machine.Member("port_map");
        var matching = map?.Items.Where(i => PortEntry.Matches(i, remove.Port)).ToList() ?? [];
        if (matching is [var only]) return Done(text.Remove(map!, only));

        var name = $"\"{Printable.Shown(remove.Machine)}\"";
        if (matching.Count == 0) return Refused($"{name} does not forward {remove.Port}{Forwarded(map)}");
        var which = string.Join(", ", matching.Select(PortEntry.Read));
        return Refused($"{name} forwards {remove.Port} more than once; say which: {which}");
    }

    private static string Forwarded(JsonValue? map)
    {
        var all = map?.Items.Select(PortEntry.Read).OfType<PortNotation>().ToList() ?? [];
        return all.Count is > 0 and <= MaxForwardsShown ? $"; it forwards {string.Join(", ", all)}" : "";
    }

    /// <summary>A machine's entry; null if there is none, or none that can be changed.</summary>
    private static JsonValue? Machine(JsonText text, string name, out EditResult? refusal)
    {
        var machines = text.Root.Member("machines");
        var machine = machines?.Member(name);
        var isObject = machine is { Type: JsonTokenType.StartObject };
        refusal = isObject ? null : Refused(Unknown(machines, "machines", name));
        return isObject ? machine : null;
    }

    private static string Unknown(JsonValue? group, string kind, string name)
    {
        var names = group?.Members.Select(m => m.Key) ?? [];
        return $"\"{Printable.Shown(name)}\" is not in \"{kind}\"{Suggestion.Phrase(name, names)}";
    }
}
