using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>Changes config.json as a careful person would: what the change does not touch stays as it is, byte for byte.</summary>
internal static class ConfigEditor
{
    private const string NewFile = "{\n    \"machines\": {},\n    \"networks\": {},\n    \"public_ip\": \"\"\n}\n";

    /// <summary>Applies one edit.</summary>
    /// <param name="file">The file's content; empty: a new file.</param>
    /// <param name="edit">The change.</param>
    /// <exception cref="JsonException">The file is no JSON; <see cref="ConfigReader"/> says where.</exception>
    public static EditResult Apply(ReadOnlySpan<byte> file, ConfigEdit edit)
    {
        var text = new JsonText(file.Trim(" \t\r\n"u8).IsEmpty ? Encoding.UTF8.GetBytes(NewFile) : file.ToArray());
        return edit switch
        {
            ConfigEdit.AddMachine add => Absent(text, "machines", add.Name) ?? Done(text.AddEntry("machines", add.Name, Machine(add))),
            ConfigEdit.RemoveMachine remove => Remove(text, "machines", remove.Name),
            ConfigEdit.AddPort add => AddPort(text, add),
            ConfigEdit.RemovePort remove => RemovePort(text, remove),
            ConfigEdit.AddNetwork add => Absent(text, "networks", add.Name) ?? Done(text.AddEntry("networks", add.Name, [Quote(add.Range.ToString())])),
            ConfigEdit.RemoveNetwork remove => Remove(text, "networks", remove.Name),
            ConfigEdit.SetMachine set => SetMachine(text, set),
            ConfigEdit.SetFlag set => Done(text.SetMember(text.Root, set.Key, set.Value ? "true" : "false")),
            ConfigEdit.SetBackend set => Done(text.SetMember(text.Root, "backend", Quote(set.Name))),
            ConfigEdit.SetPublic set => Done(text.SetMember(text.Root, "public_ip", List(set.Addresses, "\"\""))),
            _ => throw new ArgumentOutOfRangeException(nameof(edit)),
        };
    }

    private static EditResult Done(byte[] content) => new(content, null);

    private static EditResult Refused(string why) => new(null, why);

    private static string[] Machine(ConfigEdit.AddMachine add)
    {
        var keys = Keys(add.Addresses.IsEmpty ? null : add.Addresses, add.Extras ?? Extras.None);
        var ports = add.Ports.Select((p, i) => $"\t{Entry(p.Port, p.Extras ?? Extras.None)}{(i < add.Ports.Length - 1 ? "," : "")}");
        return ["{", .. keys.Select(k => $"\"{k.Key}\": {k.Value},"), .. add.Ports.IsEmpty ? ["\"port_map\": []"] : ports.Prepend("\"port_map\": [").Append("]"), "}"];
    }

    /// <summary>The keys that are said, in the order in which they are written.</summary>
    private static IEnumerable<(string Key, string Value)> Keys(ImmutableArray<IPAddress>? addresses, Extras extras)
    {
        if (addresses is { } own) yield return ("private_ip", List(own, "[]"));
        if (extras.PublicAddresses is { } publics) yield return ("public_ip", List(publics, "\"\""));
        if (extras.Sources is { } sources) yield return ("source", List(sources, "[]"));
        if (extras.Interface is { } name) yield return ("interface", Quote(name));
    }

    private static string List<T>(ImmutableArray<T> values, string none) => values switch
    {
        [] => none,
        [var one] => Quote($"{one}"),
        var many => $"[{string.Join(", ", many.Select(v => Quote($"{v}")))}]",
    };

    private static EditResult SetMachine(JsonText text, ConfigEdit.SetMachine set)
    {
        foreach (var (key, value) in Keys(set.Addresses, set.Extras))
        {
            var machines = text.Root.Member("machines");
            if (machines?.Member(set.Name) is not { Type: JsonTokenType.StartObject } machine) return Refused(Unknown(machines, "machines", set.Name));
            text = new JsonText(text.SetMember(machine, key, value));
        }

        return Done(text.Whole);
    }

    private static EditResult? Absent(JsonText text, string kind, string name) =>
        text.Root.Member(kind)?.Member(name) is null ? null : Refused($"\"{JsonValue.Shown(name)}\" is already in \"{kind}\"");

