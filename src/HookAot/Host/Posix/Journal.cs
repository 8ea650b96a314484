using System.Globalization;
using System.Text;
using System.Text.Json;
using HookAot.Model;

namespace HookAot.Host;

/// <summary>
/// systemd's journal, by journalctl: its files have a format of their own. Its JSON has each entry in one line,
/// whatever is in it, and who sent it, which no sender can forge.
/// </summary>
internal sealed class Journal
{
    private readonly string? directory;

    private Journal(string tool, string? directory)
    {
        Tool = tool;
        this.directory = directory;
    }

    /// <summary>The path of journalctl.</summary>
    public string Tool { get; }

    private const int Second = 1_000_000; // the journal counts in microseconds
    private const string Volatile = "/run/log/journal";

    /// <summary>The journal of this host; null if it has none, or none that can be read.</summary>
    /// <param name="paths">Where the logs are.</param>
    /// <param name="isDenied">Whether there is one, and it is not for us to read.</param>
    public static Journal? Find(HostPaths paths, out bool isDenied)
    {
        isDenied = false;
        if (HostPaths.Find("journalctl") is not { } tool) return null;
        var persistent = Path.Combine(paths.Logs, "journal");
        var isUsual = paths.Logs == HostPaths.UsualLogs;
        if (HasFiles(persistent, ref isDenied) || (isUsual && HasFiles(Volatile, ref isDenied)))
            return new(tool, isUsual ? null : persistent);
        return null;
    }

    /// <summary>Starts journalctl.</summary>
    /// <param name="since">The time from which on, in seconds since 1970.</param>
    /// <param name="follow">Whether it goes on with what comes later.</param>
    /// <param name="child">The process.</param>
    /// <returns>0; else the error's number.</returns>
    public int Start(long since, bool follow, out ChildStream child)
    {
        // --all: else a text of more than 4096 bytes is left out (journalctl(1)).
        var from = since.ToString(CultureInfo.InvariantCulture);
        List<string> arguments = ["--output=json", "--all", "--quiet", "--no-pager", $"--since=@{from}"];
        foreach (var tag in LogLine.Tags) arguments.Add($"--identifier={tag}");
        if (follow) arguments.AddRange(["--follow", "--no-tail"]);
        if (directory is not null) arguments.Add($"--directory={directory}");
        return ChildStream.Start(Tool, arguments, out child);
    }

    /// <summary>Reads an entry in JSON; null where it is none of ours.</summary>
    /// <exception cref="JsonException">It is no JSON: journalctl says what is wrong instead.</exception>
    public static LogLine? Parse(ReadOnlySpan<byte> line)
    {
        if (line.IsEmpty) return null;
        var reader = new Utf8JsonReader(line);
        string? message = null, tag = null, uid = null, time = null;
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) throw new JsonException();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            switch (reader.GetString())
            {
                case "MESSAGE":
                    message = Value(ref reader);
                    break;
                case "SYSLOG_IDENTIFIER":
                    tag = Value(ref reader);
                    break;
                case "_UID":
                    uid = Value(ref reader);
                    break;
                case "__REALTIME_TIMESTAMP":
                    time = Value(ref reader);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (message is null || tag is null) return null;
        if (!long.TryParse(time, CultureInfo.InvariantCulture, out var when)) return null;
        if (LoggedChange.Parse(message) is not { } change) return null;
        uint? stranger = uint.TryParse(uid, out var sender) && sender != 0 ? sender : null;
        return new(when / Second, tag, stranger, message, change);
    }

    // A text with bytes that are no UTF-8 is an array of numbers (systemd.io/JOURNAL_EXPORT_FORMATS).
    private static string? Value(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String) return reader.GetString();
        if (reader.TokenType != JsonTokenType.StartArray) return null;

        var bytes = new List<byte>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Number && reader.TryGetByte(out var number)) bytes.Add(number);
            else reader.Skip();
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>Whether the system's journal is in a directory, or below it, and is ours to read.</summary>
    private static bool HasFiles(string directory, ref bool isDenied)
    {
        try
        {
            if (!Directory.Exists(directory)) return false;
            foreach (var file in Directory.EnumerateFiles(
                directory, "system*.journal", SearchOption.AllDirectories))
            {
                var fd = Descriptor.Open(file, Libc.O_RDONLY | Libc.O_NONBLOCK);
                if (fd >= 0)
                {
                    _ = Libc.close(fd);
                    return true;
                }

                isDenied |= Libc.LastErrorNumber == Libc.EACCES;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            isDenied |= e is UnauthorizedAccessException;
        }

        return false;
    }
}
