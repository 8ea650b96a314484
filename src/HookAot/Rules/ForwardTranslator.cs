using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Rules;

/// <summary>Turns one forward of an active guest into translations, and says what of it cannot be served.</summary>
/// <param name="machine">The guest, as the config has it.</param>
/// <param name="forward">The forward.</param>
/// <param name="targets">The guest's addresses.</param>
/// <param name="builder">Receives what the forward becomes.</param>
internal sealed class ForwardTranslator(
    Machine machine, Forward forward, GuestTargets targets, RulesetBuilder builder)
{
    private static readonly IPNetwork?[] Everybody = [null];

    private readonly List<string> problems = [];
    private bool isServed;

    /// <summary>Adds everything that the forward becomes.</summary>
    public void Translate()
    {
        var publics = forward.PublicAddresses.RemoveAll(a => !IsUsable(a));
        foreach (var target in targets.Addresses) TranslateTo(target, publics);
        if (forward.Localhost) TranslateLocalhost();

        if (!isServed && problems.Count == 0) problems.Add(WhyNothingMeets());
        foreach (var problem in problems)
        {
            var reason = $"port {forward.Public}: {problem}";
            builder.LeaveOut(new(machine.Name, forward, reason) { Partly = isServed });
        }
    }

    private void TranslateTo(IPAddress target, ImmutableArray<IPAddress> publics)
    {
        var ipv4 = target.IsIPv4();
        IPNetwork?[] sources =
            forward.Sources.IsEmpty ? Everybody : [.. forward.Sources.Where(Counts).Cast<IPNetwork?>()];
        ImmutableArray<IPAddress?> addresses = forward.PublicAddresses.IsEmpty
            ? [null]
            : publics.RemoveAll(a => a.IsIPv4() != ipv4).CastArray<IPAddress?>();
        if (sources.Length == 0 || addresses.IsEmpty) return;

        foreach (var address in addresses)
        {
            foreach (var protocol in forward.Protocols)
            {
                foreach (var source in sources) Add(address, protocol, source, target);
            }
        }

        if (forward.Snat && addresses[0] is { } leavesBy && builder.LeaveBy(machine, target, leavesBy) is { } problem)
            problems.Add(problem);

        bool Counts(IPNetwork source) => source.BaseAddress.IsIPv4() == ipv4 && !IsCovered(source);
    }

    /// <summary>A source in another one adds nothing, and the intervals of nftables must not overlap.</summary>
    private bool IsCovered(IPNetwork source) => forward.Sources.Any(other =>
        other.PrefixLength < source.PrefixLength && other.Contains(source.BaseAddress));

    /// <summary>
    /// "source" is not asked: who connects to 127.0.0.1 is on the host, and comes from there whatever it is.
    /// </summary>
    private void TranslateLocalhost()
    {
        if (targets.Addresses.FirstOrDefault(a => a.IsIPv4()) is not { } target)
        {
            problems.Add("localhost: the guest has no IPv4 address, and the kernel cannot forward ::1 (it has no " +
                "route_localnet for IPv6)");
            return;
        }

        if (builder.Bridge(target, machine) is null)
        {
            problems.Add($"localhost: no interface of this host is connected to the network of {target}; name the " +
                "one that leads there by \"interface\"");
            return;
        }

        foreach (var protocol in forward.Protocols) Add(IPAddress.Loopback, protocol, null, target);
    }

    private void Add(IPAddress? address, Protocol protocol, IPNetwork? source, IPAddress target)
    {
        isServed = true;
        builder.Translate(new(machine.Name, address, protocol, forward.Public, source, target, forward.Guest)
        {
            Comment = forward.Comment,
        });
    }

    /// <summary>Whether a public address can be translated; what cannot is reported.</summary>
    private bool IsUsable(IPAddress address)
    {
        if (IPAddress.IsLoopback(address))
        {
            // As the only public address it says: by nothing else.
            if (!forward.Localhost || !address.Equals(IPAddress.Loopback)) problems.Add(LoopbackProblem(address));
            return false;
        }

        if (builder.Problem(address) is not { } problem) return true;
        problems.Add(problem);
        return false;
    }

    private static string LoopbackProblem(IPAddress address) => address.IsIPv4()
        ? $"{address} as public_ip forwards nothing; \"localhost\": true forwards connections to 127.0.0.1"
        : $"{address} as public_ip forwards nothing: the kernel cannot forward ::1 (it has no route_localnet for IPv6)";

    private string WhyNothingMeets()
    {
        var missing = forward.PublicAddresses.FirstOrDefault(a => !builder.HostHas(a));
        if (missing is not null) return $"{missing} is not forwarded: this host has no IPv6";

        var addresses = string.Join(", ", targets.Addresses);
        return $"the guest's address ({addresses}), public_ip and source share no family";
    }
}