    private static EditResult Remove(JsonText text, string kind, string name)
    {
        var group = text.Root.Member(kind);
        return group?.Member(name) is { } entry ? Done(text.Remove(group!, entry)) : Refused(Unknown(group, kind, name));
    }

    private static EditResult AddPort(JsonText text, ConfigEdit.AddPort add)
    {
        var machines = text.Root.Member("machines");
        if (machines?.Member(add.Machine) is not { Type: JsonTokenType.StartObject } machine) return Refused(Unknown(machines, "machines", add.Machine));
        var item = Entry(add.Port, add.Extras ?? Extras.None);
        var map = machine.Member("port_map");
        return Done(map is null ? text.SetMember(machine, "port_map", $"[{item}]") : text.AddItem(map, item));
    }

    private static EditResult RemovePort(JsonText text, ConfigEdit.RemovePort remove)
    {
        var machines = text.Root.Member("machines");
        if (machines?.Member(remove.Machine) is not { } machine) return Refused(Unknown(machines, "machines", remove.Machine));
        var map = machine.Member("port_map");
        var matching = map?.Items.Where(i => Matches(i, remove.Port)).ToList() ?? [];
        return matching switch
        {
            [var only] => Done(text.Remove(map!, only)),
            [] => Refused($"\"{JsonValue.Shown(remove.Machine)}\" does not forward {remove.Port}{Forwarded(map)}"),
            _ => Refused($"\"{JsonValue.Shown(remove.Machine)}\" forwards {remove.Port} more than once; say which: {string.Join(", ", matching.Select(m => Notation(m)))}"),
        };
    }

    private static string Forwarded(JsonValue? map) => map?.Items.Select(Notation).Where(n => n is not null).ToList() is { Count: > 0 and <= 10 } all
        ? $"; it forwards {string.Join(", ", all)}" : "";

    /// <summary>The shortest entry that says it; a plain TCP forward as the ancestor's own config has it.</summary>
    private static string Entry(PortNotation port, Extras extras)
    {
        var guest = port.Guest ?? port.Public;
        var tcpOnly = port.Protocols is [] or [Protocol.Tcp];
        if (tcpOnly && extras == Extras.None) return $"[{Quote($"{port.Public}")}, {Quote($"{guest}")}]";
        var keys = new List<string> { $"\"public\": {Quote($"{port.Public}")}", $"\"vm\": {Quote($"{guest}")}" };
        if (!tcpOnly) keys.Add($"\"protocol\": {Quote(string.Join('+', port.Protocols.Select(p => p.Name())))}");
        keys.AddRange(Keys(null, extras).Select(k => $"\"{k.Key}\": {k.Value}"));
        return $"{{ {string.Join(", ", keys)} }}";
    }

    private static bool Matches(JsonValue item, PortNotation wanted) => Notation(item) is { } found
        && found.Public == wanted.Public
        && (wanted.Guest is not { } guest || guest == found.Guest)
        && (wanted.Protocols.IsEmpty || wanted.Protocols.ToHashSet().SetEquals(found.Protocols));

    /// <summary>What an entry says, however it is written; null if it says nothing that is understood.</summary>
    private static PortNotation? Notation(JsonValue item)
    {
        var (publicValue, guestValue) = item.Type switch
        {
            JsonTokenType.StartArray when item.Items.Count == 2 => (item.Items[0], item.Items[1]),
            JsonTokenType.StartObject => (item.Member("public"), item.Member("vm") ?? item.Member("public")),
            _ => (item, item),
        };
        var protocol = item.Member("protocol") is { } p ? string.Join('+', p.Type == JsonTokenType.StartArray ? p.Items.Select(i => i.Text) : [p.Text]) : "tcp";
        return PortNotation.Parse($"{publicValue?.Text}:{guestValue?.Text}/{protocol}", out var notation) is null ? notation : null;
    }

    private static string Unknown(JsonValue? group, string kind, string name)
    {
        var near = Suggestion.For(name, group?.Members.Select(m => m.Key) ?? []);
        return $"\"{JsonValue.Shown(name)}\" is not in \"{kind}\"{(near is null ? "" : $"; did you mean \"{JsonValue.Shown(near)}\"?")}";
    }

    /// <summary>A JSON string that reads as it was typed: only what JSON itself reserves is escaped.</summary>
    internal static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
