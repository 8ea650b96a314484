using System.CommandLine;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.Json;
using HookAot.Backends;
using HookAot.Config;
using HookAot.Host;
using HookAot.Model;
using HookAot.Rules;

namespace HookAot.Applets.Hookctrl;

/// <summary>hookctrl doctor: walks the way of a packet, and names the first thing that stops it.</summary>
internal static class DoctorVerb
{
    private const int ConnectMilliseconds = 2000;

    /// <summary>The verb.</summary>
    public static Command Doctor()
    {
        var target = new Argument<string>("NAME[:PORT]") { Description = "A guest, and perhaps one of its public ports; every guest without it.", Arity = ArgumentArity.ZeroOrOne }.WithMachines();
        var doctor = new Command("doctor", "Find what stops a forward, and what to do about it.") { target };
        doctor.SetAction(parsed => Run(Session.Of(parsed), parsed.GetValue(target)));
        return doctor;
    }

    private static int Run(Session session, string? target)
    {
        if (!Session.IsRoot("see everything that may stop a forward")) return Session.Refused;
        var wanted = Wanted.Now(session.Paths);
        var machines = wanted.Config.Config?.Machines.Select(m => m.Name).ToList() ?? [];
        var walks = new List<DoctorRow>();
        foreach (var name in target is null ? machines : [target]) walks.Add(Walk(session, wanted, name));
        if (walks.Count == 0) walks.Add(new("", false, Until(Configured(session, wanted))));
        if (session.Json) Output.Write(JsonSerializer.Serialize(walks.ToArray(), HookctrlJson.Default.DoctorRowArray) + "\n");
        else foreach (var walk in walks) Print(walk);
        return walks.TrueForAll(w => w.Ok) ? Session.Done : Session.Refused;
    }

    private static void Print(DoctorRow walk)
    {
        if (walk.Target.Length > 0) Output.Write(Output.Bold(Printable.Escape(walk.Target)) + "\n");
        foreach (var step in walk.Steps)
        {
            var word = step.Result switch { "ok" => Output.Green("ok   "), "note" => "note ", _ => Output.Red("FAULT") };
            Output.Write($"  {word}  {Printable.Escape(step.Message)}\n{(step.Cure is null ? "" : $"         {Output.Bold("do:")} {Printable.Escape(step.Cure)}\n")}");
        }

        if (walk.Ok) Output.Write("  nothing on this host stops it; if it is not reached all the same, look at what is between: a router, a provider's firewall\n");
    }

    private static DoctorRow Walk(Session session, Wanted wanted, string target)
    {
        var known = wanted.Config.Config?.Machines.Any(m => m.Name == target) ?? false;
        var colon = known ? -1 : target.LastIndexOf(':');
        var (name, port) = colon < 0 ? (target, null) : (target[..colon], target[(colon + 1)..]);
        var steps = Until(Steps(session, wanted, name, port));
        return new(target, steps[^1].Result != "fault", steps);
    }

    private static DoctorStep[] Until(IEnumerable<DoctorStep> steps)
    {
        var taken = new List<DoctorStep>();
        foreach (var step in steps)
        {
            taken.Add(step);
            if (step.Result == "fault") break;
        }

        return [.. taken];
    }

    private static IEnumerable<DoctorStep> Configured(Session session, Wanted wanted)
    {
        if (wanted.Config.Broken) yield return Fault(string.Join("; ", wanted.Config.ErrorsForLog), "correct the file, then: hookctrl check && hookctrl apply");
        else yield return Fault($"{session.Paths.Config} names no guest", "hookctrl machine add NAME --private-ip IP; hookctrl port add NAME 8080:80");
    }

