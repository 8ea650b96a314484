using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HookAot.Applets.Hookctrl;

// Everything that --json prints. It is a contract, which src/hookctrl.schema.json documents: fields are added, never
// renamed or removed, and the schema has each of them. The man page takes its texts from the comments here.

/// <summary>A forward, as list and show print it.</summary>
/// <param name="Machine">The guest's name.</param>
/// <param name="PublicIp">The host's addresses; empty: every one.</param>
/// <param name="PublicPort">A port or a range.</param>
/// <param name="Protocol">tcp, udp, sctp or tcp+udp.</param>
/// <param name="PrivateIp">The guest's addresses.</param>
/// <param name="VmPort">A port or a range.</param>
/// <param name="Source">Who may connect; empty: everybody.</param>
/// <param name="Localhost">Whether 127.0.0.1 on the host reaches it too.</param>
/// <param name="Snat">Whether what the guest opens itself leaves with the public address.</param>
/// <param name="Enabled">Whether it, and its guest's entry, is not disabled.</param>
/// <param name="Ended">Whether its time has ended.</param>
/// <param name="Until">When it ends, in UTC.</param>
/// <param name="Comment">What it is for.</param>
internal sealed record ForwardRow(
    string Machine,
    string[] PublicIp,
    string PublicPort,
    string Protocol,
    string[] PrivateIp,
    string VmPort,
    string[] Source,
    bool Localhost,
    bool Snat,
    bool Enabled,
    bool Ended,
    string? Until,
    string? Comment);

/// <summary>A guest, as machine list prints it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="PrivateIp">Its addresses; empty: learned.</param>
/// <param name="Forwards">How many port_map entries it has.</param>
/// <param name="Enabled">Whether it is not disabled.</param>
/// <param name="Comment">What it is for.</param>
internal sealed record MachineRow(string Name, string[] PrivateIp, int Forwards, bool Enabled, string? Comment);

/// <summary>A network, as network list prints it.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Range">Its addresses.</param>
/// <param name="Comment">What it is for.</param>
internal sealed record NetworkRow(string Name, string Range, string? Comment);

/// <summary>What check prints.</summary>
/// <param name="Ok">Whether the config has no mistake; the exit code is 0 then.</param>
/// <param name="Findings">Every mistake and every doubt.</param>
internal sealed record CheckReport(bool Ok, FindingRow[] Findings);

/// <summary>A mistake or a doubt.</summary>
/// <param name="Severity">error or warning.</param>
/// <param name="File">The file.</param>
/// <param name="Line">From 1; 0: the file as a whole.</param>
/// <param name="Column">From 1, in characters; 0: the file as a whole.</param>
/// <param name="Path">Where in the JSON, such as $.machines.web.port_map[0]; empty: the file as a whole.</param>
/// <param name="Message">What was found, what is expected, what to do.</param>
internal sealed record FindingRow(
    string Severity, string File, int Line, int Column, string Path, string Message);

/// <summary>What version prints.</summary>
/// <param name="Version">The version, and behind "+" what it was built from.</param>
internal sealed record VersionRow(string Version);

/// <summary>What export prints.</summary>
/// <param name="Commands">The config as commands that make it anew, each for a shell, in their order.</param>
internal sealed record ExportReport(string[] Commands);

/// <summary>What completion prints.</summary>
/// <param name="Shell">bash, zsh or fish.</param>
/// <param name="Path">The file in which that shell looks for it.</param>
/// <param name="Script">What belongs there.</param>
internal sealed record CompletionReport(string Shell, string Path, string Script);

/// <summary>What a command prints that fails and has nothing else to print.</summary>
/// <param name="Errors">Why, a sentence each.</param>
internal sealed record ErrorReport(string[] Errors);

