using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using HookAot.Model;

namespace HookAot.Config;

/// <summary>
/// Finds public ports that are given away twice, by machines of one file or of several. The later forward is left out,
/// since the kernel would never come to its rule. Forwards for different sources may share a port as long as no source
/// is in both.
/// </summary>
internal static class PortConflicts
{
    /// <summary>A forward that wants its ports.</summary>
    private sealed class Claim(int machine, string guest, Forward forward, int order)
    {
        public int Machine => machine;

        public string Guest => guest;

        public Forward Forward => forward;

        /// <summary>Its place among all forwards: the first one has the ports.</summary>
        public int Order => order;

        public bool IsRefused { get; set; }
    }

    /// <summary>Leaves out the forwards whose ports an earlier one has.</summary>
    /// <param name="machines">All machines; of two forwards the one that comes first here keeps its ports.</param>
    /// <returns>The machines with what is left of their forwards, and a mistake for each that is not.</returns>
    public static (ImmutableArray<Machine> Kept, ImmutableArray<Diagnostic> Conflicts) LeaveOut(
        ImmutableArray<Machine> machines)
    {
        var claims = Claims(machines);
        var conflicts = ImmutableArray.CreateBuilder<Diagnostic>();
        foreach (var protocol in Enum.GetValues<Protocol>()) Compare(claims, protocol, conflicts);
        if (conflicts.Count == 0) return (machines, []);

        var kept = claims.Where(c => !c.IsRefused).ToLookup(c => c.Machine, c => c.Forward);
        return ([.. machines.Select((m, i) => m with { Forwards = [.. kept[i]] })], conflicts.ToImmutable());
    }

    private static List<Claim> Claims(ImmutableArray<Machine> machines)
    {
        var claims = new List<Claim>();
        for (var i = 0; i < machines.Length; i++)
        {
            foreach (var forward in machines[i].Forwards)
                claims.Add(new Claim(i, machines[i].Name, forward, claims.Count));
        }

        return claims;
    }

    /// <summary>
    /// Sorted by port, a claim can only collide with those that are still open when it begins, and by address with
    /// those of its own and of any: linear where all is well.
    /// </summary>
    private static void Compare(
        List<Claim> claims, Protocol protocol, ImmutableArray<Diagnostic>.Builder conflicts)
    {
        var open = new Dictionary<IPAddress, List<Claim>>();
        var byPort = claims
            .Where(c => c.Forward.Protocols.Contains(protocol))
            .OrderBy(c => c.Forward.Public.First)
            .ThenBy(c => c.Order);
        foreach (var claim in byPort)
        {
            foreach (var address in Rivals(claim.Forward, open))
            {
                if (!open.TryGetValue(address, out var others)) continue;
                others.RemoveAll(o => o.IsRefused || o.Forward.Public.Last < claim.Forward.Public.First);
                if (others.Count == 0) open.Remove(address);
                CompareWith(claim, others, protocol, conflicts);
            }

            if (claim.IsRefused) continue;
            foreach (var address in Addresses(claim.Forward))
            {
                if (!open.TryGetValue(address, out var others)) open[address] = others = [];
                others.Add(claim);
            }
        }
    }

    private static void CompareWith(
        Claim claim, List<Claim> others, Protocol protocol, ImmutableArray<Diagnostic>.Builder conflicts)
    {
        foreach (var other in others)
        {
            if (claim.IsRefused) return;
            if (other.IsRefused || !Meet(claim.Forward.Sources, other.Forward.Sources)) continue;

            var (first, second) = claim.Order < other.Order ? (claim, other) : (other, claim);
            second.IsRefused = true;
            conflicts.Add(Conflict(first, second, protocol));
        }
    }

    private static ImmutableArray<IPAddress> Addresses(Forward forward) =>
        forward.PublicAddresses.IsEmpty ? [IPAddress.Any] : forward.PublicAddresses;

    /// <summary>The addresses under which others may stand in the way.</summary>
    private static ImmutableArray<IPAddress> Rivals(Forward forward, Dictionary<IPAddress, List<Claim>> open) =>
        forward.PublicAddresses.IsEmpty ? [.. open.Keys] : forward.PublicAddresses.Add(IPAddress.Any);

    // An empty list means "everybody".
    private static bool Meet(ImmutableArray<IPNetwork> a, ImmutableArray<IPNetwork> b)
    {
        if (a.IsEmpty || b.IsEmpty) return true;
        foreach (var x in a)
        {
            foreach (var y in b)
                if (x.Contains(y.BaseAddress) || y.Contains(x.BaseAddress)) return true;
        }

        return false;
    }

    private static Diagnostic Conflict(Claim first, Claim second, Protocol protocol)
    {
        var (taken, by) = (second.Forward.Public, first.Forward.Public);
        var part = taken == by ? "" : $"{by} of ";
        var owner = $"{part}\"{Printable.Shown(first.Guest)}\"{Place(first.Forward.Origin, second.Forward.Origin)}";
        var origin = second.Forward.Origin;
        return new(Severity.Error, origin.File, origin.Line, origin.Column, origin.JsonPath,
            $"public port {taken}/{protocol.Name()} is taken by {owner}; choose another, or another public_ip");
    }

    /// <summary>" (line 3)", with the file's name if it is another one; nothing where the place is not known.</summary>
    private static string Place(Origin origin, Origin seenFrom)
    {
        if (origin.Line == 0) return "";
        return origin.File == seenFrom.File
            ? string.Create(CultureInfo.InvariantCulture, $" (line {origin.Line})")
            : string.Create(CultureInfo.InvariantCulture, $" ({origin.File}:{origin.Line})");
    }
}
