using System.Collections.Immutable;
using System.Net;
using System.Text;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Model;
using HookAot.Rules;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>
/// What any accepted config becomes. No line of it is outside the grammar of the tool that reads it, and a packet goes
/// where the config says, by the rules of iptables and by those of nft.
/// </summary>
internal static class ScriptTarget
{
    private const int MostTranslations = 200, MostPackets = 64;

    private static readonly bool[] Families = [true, false];

    private const string SampleConfig = """
        {
            "machines": {
                "web": {
                    "private_ip": ["192.168.122.2", "fd00:122::2"], "public_ip": ["192.168.0.166", "2001:db8::166"],
                    "snat": true, "localhost": true, "port_map": [
                        [8080, 80], { "public": "5000-5010", "vm": "6000-6010", "protocol": "tcp+udp" },
                        { "public": 53, "protocol": "udp", "public_ip": "" },
                        { "public": "7000-7010", "source": ["10.0.0.0/8", "2001:db8:1::/48"] }
                    ]
                },
                "a\" -j ACCEPT\n-A": { "private_ip": "192.168.122.3", "port_map": [81, 82] }
            },
            "networks": { "default": "192.168.122.0/24" }
        }
        """;

    private static readonly IPAddress[] Local =
    [
        IPAddress.Parse("192.168.0.166"), IPAddress.Parse("192.168.122.1"), IPAddress.Parse("2001:db8::166"),
        IPAddress.Parse("fd00:122::1"), IPAddress.Loopback, IPAddress.IPv6Loopback,
    ];

    private static readonly Observation Host = Observation.Nothing with
    {
        Networks =
        [
            new ObservedNetwork(
                "default", "virbr0", Isolated: false,
                [IPNetwork.Parse("192.168.122.0/24"), IPNetwork.Parse("fd00:122::/64")],
                [IPAddress.Parse("192.168.122.1"), IPAddress.Parse("fd00:122::1")], []),
        ],
        Routes =
        [
            new ConnectedRoute(IPNetwork.Parse("192.168.122.0/24"), "virbr0"),
            new ConnectedRoute(IPNetwork.Parse("fd00:122::/64"), "virbr0"),
            new ConnectedRoute(IPNetwork.Parse("192.168.0.0/24"), "eth0"),
        ],
    };

    /// <summary>Something of everything.</summary>
    public static WantedRules Sample { get; } = WantedRules.All(Rules(Encoding.UTF8.GetBytes(SampleConfig), [])!);

    private static NftState Nothing => new(isKnown: true);

    private static Lazy<NftState> OfSample { get; } = new(() =>
    {
        var libvirt = InstalledNft.Nothing with { LibvirtForward = new(NftLayout.LibvirtForward, []) };
        return NftGrammar.Check(NftScript.For(Sample, libvirt, libvirt, counts: true), Nothing).State;
    });

    /// <summary>Reads a config, prints all scripts for it, and reads those.</summary>
    public static void Run(byte[] file)
    {
        var leftOut = new List<LeftOut>();
        if (Rules(file, leftOut) is not { } ruleset || ruleset.Translations.Length > MostTranslations) return;

        var wanted = WantedRules.All(ruleset);
        var iptables = Families.ToDictionary(ipv4 => ipv4, ipv4 => Iptables(wanted.OfFamily(ipv4), ipv4));
        var nft = Nft(wanted);
        foreach (var left in leftOut) Unless(Printable.Escape(left.Reason) == left.Reason, "a reason is printable");

        var config = ConfigReader.Read(file, "config.json", ConfigTargets.Now).Config!;
        foreach (var packet in Packets(config).Take(MostPackets))
        {
            var local = Local.Concat(config.Machines.SelectMany(m => m.Forwards).SelectMany(f => f.PublicAddresses));
            var here = local.ToHashSet();
            var byIptables = iptables[packet.IsIPv4].Translate(packet, here);
            var byNft = nft.Translate(packet, here);
            Unless(byIptables == byNft, "both tools translate alike", $"{packet}: {byIptables} and {byNft}");
            if (leftOut.Count == 0)
            {
                var meant = Meant(config, packet);
                Unless(byNft == meant, "a packet goes where the config says", $"{packet}: {byNft}, not {meant}");
            }

            if (byNft is not var (address, port)) continue;
            foreach (var to in (ReadOnlySpan<int>)[port, port + 1, port - 1])
            {
                var translated = packet with { Destination = address, Port = to };
                var accepts = nft.Accepts(translated);
                var isSame = accepts == iptables[packet.IsIPv4].Accepts(translated, here);
                Unless(isSame, "both accept alike", $"{translated}");
                Unless(accepts || to != port, "what is translated is accepted", $"{translated}");
            }
        }
    }