/// <summary>What came of an edit, of one that is refused as well.</summary>
/// <param name="Changed">
/// Whether the file, or a rule in the kernel, is another one than before; with --dry-run, whether the file would be.
/// </param>
/// <param name="Saved">Whether the file was written.</param>
/// <param name="Applied">Whether what the config says of it is in force, as far as its guest runs.</param>
/// <param name="Done">Whether nothing went wrong; the exit code is 0 then.</param>
/// <param name="Added">Forwards that are new in the kernel.</param>
/// <param name="Removed">Forwards that are gone.</param>
/// <param name="Messages">What there is to know, a sentence each.</param>
/// <param name="Warnings">What is probably not meant so, a sentence each.</param>
/// <param name="Errors">Why it was refused, or what went wrong, a sentence each.</param>
/// <param name="Diff">With --dry-run, what would change in the file, as diff -u has it.</param>
internal sealed record EditReport(
    bool Changed,
    bool Saved,
    bool Applied,
    bool Done,
    string[] Added,
    string[] Removed,
    string[] Messages,
    string[] Warnings,
    string[] Errors,
    string Diff);

/// <summary>What apply changed.</summary>
/// <param name="Added">Forwards that are new in the kernel.</param>
/// <param name="Removed">Forwards that are gone.</param>
/// <param name="Done">Whether everything that should be in the kernel is.</param>
/// <param name="Changed">Whether anything of ours is different.</param>
internal sealed record ChangesRow(string[] Added, string[] Removed, bool Done, bool Changed);

/// <summary>One process that apply would run, as plan prints it.</summary>
/// <param name="Tool">The program.</param>
/// <param name="Arguments">Its arguments.</param>
/// <param name="Script">Its standard input.</param>
internal sealed record ScriptRow(string Tool, string[] Arguments, string Script);

/// <summary>What status prints.</summary>
/// <param name="Ok">Whether everything that should be in force is; the exit code is 0 then.</param>
/// <param name="Backend">The tool that translates: iptables or nftables.</param>
/// <param name="BackendReason">Why that one.</param>
/// <param name="Watched">Whether a watcher runs.</param>
/// <param name="Forwards">Each forward of the config.</param>
/// <param name="Networks">Each network of the config.</param>
/// <param name="Drift">
/// What differs from what should be, a sentence each, with "; do: " and a command where apply is no cure.
/// </param>
internal sealed record StatusReport(
    bool Ok,
    string Backend,
    string BackendReason,
    bool Watched,
    StatusRow[] Forwards,
    NetworkState[] Networks,
    string[] Drift);

/// <summary>A forward's state.</summary>
/// <param name="Machine">The guest's name.</param>
/// <param name="PublicIp">The host's addresses; empty: every one.</param>
/// <param name="PublicPort">A port or a range.</param>
/// <param name="Protocol">tcp, udp, sctp or tcp+udp.</param>
/// <param name="Target">The guest's address and ports, for each family.</param>
/// <param name="Source">Who may connect; empty: everybody.</param>
/// <param name="Localhost">Whether 127.0.0.1 on the host reaches it too.</param>
/// <param name="Snat">Whether what the guest opens itself leaves with the public address.</param>
/// <param name="State">
/// active, not running, left out, missing (it should be in the kernel and is not), disabled, or ended.
/// </param>
/// <param name="Reason">Why it, or a part of it, is left out, or what another program takes of it.</param>
/// <param name="Packets">
/// What its rules matched since they were put in place: the first packet of every connection; null where the backend
/// does not count (nft before 1.0).
/// </param>
/// <param name="Bytes">How many bytes those packets had.</param>
/// <param name="Connections">
/// How many connections were made since its rules were put in place, which other forwards do not change; null while it
/// is not active, and where the backend does not count.
/// </param>
/// <param name="Open">
/// How many of its connections are open now; null while its guest does not run, and where the kernel does not say.
/// </param>
/// <param name="Comment">What it is for.</param>
internal sealed record StatusRow(
    string Machine,
    string[] PublicIp,
    string PublicPort,
    string Protocol,
    string Target,
    string[] Source,
    bool Localhost,
    bool Snat,
    string State,
    string? Reason,
    long Packets,
    long Bytes,
    long Connections,
    long Open,
    string? Comment)
{
    /// <summary>In the place of a number that nobody knows; in JSON it is null.</summary>
    public const long Unknown = -1;
}

