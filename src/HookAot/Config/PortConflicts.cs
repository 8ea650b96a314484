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
    /// <summary>By which words a message of ours is known.</summary>
    public const string IsTaken = " is taken by ";

    /// <summary>A forward that wants its ports.</summary>
    private sealed class Claim(int index, Machine machine, Forward forward, int order)
    {
        public int Machine => index;

        public string Guest => machine.Name;

        public Forward Forward => forward;

        /// <summary>Its place among all forwards: the first one has the ports.</summary>
        public int Order => order;

        /// <summary>
        /// The addresses on which it wants them; 0.0.0.0 and :: stand for every one of their family but loopback.
        /// </summary>
        public ImmutableArray<IPAddress> Addresses { get; } = AddressesOf(machine, forward);

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
        foreach (var protocol in ProtocolNames.All) Compare(claims, protocol, conflicts);
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
                claims.Add(new Claim(i, machines[i], forward, claims.Count));
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
        var rivals = new HashSet<IPAddress>();
        // Of the same port the first comes first: the order is a stable one.
        var byPort = claims.Where(c => c.Forward.Protocols.Contains(protocol)).OrderBy(c => c.Forward.Public.First);
        foreach (var claim in byPort)
        {
            SetRivals(rivals, claim.Addresses, open);
            foreach (var address in rivals)
            {
                if (!open.TryGetValue(address, out var others)) continue;
                others.RemoveAll(o => o.IsRefused || o.Forward.Public.Last < claim.Forward.Public.First);
                if (others.Count == 0) open.Remove(address);
                CompareWith(claim, others, address, protocol, conflicts);
            }

            if (claim.IsRefused) continue;
            foreach (var address in claim.Addresses)
            {
                if (!open.TryGetValue(address, out var others)) open[address] = others = [];
                others.Add(claim);
            }
        }
    }

    private static void CompareWith(
        Claim claim,
        List<Claim> others,
        IPAddress address,
        Protocol protocol,
        ImmutableArray<Diagnostic>.Builder conflicts)
    {
        foreach (var other in others)
        {
            if (claim.IsRefused) return;
            if (other.IsRefused) continue;
            // On 127.0.0.1 "source" is not asked.
            var isLocal = address.Equals(IPAddress.Loopback);
            if (!isLocal && !Meet(claim.Forward.Sources, other.Forward.Sources)) continue;

            var (first, second) = claim.Order < other.Order ? (claim, other) : (other, claim);
            second.IsRefused = true;
            conflicts.Add(Conflict(first, second, protocol, isLocal));
        }
    }

    /// <summary>
    /// The addresses on which a forward wants its ports; 0.0.0.0 and :: stand for every one of their family but
    /// loopback.
    /// </summary>
    public static ImmutableArray<IPAddress> AddressesOf(Machine machine, Forward forward)
    {
        var addresses = ImmutableArray.CreateBuilder<IPAddress>(Math.Max(forward.PublicAddresses.Length, 1));
        foreach (var ipv4 in (ReadOnlySpan<bool>)[true, false])
        {
            if (!ForwardFamilies.Has(machine.PrivateAddresses, forward, ipv4)) continue;
            if (forward.PublicAddresses.IsEmpty) addresses.Add(Any(ipv4));
            foreach (var address in forward.PublicAddresses)
                if (address.IsIPv4() == ipv4 && !IPAddress.IsLoopback(address)) addresses.Add(address);
        }

        if (ForwardFamilies.HasLocalhost(machine.PrivateAddresses, forward)) addresses.Add(IPAddress.Loopback);
        return addresses.DrainToImmutable();
    }

    private static IPAddress Any(bool ipv4) => ipv4 ? IPAddress.Any : IPAddress.IPv6Any;

    /// <summary>The addresses under which others may stand in the way.</summary>
    private static void SetRivals(
        HashSet<IPAddress> rivals, ImmutableArray<IPAddress> addresses, Dictionary<IPAddress, List<Claim>> open)
    {
        rivals.Clear();
        foreach (var address in addresses)
        {
            rivals.Add(address);
            if (IPAddress.IsLoopback(address)) continue;
            var ipv4 = address.IsIPv4();
            rivals.Add(Any(ipv4));
            if (address.IsAny()) rivals.UnionWith(open.Keys.Where(a => a.IsIPv4() == ipv4 && !IPAddress.IsLoopback(a)));
        }
    }

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

    private static Diagnostic Conflict(Claim first, Claim second, Protocol protocol, bool isLocal)
    {
        var (taken, by) = (second.Forward.Public, first.Forward.Public);
        var part = taken == by ? "" : $"{by} of ";
        var owner = $"{part}\"{Printable.Shown(first.Guest)}\"{Place(first.Forward.Origin, second.Forward.Origin)}";
        var origin = second.Forward.Origin;
        return new(Severity.Error, origin.File, origin.Line, origin.Column, origin.JsonPath,
            isLocal
                ? $"public port {taken}/{protocol.Name()} of 127.0.0.1{IsTaken}{owner}; choose another"
                : $"public port {taken}/{protocol.Name()}{IsTaken}{owner}; choose another, or another public_ip");
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