    private static IEnumerable<DoctorStep> Steps(Session session, Wanted wanted, string name, string? port)
    {
        // Nothing below a fault is reached: who walks stops there.
        var (paths, word) = (session.Paths, Words.Quoted(name));
        if (wanted.Config.Broken)
        {
            foreach (var step in Configured(session, wanted)) yield return step;
            yield break;
        }

        if (wanted.Config.LeftOutMachines.Contains(name))
            yield return Fault($"its entry in {paths.Config} has mistakes: {string.Join("; ", wanted.Config.ErrorsForLog)}", "correct it, then: hookctrl check && hookctrl apply");
        var config = wanted.Config.Config!;
        if (config.Machines.FirstOrDefault(m => m.Name == name) is not { } machine)
        {
            yield return Fault($"{paths.Config} does not name a guest \"{JsonValue.Shown(name)}\"{Suggestion.Phrase(name, config.Machines.Select(m => m.Name))}", $"hookctrl machine add {word} --private-ip IP; hookctrl port add {word} 8080:80");
            yield break;
        }

        var forwards = machine.Forwards.Where(f => port is null || (PortRange.TryParse(port.Split('/')[0], out var p) && f.Public.First <= p.First && p.Last <= f.Public.Last)).ToList();
        if (forwards.Count == 0)
        {
            var has = string.Join(", ", machine.Forwards.Select(f => $"{f.Public}"));
            yield return Fault(port is null ? "it has no forwards" : $"it has no forward of port {JsonValue.Shown(port)}; {(has.Length == 0 ? "it has none" : $"it has {has}")}", $"hookctrl port add {word} {(port is null ? "8080:80" : Words.Quoted(port))}");
        }

        foreach (var doubt in ConfigDoubts.Permissions(paths)) yield return Note(doubt);
        yield return Ok($"{paths.Config} names it, with {(forwards.Count == 1 ? $"port {forwards[0].Public}" : $"{forwards.Count} forwards")}");

        var defined = LibvirtFiles.DefinedGuests(paths);
        var active = wanted.State.Guests.FirstOrDefault(g => g.Name == name);
        if (active is null && !defined.IsEmpty && !defined.Contains(name))
            yield return Fault($"libvirt does not know a guest \"{JsonValue.Shown(name)}\"{Suggestion.Phrase(name, defined)}", "virsh list --all shows the names; the one in the config has to be the same");
        if (active is null) yield return Fault("it does not run", $"virsh start {word}");
        yield return Ok("it runs");

        foreach (var step in Hook(paths, active!)) yield return step;
        var leftOut = wanted.LeftOut.FirstOrDefault(l => l.Guest == name && (l.Forward is null || forwards.Contains(l.Forward)));
        if (leftOut is not null) yield return Fault(leftOut.Reason, $"virsh domifaddr {word}; then hookctrl machine set {word} --private-ip IP");
        var local = HostNetwork.LocalAddresses();
        foreach (var forward in forwards.Where(f => !f.PublicAddresses.IsEmpty && local.Count > 0 && !f.PublicAddresses.Any(local.Contains)))
            yield return Fault($"no interface of this host has the public address {string.Join(", ", forward.PublicAddresses)}", "ip -br addr shows which there are; then hookctrl set public_ip IP, or \"\" for all of them");
        foreach (var step in Rules(session, wanted, name)) yield return step;
        foreach (var sources in forwards.Where(f => !f.Sources.IsEmpty)) yield return Note($"port {sources.Public} is only for {string.Join(", ", sources.Sources)}");
        foreach (var step in Guest(wanted, name, forwards, port)) yield return step;
    }

    private static IEnumerable<DoctorStep> Hook(HostPaths paths, ActiveGuest guest)
    {
        var link = Path.Combine(paths.Hooks, guest.Driver);
        if (InstalledHook.Find(paths, guest.Driver) is not { } hook)
        {
            yield return Fault($"the hook is not installed: neither {link} nor a file in {link}.d is hookaot", $"ln -s hookaot {link}; systemctl reload libvirtd; hookctrl apply");
            yield break;
        }

        if (!InstalledHook.IsExecutable(hook)) yield return Fault($"{hook} is not executable", $"chmod 755 {hook}; systemctl reload libvirtd; hookctrl apply");
        var recorded = StateFiles.Read(paths);
        const string tell = "systemctl reload libvirtd (or virtqemud, virtlxcd); it does no harm";
        if (recorded is null || recorded.Guests.All(g => g.Name != guest.Name))
            yield return Fault("libvirt has not called the hook when it started: the hook is newer than the guest, or libvirt has not seen it yet", $"hookctrl apply; {tell}");
        if (!recorded!.Called && InstalledHook.IsNewerThanDaemon(paths, hook, guest.Driver))
            yield return new("note", $"{hook} is newer than the daemon, and has not been called so far: libvirt may not have seen it yet", tell);
        else yield return Ok($"the hook is {hook}");
    }