/// <summary>A network's state.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Range">Its addresses.</param>
/// <param name="State">active or not active.</param>
internal sealed record NetworkState(string Name, string Range, string State);

/// <summary>What doctor found about a guest.</summary>
/// <param name="Target">The guest, and the port if one was named.</param>
/// <param name="Ok">Whether nothing stops its forwards.</param>
/// <param name="Steps">
/// What was looked at, in the order of a packet's way; the last one is the fault, if there is one.
/// </param>
internal sealed record DoctorRow(string Target, bool Ok, DoctorStep[] Steps);

/// <summary>One thing that was looked at.</summary>
/// <param name="Result">ok, note or fault.</param>
/// <param name="Message">What was found.</param>
/// <param name="Cure">What to do about it.</param>
internal sealed record DoctorStep(string Result, string Message, string? Cure)
{
    /// <summary>Something is as it should be.</summary>
    public static DoctorStep Ok(string message) => new("ok", message, null);

    /// <summary>Something is worth knowing.</summary>
    public static DoctorStep Note(string message, string? cure = null) => new("note", message, cure);

    /// <summary>Something stops the forward.</summary>
    public static DoctorStep Fault(string message, string cure) => new("fault", message, cure);
}

/// <summary>A change, as log prints it; with --follow, and of watch, each is one line.</summary>
/// <param name="Time">When it was logged, with the offset from UTC.</param>
/// <param name="Kind">
/// config (the file was changed), converge (a hook or apply put the rules in place), repair, edit, lease, gone (the
/// watcher did); empty where the line is cut. Of watch also error, warning, note or debug, for what is no change.
/// </param>
/// <param name="Event">What the rules were put in place for: libvirt's operation, or apply.</param>
/// <param name="Guest">The guests that it is about, or "network" and its name.</param>
/// <param name="User">Who ran hookctrl.</param>
/// <param name="Uid">That user's number.</param>
/// <param name="Command">The command line.</param>
/// <param name="File">The config that was changed.</param>
/// <param name="Who">The programs after which the rules had to be repaired.</param>
/// <param name="Address">The guest's new address.</param>
/// <param name="Message">The sentence in the log.</param>
/// <param name="Added">Forwards that are in force since, or lines that are new in the config.</param>
/// <param name="Removed">Forwards that no longer are, or lines that are gone.</param>
/// <param name="More">How many of both the line had no room for.</param>
internal sealed record LogRow(
    string Time,
    string Kind,
    string? Event,
    string[] Guest,
    string? User,
    string? Uid,
    string? Command,
    string? File,
    string? Who,
    string? Address,
    string Message,
    string[] Added,
    string[] Removed,
    long More)
{
    /// <summary>When it was logged, in seconds since 1970.</summary>
    [JsonIgnore]
    public long Seconds { get; init; }
}

/// <summary>A rule of a forward, as explain prints it, in the order in which a packet meets them.</summary>
/// <param name="Place">Tool, table, and chain or map.</param>
/// <param name="Rule">The rule, or the element of the map.</param>
/// <param name="Sentence">What it does.</param>
internal sealed record ExplainedRow(string Place, string Rule, string Sentence);

/// <summary>Names as in config.json.</summary>
[JsonSourceGenerationOptions(
    GenerationMode = JsonSourceGenerationMode.Serialization,
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    WriteIndented = true)]
[JsonSerializable(typeof(ForwardRow[]))]
[JsonSerializable(typeof(MachineRow[]))]
[JsonSerializable(typeof(NetworkRow[]))]
[JsonSerializable(typeof(ChangesRow))]
[JsonSerializable(typeof(EditReport))]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(VersionRow))]
[JsonSerializable(typeof(ErrorReport))]
[JsonSerializable(typeof(ExportReport))]
[JsonSerializable(typeof(CompletionReport))]
[JsonSerializable(typeof(ScriptRow[]))]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(DoctorRow[]))]
[JsonSerializable(typeof(LogRow[]))]
[JsonSerializable(typeof(ExplainedRow[]))]
internal sealed partial class HookctrlJson : JsonSerializerContext
{
    // What the source generator made is called directly: JsonSerializer would bring the metadata of each type along,
    // which are 17 kB of the binary a type.
    private static readonly HookctrlJson Generated = new();

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <summary>The rows of list and show.</summary>
    public static void Write(ForwardRow[] rows) =>
        Output.Write(Text(Indented, to => Generated.ForwardRowArraySerializeHandler(to, rows)));

