using System.Text.RegularExpressions;

namespace HookAot.Tests.Netns;

/// <summary>Calls of the published hook on the world's host, as libvirt makes them.</summary>
internal static partial class HookCalls
{
    /// <summary>Calls a hook as libvirt does.</summary>
    /// <param name="world">Where.</param>
    /// <param name="driver">qemu, lxc, network, or any other file in the hooks directory.</param>
    /// <param name="name">The guest or the network.</param>
    /// <param name="operation">start, stopped, ...</param>
    /// <param name="xml">stdin; null: the live XML of a guest at vnet0.</param>
    /// <param name="wrapper">A command that runs the hook, such as "timeout 1".</param>
    public static Task<Ended> Hook(
        this World world,
        string driver,
        string name,
        string operation,
        string? xml = null,
        params IEnumerable<string> wrapper)
    {
        var hook = Path.Combine(world.Directory, "hooks", driver);
        var subOperation = operation is "stopped" or "release" ? "end" : "begin";
        return Tool.Run(
            [.. world.Host.Enter, .. wrapper, hook, name, operation, subOperation, "-"],
            xml ?? World.Domain(name),
            world.HookEnvironment);
    }

    /// <summary>Calls a hook, which has to end with exit code 0, and without a word on stdout.</summary>
    /// <returns>Its log.</returns>
    public static async Task<string> Event(this World world, string name, string operation, string driver = "qemu")
    {
        var ended = await world.Hook(driver, name, operation);
        await Assert.That(ended.ExitCode).IsEqualTo(0).Because(ended.Error);
        await Assert.That(ended.Output).IsEmpty();
        return ended.Error;
    }

    /// <summary>An event that has to go well: not a line in the log but those that say what was done.</summary>
    public static async Task Quietly(this World world, string name, string operation, string driver = "qemu")
    {
        var log = await world.Event(name, operation, driver);
        foreach (var line in log.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            await Assert.That(line).Matches(Done()).Because(log);
    }

    /// <summary>Tells the host, by libvirt's live status file, that a guest runs at vnet0.</summary>
    public static Task Runs(this World world, string guest) =>
        File.WriteAllTextAsync(world.StatusFile(guest), GuestXml.Status(guest));

    /// <summary>The path of libvirt's live status file of a guest.</summary>
    public static string StatusFile(this World world, string guest) =>
        Path.Combine(world.Directory, "libvirt", "qemu", guest + ".xml");

    private const string Forwarding = @"\d+ forwards? for \d+ active guests?";
    private const string NothingLeft = "nothing to forward, all rules are removed";
    private const string Fields = @"( \[hookaot@32473 kind=""converge"" .*\])?";

    [GeneratedRegex($@"\Alibvirt-hook-\w+: .*: ({Forwarding}|{NothingLeft}){Fields}\z")]
    private static partial Regex Done();
}
