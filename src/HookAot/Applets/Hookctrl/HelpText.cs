using System.CommandLine;
using System.Text;

namespace HookAot.Applets.Hookctrl;

/// <summary>What --help prints: what a command is for, examples, the words that it takes; 80 columns.</summary>
internal static class HelpText
{
    private const int Width = 80, Indent = 2, WidestLeft = 24;

    /// <summary>The help of a command.</summary>
    /// <param name="command">The command.</param>
    /// <param name="path">Its words behind hookctrl: "port add"; empty for hookctrl itself.</param>
    /// <param name="shared">The options that all commands take.</param>
    public static string Of(Command command, string path, IReadOnlyList<Option> shared)
    {
        var text = new StringBuilder();
        Paragraph(text, command.Description ?? "", indent: 0);

        var examples = Examples.Of(path);
        if (examples.Length > 0) text.Append("\nExamples:\n");
        foreach (var example in examples) text.Append(' ', Indent).Append(example).Append('\n');

        text.Append("\nUsage:\n").Append(' ', Indent).Append(Usage(command, path)).Append('\n');
        Section(text, "Arguments", command.Arguments.Select(a => (a.Name, a.Description ?? "")));
        Section(text, "Commands", command.Subcommands.Select(c => (c.Name + Words(c), c.Description ?? "")));

        var own = command.Options.Where(o => !shared.Contains(o));
        var isRoot = path.Length == 0;
        if (!isRoot) Section(text, "Options", own.Select(Line));
        Section(text, isRoot ? "Options" : "Options of every command", shared.Select(Line));
        if (isRoot) Section(text, "Without a command, as the Python hookctrl had it", own.Select(Line));
        return text.ToString();
    }

    private static string Usage(Command command, string path)
    {
        var words = path.Length == 0 ? "hookctrl" : $"hookctrl {path}";
        if (command.Subcommands.Count > 0) return $"{words} COMMAND ...";
        return $"{words}{Words(command)} [options]";
    }

    private static string Words(Command command)
    {
        var words = new StringBuilder();
        foreach (var argument in command.Arguments)
        {
            var name = argument.Arity.MaximumNumberOfValues > 1 ? $"{argument.Name}..." : argument.Name;
            words.Append(' ').Append(argument.Arity.MinimumNumberOfValues == 0 ? $"[{name}]" : name);
        }

        return words.ToString();
    }

    private static (string Left, string Right) Line(Option option)
    {
        var value = option.HelpName is { } name ? $" {name}" : "";
        return (option.Name + value, option.Description ?? "");
    }

    private static void Section(StringBuilder text, string title, IEnumerable<(string Left, string Right)> lines)
    {
        (string Left, string Right)[] all = [.. lines];
        if (all.Length == 0) return;

        var left = 0;
        foreach (var line in all) left = Math.Max(left, Math.Min(line.Left.Length, WidestLeft));
        text.Append('\n').Append(title).Append(":\n");
        foreach (var line in all)
        {
            text.Append(' ', Indent).Append(line.Left);
            var gap = left + Indent - line.Left.Length;
            if (gap < Indent) text.Append('\n').Append(' ', Indent + left + Indent);
            else text.Append(' ', gap);
            Paragraph(text, line.Right, Indent + left + Indent);
        }
    }

    /// <summary>Words in lines; the first line begins where the text ends.</summary>
    private static void Paragraph(StringBuilder text, string words, int indent)
    {
        var column = indent;
        foreach (var word in words.Split(' '))
        {
            if (column > indent && column + 1 + word.Length > Width)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
            }

            if (column > indent) text.Append(' ');
            column += word.Length + (column > indent ? 1 : 0);
            text.Append(word);
        }

        text.Append('\n');
    }
}