    private static IEnumerable<DoctorStep> Rules(Session session, Wanted wanted, string name)
    {
        if (KernelRules.Read(session.Paths, lockFd: -1, out var error) is not { } listing)
        {
            yield return Fault(error!, "apt install iptables, or set IPTABLES_BINARY");
            yield break;
        }

        const string apply = "hookctrl apply";
        foreach (var difference in listing.DifferencesFrom(wanted.Ruleset).Where(d => d.Guest is null || d.Guest == name))
        {
            var policy = listing.Policy("filter", "FORWARD") == "DROP" ? " (FORWARD's policy is DROP, which docker and ufw set)" : "";
            yield return Fault($"{difference.Message}{policy}", apply);
        }

        if (OtherFirewalls.LibvirtsIptables(session.Paths, listing) is { } other)
            yield return Fault($"libvirt's rules are in {other}, ours in {session.Paths.Iptables}: what is rejected there is not accepted here", $"update-alternatives --set iptables {other}, restart libvirtd, and hookctrl apply; or set IPTABLES_BINARY for libvirtd");
        yield return Ok("its rules are in the kernel, and ours come first");
        if (!HostSettings.Forwards) yield return Fault("net.ipv4.ip_forward is 0: the kernel forwards nothing", "sysctl -w net.ipv4.ip_forward=1");

        var forwarding = OtherFirewalls.ForwardChains();
        if (forwarding.Any(c => c.Table == "libvirt_network"))
            yield return Fault("libvirt uses nftables and rejects in its table libvirt_network what is accepted elsewhere; this version writes iptables rules only", "firewall_backend = \"iptables\" in /etc/libvirt/network.conf, then restart libvirtd (virtnetworkd) and its networks");
        if (OtherFirewalls.FirewalldIsStrict(forwarding))
            yield return Fault("firewalld drops what it has not translated itself: StrictForwardPorts=yes", "StrictForwardPorts=no in /etc/firewalld/firewalld.conf, then firewall-cmd --reload and hookctrl apply");
        foreach (var chain in forwarding.Where(OtherFirewalls.Drops))
            yield return Fault($"nftables chain {chain.Family} {chain.Table} {chain.Name} drops what is forwarded unless one of its own rules accepts it", $"nft insert rule {chain.Family} {chain.Table} {chain.Name} ct status dnat accept; and write it into that firewall's configuration");
        foreach (var (_, port) in Hairpin.Missing(wanted.Ruleset.Only(new HashSet<string> { name }), wanted.State))
            yield return Fault($"br_netfilter is on and hairpin mode of {port} is off, so that it does not reach itself by the public address", apply);
        yield return Ok("the kernel forwards, and no other firewall here drops it");
    }

    private static IEnumerable<DoctorStep> Guest(Wanted wanted, string name, List<Forward> forwards, string? port)
    {
        var own = wanted.Ruleset.Translations.Where(t => t.Guest == name && forwards.Any(f => t.Serves(name, f))).ToList();
        foreach (var (address, number) in own.Where(t => t.Protocol == Protocol.Tcp).Select(t => (t.Target, Port: On(t, port))).Distinct())
        {
            var result = TcpProbe.Connect(address, number, ConnectMilliseconds);
            if (result == 0) yield return Ok($"it answers on {address}:{number}");
            else if (result == Libc.ECONNREFUSED)
                yield return Fault($"it refuses connections to {address}:{number}: nothing listens there", $"in the guest, 'ss -ltn' shows what listens; the service has to listen on 0.0.0.0:{number}, not on 127.0.0.1");
            else
                yield return Fault($"it does not answer on {address}:{number}: {Marshal.GetPInvokeErrorMessage(result)}", $"virsh domifaddr {Words.Quoted(name)} shows its address; a firewall in the guest may drop it");
        }

        foreach (var udp in own.Where(t => t.Protocol != Protocol.Tcp).Select(t => $"{t.Target}:{On(t, port)}/{t.Protocol.Name()}").Distinct())
            yield return Note($"whether it answers on {udp} cannot be told from outside");
        if (Conntrack.CountStale(wanted.Ruleset.Only(new HashSet<string> { name })) is > 0 and var count)
            yield return Fault($"{count} UDP flows are older than the forward, and do not go through it", "hookctrl apply");
    }

    /// <summary>The guest's port that the public one leads to; the first of a range without one.</summary>
    private static ushort On(Translation t, string? port) => port is not null && PortRange.TryParse(port.Split('/')[0], out var wanted)
        ? (ushort)(t.TargetPorts.First + (t.TargetPorts.Count == t.PublicPorts.Count ? wanted.First - t.PublicPorts.First : 0))
        : t.TargetPorts.First;

    private static DoctorStep Ok(string message) => new("ok", message, null);

    private static DoctorStep Note(string message) => new("note", message, null);

    private static DoctorStep Fault(string message, string cure) => new("fault", message, cure);
}

/// <summary>What doctor found about a guest, as --json prints it.</summary>
/// <param name="Target">The guest, and the port if one was named.</param>
/// <param name="Ok">Whether nothing stops its forwards.</param>
/// <param name="Steps">What was looked at, in the order of a packet's way; the last one is the fault, if there is one.</param>
internal sealed record DoctorRow(string Target, bool Ok, DoctorStep[] Steps);

/// <summary>One thing that was looked at.</summary>
/// <param name="Result">ok, note or fault.</param>
/// <param name="Message">What was found.</param>
/// <param name="Cure">What to do about it.</param>
internal sealed record DoctorStep(string Result, string Message, string? Cure);
