using System.Globalization;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>In what a forward that is to be added differs from one of the same ports that is there.</summary>
internal sealed class ForwardDifferences
{
    // As the options of 'hookctrl port set' are called.
    private static readonly (string Key, string Option)[] Keys =
    [
        ("source", "--source"), ("public_ip", "--public-ip"), ("localhost", "--localhost"), ("snat", "--snat"),
        ("comment", "--comment"), ("until", "--for"),
    ];

    private readonly List<string> here = [];
    private readonly List<string> options = [];
    private readonly WrittenForward there;
    private readonly string machine;
    private readonly bool otherProtocols;
    private readonly bool bothEnd;

    /// <summary>Compares both by what they mean.</summary>
    /// <param name="there">The one that is there.</param>
    /// <param name="machine">The machine's entry, from which both inherit.</param>
    /// <param name="root">The file, from which both inherit.</param>
    /// <param name="add">The other one.</param>
    public ForwardDifferences(WrittenForward there, JsonValue machine, JsonValue root, ConfigEdit.AddPort add)
    {
        this.there = there;
        this.machine = add.Machine;
        otherProtocols = !WrittenForward.ProtocolsOf(add.Port).All(there.Port.Protocols.Contains);
        bothEnd = there.Until is not null && add.Extras.Until is not null;

        var target = add.Port.Guest ?? add.Port.Public;
        if (target != there.Port.Guest && !there.Covers(add.Port)) options.Add($"--to {target}");
        foreach (var (key, option) in Keys)
        {
            var said = Said(add.Extras, key);
            // Who says nothing of a comment has nothing against it.
            if (key == "comment" && said is null) continue;
            var wanted = said is null
                ? Meaning.Of(WrittenForward.Inherited(machine, root, key))
                : Meaning.Of(said);
            if (wanted == there[key]) continue;

            here.Add(there[key].Length == 0 ? $"without {key}" : $"with {key} {Printable.Shown(there[key])}");
            options.Add($"{option} {ShellWord.Quote(Typed(key, wanted, add))}");
        }
    }

    /// <summary>Whether both say the same.</summary>
    public bool IsNone => here.Count == 0 && !there.IsDisabled;

    /// <summary>Whether only the time differs at which both end.</summary>
    public bool IsOnlyEnd => bothEnd && !there.IsDisabled && here is [var only]
        && only.StartsWith("with until ", StringComparison.Ordinal);

    /// <summary>What is there.</summary>
    public string There => $"\"{Printable.Shown(machine)}\" forwards {there} already";

    /// <summary>What is there, and how it comes into force again.</summary>
    public string Disabled => $"{There}, and it is disabled: 'hookctrl port enable {Word} {there.Name}' enables it";

    /// <summary>What is there, and how to change it.</summary>
    public string Rival
    {
        get
        {
            var with = string.Concat(here.Select(h => $", {h}"));
            return otherProtocols || options.Count == 0
                ? $"{There}{with}; 'hookctrl port remove {Word} {there.Name}' ends that"
                : $"{There}{with}; 'hookctrl port set {Word} {there.Name} {string.Join(' ', options)}' changes it";
        }
    }

    private string Word => ShellWord.Quote(machine);

    /// <summary>The JSON of a key; null if it is not said.</summary>
    private static string? Said(Extras extras, string key)
    {
        foreach (var (said, value) in ConfigText.Keys(null, extras))
            if (said == key) return value;
        return null;
    }

    private static string Typed(string key, string meaning, ConfigEdit.AddPort add) => key switch
    {
        "localhost" or "snat" => meaning.Length == 0 ? "false" : "true",
        "until" when add.Extras.Until is { } until =>
            string.Create(CultureInfo.InvariantCulture, $"{until - add.Now}s"),
        "source" or "public_ip" => meaning.Replace(' ', ','),
        _ => meaning,
    };
}
