using System.Collections.Immutable;
using System.Net;
using System.Text;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// Changes config.json as a careful person would: what the change does not touch stays as it is, byte for byte. What is
/// there already, or is absent and shall be, is no reason to refuse: so a script may say the same twice.
/// </summary>
internal static class ConfigEditor
{
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
            ConfigEdit.AddMachine add => AddMachine(text, add),
            ConfigEdit.RemoveMachine remove => Remove(text, "machines", remove.Name, remove.IsStrict),
            ConfigEdit.SetMachine set => SetMachine(text, set),
            ConfigEdit.RenameMachine rename => Rename(text, rename),
            ConfigEdit.AddPort add => AddPort(text, add),
            ConfigEdit.RemovePort remove => RemovePort(text, remove),
            ConfigEdit.SetPort set => Machine(text, set.Machine, out var refusal) is { } machine
                ? PortEditor.Set(text, machine, set)
                : Refused(refusal!),
            ConfigEdit.AddNetwork add => AddNetwork(text, add),
            ConfigEdit.RemoveNetwork remove => Remove(text, "networks", remove.Name, remove.IsStrict),
            ConfigEdit.SetFlag set => SetGlobal(text, set.Key, ConfigText.Flag(set.Value)),
            ConfigEdit.SetBackend set => SetGlobal(text, "backend", ConfigText.Quote(set.Name)),
            ConfigEdit.SetPublic set => SetGlobal(text, "public_ip", ConfigText.List(set.Addresses, "\"\"")),
            _ => throw new ArgumentOutOfRangeException(nameof(edit)),
        };
    }

    private static EditResult Done(byte[] content) => new() { Content = content };

    private static EditResult Same(JsonText text, string why) => new() { Content = text.Whole, Note = why };

    private static EditResult Refused(string why) => new() { Refusal = why };

    private static EditResult SetGlobal(JsonText text, string key, string value)
    {
        var there = text.Root.Member(key);
        return there is not null && Meaning.Of(there) == Meaning.Of(value)
            ? Same(text, $"{key} is so already")
            : Done(text.SetMember(text.Root, key, value));
    }

    private static EditResult AddMachine(JsonText text, ConfigEdit.AddMachine add)
    {
        if (text.Root.Member("machines")?.Member(add.Name) is not { } entry)
            return Done(text.AddEntry("machines", add.Name, ConfigText.Machine(add)));

        var there = IsThere("machines", add.Name);
        if (add.IsStrict || !add.Ports.IsEmpty || entry.Type != JsonTokenType.StartObject) return Refused(there);
        ImmutableArray<IPAddress>? addresses = add.Addresses.IsEmpty ? null : add.Addresses;
        var differences = new List<string>();
        var options = new List<string>();
        foreach (var (key, value) in ConfigText.Keys(addresses, add.Extras))
        {
            var (found, wanted) = (Meaning.Of(entry.Member(key)), Meaning.Of(value));
            if (found == wanted) continue;
            differences.Add(found.Length == 0 ? $"without {key}" : $"with {key} {Printable.Shown(found)}");
            var option = "--" + key.Replace('_', '-');
            options.Add($"{option} {ShellWord.Quote(Typed(key, wanted))}");
        }

        if (differences.Count == 0) return Same(text, there);
        return Refused($"{there}, {string.Join(", ", differences)}; " +
            $"'hookctrl machine set {ShellWord.Quote(add.Name)} {string.Join(' ', options)}' changes it");
    }

    private static string Typed(string key, string meaning) => key switch
    {
        "localhost" or "snat" when meaning.Length == 0 => "false",
        "private_ip" or "public_ip" or "source" => meaning.Replace(' ', ','),
        _ => meaning,
    };

    private static EditResult AddNetwork(JsonText text, ConfigEdit.AddNetwork add)
    {
        if (text.Root.Member("networks")?.Member(add.Name) is not { } entry)
            return Done(text.AddEntry("networks", add.Name, [ConfigText.Network(add)]));

        var there = IsThere("networks", add.Name);
        if (add.IsStrict) return Refused(there);
        var range = Meaning.Of(entry.Member("range") ?? entry);
        var comment = Meaning.Of(entry.Member("comment"));
        var isSame = range == $"{add.Range}" && (add.Comment is null || add.Comment == comment);
        if (isSame) return Same(text, there);
        var with = comment.Length == 0 ? range : $"{range} and the comment {Printable.Shown(comment)}";
        return Refused($"{there}, with {Printable.Shown(with)}; " +
            $"'hookctrl network remove {ShellWord.Quote(add.Name)}' makes room for another");
    }

    private static string IsThere(string group, string name) =>
        $"\"{Printable.Shown(name)}\" is already in \"{group}\"";

    private static EditResult Remove(JsonText text, string group, string name, bool isStrict)
    {
        var entries = text.Root.Member(group);
        if (entries?.Member(name) is { } entry) return Done(text.Remove(entries, entry));
        var unknown = Unknown(entries, group, name);
        return isStrict ? Refused(unknown) : Same(text, unknown);
    }

    private static EditResult SetMachine(JsonText text, ConfigEdit.SetMachine set)
    {
        if (Machine(text, set.Name, out var refusal) is null) return Refused(refusal!);
        var before = text;
        foreach (var key in set.Extras.Unset)
        {
            var entry = Machine(text, set.Name, out _)!;
            if (entry.Member(key) is { } member) text = new(text.Remove(entry, member));
        }

        foreach (var (key, value) in ConfigText.Keys(set.Addresses, set.Extras))
        {
            var entry = Machine(text, set.Name, out _)!;
            var isSame = entry.Member(key) is { } there && Meaning.Of(there) == Meaning.Of(value);
            if (!isSame) text = new(text.SetMember(entry, key, value));
        }

        return text == before ? Same(text, $"\"{Printable.Shown(set.Name)}\" is so already") : Done(text.Whole);
    }

    private static EditResult Rename(JsonText text, ConfigEdit.RenameMachine rename)
    {
        var machines = text.Root.Member("machines");
        var isThere = machines?.Member(rename.NewName) is not null;
        if (machines?.Member(rename.Name) is not { } machine)
        {
            return isThere
                ? Same(text, $"{IsThere("machines", rename.NewName)}, \"{Printable.Shown(rename.Name)}\" is not")
                : Refused(Unknown(machines, "machines", rename.Name));
        }

        return isThere
            ? Refused(IsThere("machines", rename.NewName))
            : Done(text.Rename(machine, rename.NewName));
    }

    private static EditResult AddPort(JsonText text, ConfigEdit.AddPort add)
    {
        if (text.Root.Member("machines")?.Member(add.Machine) is null && add.MakesMachine())
            text = new(text.AddEntry("machines", add.Machine, ConfigText.Machine(new(add.Machine, []))));
        if (Machine(text, add.Machine, out var refusal) is { } machine) return PortEditor.Add(text, machine, add);
        if (add.IsStrict) return Refused(refusal!);
        var names = text.Root.Member("machines")?.Members.Select(m => m.Key) ?? [];
        var meant = Suggestion.Phrase(add.Machine, names);
        return Refused($"\"{Printable.Shown(add.Machine)}\" is not in \"machines\", and libvirt knows no such guest" +
            $"{(meant.Length == 0 ? ";" : meant)} --new-guest adds it all the same");
    }

    private static EditResult RemovePort(JsonText text, ConfigEdit.RemovePort remove)
    {
        if (Machine(text, remove.Machine, out var refusal) is { } machine)
            return PortEditor.Remove(text, machine, remove);
        var isAbsent = text.Root.Member("machines")?.Member(remove.Machine) is null;
        return isAbsent && !remove.IsStrict ? Same(text, refusal!) : Refused(refusal!);
    }

    /// <summary>A machine's entry; null if there is none, or none that can be changed.</summary>
    private static JsonValue? Machine(JsonText text, string name, out string? refusal)
    {
        var machines = text.Root.Member("machines");
        var machine = machines?.Member(name);
        var isObject = machine is { Type: JsonTokenType.StartObject };
        refusal = isObject ? null : Unknown(machines, "machines", name);
        return isObject ? machine : null;
    }

    private static string Unknown(JsonValue? group, string kind, string name)
    {
        var names = group?.Members.Select(m => m.Key) ?? [];
        return $"\"{Printable.Shown(name)}\" is not in \"{kind}\"{Suggestion.Phrase(name, names)}";
    }
}
