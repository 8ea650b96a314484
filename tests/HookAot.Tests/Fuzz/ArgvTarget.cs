using System.CommandLine;
using System.Text;
using HookAot.Applets;
using HookAot.Applets.Hookctrl;
using HookAot.Host;
using HookAot.Model;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>The words of a call: libvirt's, and those that are typed behind hookctrl. A line each.</summary>
internal static class ArgvTarget
{
    /// <summary>Words of the command line.</summary>
    public const string Words =
        "port add remove set machine rename network list show apply plan status watch doctor explain log edit undo " +
        "import export completion check version help --help --json --no-headers --source --public-ip --comment --for " +
        "--until --localhost --snat --interface --to --new-guest --config --no-apply -h -- -- - " +
        "= --x=y web 8080:80 rm ls " +
        "\u001b[2J @file 10.0.0.0/8 2h 192.168.122.2 \n ' \" prepare start stopped begin release reconnect started";

    private static readonly ParserConfiguration NoResponseFiles = new() { ResponseFileTokenReplacer = null };

    /// <summary>Command lines of the help.</summary>
    public static IEnumerable<byte[]> Seeds()
    {
        yield return Encoding.UTF8.GetBytes("web\nstart\nbegin\n-");
        var help = Repository.File("tests", "HookAot.Tests", "Docs", "help.txt");
        var lines = File.ReadLines(help).Select(line => line.Trim()).Where(IsExample).Distinct();
        foreach (var line in lines) yield return Encoding.UTF8.GetBytes(line["hookctrl ".Length..].Replace(' ', '\n'));
    }

    /// <summary>Reads the words, and runs nothing.</summary>
    public static void Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var words = text.Split('\n');
        foreach (var driver in (ReadOnlySpan<string>)["qemu", "lxc", HostEvent.NetworkDriver])
        {
            var call = HookCall.Parse(driver, words);
            Unless(call is null || call.Name == words[0], "a call is about its first word");
        }

        foreach (var word in words)
        {
            var quoted = ShellWord.Quote(word);
            Unless(Printable.Escape(quoted) == quoted, "a word for a shell is printable", quoted);
            if (Printable.Escape(word) == word) Unless(Unquoted(quoted) == word, "a shell reads the word", quoted);
            _ = StatusDirectory.File("/run", word) is { } file && file.StartsWith("/run/", StringComparison.Ordinal);
        }

        var root = HookctrlApplet.CommandLine();
        var parsed = root.Parse(Aliases.Resolved(root, words), NoResponseFiles);
        foreach (var mistake in UsageMistakes.Of(parsed))
            Unless(Printable.Escape(mistake) == mistake, "a mistake is printable", mistake);
    }

    private static bool IsExample(string line) => line.StartsWith("hookctrl ", StringComparison.Ordinal);

    // What sh makes of a word: quotes fall away, and a backslash outside of them stands for what follows.
    private static string Unquoted(string word)
    {
        var text = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < word.Length; i++)
        {
            if (word[i] == '\'') isQuoted = !isQuoted;
            else if (!isQuoted && word[i] == '\\') text.Append(word[++i]);
            else text.Append(word[i]);
        }

        return text.ToString();
    }
}