    /// <summary>The rows of machine list.</summary>
    public static void Write(MachineRow[] rows) =>
        Output.Write(Text(Indented, to => Generated.MachineRowArraySerializeHandler(to, rows)));

    /// <summary>The rows of network list.</summary>
    public static void Write(NetworkRow[] rows) =>
        Output.Write(Text(Indented, to => Generated.NetworkRowArraySerializeHandler(to, rows)));

    /// <summary>What apply changed.</summary>
    public static void Write(ChangesRow changes) =>
        Output.Write(Text(Indented, to => Generated.ChangesRowSerializeHandler(to, changes)));

    /// <summary>What came of an edit.</summary>
    public static void Write(EditReport report) =>
        Output.Write(Text(Indented, to => Generated.EditReportSerializeHandler(to, report)));

    /// <summary>What check found.</summary>
    public static void Write(CheckReport report) =>
        Output.Write(Text(Indented, to => Generated.CheckReportSerializeHandler(to, report)));

    /// <summary>The version.</summary>
    public static void Write(VersionRow version) =>
        Output.Write(Text(Indented, to => Generated.VersionRowSerializeHandler(to, version)));

    /// <summary>The commands of export.</summary>
    public static void Write(ExportReport report) =>
        Output.Write(Text(Indented, to => Generated.ExportReportSerializeHandler(to, report)));

    /// <summary>The script of completion.</summary>
    public static void Write(CompletionReport report) =>
        Output.Write(Text(Indented, to => Generated.CompletionReportSerializeHandler(to, report)));

    /// <summary>Why a command failed.</summary>
    public static void Write(ErrorReport report) =>
        Output.Write(Text(Indented, to => Generated.ErrorReportSerializeHandler(to, report)));

    /// <summary>The scripts of plan.</summary>
    public static void Write(ScriptRow[] scripts) =>
        Output.Write(Text(Indented, to => Generated.ScriptRowArraySerializeHandler(to, scripts)));

    /// <summary>The report of status.</summary>
    public static void Write(StatusReport report)
    {
        // The generator leaves numbers that may be null to JsonSerializer. No other number is below 0, and within a
        // text a quotation mark is escaped.
        var text = Text(Indented, to => Generated.StatusReportSerializeHandler(to, report));
        Output.Write(text.Replace("\": -1", "\": null", StringComparison.Ordinal));
    }

    /// <summary>The findings of doctor.</summary>
    public static void Write(DoctorRow[] rows) =>
        Output.Write(Text(Indented, to => Generated.DoctorRowArraySerializeHandler(to, rows)));

    /// <summary>The rules of explain.</summary>
    public static void Write(ExplainedRow[] rows) =>
        Output.Write(Text(Indented, to => Generated.ExplainedRowArraySerializeHandler(to, rows)));

    /// <summary>The rows of log.</summary>
    public static void Write(LogRow[] rows) =>
        Output.Write(Text(Indented, to => Generated.LogRowArraySerializeHandler(to, rows)));

    /// <summary>A row of log in a line of its own.</summary>
    public static void WriteLine(LogRow row) =>
        Output.Write(Text(default, to => Generated.LogRowSerializeHandler(to, row)));

    private static string Text(JsonWriterOptions options, Action<Utf8JsonWriter> write)
    {
        using var memory = new MemoryStream();
        using (var writer = new Utf8JsonWriter(memory, options)) write(writer);
        return Encoding.UTF8.GetString(memory.GetBuffer(), 0, (int)memory.Length) + "\n";
    }
}