    /// <summary>What iptables-save would print for the sample.</summary>
    public static IEnumerable<byte[]> Listings() =>
        Families.Select(ipv4 => Encoding.UTF8.GetBytes(Saved(Fresh(Sample.OfFamily(ipv4), ipv4), ipv4)));

    private static Ruleset? Rules(byte[] file, List<LeftOut> leftOut)
    {
        if (ConfigReader.Read(file, "config.json", ConfigTargets.Now).Config is not { } config) return null;
        var running = config.Machines.Select(m => new ObservedGuest("qemu", m.Name, [], Evidence.Event));
        return RulesetBuilder.Build(config, Host with { Guests = [.. running] }, leftOut);
    }

    private static ImmutableArray<ScriptLine> Fresh(WantedRules wanted, bool ipv4) =>
        new IptablesAssumptions(wanted, IptablesAssumptions.Plans(wanted, ipv4, _ => false), ipv4).Script;

    private static IptablesGrammar Iptables(WantedRules wanted, bool ipv4)
    {
        var script = Fresh(wanted, ipv4);
        var read = IptablesGrammar.Check(IptablesScript.Print(script), ipv4);
        foreach (var line in script)
        {
            if (line.Translation is not { } meant) continue;
            var said = IptablesRule.Translation(line.Text);
            Unless(said == RuleComment.AsRead(meant), "a rule reads back as what was meant", line.Text);
        }

        var listing = IptablesListing.Parse(Saved(script, ipv4), ipv4);
        var differences = string.Join('\n', listing.DifferencesFrom(wanted).Select(d => d.Message));
        Unless(differences.Length == 0, "what was put in place is in place", differences);
        Unless(listing.Translations.Length == wanted.Translated.Translations.Length, "each translation is listed");
        foreach (var translation in wanted.Translated.Translations)
            Unless(listing.CountersOf(translation) == new Counters(3, 180), "a translation's counter is found");

        var again = new IptablesAssumptions(wanted, listing.Plans(wanted), ipv4).Script;
        _ = IptablesGrammar.Check(IptablesScript.Print(listing.CarriedInto(again)), ipv4);
        var gone = new IptablesAssumptions(WantedRules.Nothing, listing.Plans(WantedRules.Nothing), ipv4).Script;
        _ = IptablesGrammar.Check(IptablesScript.Print(gone), ipv4);
        foreach (var explained in Explanation.Iptables(wanted, wanted, ipv4))
            Unless(Printable.Escape(explained.Rule) == explained.Rule, "an explained rule is printable");
        return read;
    }

    /// <summary>The kernel's rules after a script that found nothing, as iptables-save -c prints them.</summary>
    private static string Saved(ImmutableArray<ScriptLine> script, bool ipv4)
    {
        var text = new StringBuilder();
        foreach (var table in (ReadOnlySpan<string>)["raw", "filter", "nat"])
        {
            text.Append($"*{table}\n");
            foreach (var chain in (string[])["PREROUTING", "FORWARD", "OUTPUT", "POSTROUTING"])
                text.Append($":{chain} ACCEPT [0:0]\n");
            var own = script.Where(l => l.Table == table).ToList();
            foreach (var line in own.Where(l => l.Kind == LineKind.Chain)) text.Append($":{line.Subject} - [0:0]\n");
            var parts = IptablesLayout.Parts(ipv4).Where(p => p.Table == table && own.Exists(l => l.Part == p.Name));
            // The last inserted is the first of its chain.
            foreach (var jump in parts.Reverse().SelectMany(p => p.Jumps)) text.Append($"[0:0] -A {jump}\n");
            foreach (var line in own.Where(l => l.Kind == LineKind.Rule))
                text.Append($"[3:180] {AsSaved(line.Text)}\n");
            text.Append("COMMIT\n");
        }

        return text.ToString();
    }

    // iptables-save writes the length of an address, and quotes only where they are needed.
    private static string AsSaved(string rule)
    {
        var words = rule.Replace("\"", "", StringComparison.Ordinal).Split(' ');
        for (var i = 1; i < words.Length; i++)
        {
            if (words[i - 1] is "-s" or "-d" && IPAddress.TryParse(words[i], out var address))
                words[i] += address.IsIPv4() ? "/32" : "/128";
        }

        return string.Join(' ', words);
    }

