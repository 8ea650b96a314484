using System.Diagnostics;
using System.Globalization;
using HookAot.Host;

namespace HookAot.Tests.Host;

/// <summary>Whether libvirt calls our hook, and with which config its daemon was started.</summary>
public sealed class InstalledHookTests
{
    // A file that has the names of our chains, as the binary has them.
    private static readonly string Ours = string.Concat("HOOKAOT-DNAT".Select(c => $"{c}\0"));

    [Test]
    public async Task A_link_to_the_binary_is_called()
    {
        using var host = Installed();
        File.CreateSymbolicLink(Path.Combine(host.Paths.Hooks, "qemu"), "hookaot");
        await Assert.That(InstalledHook.Problem(host.Paths, "qemu")).IsNull();
    }

    [Test]
    public async Task A_foreign_script_beside_which_ours_stands_is_no_problem()
    {
        using var host = Installed();
        host.Write("hooks/qemu", "#!/bin/sh\n");
        host.Make("hooks/qemu.d");
        File.CreateSymbolicLink(Path.Combine(host.Paths.Hooks, "qemu.d", "50-hookaot"), "../hookaot");
        await Assert.That(InstalledHook.Problem(host.Paths, "qemu")).IsNull();
    }

    [Test]
    public async Task A_link_that_is_missing_is_said()
    {
        using var host = Installed();
        await Problem(host, "{0} does not exist, so libvirt calls no hook: ln -s hookaot {0}, and ");
    }

    [Test]
    public async Task A_link_that_dangles_is_said()
    {
        using var host = Installed();
        File.CreateSymbolicLink(Path.Combine(host.Paths.Hooks, "qemu"), "gone");
        await Problem(host,
            "{0} leads to gone (No such file or directory), so libvirt calls no hook: ln -sf hookaot {0}, and ");
    }

    [Test]
    public async Task A_foreign_script_alone_is_said()
    {
        using var host = Installed();
        host.Write("hooks/qemu", "#!/bin/sh\n");
        host.Write("hooks/qemu.d/10-other", "#!/bin/sh\n");
        await Problem(host,
            "{0} is not hookaot, and nothing in {0}.d is: mkdir -p {0}.d && ln -s ../hookaot {0}.d/50-hookaot, and ");
    }

    [Test]
    public async Task A_hook_that_is_not_executable_is_said_unless_another_one_is()
    {
        using var host = Installed();
        host.Write("hooks/qemu", Ours);
        File.SetUnixFileMode(Path.Combine(host.Paths.Hooks, "qemu"), UnixFileMode.UserRead);
        await Problem(host, "{0} is not executable, so libvirt does not call it: chmod 755 {0}, and ");
        host.Make("hooks/qemu.d");
        File.CreateSymbolicLink(Path.Combine(host.Paths.Hooks, "qemu.d", "50-hookaot"), "../hookaot");
        await Assert.That(InstalledHook.Problem(host.Paths, "qemu")).IsNull();
    }

    [Test]
    public async Task A_link_to_a_binary_that_is_not_executable_is_said()
    {
        using var host = Installed();
        File.SetUnixFileMode(Path.Combine(host.Paths.Hooks, "hookaot"), UnixFileMode.UserRead);
        File.CreateSymbolicLink(Path.Combine(host.Paths.Hooks, "qemu"), "hookaot");
        await Problem(host, "{0} is not executable");
    }

    [Test]
    public async Task A_directory_in_the_hooks_place_is_said()
    {
        using var host = Installed();
        host.Make("hooks/qemu");
        await Problem(host, "{0} is a directory; a link to hookaot is expected");
    }

    [Test]
    [Arguments("libvirtd", "CONFIG_FILENAME", "/srv/hooks.json", "/srv/hooks.json")]
    [Arguments("virtqemud", "CONFIG_PATH", "/srv", "/srv/config.json")]
    [Arguments("virtnetworkd", "CONFIG_FILENAME", "", "/etc/libvirt/hooks/config.json")]
    [Arguments("virtlxcd", "OTHER", "x", "/etc/libvirt/hooks/config.json")]
    public async Task The_daemons_environment_names_its_config(
        string daemon, string variable, string value, string config)
    {
        using var host = new HostFiles();
        using var running = Start(host, daemon, variable, value);
        host.Write($"run/{daemon}.pid", string.Create(CultureInfo.InvariantCulture, $"{running.Id}\n"));
        await Assert.That(InstalledHook.DaemonConfig(host.Paths)).IsEqualTo(config);
        running.StandardInput.Close();
        await running.WaitForExitAsync();
        await Assert.That(InstalledHook.DaemonConfig(host.Paths)).IsNull();
    }

    [Test]
    public async Task Without_a_daemon_no_config_is_known()
    {
        using var host = new HostFiles();
        await Assert.That(InstalledHook.DaemonConfig(host.Paths)).IsNull();
        host.Write("run/libvirtd.pid", "no number");
        await Assert.That(InstalledHook.DaemonConfig(host.Paths)).IsNull();
        // The pid of a process that is no libvirtd: the file is older than the process.
        host.Write("run/libvirtd.pid", string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}"));
        await Assert.That(InstalledHook.DaemonConfig(host.Paths)).IsNull();
    }

    private static HostFiles Installed()
    {
        var host = new HostFiles();
        var binary = host.Write("hooks/hookaot", Ours);
        File.SetUnixFileMode(binary, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return host;
    }

    private static async Task Problem(HostFiles host, string expected) =>
        await Assert.That($"{InstalledHook.Problem(host.Paths, "qemu")}")
            .StartsWith(expected.Replace("{0}", Path.Combine(host.Paths.Hooks, "qemu"), StringComparison.Ordinal));

    // A shell with a daemon's name, which ends with its stdin.
    private static Process Start(HostFiles host, string name, string variable, string value)
    {
        var path = Path.Combine(host.Root, name);
        File.CreateSymbolicLink(path, "/bin/sh");
        var start = new ProcessStartInfo(path, ["-c", "read _ || :"]) { RedirectStandardInput = true };
        start.Environment.Clear();
        start.Environment[variable] = value;
        return Process.Start(start)!;
    }
}
