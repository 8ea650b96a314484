using System.Text;
using System.Xml;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;
using static HookAot.Tests.Fuzz.BrokenPromiseException;

namespace HookAot.Tests.Fuzz;

/// <summary>What libvirt, the kernel's files and our own files say.</summary>
internal static class HostTargets
{
    // On a file system without a disk, where there is one: a file is written for each input.
    private static readonly string Leased = Path.Combine(
        Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"hookaot-fuzz-{Environment.ProcessId}");

    private static readonly HostPaths LeasesPaths = new("", "", "", "", "", Leased, "");

    /// <summary>A domain's XML, or a status file.</summary>
    public static void Domain(byte[] xml)
    {
        DomainXml.Domain domain;
        try
        {
            domain = DomainXml.Read(new MemoryStream(xml));
        }
        catch (XmlException)
        {
            return;
        }

        foreach (var nic in domain.Interfaces)
        {
            foreach (var name in (ReadOnlySpan<string?>)[nic.Bridge, nic.Target, nic.Device])
                Unless(name is null || InterfaceName.IsValid(name), "an interface has a valid name", name ?? "");
        }

        var told = new HostEvent("qemu", "web", true, domain.Interfaces);
        CheckEvent(told);
    }

    /// <summary>A network's XML.</summary>
    public static void Network(byte[] xml)
    {
        try
        {
            if (NetworkXml.Read(new MemoryStream(xml)) is not { } network) return;
            Unless(network.Name.Length > 0, "a network has a name");
            Unless(network.Bridge is null || InterfaceName.IsValid(network.Bridge), "a bridge has a valid name");
            foreach (var range in network.Ranges)
                Unless(Addresses.TryParseNetwork($"{range}", out var same) && same == range, "a range reads back");
        }
        catch (XmlException)
        {
            // That is said, and the network counts as one that is not understood.
        }
    }

    /// <summary>A file of leases.</summary>
    public static void Leases(byte[] status)
    {
        Directory.CreateDirectory(Leased);
        var file = Path.Combine(Leased, "virbr0.status");
        File.WriteAllBytes(file, status);
        foreach (var lease in DnsmasqLeases.Read(LeasesPaths, ["virbr0"]))
        {
            Unless(Addresses.TryParse($"{lease.Address}", out _), "an address reads back", $"{lease.Address}");
            Unless(!lease.Mac.Any(char.IsAsciiLetterUpper), "a MAC address is in lower case", lease.Mac);
        }

        Directory.Delete(Leased, recursive: true);
    }

    /// <summary>The record.</summary>
    public static void Record(byte[] json)
    {
        if (RecordReader.State(json) is not { } state) return;
        var written = RecordJson.Bytes(state);
        var again = RecordReader.State(written);
        Unless(again is not null, "a record that was written is read");
        Unless(RecordJson.Bytes(again!).AsSpan().SequenceEqual(written), "a record that is read is what was written");
        foreach (var forward in state.Udp) _ = forward.TargetAddress();
        _ = new FlowMatch(state.Udp, []);
        foreach (var guest in state.Guests)
        {
            var after = state.After(new HostEvent(guest.Driver, guest.Name, false, []), 1);
            Unless(!after.Has(guest.Driver, guest.Name), "a guest that has stopped is not in the record");
        }
    }

    /// <summary>An event of the spool.</summary>
    public static void Event(byte[] json)
    {
        if (RecordReader.Event(json) is { } told) CheckEvent(told);
    }

    /// <summary>The kernel's tables of routes.</summary>
    public static void Routes(byte[] table)
    {
        foreach (var route in (IEnumerable<ConnectedRoute>)
            [.. ConnectedRoutes.Parse(table), .. ConnectedRoutes6.Parse(table)])
            Unless(route.Network.PrefixLength > 0, "a default route is no connected one", $"{route.Network}");
    }

    /// <summary>A line of the log.</summary>
    public static void LogLine(byte[] line)
    {
        var text = Encoding.UTF8.GetString(line);
        if (LoggedChange.Parse(text) is not { } change) return;
        var fields = change.All(StructuredData.Added).Select(value => (StructuredData.Added, value)).ToList();
        var written = StructuredData.Append(change.Sentence, [(StructuredData.Kind, change.Kind), .. fields]);
        Unless(Printable.Escape(written) == written, "a line of the log is printable", written);
        var read = LoggedChange.Parse(written);
        Unless(read is not null, "a line of the log is read", written);
        var isShort = fields.All(f => Printable.Escape(f.value).Length < 300) && fields.Count < 4;
        if (!isShort || Printable.Escape(change.Kind).Length > 300) return;
        Unless(read!.Kind == Printable.Escape(change.Kind), "its kind is read back", written);
        var values = fields.Select(f => Printable.Escape(f.value));
        Unless(read.All(StructuredData.Added).SequenceEqual(values), "its values are read back", written);
    }

    private static void CheckEvent(HostEvent told)
    {
        var written = RecordJson.Bytes(told);
        var again = RecordReader.Event(written);
        Unless(again is not null, "an event that was written is read");
        var isSame = again!.Driver == told.Driver && again.Name == told.Name && again.Active == told.Active
            && again.Interfaces.SequenceEqual(told.Interfaces);
        Unless(isSame, "an event that is read is what was written");
    }
}
