using HookAot.Applets;
using HookAot.Applets.Hookctrl;
using HookAot.Host;

const string Usage = """
    usage: hookaot qemu|lxc|libxl|bhyve|network OBJECT OPERATION SUB-OPERATION EXTRA < XML
           hookaot hookctrl COMMAND ...        (hookctrl --help lists the commands)
           hookaot version
    """;
const int WrongUsage = 2;

Libc.IgnoreFileSizeSignal();
Libc.KeepExitCodes();

// argv[0] as libvirt passes it: the path of the link, not of the binary behind it.
var called = Environment.GetCommandLineArgs()[0];

// <hooks>/<driver>.d/<any name>: the driver is in the folder's name.
var folder = Path.GetFileName(Path.GetDirectoryName(called)) ?? "";
if (folder.EndsWith(".d", StringComparison.Ordinal) && HookApplet.Knows(folder[..^2]))
    return HookApplet.Run(folder[..^2], args);

// <hooks>/<driver>, or hookctrl.
var name = Path.GetFileName(called);
if (HookApplet.Knows(name)) return HookApplet.Run(name, args);
if (name == "hookctrl") return HookctrlApplet.Run(args);

// hookaot APPLET ..., as "busybox APPLET ..." does.
if (args is [var applet, .. var rest])
{
    if (HookApplet.Knows(applet)) return HookApplet.Run(applet, rest);
    if (applet == "hookctrl") return HookctrlApplet.Run(rest);
    if (args is ["version" or "--version"]) return HookctrlApplet.Run(["--version"]);
}

StandardError.WriteLine(Usage);
return WrongUsage;
