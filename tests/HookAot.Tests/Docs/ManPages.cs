using System.CommandLine;
using System.Reflection;
using System.Text;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using HookAot.Applets.Hookctrl;
using NJsonSchema;

namespace HookAot.Tests.Docs;

/// <summary>
/// The man pages: the templates in src/man, filled in with what the program itself says about its commands, options and output, and with what
/// config.schema.json says about the keys.
/// </summary>
internal static class ManPages
{
    /// <summary>The pages by name.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> Make()
    {
        var root = HookctrlApplet.CommandLine();
        var schema = await JsonSchema.FromFileAsync(Repository.File("src", "config.schema.json"));
        var ancestors = root.Options.Where(o => !o.Recursive).ToList();
        return new Dictionary<string, string>
        {
            ["hookctrl.8"] = await Fill("hookctrl.8", new()
            {
                ["COMMANDS"] = string.Concat(Leaves(root, "hookctrl").Select(c => Entry(Bold(c.Name) + Arguments(c.Command), Description(c.Command)))),
                ["OPTIONS"] = string.Concat(root.Options.Where(o => o.Recursive).Select(Option)),
                ["FLAGS"] = string.Concat(ancestors.Select(Option)),
                ["JSON"] = string.Concat(JsonTypes().Select(JsonType)),
            }),
            ["config.json.5"] = await Fill("config.json.5", new()
            {
                ["FILE"] = Keys(schema.Properties),
                ["MACHINE"] = Keys(schema.Definitions["machine"].Properties),
                ["FORWARD"] = Keys(schema.Definitions["forward"].Properties),
            }),
        };
    }

    private static async Task<string> Fill(string name, Dictionary<string, string> parts)
    {
        var text = await File.ReadAllTextAsync(Repository.File("src", "man", name + ".in"));
        var props = XDocument.Load(Repository.File("Directory.Build.props"));
        parts["VERSION"] = props.Descendants("Version").Single().Value;
        parts["DATE"] = props.Descendants("ReleaseDate").Single().Value;
        foreach (var (key, value) in parts) text = text.Replace($"@{key}@", value.TrimEnd('\n'), StringComparison.Ordinal);
        return text;
    }

    private static IEnumerable<(string Name, Command Command)> Leaves(Command command, string name) => command.Subcommands.Count == 0
        ? [(name, command)]
        : command.Subcommands.SelectMany(c => Leaves(c, $"{name} {c.Name}"));

    private static string Arguments(Command command) => string.Concat(command.Arguments.Select(a =>
    {
        var name = $"\\fI{Escape(a.Name)}\\fR{(a.Arity.MaximumNumberOfValues > 1 ? "..." : "")}";
        return a.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : $" {name}";
    })) + string.Concat(command.Options.Where(o => o is not System.CommandLine.Help.HelpOption).Select(o => $" [{OptionName(o)}]"));

    private static string Description(Command command) => Escape(command.Description!)
        + string.Concat(command.Arguments.Select(a => $"\n.br\n\\fI{Escape(a.Name)}\\fR: {Escape(a.Description!)}"))
        + string.Concat(command.Options.Where(o => o is not System.CommandLine.Help.HelpOption).Select(o => $"\n.br\n{OptionName(o)}: {Escape(o.Description!)}"));

    private static string Option(Option option) => Entry(OptionName(option), Escape(option.Description!));

    private static string OptionName(Option option) => Bold(option.Name) + (option.HelpName is { } value ? $" \\fI{Escape(value)}\\fR" : "");

    private static string Keys(IEnumerable<KeyValuePair<string, JsonSchemaProperty>> keys) => string.Concat(keys.Select(k => Entry(Bold(k.Key), Escape(k.Value.Description!))));

    private static string Entry(string head, string text) => $".TP\n{head}\n{text}\n";

    private static string Bold(string text) => $"\\fB{Escape(text)}\\fR";

    private static string Escape(string text) =>
        text.Replace("\\", "\\e", StringComparison.Ordinal).Replace("-", "\\-", StringComparison.Ordinal) is var escaped && escaped.StartsWith('.') ? "\\&" + escaped : escaped;

    /// <summary>What the program serializes for a program to read.</summary>
    private static IEnumerable<Type> JsonTypes() =>
        typeof(HookctrlJson).GetCustomAttributesData().Where(a => a.AttributeType == typeof(JsonSerializableAttribute)).Select(a => (Type)a.ConstructorArguments[0].Value!);

    private static string JsonType(Type type)
    {
        var (element, list) = type.IsArray ? (type.GetElementType()!, "A list. ") : (type, "");
        return Entry(Escape(list + Documentation(element, "summary", null)), Fields(element, "")[".br\n".Length..]);
    }

    private static string Fields(Type type, string prefix)
    {
        var text = new StringBuilder();
        foreach (var parameter in type.GetConstructors().Single(c => c.GetParameters().Length > 1).GetParameters())
        {
            text.Append($".br\n{Bold(prefix + System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!))}: {Escape(Documentation(type, "param", parameter.Name))}\n");
            var inner = parameter.ParameterType.IsArray ? parameter.ParameterType.GetElementType()! : parameter.ParameterType;
            if (inner.Namespace == type.Namespace) text.Append(Fields(inner, prefix + System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!) + "[]."));
        }

        return text.ToString();
    }

    private static readonly Lazy<XDocument> Comments = new(() => XDocument.Load(Path.ChangeExtension(typeof(HookctrlApplet).Assembly.Location, ".xml")));

    private static string Documentation(Type type, string element, string? name)
    {
        var found = Comments.Value.Descendants("member").Single(m => m.Attribute("name")!.Value == $"T:{type.FullName}")
            .Elements(element).Single(e => name is null || e.Attribute("name")!.Value == name);
        return string.Join(' ', found.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }
}