    private static NftGrammar Nft(WantedRules wanted)
    {
        var libvirt = InstalledNft.Nothing with { LibvirtForward = new(NftLayout.LibvirtForward, []) };
        var read = NftGrammar.Check(NftScript.For(wanted, libvirt, libvirt, counts: true), Nothing);
        var (ipv4, ipv6) = (InstalledRules.Of(wanted, ipv4: true), InstalledRules.Of(wanted, ipv4: false));
        var listing = new NftListing(ipv4, ipv6);
        var differences = string.Join('\n', listing.DifferencesFrom(wanted).Select(d => d.Message));
        Unless(differences.Length == 0, "what was put in place is in place", differences);
        Unless(NftScript.For(wanted, ipv4, ipv6, counts: true).IsEmpty, "twice is the same as once");
        var anew = NftGrammar.Check(NftScript.For(wanted, ipv4, ipv6, counts: true, anew: true), read.State);
        Unless($"{anew.State}" == $"{read.State}", "what is made anew is what was there");
        var gone = NftGrammar.Check(NftScript.For(WantedRules.Nothing, ipv4, ipv6, counts: true), read.State);
        Unless($"{gone.State}" == $"{Nothing}", "nothing of ours is left", $"{gone.State}");
        CheckDifferences(wanted, read.State);
        foreach (var translation in wanted.Translated.Translations)
            Unless(listing.CountersOf(translation) is { Packets: > 0 }, "a translation's counter is found");

        var meant = wanted.Translated.Translations.Select(RuleComment.AsRead);
        var missing = meant.Except(listing.Translations).ToList();
        Unless(missing.Count == 0, "each translation is listed", string.Join('\n', missing));
        return read;
    }

    /// <summary>From other rules to these, and back: by the differences, and with the same end.</summary>
    private static void CheckDifferences(WantedRules wanted, NftState state)
    {
        foreach (var (from, before, to, after) in ((WantedRules, NftState, WantedRules, NftState)[])
            [(Sample, OfSample.Value, wanted, state), (wanted, state, Sample, OfSample.Value)])
        {
            var (ipv4, ipv6) = (InstalledRules.Of(from, ipv4: true), InstalledRules.Of(from, ipv4: false));
            var read = NftGrammar.Check(NftScript.For(to, ipv4, ipv6, counts: true), before);
            var (end, whole) = ($"{read.State}", $"{after}");
            Unless(end == whole, "differences and a whole script end alike", $"{end}\n\n{whole}");
        }
    }

    private static IEnumerable<Packet> Packets(HookConfig config)
    {
        foreach (var forward in config.Machines.SelectMany(m => m.Forwards))
        {
            var publics = forward.PublicAddresses;
            IPAddress[] to = publics.IsEmpty ? [Local[0], Local[1], Local[2]] : [.. publics];
            var (first, last) = (forward.Public.First, forward.Public.Last);
            int[] ports = [first, last, last + 1, first - 1];
            foreach (var address in to.Where(a => !IPAddress.IsLoopback(a)))
            {
                var sources = forward.Sources.Select(s => s.BaseAddress).Append(Outside(address));
                foreach (var source in sources.Where(s => s.IsIPv4() == address.IsIPv4()))
                {
                    foreach (var port in ports.Distinct())
                        yield return new(source, address, forward.Protocols[0].Name(), port);
                }
            }
        }
    }

    private static IPAddress Outside(IPAddress address) =>
        IPAddress.Parse(address.IsIPv4() ? "203.0.113.9" : "2001:db8:9::9");

    /// <summary>Where the config says that a packet goes, read as a person reads it.</summary>
    private static Destination? Meant(HookConfig config, Packet packet)
    {
        // Who is on the same link, and libvirt's own addresses, are left alone.
        if (packet.Source.IsIPv6LinkLocal) return null;
        var isLibvirts = Host.Networks[0].BridgeAddresses.Contains(packet.Destination);
        foreach (var machine in config.Machines)
        {
            foreach (var forward in machine.Forwards)
            {
                if (!forward.Protocols.Any(p => p.Name() == packet.Protocol)) continue;
                if (packet.Port < forward.Public.First || packet.Port > forward.Public.Last) continue;
                var publics = forward.PublicAddresses;
                if (publics.IsEmpty ? isLibvirts : !publics.Contains(packet.Destination)) continue;
                if (forward.Sources.Length > 0 && !forward.Sources.Any(s => s.Contains(packet.Source))) continue;
                var target = machine.PrivateAddresses.FirstOrDefault(a => a.IsIPv4() == packet.IsIPv4);
                if (target is not null) return new(target, packet.Port - forward.Public.First + forward.Guest.First);
            }
        }

        return null;
    }
}
