using System.Collections.Immutable;
using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// Finds public ports that are given away twice. The later forward is left out, since the kernel would never come to its rule.
/// Forwards for different sources may share a port as long as no source is in both.
/// </summary>
internal sealed class PortConflicts(ConfigReader reader)
{
    private sealed record Claim(Machine Machine, JsonValue Place, Forward Forward, int Order);

    /// <summary>The machines, without the forwards whose ports an earlier one has.</summary>
    public ImmutableArray<Machine> LeaveOut(List<(Machine Entry, JsonValue Value)> machines)
    {
        var claims = machines
            .SelectMany(m => m.Entry.Forwards.Select((forward, i) => (m.Entry, Place: PortMap(m.Value).Items[i], forward)))
            .Select((c, order) => new Claim(c.Entry, c.Place, c.forward, order))
            .ToList();
        var refused = new HashSet<Claim>(ReferenceEqualityComparer.Instance);
        foreach (var protocol in Enum.GetValues<Protocol>())
        {
            // Sorted by port, a claim can only collide with those that are still open when it begins, and by address with those of its
            // own and of any: linear where all is well.
            var open = new Dictionary<IPAddress, List<Claim>>();
            foreach (var claim in claims.Where(c => c.Forward.Protocols.Contains(protocol)).OrderBy(c => c.Forward.Public.First).ThenBy(c => c.Order))
            {
                ImmutableArray<IPAddress> addresses = claim.Forward.PublicAddresses.IsEmpty ? [IPAddress.Any] : claim.Forward.PublicAddresses;
                IEnumerable<IPAddress> rivals = claim.Forward.PublicAddresses.IsEmpty ? [.. open.Keys] : addresses.Add(IPAddress.Any);
                foreach (var address in rivals)
                {
                    if (!open.TryGetValue(address, out var others)) continue;
                    others.RemoveAll(o => o.Forward.Public.Last < claim.Forward.Public.First || refused.Contains(o));
                    if (others.Count == 0) open.Remove(address);
                    foreach (var other in others)
                    {
                        if (refused.Contains(claim)) break;
                        if (refused.Contains(other) || !Meet(claim.Forward.Sources, other.Forward.Sources)) continue;
                        var (first, second) = claim.Order < other.Order ? (claim, other) : (other, claim);
                        if (refused.Add(second)) Report(first, second, protocol);
                    }
                }

                if (refused.Contains(claim)) continue;
                foreach (var address in addresses)
                {
                    if (!open.TryGetValue(address, out var others)) open[address] = others = [];
                    others.Add(claim);
                }
            }
        }

        if (refused.Count == 0) return [.. machines.Select(m => m.Entry)];
        var kept = claims.Where(c => !refused.Contains(c)).ToLookup(c => c.Machine.Name, c => c.Forward, StringComparer.Ordinal);
        return [.. machines.Select(m => m.Entry with { Forwards = [.. kept[m.Entry.Name]] })];
    }

    private static JsonValue PortMap(JsonValue machine) => machine.Members.Last(m => m.Key == "port_map").Value;

    // An empty list means "anybody".
    private static bool Meet(ImmutableArray<IPNetwork> a, ImmutableArray<IPNetwork> b) =>
        a.IsEmpty || b.IsEmpty || a.Any(x => b.Any(y => x.Contains(y.BaseAddress) || y.Contains(x.BaseAddress)));

    private void Report(Claim first, Claim second, Protocol protocol)
    {
        var (taken, by) = (second.Forward.Public, first.Forward.Public);
        var part = taken == by ? "" : $"{by} of ";
        reader.Report(second.Place.Start, second.Place.Path, Severity.Error,
            $"public port {taken}/{protocol.Name()} is taken by {part}\"{JsonValue.Shown(first.Machine.Name)}\" ({reader.Place(first.Place)}); " +
            "choose another, or another public_ip");
    }
}
