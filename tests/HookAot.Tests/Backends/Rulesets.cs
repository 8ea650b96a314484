using System.Collections.Immutable;
using System.Net;
using System.Text;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Rules;

namespace HookAot.Tests.Backends;

/// <summary>Rulesets for the text of a config, all of whose guests run.</summary>
internal static class Rulesets
{
    /// <summary>The network that guests are in, as libvirt's default one is.</summary>
    public static ObservedNetwork Default { get; } = new(
        "default",
        "virbr0",
        Isolated: false,
        [IPNetwork.Parse("192.168.122.0/24")],
        [IPAddress.Parse("192.168.122.1")],
        []);

    /// <summary>A host with that network and a route to it, on which nothing runs.</summary>
    public static Observation Host { get; } = Observation.Nothing with
    {
        Networks = [Default],
        Routes = [new ConnectedRoute(IPNetwork.Parse("192.168.122.0/24"), "virbr0")],
    };

    /// <summary>The ruleset for a config.</summary>
    /// <param name="config">The text of a config.json.</param>
    /// <param name="host">What else is on the host; null: <see cref="Host"/>.</param>
    /// <param name="leftOut">Receives what cannot be served.</param>
    /// <param name="nics">The interfaces of every guest.</param>
    public static Ruleset Of(
        string config,
        Observation? host = null,
        List<LeftOut>? leftOut = null,
        params ImmutableArray<GuestInterface> nics)
    {
        var read = ConfigReader.Read(Encoding.UTF8.GetBytes(config), "config.json").Config!;
        var running = read.Machines.Select(m => new ObservedGuest("qemu", m.Name, nics, Evidence.Event));
        return RulesetBuilder.Build(read, (host ?? Host) with { Guests = [.. running] }, leftOut ?? []);
    }

    /// <summary>The script that puts it in place.</summary>
    public static string Script(Ruleset ruleset, bool present = false, bool ipv4 = true) =>
        IptablesScript.Print(Lines(WantedRules.All(ruleset.OfFamily(ipv4)), present, ipv4));

    /// <summary>The lines of the script that puts what is wanted in place.</summary>
    public static ImmutableArray<ScriptLine> Lines(WantedRules wanted, bool present, bool ipv4 = true) =>
        new IptablesAssumptions(
            wanted, IptablesAssumptions.Plans(wanted, ipv4, p => present && p.IsFor(wanted)), ipv4).Script;

    /// <summary>The lines of the script that takes out what was put in place.</summary>
    public static ImmutableArray<ScriptLine> Removal(WantedRules there, bool ipv4 = true)
    {
        var plans = IptablesAssumptions.Plans(WantedRules.Nothing, ipv4, p => p.IsFor(there));
        return new IptablesAssumptions(WantedRules.Nothing, plans, ipv4).Script;
    }

    /// <summary>The rules of a script that are in chains of ours.</summary>
    public static string Rules(Ruleset ruleset, bool ipv4 = true)
    {
        var lines = Script(ruleset, ipv4: ipv4).Split('\n');
        return string.Join('\n', lines.Where(line => line.StartsWith("-A ", StringComparison.Ordinal)));
    }
}
