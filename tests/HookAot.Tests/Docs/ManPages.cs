using System.CommandLine;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using HookAot.Applets.Hookctrl;
using NJsonSchema;

namespace HookAot.Tests.Docs;

/// <summary>
/// The man pages: the templates in src/man, filled in with what the program itself says about its commands, options
/// and output, and with what config.schema.json says about the keys.
/// </summary>
internal static class ManPages
{
    private const string NewLine = "\n.br\n";

    private static readonly Lazy<XDocument> Comments =
        new(() => XDocument.Load(Path.ChangeExtension(typeof(HookctrlApplet).Assembly.Location, ".xml")));

    /// <summary>The pages by name.</summary>
    public static async Task<IReadOnlyDictionary<string, string>> Make()
    {
        var root = HookctrlApplet.CommandLine();
        var schema = await JsonSchema.FromFileAsync(Repository.File("src", "config.schema.json"));
        var commands = Leaves(root, "hookctrl").Select(leaf => CommandEntry(leaf.Name, leaf.Command));
        var options = root.Options.Where(o => o.Recursive).Select(OptionEntry);
        var ancestors = root.Options.Where(o => !o.Recursive).Select(OptionEntry);
        return new Dictionary<string, string>
        {
            ["hookctrl.8"] = await Fill("hookctrl.8", new()
            {
                ["COMMANDS"] = string.Concat(commands),
                ["OPTIONS"] = string.Concat(options),
                ["FLAGS"] = string.Concat(ancestors),
                ["JSON"] = string.Concat(JsonTypes().Select(JsonEntry)),
            }),
            ["hookaot.8"] = await Fill("hookaot.8", []),
            ["hookaot.json.5"] = await Fill("hookaot.json.5", new()
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
        foreach (var (key, value) in parts)
            text = text.Replace($"@{key}@", value.TrimEnd('\n'), StringComparison.Ordinal);
        return text;
    }

    // ---- commands and options

    private static IEnumerable<(string Name, Command Command)> Leaves(Command command, string name) =>
        command.Subcommands.Count == 0
            ? [(name, command)]
            : command.Subcommands.SelectMany(child => Leaves(child, $"{name} {child.Name}"));

    private static string CommandEntry(string name, Command command) =>
        Entry(Bold(name) + Arguments(command), Description(command));

    private static string Arguments(Command command)
    {
        var arguments = command.Arguments.Select(ArgumentUsage);
        var options = OwnOptions(command).Select(option => $" [{OptionUsage(option)}]");
        return string.Concat([.. arguments, .. options]);
    }

    private static string ArgumentUsage(Argument argument)
    {
        var name = Italic(argument.Name) + (argument.Arity.MaximumNumberOfValues > 1 ? "..." : "");
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : $" {name}";
    }

    private static string Description(Command command)
    {
        var text = Escape(command.Description!);
        var arguments = command.Arguments.Select(a => $"{NewLine}{Italic(a.Name)}: {Escape(a.Description!)}");
        var options = OwnOptions(command).Select(o => $"{NewLine}{OptionUsage(o)}: {Escape(o.Description!)}");
        return string.Concat([text, .. arguments, .. options]);
    }

    private static IEnumerable<Option> OwnOptions(Command command) => command.Options.Where(o => o.Name != "--help");

    private static string OptionEntry(Option option) => Entry(OptionUsage(option), Escape(option.Description!));

    private static string OptionUsage(Option option) =>
        Bold(option.Name) + (option.HelpName is { } value ? $" {Italic(value)}" : "");

    // ---- keys of config.json

    private static string Keys(IEnumerable<KeyValuePair<string, JsonSchemaProperty>> keys) =>
        string.Concat(keys.Select(k => Entry(Bold(k.Key), Escape(k.Value.Description!))));

    // ---- what the program serializes for a program to read

    private static IEnumerable<Type> JsonTypes()
    {
        var attributes = typeof(HookctrlJson).GetCustomAttributesData();
        var serializable = attributes.Where(a => a.AttributeType == typeof(JsonSerializableAttribute));
        return serializable.Select(a => (Type)a.ConstructorArguments[0].Value!);
    }

    private static string JsonEntry(Type type)
    {
        var (element, list) = type.IsArray ? (type.GetElementType()!, "A list. ") : (type, "");
        var fields = Fields(element, "");
        return Entry(Escape(list + Documentation(element, "summary", null)), fields[".br\n".Length..]);
    }

    private static string Fields(Type type, string prefix)
    {
        var text = new StringBuilder();
        foreach (var parameter in type.GetConstructors().Single().GetParameters())
        {
            var name = prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!);
            var meaning = Documentation(type, "param", parameter.Name);
            text.Append($".br\n{Bold(name)}: {Escape(meaning)}\n");

            var value = parameter.ParameterType;
            var inner = value.IsArray ? value.GetElementType()! : value;
            if (inner.Namespace == type.Namespace) text.Append(Fields(inner, $"{name}[]."));
        }

        return text.ToString();
    }

    private static string Documentation(Type type, string element, string? name)
    {
        var id = $"T:{type.FullName}";
        var member = Comments.Value.Descendants("member").Single(m => m.Attribute("name")!.Value == id);
        var found = member.Elements(element).Single(e => name is null || e.Attribute("name")!.Value == name);
        return string.Join(' ', found.Value.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    // ---- man(7)

    private static string Entry(string head, string text) => $".TP\n{head}\n{text}\n";

    private static string Bold(string text) => $"\\fB{Escape(text)}\\fR";

    private static string Italic(string text) => $"\\fI{Escape(text)}\\fR";

    private static string Escape(string text)
    {
        var escaped = text
            .Replace("\\", "\\e", StringComparison.Ordinal)
            .Replace("-", "\\-", StringComparison.Ordinal);
        return escaped.StartsWith('.') ? "\\&" + escaped : escaped;
    }
}
