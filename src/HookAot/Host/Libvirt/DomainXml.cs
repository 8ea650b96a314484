using System.Collections.Immutable;
using System.Xml;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Host;

/// <summary>
/// Reads what the rules need from a domain's XML, leniently: an element that is not understood is passed over.
/// </summary>
internal static class DomainXml
{
    /// <summary>
    /// The largest XML that is read, in characters. libvirt's own limit for a domain is 16 MiB on the wire.
    /// </summary>
    public const int MaxCharacters = 16 * 1024 * 1024;

    private const int MaxInterfaces = 256;

    // libvirt nests a dozen deep; the size is limited where the bytes are read.
    private static readonly XmlDictionaryReaderQuotas Quotas = new()
    {
        MaxDepth = 256,
        MaxStringContentLength = MaxCharacters,
        MaxArrayLength = MaxCharacters,
        MaxBytesPerRead = MaxCharacters,
        MaxNameTableCharCount = MaxCharacters,
    };

    /// <summary>What a domain's XML says.</summary>
    /// <param name="State">
    /// The state in a status file, as in libvirt's virDomainState: running, paused (which a guest is while it starts),
    /// shutoff, ...; null where the XML has none.
    /// </param>
    /// <param name="Interfaces">Its network interfaces.</param>
    internal readonly record struct Domain(string? State, ImmutableArray<GuestInterface> Interfaces);

    /// <summary>
    /// Reads the <c>&lt;domain&gt;</c> of a hook's stdin, or the <c>&lt;domstatus&gt;</c> of a status file.
    /// </summary>
    /// <exception cref="XmlException">No well-formed XML, a DTD in it, or too large.</exception>
    public static Domain Read(Stream xml)
    {
        try
        {
            return ReadDomain(xml);
        }
        catch (ArgumentException e)
        {
            throw NoName(e);
        }
    }

    private static Domain ReadDomain(Stream xml)
    {
        string? state = null;
        var interfaces = ImmutableArray.CreateBuilder<GuestInterface>();
        using var reader = Open(xml);
        // <domain><devices><interface>, and not an <interface> somewhere in metadata.
        while (reader.Read() && interfaces.Count < MaxInterfaces)
        {
            if (reader.NodeType == XmlNodeType.Element && reader.LocalName == "metadata") reader.Skip();
            if (reader.NodeType != XmlNodeType.Element) continue;
            if (reader.Depth == 0 && reader.LocalName == "domstatus") state = reader.GetAttribute("state");
            if (reader.LocalName == "interface") interfaces.Add(ReadInterface(reader));
        }

        return new(state, interfaces.ToImmutable());
    }

    /// <summary>The interfaces of a domain.</summary>
    /// <exception cref="XmlException">No well-formed XML, a DTD in it, or too large.</exception>
    public static ImmutableArray<GuestInterface> ReadInterfaces(Stream xml) => Read(xml).Interfaces;

    private static GuestInterface ReadInterface(XmlReader reader)
    {
        string? mac = null, network = null, bridge = null, target = null, device = null;
        var kind = reader.GetAttribute("type");
        using var subtree = reader.ReadSubtree();
        while (subtree.Read())
        {
            if (subtree.NodeType != XmlNodeType.Element) continue;
            switch (subtree.LocalName)
            {
                case "mac":
                    mac ??= subtree.GetAttribute("address")?.ToLowerInvariant();
                    break;
                case "source":
                    // A hook's XML has the bridge here, a status file in a second <source> below <actual>.
                    network ??= subtree.GetAttribute("network");
                    bridge ??= Name(subtree.GetAttribute("bridge"));
                    if (subtree.GetAttribute("mode") is { } mode and not "vepa")
                        device ??= Name(subtree.GetAttribute("dev"));
                    break;
                case "actual":
                    kind = subtree.GetAttribute("type") ?? kind; // what the network has made of it
                    break;
                case "target":
                    target ??= Name(subtree.GetAttribute("dev"));
                    break;
                default:
                    break;
            }
        }

        return new GuestInterface(mac, network, bridge, target)
        {
            Kind = kind,
            Device = kind == "direct" ? device : null,
        };
    }

    /// <summary>
    /// A reader that resolves nothing and takes no DTD. It is the one of WCF, which has 500 kB less with it than
    /// XmlReader.Create, whose schemas nobody asks for here.
    /// </summary>
    internal static XmlReader Open(Stream xml) => XmlDictionaryReader.CreateTextReader(xml, Quotas);

    /// <summary>
    /// What to throw where the reader has thrown an <see cref="ArgumentException"/>: it does where
    /// the text ends behind a prefix, with "xmlns:".
    /// </summary>
    internal static XmlException NoName(ArgumentException cause) => new("the text ends within a name", cause);

    private static string? Name(string? name) => InterfaceName.IsValid(name) ? name : null;
}
