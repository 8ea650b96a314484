using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>Changes config.json as a careful person would: what the change does not touch stays as it is, byte for byte.</summary>
public static class ConfigEditor
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
            ConfigEdit.SetDebug set => Done(text.SetMember(text.Root, "debug", set.Value ? "true" : "false")),
            ConfigEdit.SetPublic set => Done(text.SetMember(text.Root, "public_ip", set.Addresses switch
            {
                [] => "\"\"",
                [var one] => Quote(one.ToString()),
                var many => $"[{string.Join(", ", many.Select(a => Quote(a.ToString())))}]",
            })),
            _ => throw new ArgumentOutOfRangeException(nameof(edit)),
        };
    }

    private static EditResult Done(byte[] content) => new(content, null);

    private static EditResult Refused(string why) => new(null, why);

    private static string[] Machine(ConfigEdit.AddMachine add) => ["{", $"\"private_ip\": {Quote(add.Address.ToString())},", "\"port_map\": []", "}"];

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
        var item = $"[{Quote(add.Public.ToString())}, {Quote(add.Guest.ToString())}]";
        var map = machine.Member("port_map");
        return Done(map is null ? text.SetMember(machine, "port_map", $"[{item}]") : text.AddItem(map, item));
    }

    private static EditResult RemovePort(JsonText text, ConfigEdit.RemovePort remove)
    {
        var machines = text.Root.Member("machines");
        if (machines?.Member(remove.Machine) is not { } machine) return Refused(Unknown(machines, "machines", remove.Machine));
        var map = machine.Member("port_map");
        var matching = map?.Items.Where(i => Matches(i, remove)).ToList() ?? [];
        return matching switch
        {
            [var only] => Done(text.Remove(map!, only)),
            [] => Refused($"\"{JsonValue.Shown(remove.Machine)}\" does not forward public port {remove.Public}{(remove.Guest is { } guest ? $" to {guest}" : "")}"),
            _ => Refused($"\"{JsonValue.Shown(remove.Machine)}\" forwards public port {remove.Public} more than once; say which with the guest's port"),
        };
    }

    private static bool Matches(JsonValue item, ConfigEdit.RemovePort remove)
    {
        var (publicValue, guestValue) = item.Type switch
        {
            JsonTokenType.StartArray when item.Items.Count == 2 => (item.Items[0], item.Items[1]),
            JsonTokenType.StartObject => (item.Member("public"), item.Member("vm") ?? item.Member("public")),
            _ => (item, item),
        };
        return PortRange.TryParse(publicValue?.Text, out var ports) && ports == remove.Public
            && (remove.Guest is not { } guest || (PortRange.TryParse(guestValue?.Text, out var guestPorts) && guestPorts == guest));
    }

    private static string Unknown(JsonValue? group, string kind, string name)
    {
        var near = Suggestion.For(name, group?.Members.Select(m => m.Key) ?? []);
        return $"\"{JsonValue.Shown(name)}\" is not in \"{kind}\"{(near is null ? "" : $"; did you mean \"{JsonValue.Shown(near)}\"?")}";
    }

    /// <summary>A JSON string that reads as it was typed: only what JSON itself reserves is escaped.</summary>
    internal static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
