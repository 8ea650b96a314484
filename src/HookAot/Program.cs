using HookAot.Applets;
using HookAot.Applets.Hookctrl;
using HookAot.Host;

Libc.IgnoreFileSizeSignal();
Libc.KeepExitCodes();

// argv[0] as libvirt passes it: the path of the link, not of the binary behind it.
return Dispatch(Environment.GetCommandLineArgs()[0], args);

static int Dispatch(string called, string[] arguments)
{
    // <hooks>/<driver>.d/<any name>: the driver is in the folder's name.
    var folder = Path.GetFileName(Path.GetDirectoryName(called)) ?? "";
    if (folder.EndsWith(".d", StringComparison.Ordinal) && HookApplet.Knows(folder[..^2])) return HookApplet.Run(folder[..^2], arguments);

    var applet = Path.GetFileName(called);
    if (HookApplet.Knows(applet)) return HookApplet.Run(applet, arguments);
    if (applet == "hookctrl") return HookctrlApplet.Run(arguments);
    if (arguments.Length > 0)
    {
        if (HookApplet.Knows(arguments[0])) return HookApplet.Run(arguments[0], arguments[1..]);
        if (arguments[0] == "hookctrl") return HookctrlApplet.Run(arguments[1..]);
        if (arguments is ["version" or "--version"]) return HookctrlApplet.Version();
    }

    StandardError.WriteLine("usage: hookaot qemu|lxc|libxl|bhyve|network OBJECT OPERATION SUB-OPERATION EXTRA < XML\n" +
                            "       hookaot hookctrl COMMAND ...        (hookctrl --help lists the commands)\n" +
                            "       hookaot version");
    return 2;
}
